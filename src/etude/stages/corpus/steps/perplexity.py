"""perplexity: how surprising documents are to a language model of word n-grams, as in CCNet."""

import numpy as np
import pyarrow as pa

from etude.errors import ConfigError
from etude.stages.corpus.batch import drop_where, texts
from etude.stages.corpus.learned import perplexities
from etude.stages.corpus.steps import _models
from etude.stages.corpus.steps._base import Step


class PerplexityStep(Step, frozen=True, kw_only=True):
    """Writes the perplexity per word as a signal; drops what is too predictable or too odd."""

    model: str
    """File of the language model, trained on reference text of the language."""
    sha256: str = ""
    """Digest that the file must state; empty takes whatever is there."""
    signal: str = "perplexity"
    """Kept as `signal_NAME`; `signal_NAME_bucket` is 0 (head), 1 (middle) or 2 (tail)."""
    low: float | None = None
    """Documents of a lower perplexity, such as boilerplate, are dropped; none keeps them."""
    high: float | None = None
    """Documents of a higher perplexity are dropped; none keeps them."""
    buckets: tuple[float, ...] = ()
    """Two perplexities: below the first is head, up to the second middle, above it tail. Empty
    takes the 30th and the 60th percentile of what the model was checked with; CCNet takes those
    percentiles of the crawl itself: a `best_share` step with `tiers` does that."""
    languages: tuple[str, ...] = ()
    """Only documents in these languages are judged; empty means all. Each language has a model of
    its own: one step for each."""

    def __post_init__(self) -> None:
        if self.buckets and (len(self.buckets) != 2 or self.buckets[0] > self.buckets[1]):
            raise ConfigError("buckets are two perplexities, the lower one first")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ConfigError(f"low is {self.low}, above high, {self.high}: nothing would be kept")

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Measure each document, and mark those beyond a limit.

        Raises:
            ConfigError: The model is not there, or is another than the one asked for.
            RecordError: The model is damaged.
        """
        model = _models.language_model(self.model, self.sha256)
        judged = _models.in_languages(batch, self.languages)
        values = np.zeros(batch.num_rows, dtype=np.float64)
        chosen = texts(batch) if judged.all() else texts(batch).filter(pa.array(judged))
        values[judged] = perplexities(model.score(chosen))
        batch = _models.with_measured(batch, self.signal, values, judged)
        limits = self.buckets
        if not limits and model.card.percentiles:
            limits = (model.card.percentiles[30], model.card.percentiles[60])
        if limits:
            bucket = (values >= limits[0]).astype(float) + (values > limits[1])
            batch = _models.with_measured(batch, f"{self.signal}_bucket", bucket, judged)
        rules = {}
        if self.low is not None:
            rules[f"low {self.signal}"] = judged & (values < self.low)
        if self.high is not None:
            rules[f"high {self.signal}"] = judged & (values > self.high)
        return drop_where(batch, rules) if rules else batch
