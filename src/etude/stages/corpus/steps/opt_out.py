"""opt_out: drops documents whose publisher reserved them from training."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etude.stages.corpus.batch import drop
from etude.stages.corpus.steps._base import Step


class OptOutStep(Step, frozen=True, kw_only=True):
    """Heeds the signals that readers and `extract` found: robots, noai, text-and-data mining."""

    allow: tuple[str, ...] = ()
    """Signals that do not drop a document, such as `meta:noimageai`."""

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Drop documents that carry a signal; the reason names the first one."""
        signals = batch.column("opt_out")
        if pc.sum(pc.list_value_length(signals)).as_py() in (None, 0):
            return drop(batch, pa.nulls(batch.num_rows, pa.string()))
        reasons = np.full(batch.num_rows, None, dtype=object)
        for row, found in enumerate(signals.to_pylist()):
            left = [name for name in found if name not in self.allow]
            if left:
                reasons[row] = f"opted out by {left[0]}"
        return drop(batch, pa.array(reasons, type=pa.string()))
