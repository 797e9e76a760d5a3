"""length: drops documents that are too short or too long."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etude.stages.corpus.batch import drop_where, texts
from etude.stages.corpus.steps._base import Step


class LengthStep(Step, frozen=True, kw_only=True):
    """Counts characters, that is, Unicode code points."""

    at_least: int = 1
    """Fewest characters; white space at both ends does not count."""
    at_most: int = 0
    """Most characters; 0 means no limit."""

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Drop by length."""
        lengths = np.asarray(pc.utf8_length(pc.utf8_trim_whitespace(texts(batch))))
        rules = {"empty": lengths == 0, "too short": lengths < self.at_least}
        if self.at_most:
            rules["too long"] = lengths > self.at_most
        return drop_where(batch, rules)
