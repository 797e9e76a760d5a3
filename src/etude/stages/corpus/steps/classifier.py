"""classifier: scores documents with a model trained from examples, and drops by that score."""

import numpy as np
import pyarrow as pa

from etude.errors import ConfigError
from etude.stages.corpus.batch import drop_where, texts
from etude.stages.corpus.steps import _models
from etude.stages.corpus.steps._base import Step


class ClassifierStep(Step, frozen=True, kw_only=True):
    """Writes the probability of one label as a signal; drops documents below or above a limit."""

    model: str
    """File of the classifier, as `train-classifier` wrote it."""
    sha256: str = ""
    """Digest that the file must state; empty takes whatever is there."""
    label: str = ""
    """Which label's probability is meant; empty means the last one (`good`)."""
    signal: str = "quality"
    """The probability is kept as `signal_NAME`, 0 to 1."""
    keep_above: float | None = None
    """Documents with a lower probability are dropped; none keeps them. For the best tenth, as in
    DCLM, leave this out and add a `best_share` step."""
    drop_above: float | None = None
    """Documents with this probability or a higher one are dropped, such as toxic ones; none keeps
    them."""
    languages: tuple[str, ...] = ()
    """Only documents in these languages are judged; empty means all."""

    def __post_init__(self) -> None:
        for name in ("keep_above", "drop_above"):
            limit = getattr(self, name)
            if limit is not None and not 0 <= limit <= 1:
                raise ConfigError(f"{name} is a probability from 0 to 1, and not {limit}")

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Score each document, and mark those beyond a limit.

        Raises:
            ConfigError: The model is not there, or is another than the one asked for.
            RecordError: The model is damaged, or does not know the label.
        """
        model = _models.classifier(self.model, self.sha256)
        column = model.column(self.label)
        judged = _models.in_languages(batch, self.languages)
        scores = np.zeros(batch.num_rows, dtype=np.float32)
        chosen = texts(batch) if judged.all() else texts(batch).filter(pa.array(judged))
        scores[judged] = model.score(chosen)[:, column]
        batch = _models.with_measured(batch, self.signal, scores, judged)
        rules = {}
        if self.keep_above is not None:
            rules[f"low {self.signal}"] = judged & (scores < np.float32(self.keep_above))
        if self.drop_above is not None:
            rules[f"high {self.signal}"] = judged & (scores >= np.float32(self.drop_above))
        return drop_where(batch, rules) if rules else batch
