"""Groups: what part of the mixture a document belongs to, and how much there is of each."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from etude.errors import ConfigError
from etude.stages.corpus import batch as batches
from etude.stages.corpus.kernel import grams, ngram
from etude.stages.corpus.kernel._texts import Texts

UNITS = ("bytes", "words", "tokens")
_BY = ("domain", "language", "year", "source", "licence", "host", "media_type", "title")
_FOLD = grams.fold_table(fold_case=False, fold_digits=False)
_HOST = r"^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?(?P<host>[^/?#:]*)"


def fault_of_group(by: str) -> str | None:
    """Say what is wrong with a way to group documents, or nothing."""
    if by in _BY or by.startswith((batches.SIGNAL, "_")):
        return None
    return f"documents are grouped by {', '.join(_BY)} or a signal_… column, and not by {by!r}"


def groups(batch: pa.RecordBatch, by: str) -> pa.StringArray:
    """Return the group of each document; empty where it has none.

    Args:
        batch: Documents.
        by: `domain`, `language`, `media_type`, `title`, `year` (of the date), `source` and
            `licence` (of the origin), `host` (of the URL), or any column by its name.

    Raises:
        ConfigError: The batch has no such column.
    """
    if by == "year":
        values = pc.utf8_slice_codeunits(batch.column("date"), 0, 4)
    elif by == "host":
        values = pc.struct_field(pc.extract_regex(batch.column("url"), _HOST), "host")
    elif by in ("source", "licence"):
        values = pc.struct_field(batch.column("origin"), by)
    elif by in batch.schema.names:
        values = batch.column(by)
        if pa.types.is_floating(values.type):
            known = pc.fill_null(pc.is_finite(values), False)
            whole = pc.if_else(known, pc.round(values), 0.0).cast(pa.int64())
            values = pc.if_else(known, whole, pa.scalar(None, type=pa.int64()))
        values = values.cast(pa.string())
    else:
        raise ConfigError(f"documents cannot be grouped by {by!r}: there is no such column")
    return values.fill_null("")


def sizes(batch: pa.RecordBatch, unit: str) -> npt.NDArray[np.float64]:
    """Return the size of each document in bytes, in words, or in tokens.

    Tokens are those of the signal `n_tokens`.

    Raises:
        ConfigError: The unit is unknown, or tokens were never counted.
    """
    texts = Texts.of(batches.texts(batch))
    if unit == "bytes":
        return texts.sizes().astype(np.float64)
    if unit == "words":
        return np.diff(ngram.split(_FOLD, texts).ends, prepend=0).astype(np.float64)
    if unit != "tokens":
        raise ConfigError(f"sizes are in {', '.join(UNITS)}, and not in {unit!r}")
    tokens = batches.signal(batch, "n_tokens")
    if tokens is None:
        raise ConfigError(
            "documents have no signal n_tokens: count them in a step before, or use words or bytes"
        )
    return np.nan_to_num(tokens.astype(np.float64))


def total_sizes(
    documents: Iterable[pa.RecordBatch], by: str = "domain", unit: str = "bytes"
) -> dict[str, float]:
    """Return how much there is of each group, sorted by name.

    Raises:
        ConfigError: The documents cannot be grouped or measured so.
    """
    totals: dict[str, float] = {}
    for batch in documents:
        for name, size, _ in batch_totals(batch, by, unit):
            totals[name] = totals.get(name, 0.0) + size
    return dict(sorted(totals.items()))


def batch_totals(batch: pa.RecordBatch, by: str, unit: str) -> list[tuple[str, float, int]]:
    """Return name, size and number of documents of each group of a batch.

    Raises:
        ConfigError: The documents cannot be grouped or measured so.
    """
    coded = pc.dictionary_encode(groups(batch, by))
    names, codes = coded.dictionary.to_pylist(), coded.indices.to_numpy()
    size = np.bincount(codes, sizes(batch, unit), len(names))
    count = np.bincount(codes, minlength=len(names))
    return list(zip(names, size.tolist(), count.tolist(), strict=True))
