"""Copies of a document that are not quite it, in twelve ways."""

import random
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple


class Chance(NamedTuple):
    """What decides how a copy differs."""

    rng: random.Random
    words: Sequence[str]
    """Words to put in."""


Change = Callable[[str, Chance], str]
"""Text and chance -> the changed text."""
_WORD = re.compile(r"[^\W\d_]{3,}")
_PARAGRAPHS = re.compile(r"\n\s*\n")


def _swapped(share: float) -> Change:
    def change(text: str, chance: Chance) -> str:
        found = list(_WORD.finditer(text))
        n_words = len(text.split())
        chosen = chance.rng.sample(found, min(len(found), max(1, round(share * n_words))))
        parts, last = [], 0
        for match in sorted(chosen, key=lambda m: m.start()):
            parts += [text[last : match.start()], chance.rng.choice(chance.words)]
            last = match.end()
        return "".join([*parts, text[last:]])

    return change


def _wrapped(text: str, chance: Chance) -> str:
    head = " ".join(chance.rng.choices(chance.words, k=chance.rng.randint(8, 30)))
    foot = " ".join(chance.rng.choices(chance.words, k=chance.rng.randint(8, 30)))
    return f"Home > Documents > {head}\n\n{text}\n\nPrevious | Next | {foot}"


def _cut(share: float) -> Change:
    return lambda text, chance: text[: round(len(text) * (1 - share))]


def _reflowed(text: str, chance: Chance) -> str:
    width, lines, line = chance.rng.randint(40, 100), [], ""
    for word in text.split():
        if line and len(line) + len(word) >= width:
            lines.append(line)
            line = ""
        line = f"{line}  {word}" if line else word
    return "\n".join([*lines, line])


def _shuffled(text: str, chance: Chance) -> str:
    paragraphs = _PARAGRAPHS.split(text)
    chance.rng.shuffle(paragraphs)
    return "\n\n".join(paragraphs)


CHANGES: dict[str, Change] = {
    "words-0.5%": _swapped(0.005),
    "words-1%": _swapped(0.01),
    "words-2%": _swapped(0.02),
    "words-5%": _swapped(0.05),
    "words-10%": _swapped(0.10),
    "header-and-footer": _wrapped,
    "cut-10%": _cut(0.1),
    "cut-20%": _cut(0.2),
    "cut-30%": _cut(0.3),
    "upper-case": lambda text, chance: text.upper(),
    "reflowed": _reflowed,
    "paragraphs-shuffled": _shuffled,
}
"""Name of a kind of near copy -> how it is made."""


def vocabulary(texts: Sequence[str], rng: random.Random) -> list[str]:
    """Return words to put in, taken from some of the texts."""
    some = rng.sample(texts, min(len(texts), 300))
    return sorted({word for text in some for word in _WORD.findall(text)}) or ["word"]
