"""Scanning with Python's own `re`: slow, and everywhere."""

import re
from functools import cache

import numpy as np
import numpy.typing as npt

from etude.stages.corpus.privacy.scanners._base import Scanner


class PythonScanner(Scanner, frozen=True, kw_only=True):
    """Reports matches that do not overlap."""

    def ends(
        self, data: bytes, patterns: tuple[bytes, ...]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return which pattern ends where."""
        found = [
            (number, match.end())
            for number, pattern in enumerate(_compiled(patterns))
            for match in pattern.finditer(data)
        ]
        table = np.array(found, dtype=np.int64).reshape(-1, 2)
        return table[:, 0], table[:, 1]


@cache
def _compiled(patterns: tuple[bytes, ...]) -> list[re.Pattern[bytes]]:
    return [re.compile(pattern) for pattern in patterns]
