"""Batches of documents in columns: the names of the columns, and how to read and add them.

Beside the columns of `Document` a batch has `row`, the number by which steps that compare
documents know each one, and what steps add: `signal_…` columns (numbers that are kept with the
document on disk), and columns that begin with an underscore, which last only while the corpus is
being built.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from etude.records import Document
from etude.store import columns
from etude.store.columns import Columns

SCHEMA: pa.Schema = Columns(Document).schema
"""Columns of the documents themselves."""
SIGNAL = columns.SIGNAL
"""Prefix of float32 columns that are kept with the document; null where not measured."""
ROW = "row"
"""uint64: part number << 32 | number within the part; grows along the corpus."""
DROP = "_drop"
"""string: why a document is dropped; null keeps it."""
CLUSTER = "_cluster"
"""uint64: row of the document that is kept for all copies of it; null where there are none."""
TALLY = "_tally_"
"""Prefix of list<string> columns whose values are counted over the corpus, for the report."""


def from_columns(columns: Mapping[str, Sequence[object] | pa.Array], rows: int) -> pa.RecordBatch:
    """Return a batch of `rows` documents from some columns of `Document`; the rest are empty.

    `id` and `text` must be there; `origin` is a list of dicts or a struct array.
    """
    empty: dict[str, object] = {"media_type": "text/plain", "opt_out": [], "tags": []}
    arrays = []
    for field in SCHEMA:
        values = columns.get(field.name)
        if values is None:
            values = [empty.get(field.name, "")] * rows
        if not isinstance(values, (pa.Array, pa.ChunkedArray)):
            values = pa.array(values, type=field.type)
        arrays.append(values.cast(field.type) if values.type != field.type else values)
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def with_column(batch: pa.RecordBatch, name: str, values: pa.Array) -> pa.RecordBatch:
    """Return the batch with one more column, or with that column exchanged."""
    index = batch.schema.get_field_index(name)
    nullable = SCHEMA.field(name).nullable if name in SCHEMA.names else True
    field = pa.field(name, values.type, nullable=nullable)
    if index >= 0:
        return batch.set_column(index, field, values)
    return batch.append_column(field, values)


def with_signal(batch: pa.RecordBatch, name: str, values: npt.ArrayLike) -> pa.RecordBatch:
    """Return the batch with a number for each document, kept on disk as `signal_NAME`."""
    numbers = pa.array(np.asarray(values, dtype=np.float32))
    return with_column(batch, SIGNAL + name, numbers)


def signal(batch: pa.RecordBatch, name: str) -> npt.NDArray[np.float32] | None:
    """Return a signal as float32 [rows], NaN where null; `None` when it was not measured."""
    index = batch.schema.get_field_index(SIGNAL + name)
    if index < 0:
        return None
    values: npt.NDArray[np.float32] = batch.column(index).to_numpy(zero_copy_only=False)
    return values


def drop(batch: pa.RecordBatch, reasons: Sequence[str | None] | pa.Array) -> pa.RecordBatch:
    """Return the batch with documents marked as dropped; a null reason keeps the document.

    A document that was already marked keeps its first reason.
    """
    new = reasons if isinstance(reasons, pa.Array) else pa.array(reasons, type=pa.string())
    index = batch.schema.get_field_index(DROP)
    if index >= 0:
        new = batch.column(index).fill_null(new)
    return with_column(batch, DROP, new)


def drop_where(batch: pa.RecordBatch, rules: Mapping[str, npt.NDArray[np.bool_]]) -> pa.RecordBatch:
    """Mark documents by rules: reason -> mask; the first rule that holds names the reason."""
    reasons = np.full(batch.num_rows, None, dtype=object)
    for reason, mask in reversed([*rules.items()]):
        reasons[mask] = reason
    return drop(batch, pa.array(reasons, type=pa.string()))


def texts(batch: pa.RecordBatch) -> pa.StringArray:
    """Return the texts as one string array (int32 offsets, UTF-8)."""
    return batch.column("text")


def with_texts(batch: pa.RecordBatch, values: pa.StringArray) -> pa.RecordBatch:
    """Return the batch with its texts exchanged."""
    return with_column(batch, "text", values.cast(pa.string()))


def rows(batch: pa.RecordBatch) -> npt.NDArray[np.uint64]:
    """Return the documents' numbers, uint64 [rows]."""
    numbers: npt.NDArray[np.uint64] = batch.column(ROW).to_numpy()
    return numbers


def take_kept(batch: pa.RecordBatch) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """Split a batch into the documents that stay, without marks, and those that were dropped."""
    index = batch.schema.get_field_index(DROP)
    if index < 0:
        return batch, batch.slice(0, 0)
    stays = batch.column(index).is_null()
    gone = batch.filter(pa.compute.invert(stays)) if stays.false_count else batch.slice(0, 0)
    kept = batch.filter(stays) if stays.false_count else batch
    return kept.drop_columns([DROP]), gone
