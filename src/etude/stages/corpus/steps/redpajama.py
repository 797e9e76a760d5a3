"""redpajama: measures signals of quality in the manner of RedPajama-V2, and drops nothing."""

import pyarrow as pa

from etude.stages.corpus.steps._base import Step
from etude.stages.corpus.steps._thresholds import numbers_of, with_signals


class RedPajama(Step, frozen=True, kw_only=True):
    """Signals with the names of RedPajama-V2 (Weber et al. 2024, arXiv 2411.12372), `rps_doc_…`.

    They come near to the originals and are not the same to the digit: words are spaCy's, without
    those of nothing but punctuation and in lower case (ASCII); sentences are spaCy's; stop words
    are function words of up to seven letters; what RedPajama has for each line is a share of the
    document here. The shares of repeated n-grams are Gopher's (`gopher_repetition`).
    """

    repetition: bool = True
    """Measure the shares of repeated lines and n-grams also, under Gopher's names."""

    def measures(self) -> frozenset[str]:
        """RedPajama's, and Gopher's of repetition."""
        return frozenset({"redpajama", "repetition"} if self.repetition else {"redpajama"})

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the batch with the signals."""
        for measurement in sorted(self.measures()):
            batch = with_signals(batch, numbers_of(batch, measurement))
        return batch
