"""Which human texts are read: a choice by chance, the same for the same seed."""

import heapq
from collections.abc import Iterable

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etude.errors import ConfigError
from etude.records import Document, Origin
from etude.stages.corpus.mixing.resample import chances

FIELDS = ("domain", "language", "media_type")
"""Fields by which texts can be picked."""
COLUMNS = ("id", "origin", "text", "title", "url", *FIELDS)


def choose(
    batches: Iterable[pa.RecordBatch],
    *,
    limit: int,
    least_chars: int,
    where: dict[str, str],
    seed: int,
) -> list[Document]:
    """Return documents, in an order of chance that depends on nothing but their ids and the seed.

    Args:
        batches: All that there are.
        limit: So many of them; 0 means all.
        least_chars: Shorter ones are left out.
        where: Field -> the value it must have.
        seed: Chooses.

    Raises:
        ConfigError: A field is none to pick by, or nothing is left.
    """
    for field in where:
        if field not in FIELDS:
            raise ConfigError(f"texts are picked by {', '.join(FIELDS)}, and not by {field!r}")
    best: list[tuple[float, str, Document]] = []
    n_seen = 0
    for batch in batches:
        n_seen += batch.num_rows
        drawn = -chances(batch.column("id"), seed)
        fit = _fitting(batch, least_chars, where)
        if 0 < limit <= len(best):
            fit &= drawn > best[0][0]
        for row in np.flatnonzero(fit).tolist():
            document = _document(batch.slice(row, 1).to_pylist()[0])
            entry = (float(drawn[row]), document.id, document)
            if 0 < limit <= len(best):
                heapq.heappushpop(best, entry)
            else:
                heapq.heappush(best, entry)
    if not best:
        shown = ", ".join(f"{field} {value!r}" for field, value in where.items())
        raise ConfigError(
            f"none of {n_seen} documents has {least_chars} characters"
            + (f" and {shown}" if shown else "")
        )
    return [document for _, _, document in sorted(best, key=lambda entry: (-entry[0], entry[1]))]


def find_parents(batches: Iterable[pa.RecordBatch], children: Iterable[Document]) -> list[Document]:
    """Return the documents that others name as their parents."""
    named = {parent for child in children for parent in child.origin.parents}
    if not named:
        return []
    return [
        _document(batch.slice(row, 1).to_pylist()[0])
        for batch in batches
        for row, name in enumerate(batch.column("id").to_pylist())
        if name in named
    ]


def _fitting(batch: pa.RecordBatch, least_chars: int, where: dict[str, str]) -> np.ndarray:
    fit = pc.greater_equal(pc.utf8_length(batch.column("text")), least_chars)
    for field, value in where.items():
        fit = pc.and_(fit, pc.equal(batch.column(field), value))
    return np.asarray(fit.fill_null(False).to_numpy(zero_copy_only=False), dtype=np.bool_)


def _document(row: dict[str, object]) -> Document:
    origin = msgspec.convert(row["origin"], Origin)
    kept = {name: str(row.get(name) or "") for name in COLUMNS if name != "origin"}
    return msgspec.convert({**kept, "origin": origin}, Document)
