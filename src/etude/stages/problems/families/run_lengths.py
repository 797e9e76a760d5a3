"""Writes a string as runs of equal letters, and back."""

from collections.abc import Mapping
from itertools import groupby
from random import Random
from typing import ClassVar

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

ENCODE = (
    "Run-length encoding writes each run of equal letters as its length followed by the letter, as "
    "in `aaab` → `3a1b`. Encode `{text}`.",
    "Describe `{text}` by its runs: for every block of equal letters in a row, write how many "
    "there are and then the letter, with nothing in between (`xxy` becomes `2x1y`).",
    "Compress `{text}` by replacing each maximal run of a letter by the count and the letter; a "
    "single `c` becomes `1c`. What is the result?",
)
DECODE = (
    "In run-length encoding, `3a1b` stands for `aaab`. Decode `{text}`.",
    "Each number says how often the letter after it is repeated, so `2x1y` means `xxy`. Which "
    "string is `{text}`?",
    "Expand `{text}`, where a number before a letter tells how many times that letter is written.",
)
TWICE = (
    "The description of a string lists its runs of equal characters: the length, then the "
    "character, so `aab` is described by `2a1b`, and `2a1b` itself by `121a111b`. Describe "
    "`{text}`, then describe the result. What do you get?",
    "Say aloud what you see: `aab` is two a, one b, written `2a1b`; and `2a1b` is one 2, one a, "
    "one 1, one b, written `121a111b`. Do this twice with `{text}`. What is the final string?",
    "Apply run-length encoding (count first, then the character; `aab` → `2a1b`) to `{text}`, and "
    "once more to what comes out, digits included. Give the second result.",
)


class RunLengthsFamily(Family, frozen=True, kw_only=True):
    """Run-length encoding once, backwards, and twice."""

    topic = "strings"
    grader: ClassVar[Mapping[str, object]] = {"use": "text"}

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one string."""
        n_runs, top = by_level(level, (3, 4), (4, 6), (6, 8), (8, 9), (4, 3))
        letters, last = [], ""
        for _ in range(n_runs):
            last = rng.choice([c for c in "abcdxyz" if c != last])
            letters.append(last)
        counts = [rng.randint(1, top) for _ in letters]
        plain = "".join(c * n for c, n in zip(letters, counts, strict=True))
        code = _encoded(plain)
        swapped = "".join(f"{c}{n}" for c, n in zip(letters, counts, strict=True))
        bare = code.replace("1", "")
        if level == 5:
            answer, templates, shown = _encoded(code), TWICE, plain
            wrong = [code, _encoded(swapped), answer[:-2], _encoded(answer)]
        elif rng.random() < 0.4:
            answer, templates, shown = plain, DECODE, code
            wrong = [plain[:-1], plain + plain[-1], plain[1:], "".join(letters), swapped]
        else:
            answer, templates, shown = code, ENCODE, plain
            off = [str(counts[0] + 1) + code[1:], code[:-2], swapped, bare]
            merged = "".join(f"{plain.count(c)}{c}" for c in dict.fromkeys(letters))
            wrong = [*off, merged, "".join(letters)]
        return Posed(
            statement=worded(rng, templates, text=shown),
            answer=answer,
            near_misses=slips(answer, *wrong),
            solution=f"The runs of `{plain}` are written `{code}`."
            + (f" The runs of that are written `{answer}`." if level == 5 else ""),
        )


def _encoded(text: str) -> str:
    """Write a string by its runs."""
    return "".join(f"{len(list(run))}{char}" for char, run in groupby(text))
