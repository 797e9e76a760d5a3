"""Counts letters, words and pairs of letters in a text."""

from itertools import pairwise
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded
from etude.stages.problems.families._words import WORDS

LETTER = (
    "How many times does the letter `{x}` occur in `{text}`?",
    "Count the letter `{x}` in the following text: `{text}`",
    "How often does `{x}` appear in `{text}`?",
)
VOWELS = (
    "How many vowels (a, e, i, o, u) are there in `{text}`?",
    "Count the letters of `{text}` that are one of a, e, i, o, u.",
    "Of the letters in `{text}`, how many are vowels, that is a, e, i, o or u?",
)
WORDS_WITH = (
    "How many of these words contain the letter `{x}`: {list}?",
    "Count the words in this list that have at least one `{x}` in them: {list}.",
    "Here are some words: {list}. In how many of them does the letter `{x}` occur?",
)
DOUBLE = (
    "In how many places of `{text}` do two equal letters stand right next to each other inside a "
    "word?",
    "Count the pairs of neighbouring equal letters, such as the tt in butter, in `{text}`.",
    "How many times are two letters in a row the same in `{text}`? (Spaces separate letters.)",
)


class LetterCountFamily(Family, frozen=True, kw_only=True):
    """Counting without miscounting, in longer and longer texts."""

    topic = "strings"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one count."""
        words = rng.sample(WORDS, by_level(level, 2, 4, 7, 12, 20))
        text = " ".join(words)
        x = rng.choice([c for c in text if c != " "])
        kind = rng.choice(by_level(level, ("x",), ("x", "v"), *[("x", "v", "w", "d")] * 3))
        each = [word.count(x) for word in words]
        vowels = [sum(c in "aeiou" for c in word) for word in words]
        double = [sum(a == b for a, b in pairwise(w)) for w in words]
        answer, templates, wrong, counts = {
            "x": (sum(each), LETTER, [sum(n > 0 for n in each)], each),
            "v": (sum(vowels), VOWELS, [len(text) - sum(vowels) - len(words) + 1], vowels),
            "w": (sum(n > 0 for n in each), WORDS_WITH, [sum(each)], each),
            "d": (sum(double), DOUBLE, [len(words) - sum(double)], double),
        }[kind]
        shown = ", ".join(f"{word} {n}" for word, n in zip(words, counts, strict=True))
        return Posed(
            statement=worded(rng, templates, x=x, text=text, list=", ".join(words)),
            answer=str(answer),
            near_misses=slips(answer, *wrong, answer + 1, max(answer - 1, 0), answer + 2),
            solution=f"Word by word: {shown}. The answer is ${answer}$.",
        )
