"""Corpora made for tests: texts of random words with copies planted in them."""

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from etude.stages.corpus import batch as columns
from etude.stages.corpus.spill import Spill
from etude.stages.corpus.steps import AcrossStep, Step

WORDS = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in "nlrstmk"]


def prose(rng: random.Random, n_words: int) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(n_words))


def documents(texts: Sequence[str], **more: Sequence[object]) -> pa.RecordBatch:
    """Return a batch without row numbers."""
    named = {"id": [f"d{n}" for n in range(len(texts))], "text": list(texts), **more}
    return columns.from_columns(named, len(texts))


def numbered(batch: pa.RecordBatch, part: int) -> pa.RecordBatch:
    row = np.arange(batch.num_rows, dtype=np.uint64) + np.uint64(part << 32)
    return columns.with_column(batch, columns.ROW, pa.array(row))


def run(
    step: Step,
    folder: Path,
    parts: Sequence[pa.RecordBatch],
    order: Sequence[int] | None = None,
    rows_at_once: int = 0,
) -> list[pa.RecordBatch]:
    """Do a step over a corpus in parts; each part comes back whole, with its marks."""
    assert isinstance(step, AcrossStep)
    spill = Spill(folder)
    ready = [numbered(part, n) for n, part in enumerate(parts)]
    for n in order if order is not None else range(len(parts)):
        with spill.writer(n) as writer:
            size = rows_at_once or max(1, ready[n].num_rows)
            for first in range(0, ready[n].num_rows, size):
                step.gather(ready[n].slice(first, size), writer)
    step.settle(Spill(folder))
    return [step.judge(part, Spill(folder)) for part in ready]


def reasons(parts: Sequence[pa.RecordBatch]) -> list[str | None]:
    marks = [
        part.column(columns.DROP) if columns.DROP in part.schema.names else pa.nulls(part.num_rows)
        for part in parts
    ]
    return [reason for mark in marks for reason in mark.to_pylist()]


def kept(parts: Sequence[pa.RecordBatch]) -> list[pa.RecordBatch]:
    """Return the documents that stay, without numbers and marks."""
    left = [columns.take_kept(part)[0] for part in parts]
    return [part.select(columns.SCHEMA.names) for part in left]


def texts(parts: Sequence[pa.RecordBatch]) -> list[str]:
    return [text for part in parts for text in part.column("text").to_pylist()]


def clusters(parts: Sequence[pa.RecordBatch]) -> list[int | None]:
    return [row for part in parts for row in part.column(columns.CLUSTER).to_pylist()]
