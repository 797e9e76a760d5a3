"""Benchmark items in texts: runs of words that both have, by hashes of simplified words."""

import pyarrow as pa

from etude.stages.corpus.kernel._gram_index import GramIndex, Hits
from etude.stages.corpus.kernel.normalised import normalised


def scan(values: pa.Array | pa.ChunkedArray, index: GramIndex) -> Hits:
    """Find the items of an index in texts.

    Raises:
        MemoryError: There is none.
    """
    hits = normalised(values, index=index).hits
    assert hits is not None  # noqa: S101 - asked for
    return hits


__all__ = ["GramIndex", "Hits", "scan"]
