"""Predicts what a Python program prints that works on a dictionary."""

from collections.abc import Mapping
from random import Random
from typing import ClassVar

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._program import GRADER, asked, spaceless
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._words import WORDS

LOOPS = {
    "count": ["for c in text:", "    d[c] = d.get(c, 0) + 1"],
    "last": ["for i, c in enumerate(text):", "    d[c] = i"],
    "first": ["for i, c in enumerate(text):", "    d.setdefault(c, i)"],
    "sum": ["for i, c in enumerate(text):", "    d[c] = d.get(c, 0) + i"],
    "flip": [
        "for c in text:",
        "    if c in d:",
        "        del d[c]",
        "    else:",
        "        d[c] = len(d)",
    ],
}


class ProgramDictFamily(Family, frozen=True, kw_only=True):
    """Counting, first and last places, and keys that come and go."""

    topic = "programs"
    grader: ClassVar[Mapping[str, object]] = GRADER

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one program."""
        kinds = by_level(level, ("count",), ("count", "last"), *[tuple(LOOPS)] * 3)
        kind = rng.choice(kinds)
        text = "".join(rng.sample(WORDS, by_level(level, 1, 2, 2, 3, 4)))
        items = _filled(kind, text)
        while len(items) < 3:
            text += "".join(rng.sample(WORDS, 1))
            items = _filled(kind, text)
        key = rng.choice(sorted(items))
        bound = sorted(items.values())[len(items) // 2]
        ends = {
            f'print(d["{key}"], len(d))': lambda d: f"{d.get(key, 0)} {len(d)}",
            "print(sum(d.values()))": lambda d: str(sum(d.values())),
            f"print(sorted(k for k in d if d[k] >= {bound}))": lambda d: str(
                sorted(k for k, v in d.items() if v >= bound)
            ),
            "print(max(d, key=d.get), max(d.values()))": lambda d: (
                f"{next(k for k, v in d.items() if v == max(d.values()))} {max(d.values())}"
            ),
            "print(list(d)[-1], list(d.values())[:3])": lambda d: (
                f"{list(d)[-1]} {list(d.values())[:3]}"
            ),
        }
        end = rng.choice(list(ends)[: by_level(level, 2, 3, 4, 5, 5)])
        answer = ends[end](items)
        others = [_filled(other, text) for other in LOOPS if other != kind]
        others += [_filled(kind, text[:-1]), {k: v + 1 for k, v in items.items()}]
        near = [ends[end](other) for other in others if other]
        lines = [f'text = "{text}"', "d = {}", *LOOPS[kind], end]
        return Posed(
            statement=asked(rng, lines),
            answer=answer,
            spellings=spaceless(answer),
            near_misses=slips(answer, *near, right=spaceless(answer)),
            solution=f"After the loop, d is `{items}`.",
        )


def _filled(kind: str, text: str) -> dict[str, int]:
    """Return what the loop leaves in the dictionary, key by key."""
    if kind == "flip":
        found: dict[str, int] = {}
        for char in text:
            if found.pop(char, None) is None:
                found[char] = len(found)
        return found
    places = {c: [i for i, other in enumerate(text) if other == c] for c in text}
    return {
        c: {"count": len(at), "last": at[-1], "first": at[0], "sum": sum(at)}[kind]
        for c, at in places.items()
    }
