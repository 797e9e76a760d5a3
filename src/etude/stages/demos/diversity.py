"""How many different things demonstrations ask for, and in how many different words."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice

import msgspec
import numpy as np
import numpy.typing as npt

from etude.models.embedders import Vectors
from etude.stages.demos.texts import words

_FEWEST_FOR_GROUPS = 4
_MOST_GROUPS = 50
_ROUNDS = 20
_NEAR = 0.95
_AT_ONCE = 512
_POLITE = {
    *("please", "can", "could", "would", "will", "you", "i", "want", "need", "like", "to", "d"),
    *("let", "us", "kindly", "hi", "hello", "hey", "help", "me", "now", "then", "first", "just"),
}
_NO_OBJECT = {
    *("a", "an", "the", "me", "my", "your", "us", "our", "this", "that", "these", "those", "some"),
    *("any", "all", "each", "every", "following", "given", "below", "above", "of", "to", "for"),
    *("in", "on", "with", "about", "from", "by", "at", "as", "how", "why", "if", "whether", "is"),
    *("are", "it", "one", "two", "three", "short", "brief", "new", "simple", "good", "detailed"),
}


class TopicGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Instructions that lie near each other."""

    n: int
    nearest: str
    """Beginning of the one that is nearest to their middle."""


class Diversity(msgspec.Struct, frozen=True, kw_only=True):
    """What a set of instructions covers."""

    n: int
    distinct: dict[str, float]
    """Distinct runs of 1, 2 and 3 words over all, in the first 20,000 runs: longer sets repeat
    more, so only figures of equally many runs can be compared."""
    verbs: dict[str, int]
    """First words that ask for something with what they ask for, the most frequent first."""
    n_verbs: int
    """Different ones."""
    effective: float
    """Vendi score (Friedman and Dieng 2023): how many instructions, all unlike each other, would
    be as diverse; from 1 to the width of the vectors."""
    effective_groups: float
    """Exponential of the entropy of the shares of `groups`: how many groups of equal size would
    be as even."""
    groups: tuple[TopicGroup, ...]
    """The largest first."""
    near_share: float
    """Share of instructions with another one at a cosine of 0.95 or more."""


def measure_diversity(texts: Sequence[str], vectors: Vectors, *, seed: int = 0) -> Diversity:
    """Return how diverse instructions are.

    Args:
        texts: The instructions.
        vectors: Theirs, of length 1, [texts, width].
        seed: Chance in finding groups.
    """
    pairs = Counter(filter(None, map(verb_and_object, texts)))
    labels, centres = _grouped(vectors, seed)
    shares = np.bincount(labels, minlength=len(centres)) / max(len(texts), 1)
    return Diversity(
        n=len(texts),
        distinct={str(n): distinct_share(texts, n) for n in (1, 2, 3)},
        verbs=dict(pairs.most_common(20)),
        n_verbs=len(pairs),
        effective=round(effective_number(_spectrum(vectors)), 2),
        effective_groups=round(effective_number(shares), 2),
        groups=tuple(_groups(texts, vectors, labels, centres)),
        near_share=round(_near_share(vectors), 4),
    )


def distinct_share(texts: Sequence[str], n_words: int, limit: int = 20_000) -> float:
    """Return how many different runs of words there are over all runs, of at most so many."""
    runs = (tuple(w[i : i + n_words]) for t in texts for w in (words(t),)
            for i in range(len(w) - n_words + 1))  # fmt: skip
    taken = list(islice(runs, limit))
    return round(len(set(taken)) / len(taken), 4) if taken else 0.0


def verb_and_object(text: str) -> str:
    """Return the first word that asks for something and what it asks for, such as `write poem`.

    There is no grammar in it: it is the last question, or else the first sentence; politeness is
    left out, the next word is the verb, and the next one that is no article or the like is the
    object. Empty when there are no words.
    """
    said = words(_asking(text))[:30]
    start = next((place for place, word in enumerate(said) if word not in _POLITE), None)
    if start is None:
        return ""
    after = (word for word in said[start + 1 : start + 7] if word not in _NO_OBJECT)
    return f"{said[start]} {next(after, '')}".strip()


def _asking(text: str) -> str:
    """Return the last question of a text that ends with one, else its beginning."""
    end = text[-1000:].rstrip()
    if not end.endswith("?"):
        return text[:400]
    return max(re.split(r"[.!?\n](?=\s)", end[:-1])[-1:], default="")


def effective_number(shares: npt.NDArray[np.float64]) -> float:
    """Return the exponential of the entropy of shares; 0 when there are none."""
    positive = shares[shares > 1e-12]
    if not len(positive):
        return 0.0
    positive = positive / positive.sum()
    return float(np.exp(-(positive * np.log(positive)).sum()))


def _spectrum(vectors: Vectors) -> npt.NDArray[np.float64]:
    """Return the eigenvalues of the matrix of cosines, divided by the number of texts."""
    filled = vectors[np.linalg.norm(vectors, axis=1) > 0].astype(np.float64)
    if not len(filled):
        return np.zeros(0)
    # The smaller of the two products has the same eigenvalues but for zeros.
    wide = filled.shape[0] < filled.shape[1]
    product = filled @ filled.T if wide else filled.T @ filled
    return np.clip(np.linalg.eigvalsh(product / len(filled)), 0.0, None)


def _grouped(vectors: Vectors, seed: int) -> tuple[npt.NDArray[np.int64], Vectors]:
    """Return a group for each text, and the groups' middles, by k-means on the sphere."""
    n_texts = len(vectors)
    n_groups = min(_MOST_GROUPS, int(np.sqrt(n_texts / 2)) if n_texts >= _FEWEST_FOR_GROUPS else 1)
    n_groups = max(1, n_groups)
    centres = _spread(vectors, n_groups, np.random.default_rng(seed))
    labels = np.zeros(n_texts, np.int64)
    for _ in range(_ROUNDS if n_texts else 0):
        moved = (vectors @ centres.T).argmax(axis=1)
        if np.array_equal(moved, labels):
            break
        labels = moved
        sums = np.zeros_like(centres)
        np.add.at(sums, labels, vectors)
        length = np.linalg.norm(sums, axis=1, keepdims=True)
        centres = np.where(length > 0, sums / np.maximum(length, 1e-9), centres)
    return labels, centres


def _spread(vectors: Vectors, n_groups: int, rng: np.random.Generator) -> Vectors:
    """Return vectors that lie apart: each next one is drawn by its distance from those before."""
    if not len(vectors):
        return vectors
    chosen = [int(rng.integers(len(vectors)))]
    distance = 1.0 - vectors @ vectors[chosen[0]]
    while len(chosen) < n_groups:
        weights = np.clip(distance, 0.0, None).astype(np.float64)
        if weights.sum() < 1e-9:
            break
        chosen.append(int(rng.choice(len(vectors), p=weights / weights.sum())))
        distance = np.minimum(distance, 1.0 - vectors @ vectors[chosen[-1]])
    return vectors[chosen].copy()


def _groups(
    texts: Sequence[str], vectors: Vectors, labels: npt.NDArray[np.int64], centres: Vectors
) -> list[TopicGroup]:
    found = []
    for number, centre in enumerate(centres):
        members = np.flatnonzero(labels == number)
        if len(members):
            middle = members[int((vectors[members] @ centre).argmax())]
            found.append(TopicGroup(n=len(members), nearest=" ".join(texts[middle][:200].split())))
    return sorted(found, key=lambda group: (-group.n, group.nearest))


def _near_share(vectors: Vectors) -> float:
    if len(vectors) < 2:
        return 0.0
    n_near = 0
    for first in range(0, len(vectors), _AT_ONCE):
        cosines = vectors[first : first + _AT_ONCE] @ vectors.T
        cosines[np.arange(len(cosines)), np.arange(first, first + len(cosines))] = -1.0
        n_near += int((cosines.max(axis=1) >= _NEAR).sum())
    return n_near / len(vectors)
