import itertools
import math
import random
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from etude.errors import ConfigError, RecordError
from etude.stages.corpus.learned import (
    LanguageModel,
    LanguageTraining,
    auc,
    train_language_model,
)

Gram = tuple[str, ...]


class BruteForce:
    """Interpolated modified Kneser-Ney over tuples of words, written down as in the paper."""

    def __init__(self, documents: list[str], order: int, floors: tuple[int, ...]) -> None:
        raw: list[Counter[Gram]] = [Counter() for _ in range(order)]
        for document in documents:
            words = ["<s>", *document.split(), "</s>"]
            for end in range(2, len(words) + 1):
                for size in range(1, min(order, end) + 1):
                    raw[size - 1][tuple(words[end - size : end])] += 1
        self.order = order
        self.adjusted: list[dict[Gram, int]] = []
        for size, grams in enumerate(raw, 1):
            before: dict[Gram, set[str]] = defaultdict(set)
            for longer in raw[size] if size < order else ():
                before[longer[1:]].add(longer[0])
            self.adjusted.append(
                {
                    gram: count if size == order or gram[0] == "<s>" else len(before[gram])
                    for gram, count in grams.items()
                }
            )
        self.kept = [
            {gram for gram, count in raw[0].items() if count >= floors[0] or gram == ("</s>",)}
        ]
        for size in range(2, order + 1):
            shorter = self.kept[-1] | {("<s>",)}
            self.kept.append(
                {
                    gram
                    for gram, count in raw[size - 1].items()
                    if count >= floors[size - 1] and gram[1:] in shorter and gram[:-1] in shorter
                }
            )
        self.discounts = [self._discounts(counts) for counts in self.adjusted]

    @staticmethod
    def _discounts(counts: dict[Gram, int]) -> tuple[float, ...]:
        n = Counter(counts.values())
        if not all(n[count] for count in (1, 2, 3, 4)):
            return (0.0, 0.5, 1.0, 1.5)
        y = n[1] / (n[1] + 2 * n[2])
        found = tuple(k - (k + 1) * y * n[k + 1] / n[k] for k in (1, 2, 3))
        fits = all(0 < value <= most for value, most in zip(found, (1, 2, 3), strict=True))
        return (0.0, *found) if fits else (0.0, 0.5, 1.0, 1.5)

    def probability(self, context: Gram, word: str) -> float:
        """P(word | context); a word that is not kept is <unk>."""
        size = len(context)
        counts, kept, discounts = self.adjusted[size], self.kept[size], self.discounts[size]
        if size and context not in self.kept[size - 1] and context != ("<s>",):
            return self.probability(context[1:], word)
        total = sum(count for gram, count in counts.items() if gram[:-1] == context)
        if not total:
            return self.probability(context[1:], word)
        paid = {
            gram: counts[gram] - discounts[min(counts[gram], 3)]
            for gram in kept
            if gram[:-1] == context
        }
        left = (total - sum(paid.values())) / total
        if not size:
            return left if word == "<unk>" else paid[(word,)] / total
        return paid.get((*context, word), 0) / total + left * self.probability(context[1:], word)

    def context_of(self, words: list[str]) -> Gram:
        return tuple(words[-(self.order - 1) :]) if self.order > 1 else ()


CASES = [(1, (1,)), (2, (2, 2)), (3, (1, 1, 1)), (3, (2, 1, 2)), (4, (1, 2, 2, 3)), (5, (1,) * 5)]


def random_documents(seed: int, n: int) -> list[str]:
    rng = random.Random(seed)
    return [
        " ".join(
            rng.choice("abcdefghij"[: rng.choice((3, 5, 10))]) for _ in range(rng.randrange(9))
        )
        for _ in range(n)
    ]


def trained(documents: list[str], order: int, floors: tuple[int, ...]) -> LanguageModel:
    settings = LanguageTraining(order=order, min_counts=floors, check_share=0)
    half = len(documents) // 2
    return train_language_model([pa.array(documents[:half]), pa.array(documents[half:])], settings)


@pytest.mark.parametrize(("order", "floors"), CASES)
def test_probabilities_are_those_of_the_formula(order: int, floors: tuple[int, ...]) -> None:
    documents = random_documents(order, 60)
    brute, model = BruteForce(documents, order, floors), trained(documents, order, floors)
    assert model.card.n_ngrams == tuple(len(kept) for kept in brute.kept)
    vocabulary = {gram[0] for gram in brute.kept[0]}
    for text in ["", "a b c", "c b a a b", "a z b c zz a", *random_documents(99, 25)]:
        expected, history = 0.0, ["<s>"]
        for word in [*text.split(), "</s>"]:
            known = word if word in vocabulary else "<unk>"
            expected += math.log(brute.probability(brute.context_of(history), known))
            if known == "<unk>":
                framed = [256, *word.encode(), 256]
                pairs = itertools.pairwise(framed)
                expected += sum(float(model.ngrams.spelling[pair]) for pair in pairs)
            history.append(known)
        assert model.score(pa.array([text])).log_p[0] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(("order", "floors"), CASES)
def test_what_may_follow_any_context_sums_to_one(order: int, floors: tuple[int, ...]) -> None:
    brute = BruteForce(random_documents(order, 60), order, floors)
    words = [gram[0] for gram in brute.kept[0]] + ["<unk>"]
    for context in ("", "<s>", "a", "z", "<s> a", "a b", "z a", "c b a d"):
        asked = brute.context_of(context.split())
        assert sum(brute.probability(asked, word) for word in words) == pytest.approx(1)


MANUAL = [
    "the",
    "command",
    "prints",
    "the",
    "names",
    "of",
    "all",
    "files",
    "in",
    "the",
    "current",
    "directory",
    "and",
    "sorts",
    "them",
    "by",
    "name",
    "unless",
    "an",
    "option",
    "is",
    "given",
    "that",
    "asks",
    "for",
    "another",
    "order",
    "such",
    "as",
    "size",
    "or",
    "time",
    "of",
    "change",
]


def sentences(n: int, seed: int) -> list[str]:
    """Sentences with an order of words: each follows the one before it in MANUAL, mostly."""
    rng = random.Random(seed)
    found = []
    for _ in range(n):
        place, words = rng.randrange(len(MANUAL)), []
        for _ in range(25):
            words.append(MANUAL[place])
            place = (place + 1 if rng.random() < 0.8 else rng.randrange(99)) % len(MANUAL)
        found.append(" ".join(words))
    return found


REFERENCE = train_language_model([pa.array(sentences(300, 1))], LanguageTraining(check_share=0.1))


def test_shuffled_and_garbled_text_is_more_surprising() -> None:
    rng = random.Random(3)
    clean = sentences(60, 2)
    shuffled = [" ".join(rng.sample(text.split(), 25)) for text in clean]
    garbled = ["".join(rng.choice("qxzj") if c == "e" else c for c in text) for text in clean]
    scores = [REFERENCE.perplexity(pa.array(texts)) for texts in (clean, shuffled, garbled)]
    yes = [True] * 60 + [False] * 60
    assert auc(np.concatenate((-scores[0], -scores[1])), yes) > 0.99
    assert auc(np.concatenate((-scores[0], -scores[2])), yes) > 0.99


def test_percentiles_of_held_out_text_are_kept() -> None:
    card = REFERENCE.card
    assert 10 < card.n_checked < 60
    assert card.n_texts == 300 - card.n_checked
    assert len(card.percentiles) == 101
    assert list(card.percentiles) == sorted(card.percentiles)


def test_a_file_gives_back_the_model_and_the_same_bytes(tmp_path: Path) -> None:
    REFERENCE.save(tmp_path / "one")
    again = train_language_model([pa.array(sentences(300, 1))], LanguageTraining(check_share=0.1))
    again.save(tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    read = LanguageModel.load(tmp_path / "one")
    texts = pa.array([*sentences(5, 9), "", "\0\0", "x" * 5000])
    assert read.card == REFERENCE.card
    assert read.perplexity(texts).tolist() == REFERENCE.perplexity(texts).tolist()
    assert np.isfinite(read.perplexity(texts)).all()
    damaged = bytearray((tmp_path / "one").read_bytes())
    damaged[-100] ^= 1
    (tmp_path / "one").write_bytes(damaged)
    with pytest.raises(RecordError, match="damaged"):
        LanguageModel.load(tmp_path / "one")


def test_memory_is_bounded_by_dropping_the_rarest() -> None:
    rng = random.Random(5)
    texts = [f"the file w{rng.randrange(4000)} is {rng.random()}" for _ in range(2000)]
    settings = LanguageTraining(max_ngrams=500, min_counts=(1,), fold_digits=False, check_share=0)
    model = train_language_model([pa.array(texts)], settings)
    assert max(model.card.n_ngrams) <= 500
    assert model.score(pa.array(["the file"])).unknown[0] == 0


def test_bits_per_byte_fall_with_more_of_the_same() -> None:
    held_out = pa.array(sentences(40, 7))
    little = train_language_model([pa.array(sentences(20, 1))], LanguageTraining(check_share=0))
    much = train_language_model([pa.array(sentences(500, 1))], LanguageTraining(check_share=0))
    assert much.bits_per_byte(held_out) < little.bits_per_byte(held_out)
    assert much.bits_per_byte(pa.array([""])) == 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (LanguageTraining(order=9), "order must be from 1 to 8"),
        (LanguageTraining(min_counts=()), "min_counts"),
        (LanguageTraining(check_share=1), "check_share"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: LanguageTraining, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        train_language_model([pa.array(["a"])], settings)


def test_text_without_words_teaches_nothing() -> None:
    with pytest.raises(ConfigError, match="no words"):
        train_language_model([pa.array(["", " \n"])])
