"""Texts of a demonstration, and their words in figures that do not change between runs."""

import hashlib
import re
import unicodedata
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from etude.records import Demonstration, Message

Hashes = npt.NDArray[np.uint64]
_WORD = re.compile(r"[^\W_]++")
_BASE = np.uint64(0x9E3779B97F4A7C15)


def words(text: str) -> list[str]:
    """Return the words of a text, in one case and one form of their letters."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def instruction(demonstration: Demonstration) -> str:
    """Return what was asked: all that the user said."""
    return "\n\n".join(m.content for m in demonstration.messages if m.role == "user")


def answer(demonstration: Demonstration) -> str:
    """Return what is imitated: all that the assistant said."""
    return answer_of(demonstration.messages)


def answer_of(messages: Sequence[Message]) -> str:
    """Return all that the assistant said in some messages."""
    return "\n\n".join(m.content for m in messages if m.role == "assistant" and m.content)


def last_answer(demonstration: Demonstration) -> tuple[int, str]:
    """Return the place and text of the assistant's last message; -1 when it has none."""
    for place in range(len(demonstration.messages) - 1, -1, -1):
        if demonstration.messages[place].role == "assistant":
            return place, demonstration.messages[place].content
    return -1, ""


def word_hashes(text: str, known: dict[str, int]) -> Hashes:
    """Return a number for each word, the same in every run; `known` remembers them."""
    found = words(text)
    for word in set(found) - known.keys():
        digest = hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        known[word] = int.from_bytes(digest, "little")
    return np.fromiter((known[word] for word in found), np.uint64, len(found))


def shingles(text: str, n_words: int, known: dict[str, int]) -> Hashes:
    """Return the distinct runs of so many words, sorted; a shorter text is one run."""
    numbers = word_hashes(text, known)
    if not len(numbers):
        return numbers
    width = min(n_words, len(numbers))
    runs = np.zeros(len(numbers) - width + 1, np.uint64)
    with np.errstate(over="ignore"):
        for place in range(width):
            runs = runs * _BASE + numbers[place : place + len(runs)]
            # Without mixing, runs of the same words in another order would lie close together.
            runs ^= runs >> np.uint64(29)
    return np.unique(runs)


def jaccard(one: Hashes, other: Hashes) -> float:
    """Return the share of all runs that both texts have; 0 when both are empty."""
    n_both = len(np.intersect1d(one, other, assume_unique=True))
    n_all = len(one) + len(other) - n_both
    return n_both / n_all if n_all else 0.0
