"""Scanning with RE2: one automaton after the other, for machines without Hyperscan."""

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import re2

from etude.stages.corpus.privacy.scanners._base import Scanner


class Re2Scanner(Scanner, frozen=True, kw_only=True):
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
def _compiled(patterns: tuple[bytes, ...]) -> list[Any]:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    make: Any = re2.compile
    return [make(pattern, options) for pattern in patterns]
