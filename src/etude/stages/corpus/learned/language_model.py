"""Language model of word n-grams: how surprising a text is to who has read the reference."""

from pathlib import Path
from typing import Self

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from etude.errors import RecordError
from etude.stages.corpus.kernel import grams, ngram
from etude.stages.corpus.kernel._texts import Texts
from etude.stages.corpus.kernel.ngram import Ngrams, Scores
from etude.stages.corpus.learned import _file

_KIND = "ngram"
_MOST = 80.0
"""ln of the highest perplexity that is told; more would not fit a signal's single precision."""

Numbers = npt.NDArray[np.float64]


class LanguageModelCard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a language model's file says of it."""

    order: int
    bits: int
    log_unknown: float
    fold_case: bool
    fold_digits: bool
    settings: str
    """Every setting of its training, JSON."""
    n_texts: int
    n_words: int
    n_bytes: int
    sha256: str
    """Over the texts' digests as they came."""
    n_ngrams: tuple[int, ...]
    """How many sequences of each length are kept."""
    n_checked: int = 0
    """Texts that were held out for the percentiles."""
    percentiles: tuple[float, ...] = ()
    """Perplexity of the held-out texts, 0th to 100th percentile; empty when none were held out."""


class LanguageModel:
    """Scores texts. Made by `train_language_model`, or read from a file."""

    def __init__(
        self,
        card: LanguageModelCard,
        table: npt.NDArray[np.void],
        spelling: npt.NDArray[np.float32],
    ) -> None:
        self.card = card
        fold = grams.fold_table(fold_case=card.fold_case, fold_digits=card.fold_digits)
        self.ngrams = Ngrams(fold, table, card.bits, card.order, spelling, card.log_unknown)

    def score(self, texts: pa.Array | pa.ChunkedArray) -> Scores:
        """Return each text's probability, words and unknown words."""
        return ngram.score(self.ngrams, Texts.of(texts))

    def perplexity(self, texts: pa.Array | pa.ChunkedArray) -> Numbers:
        """Return the perplexity per word of each text, its end counted as a word."""
        return perplexities(self.score(texts))

    def bits_per_byte(self, texts: pa.Array | pa.ChunkedArray) -> float:
        """Return how many bits a byte of all these texts together costs; spaces are free."""
        size = int(Texts.of(texts).sizes().sum())
        return float(-self.score(texts).log_p.sum() / np.log(2) / size) if size else 0.0

    def save(self, path: Path) -> None:
        """Write the model to one file, whole or not at all.

        Raises:
            ConfigError: The file cannot be written.
        """
        arrays = {"table": self.ngrams.table, "spelling": self.ngrams.spelling}
        _file.save(path, _KIND, self.card, arrays)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a model from its file; its table is mapped from disk and shared by processes.

        Raises:
            RecordError: It is no language model, or damaged.
        """
        card, arrays = _file.load(path, _KIND, LanguageModelCard)
        table, spelling = arrays.get("table"), arrays.get("spelling")
        if (
            table is None
            or spelling is None
            or table.dtype != ngram.ENTRY
            or spelling.dtype != np.float32
            or spelling.shape != (ngram.FRAME + 1, ngram.FRAME + 1)
            or not 1 <= card.order <= ngram.MAX_ORDER
            or not 1 <= card.bits <= 40
            or table.ndim != 1
            or len(table) < 1 << card.bits
        ):
            raise RecordError(f"{path} is damaged: its tables do not fit its settings")
        return cls(card, table, spelling)


def perplexities(scores: Scores) -> Numbers:
    """Return perplexities per word."""
    result: Numbers = np.exp(np.minimum(-scores.log_p / np.maximum(scores.words, 1), _MOST))
    return result
