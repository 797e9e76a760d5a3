"""Train a language model of word n-grams from reference text, read once."""

import hashlib
from collections.abc import Iterable

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from etude.errors import ConfigError
from etude.stages.corpus.kernel import grams, ngram
from etude.stages.corpus.kernel._texts import Texts
from etude.stages.corpus.kernel.ngram import FRAME, Words
from etude.stages.corpus.learned._counts import Counter, sequences
from etude.stages.corpus.learned._smoothing import smooth
from etude.stages.corpus.learned.language_model import LanguageModel, LanguageModelCard

Source = Iterable[pa.RecordBatch | pa.Array]
"""Batches with a column `text`, or string arrays."""
_SPELLING_PRIOR = 0.5
"""Added to the count of every pair of bytes, so that no spelling is impossible."""
_MOST_CHECKED = 10_000


class LanguageTraining(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a language model is trained. Five words at most, as in CCNet."""

    order: int = 5
    """Longest sequence of words that is counted, 1 to 8."""
    min_counts: tuple[int, ...] = (2, 1, 2, 2, 2)
    """Sequences of 1, 2, 3 … words that occurred less often are not kept; the last one holds for
    all longer ones. Words that are not kept are unknown, and are judged by their spelling."""
    max_ngrams: int = 20_000_000
    """Most distinct sequences of each length that are counted at once (41 bytes each); the rarest
    are dropped when there are more."""
    fold_case: bool = True
    """Whether A counts as a (ASCII)."""
    fold_digits: bool = True
    """Whether every digit counts as 0 (ASCII), as in CCNet."""
    check_share: float = 0.02
    """Share of texts held out to measure the percentiles of perplexity; 0 holds out none."""

    def fault(self) -> str | None:
        """Say what is wrong with the settings, or nothing."""
        if not 1 <= self.order <= ngram.MAX_ORDER:
            return f"order must be from 1 to {ngram.MAX_ORDER}, and is {self.order}"
        if not self.min_counts or min(self.min_counts) < 1:
            return "min_counts must name counts of 1 or more"
        if not 0 <= self.check_share < 1 or self.max_ngrams < 1:
            return "check_share must be from 0 to below 1, and max_ngrams positive"
        return None

    def floors(self) -> tuple[int, ...]:
        """Least count of each length from 1 to `order`."""
        longer = (self.min_counts[-1],) * self.order
        return (*self.min_counts, *longer)[: self.order]


class LanguageTrainer:
    """Reads text, batch by batch, and makes a model of all of it."""

    def __init__(self, settings: LanguageTraining | None = None) -> None:
        self.settings = settings or LanguageTraining()
        if fault := self.settings.fault():
            raise ConfigError(f"cannot train a language model: {fault}")
        self._fold = grams.fold_table(
            fold_case=self.settings.fold_case, fold_digits=self.settings.fold_digits
        )
        self._counters = [Counter(self.settings.max_ngrams) for _ in range(self.settings.order)]
        self._pairs = np.zeros((FRAME + 1, FRAME + 1), dtype=np.int64)
        self._known = np.zeros(0, dtype=np.uint64)
        self._digest = hashlib.sha256()
        self._checked: list[bytes] = []
        self._n_texts = self._n_words = self._n_bytes = 0

    def add(self, values: pa.Array | pa.ChunkedArray) -> None:
        """Read some texts."""
        texts = Texts.of(values)
        if self.settings.check_share:
            texts = self._hold_out(texts)
        words = ngram.split(self._fold, texts)
        self._learn_spelling(texts, words)
        for counter, found in zip(
            self._counters, sequences(words, self.settings.order), strict=True
        ):
            counter.add(found)
        self._n_texts += len(texts)
        self._n_words += len(words.hashes)
        self._n_bytes += int(texts.sizes().sum())
        self._digest.update(words.hashes.tobytes())

    def finish(self) -> LanguageModel:
        """Return the model.

        Raises:
            ConfigError: There was nothing to learn from.
        """
        if not self._n_words:
            raise ConfigError("cannot train a language model: the texts hold no words")
        counts = [counter.finish() for counter in self._counters]
        smoothed = smooth(counts, self.settings.floors())
        pairs = self._pairs + _SPELLING_PRIOR
        spelling = np.log(pairs / pairs.sum(axis=1, keepdims=True)).astype(np.float32)
        card = LanguageModelCard(
            order=self.settings.order,
            bits=smoothed.bits,
            log_unknown=smoothed.log_unknown,
            fold_case=self.settings.fold_case,
            fold_digits=self.settings.fold_digits,
            settings=msgspec.json.encode(self.settings).decode(),
            n_texts=self._n_texts,
            n_words=self._n_words,
            n_bytes=self._n_bytes,
            sha256=self._digest.hexdigest(),
            n_ngrams=smoothed.n_kept,
            n_checked=len(self._checked),
        )
        model = LanguageModel(card, smoothed.table, spelling)
        if not self._checked:
            return model
        told = model.perplexity(pa.array(self._checked, type=pa.large_binary()))
        percentiles = tuple(float(value) for value in np.percentile(told, np.arange(101)))
        card = msgspec.structs.replace(card, percentiles=percentiles)
        return LanguageModel(card, smoothed.table, spelling)

    def _hold_out(self, texts: Texts) -> Texts:
        """Set some texts aside, by their digests, and return the others."""
        parts = [texts.text(index) for index in range(len(texts))]
        held = [
            int.from_bytes(hashlib.sha256(part).digest()[:8], "little") / 2**64
            < self.settings.check_share
            for part in parts
        ]
        if not any(held):
            return texts
        room = _MOST_CHECKED - len(self._checked)
        aside = [part for part, out in zip(parts, held, strict=True) if out]
        self._checked += aside[:room]
        kept = [part for part, out in zip(parts, held, strict=True) if not out] + aside[room:]
        return Texts.of(pa.array(kept, type=pa.large_binary()))

    def _learn_spelling(self, texts: Texts, words: Words) -> None:
        """Count the pairs of bytes of every word that was never seen before."""
        hashes, first = np.unique(words.hashes, return_index=True)
        new = ~np.isin(hashes, self._known, assume_unique=True)
        fresh: npt.NDArray[np.int64] = first[new]
        chosen = Words(
            words.hashes[fresh], words.starts[fresh], words.lengths[fresh], words.ends[:0]
        )
        ngram.spell(self._fold, texts, chosen, self._pairs)
        self._known = np.union1d(self._known, hashes[new])


def train_language_model(texts: Source, settings: LanguageTraining | None = None) -> LanguageModel:
    """Learn how a language's words follow each other, from texts that are read once.

    Memory is bounded by `max_ngrams`, and by the distinct words (8 bytes each).

    Raises:
        ConfigError: The settings do not fit, or there was nothing to learn from.
    """
    trainer = LanguageTrainer(settings)
    for batch in texts:
        trainer.add(batch.column("text") if isinstance(batch, pa.RecordBatch) else batch)
    return trainer.finish()
