"""Every measure against a plain implementation, and identities that must hold."""

import gzip
import math
from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etude.errors import ConfigError
from etude.models.embedders import embedders
from etude.stages.corpus.synthetic.diversity import Sizes, diversity
from etude.stages.corpus.synthetic.diversity.compare import DiversitySettings
from etude.stages.corpus.synthetic.diversity.facts import facts
from etude.stages.corpus.synthetic.diversity.measures import measures

TEXTS = (
    "The kernel schedules each thread on a core, and a thread may be moved.",
    "The kernel schedules each process on a core, and a process may be moved.",
    "Bread is made of flour, water, salt and time; time is the longest of them.",
    "A ship of the line carried 74 guns, and 600 men lived between its decks.",
    "the the the the the the the cat",
)
WORDS = st.lists(st.sampled_from(["a", "b", "c", "d"]), min_size=2, max_size=9)


def value_of(name: str, texts: tuple[str, ...], **table: int) -> float:
    """Measure texts as they are, by one measure."""
    given_ = DiversitySettings(
        measures=({"use": name, **table},),
        sizes=Sizes(max_passages=1000, passage_words=10_000, least_words=1, per_text=1),
        replicates=0,
    )
    return diversity(list(texts), settings=given_).measures[0].value


def words(text: str) -> list[str]:
    """Split as the measures do, for plain sentences."""
    for mark in ",.;":
        text = text.replace(mark, f" {mark} ")
    return text.lower().split()


def ngrams(text: str, n: int) -> list[tuple[str, ...]]:
    found = words(text)
    return [tuple(found[k : k + n]) for k in range(len(found) - n + 1)]


def plain_bleu(candidate: str, references: list[str], longest: int) -> float:
    """BLEU by its definition, with 0.1 for an order without a match."""
    logs = 0.0
    length = len(words(candidate))
    for n in range(1, longest + 1):
        own = Counter(ngrams(candidate, n))
        best: Counter[tuple[str, ...]] = Counter()
        for reference in references:
            best |= Counter(ngrams(reference, n))
        matched = sum(min(count, best[gram]) for gram, count in own.items())
        logs += math.log((matched or 0.1) / max(1, length - n + 1))
    nearest = min((len(words(r)) for r in references), key=lambda r: (abs(r - length), r))
    penalty = 0.0 if length >= nearest else 1 - nearest / length
    return math.exp(logs / longest + penalty)


def plain_self_bleu(texts: tuple[str, ...], longest: int = 4) -> float:
    scores = [
        plain_bleu(text, [*texts[:k], *texts[k + 1 :]], longest) for k, text in enumerate(texts)
    ]
    return sum(scores) / len(scores)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_distinct_n_is_that_of_a_plain_count(n: int) -> None:
    every = [gram for text in TEXTS for gram in ngrams(text, n)]
    assert value_of("distinct_n", TEXTS, n=n) == pytest.approx(len(set(every)) / len(every))


@pytest.mark.parametrize("n", [1, 2, 3])
def test_entropy_is_that_of_a_plain_count(n: int) -> None:
    counts = Counter(gram for text in TEXTS for gram in ngrams(text, n))
    shares = [count / counts.total() for count in counts.values()]
    expected = -sum(share * math.log2(share) for share in shares)
    assert value_of("ngram_entropy", TEXTS, n=n) == pytest.approx(expected)


def test_entropy_of_even_words_is_the_logarithm_of_their_number() -> None:
    assert value_of("ngram_entropy", ("a b c d", "e f g h"), n=1) == pytest.approx(3.0)


@pytest.mark.parametrize("n", [2, 4])
def test_self_bleu_is_that_of_a_plain_implementation(n: int) -> None:
    assert value_of("self_bleu", TEXTS, n=n) == pytest.approx(plain_self_bleu(TEXTS, n))


@settings(max_examples=40, deadline=None)
@given(st.lists(WORDS.map(" ".join), min_size=2, max_size=6).map(tuple))
def test_self_bleu_is_plain_for_any_texts(texts: tuple[str, ...]) -> None:
    assert value_of("self_bleu", texts) == pytest.approx(plain_self_bleu(texts))


def test_self_bleu_of_copies_is_one() -> None:
    assert value_of("self_bleu", (TEXTS[0],) * 3) == pytest.approx(1.0)


def test_the_vendi_score_is_that_of_all_eigenvalues() -> None:
    vectors = embedders.make("wordllama").embed(TEXTS).astype(np.float64)
    eigenvalues = np.linalg.eigvalsh(vectors @ vectors.T / len(TEXTS))
    positive = eigenvalues[eigenvalues > 1e-12]
    expected = np.exp(-(positive * np.log(positive)).sum())
    assert value_of("vendi", TEXTS) == pytest.approx(expected)
    # With more texts than dimensions the other matrix is taken; the score is the same.
    many = tuple(f"{text} {k}" for k in range(60) for text in TEXTS)
    vectors = embedders.make("wordllama").embed(many).astype(np.float64)
    eigenvalues = np.linalg.eigvalsh(vectors @ vectors.T / len(many))
    positive = eigenvalues[eigenvalues > 1e-12]
    expected = np.exp(-(positive * np.log(positive)).sum())
    assert value_of("vendi", many) == pytest.approx(expected, rel=1e-4)


def test_the_vendi_score_of_copies_is_one_however_many_there_are() -> None:
    assert value_of("vendi", (TEXTS[0],) * 7) == pytest.approx(1.0, abs=1e-4)
    twice = value_of("vendi", (TEXTS[0], TEXTS[2]))
    assert value_of("vendi", (TEXTS[0], TEXTS[2]) * 5) == pytest.approx(twice, abs=1e-4)
    assert 1 < twice < 2


def test_the_spread_is_the_mean_distance_of_all_pairs() -> None:
    vectors = embedders.make("wordllama").embed(TEXTS).astype(np.float64)
    distances = [1 - float(a @ b) for a, b in combinations(vectors, 2)]
    assert value_of("spread", TEXTS) == pytest.approx(np.mean(distances), abs=1e-6)


def test_compression_sees_copies_that_are_further_apart_than_the_window_of_gzip() -> None:
    rng = np.random.default_rng(0)
    noise = tuple(" ".join(map(str, rng.integers(0, 1_000_000, 900))) for _ in range(12))
    copied = noise * 2
    by_gzip = len("\n".join(copied).encode()) / len(gzip.compress("\n".join(copied).encode(), 9))
    once, twice = value_of("compression", noise), value_of("compression", copied)
    assert twice > 1.9 * once
    assert by_gzip < 1.1 * once


def test_rare_words_are_those_that_no_other_human_text_has() -> None:
    given_ = DiversitySettings(
        measures=({"use": "rare_words", "at_most": 0},),
        sizes=Sizes(least_words=1, per_text=1),
        replicates=0,
    )
    human = ["red green blue", "red green white", "red green black"]
    found = diversity(["red green blue", "red red red", "red green grey"], human, given_)
    assert found.measures[0].human == pytest.approx(3 / 9)
    assert found.measures[0].value <= 2 / 9 + 1e-9


def test_names_and_figures_are_facts_and_beginnings_of_sentences_are_none() -> None:
    text = "The year 1969. Then Ken Thompson wrote it at AT&T: UNIX. It had 2 users, not 1,200."
    assert facts(text) == {"1969", "ken", "thompson", "at", "unix", "1,200"}


def test_text_without_any_word_is_refused() -> None:
    with pytest.raises(ConfigError, match="too little text"):
        diversity(["", " \n "], ["", ""])


@pytest.mark.parametrize("name", ["distinct_n", "ngram_entropy", "self_bleu"])
def test_n_grams_of_no_words_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="n is from 1 to 8"):
        measures.make({"use": name, "n": 0})
