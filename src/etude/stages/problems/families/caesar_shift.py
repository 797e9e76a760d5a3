"""Encodes or decodes a text by shifting its letters."""

from collections.abc import Mapping
from random import Random
from typing import ClassVar

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded
from etude.stages.problems.families._words import WORDS

ENCODE = (
    "In a Caesar cipher, each letter is replaced by the one {k} place{s} later in the alphabet; "
    "after Z it goes on with A. Encode `{text}`.",
    "Shift every letter of `{text}` forward by {k} place{s} in the alphabet, wrapping around "
    "from Z to A. What do you get?",
    "What does `{text}` become when each of its letters moves on by {k} in the alphabet (A follows "
    "Z)?",
)
DECODE = (
    "A message was encoded by moving each letter {k} place{s} forward in the alphabet, with A "
    "after Z. The result is `{text}`. What was the message?",
    "Decode `{text}`, in which every letter stands {k} place{s} later in the alphabet than the "
    "right one (the alphabet is a circle: A comes after Z).",
    "Undo a Caesar cipher with a shift of {k}: each letter of `{text}` has to go back {k} "
    "place{s} in the alphabet, from A on to Z. What is the plain text?",
)
GROWING = (
    "Replace the first letter of `{text}` by the one {k} place{s} later in the alphabet, the "
    "second by the one {more} places later, the third by {third} places, and so on, each time "
    "one place further; after Z comes A. Spaces stay and do not count. What is the result?",
    "In `{text}`, shift the first letter forward by {k}, the second by {more}, the third by "
    "{third} and so on (the shift grows by one with each letter; spaces are skipped and kept). "
    "The alphabet wraps around from Z to A. What does it turn into?",
    "A cipher moves the first letter of a text {k} place{s} on, the next one {more}, the next one "
    "{third}, and so forth, going on with A after Z and leaving out spaces. Encode `{text}` with "
    "it.",
)


class CaesarShiftFamily(Family, frozen=True, kw_only=True):
    """Constant shifts, back and forth, and a shift that grows."""

    topic = "strings"
    grader: ClassVar[Mapping[str, object]] = {"use": "text"}

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one text."""
        n_words = by_level(level, 1, 1, 2, 3, 2)
        k = rng.randint(1, by_level(level, 5, 25, 25, 25, 20))
        plain = " ".join(rng.sample(WORDS, n_words)).upper()
        decode = level in {2, 3, 4} and rng.random() < 0.6
        if level == 5:
            answer, shown, templates = _shifted(plain, k, 1), plain, GROWING
            wrong = [_shifted(plain, k, 0), _shifted(plain, k + 1, 1), _shifted(plain, -k, -1)]
            spaced = _shifted(plain.replace(" ", "@"), k, 1)
            wrong += [spaced, _shifted(plain, k - 1, 1)]
        else:
            code = _shifted(plain, k, 0)
            answer, shown, templates = (plain, code, DECODE) if decode else (code, plain, ENCODE)
            sign = -1 if decode else 1
            wrong = [_shifted(shown, sign * n, 0) for n in (-k, k + 1, k - 1)]
        wrong += [answer[::-1], answer[:-1], shown]
        return Posed(
            statement=worded(
                rng, templates, text=shown, k=k, s="s" if k > 1 else "", more=k + 1, third=k + 2
            ),
            answer=answer,
            near_misses=slips(answer, *(w for w in wrong if "@" not in w)),
            solution="Letter by letter: "
            + ", ".join(f"{a}→{b}" for a, b in zip(shown, answer, strict=True) if a != " ")
            + ".",
        )


def _shifted(text: str, shift: int, growth: int) -> str:
    """Shift letters, each by `growth` more than the one before."""
    result = ""
    for char in text:
        if char.isalpha():
            result += chr((ord(char) - ord("A") + shift) % 26 + ord("A"))
            shift += growth
        else:
            result += char
    return result
