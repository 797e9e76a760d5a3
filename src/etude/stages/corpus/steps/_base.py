"""What a step is: settings that turn one batch of documents into another.

A batch is an Arrow record batch with the columns of `Document` (as in the shards on disk), a
column `row` with each document's number, and what earlier steps added: see
`etude.stages.corpus.batch` for the names and for functions that read and add columns. A step drops
a document by giving it a reason (`batch.drop`); the engine takes it out, counts it and keeps
samples. That seam, batch to batch, is all that an engine needs to know.
"""

from __future__ import annotations

import tempfile
from abc import abstractmethod
from pathlib import Path
from typing import ClassVar

import pyarrow as pa

from etude.plugins import Spec
from etude.stages.corpus.spill import Spill, SpillWriter


class Step(Spec, frozen=True, kw_only=True):
    """Changes or judges documents, each on its own."""

    changes_text: ClassVar[bool] = False
    """Whether measurements of the text taken before this step no longer hold after it."""

    def measures(self) -> frozenset[str]:
        """Names of the kernel's measurements that `apply` reads when the batch has them.

        Steps that follow each other are measured together, in one pass over the bytes. A step
        whose measurement is not in the batch takes it by itself.
        """
        return frozenset()

    @abstractmethod
    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the batch changed: same rows, same order; dropped rows marked with a reason."""


class AcrossStep(Step, frozen=True, kw_only=True):
    """Must have seen every document before it can judge one, as de-duplication must.

    `gather` sees each batch once and writes small records to a spill; `settle` runs once, over the
    spill alone, in bounded memory; `judge` sees each batch again and marks what goes.
    """

    @abstractmethod
    def gather(self, batch: pa.RecordBatch, writer: SpillWriter) -> None:
        """Write what `settle` needs to know of these documents."""

    @abstractmethod
    def settle(self, spill: Spill) -> None:
        """Decide, from everything that was gathered, and leave the decision in the spill."""

    @abstractmethod
    def judge(self, batch: pa.RecordBatch, spill: Spill) -> pa.RecordBatch:
        """Apply the decision to a batch, as `apply` of other steps does."""

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Judge a batch as if it were the whole corpus."""
        with tempfile.TemporaryDirectory() as folder:
            spill = Spill(Path(folder))
            with spill.writer(0) as writer:
                self.gather(batch, writer)
            self.settle(spill)
            return self.judge(batch, spill)
