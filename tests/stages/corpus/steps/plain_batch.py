"""Batches of texts for tests of single steps."""

from collections.abc import Sequence

import pyarrow as pa

from etude.stages.corpus.batch import DROP, from_columns

ORIGIN = {"source": "test", "licence": "", "made_by": "test", "parents": []}


def batch_of(texts: Sequence[str], **columns: Sequence[object]) -> pa.RecordBatch:
    n = len(texts)
    named: dict[str, Sequence[object]] = {
        "id": [f"d{i}" for i in range(n)],
        "text": list(texts),
        "origin": [ORIGIN] * n,
        **columns,
    }
    return from_columns(named, n)


def texts_of(batch: pa.RecordBatch) -> list[str]:
    values: list[str] = batch.column("text").to_pylist()
    return values


def reasons_of(batch: pa.RecordBatch) -> list[str | None]:
    if DROP not in batch.schema.names:
        return [None] * batch.num_rows
    values: list[str | None] = batch.column(DROP).to_pylist()
    return values


def signal_of(batch: pa.RecordBatch, name: str) -> list[float]:
    values: list[float] = batch.column(f"signal_{name}").to_pylist()
    return values
