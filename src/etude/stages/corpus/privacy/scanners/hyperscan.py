"""Scanning with Hyperscan: all patterns in one pass with vector instructions; Linux on x86-64."""

from functools import cache

import hyperscan
import numpy as np
import numpy.typing as npt

from etude.errors import ConfigError, blame
from etude.stages.corpus.privacy.scanners._base import Scanner


class HyperscanScanner(Scanner, frozen=True, kw_only=True):
    """Reports every end of every match."""

    def ends(
        self, data: bytes, patterns: tuple[bytes, ...]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return which pattern ends where."""
        database = _compiled(patterns)
        hits: list[tuple[int, int]] = []
        add = hits.append

        def on_match(pattern: int, _start: int, end: int, _flags: int, _context: object) -> None:
            add((pattern, end))

        with blame(ConfigError, "cannot scan with Hyperscan"):
            # A database's own scratch memory must not be shared by threads.
            scratch = hyperscan.Scratch(database)
            database.scan(data, match_event_handler=on_match, scratch=scratch)
        table = np.array(hits, dtype=np.int64).reshape(-1, 2)
        return table[:, 0], table[:, 1]


@cache
def _compiled(patterns: tuple[bytes, ...]) -> "hyperscan.Database":
    with blame(ConfigError, "cannot compile patterns for Hyperscan"):
        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        database.compile(
            expressions=list(patterns),
            ids=list(range(len(patterns))),
            elements=len(patterns),
            flags=[0] * len(patterns),
        )
    return database
