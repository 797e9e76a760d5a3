"""Predicts what a Python program prints that works on a string."""

from collections.abc import Mapping
from random import Random
from typing import ClassVar

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._program import GRADER, asked
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._words import WORDS

Change = tuple[str, str, str]
"""The line of code, what it makes of the string, and what a slip would make of it."""


class ProgramStringFamily(Family, frozen=True, kw_only=True):
    """Slices, methods and joins, one after another."""

    topic = "programs"
    grader: ClassVar[Mapping[str, object]] = GRADER

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one program."""
        n_words = by_level(level, 1, 1, 2, 2, 3)
        first = "".join(rng.sample(WORDS, n_words))
        near: list[str] = []
        lines, text, states = [f's = "{first}"'], first, [first]
        for _ in range(by_level(level, 1, 2, 3, 5, 7)):
            while True:
                line, after, slip = _change(rng, text)
                if 2 < len(after) < 40 and after != text:
                    break
            lines.append(line)
            near = [slip, *near]
            text = after
            states.append(text)
        lines.append("print(s)")
        if level >= 3 and rng.random() < 0.4:
            letter = rng.choice(text)
            lines[-1] = f'print(s.count("{letter}"), len(s), s.find("{letter}"))'
            count, size, place = text.count(letter), len(text), text.index(letter)
            text = f"{count} {size} {place}"
            near = [
                f"{count} {size} {place + 1}",
                f"{count + 1} {size} {place}",
                f"{count} {size - 1} {place}",
            ]
        wrong = [*near[:2], *states[-2:-1], text[:-1], text[::-1]]
        return Posed(
            statement=asked(rng, lines),
            answer=text,
            near_misses=slips(text, *wrong, right=(text.replace(" ", ""),)),
            solution=f"The string becomes {' → '.join(states)}.",
        )


def _change(rng: Random, s: str) -> Change:
    """Draw a line that changes the string."""
    i = rng.randint(1, max(1, len(s) // 2))
    j = rng.randint(i + 1, len(s))
    k = rng.choice((2, 3))
    old, new = rng.choice(s), rng.choice("xyz")
    return rng.choice(
        (
            (f"s = s[{i}:]", s[i:], s[i - 1 :]),
            (f"s = s[:-{i}]", s[: len(s) - i], s[: len(s) - i + 1]),
            (f"s = s[{i}:{j}] + s", s[i:j] + s, s[i : j + 1] + s),
            ("s = s[::-1]", "".join(reversed(s)), s),
            (f"s = s[::{k}]", _every(s, 0, k), _every(s, k - 1, k)),
            (f"s = s[{i}::{k}]", _every(s, i, k), _every(s, i - 1, k)),
            (f's = s.replace("{old}", "{new}")', new.join(s.split(old)), s),
            ("s = s[-1] + s[1:-1] + s[0]", s[len(s) - 1] + s[1 : len(s) - 1] + s[:1], s),
            (f"s = s[{i}:] + s[:{i}]", s[i:] + s[:i], s[len(s) - i :] + s[: len(s) - i]),
            ("s = s.upper()[0] + s[1:]", s[0].upper() + s[1:], s.upper()),
            ('s = "".join(sorted(s))', _in_order(s), _in_order(s)[::-1]),
            (
                f"s = s * 2 if len(s) < {8} else s[:{len(s) // 2}]",
                s + s if len(s) < 8 else s[: len(s) // 2],
                s,
            ),
        )
    )


def _every(s: str, start: int, step: int) -> str:
    """Return every so-manieth character, from a place on."""
    return "".join(char for i, char in enumerate(s) if i >= start and (i - start) % step == 0)


def _in_order(s: str) -> str:
    """Return the characters in the order of their codes."""
    return "".join(char * s.count(char) for char in sorted(set(s)))
