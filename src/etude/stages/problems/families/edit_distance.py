"""Finds the least number of edits between two strings."""

from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded
from etude.stages.problems.families._words import WORDS

TEMPLATES = (
    "What is the smallest number of edits that turns `{a}` into `{b}`? An edit inserts one letter, "
    "deletes one letter or replaces one letter by another.",
    "Find the Levenshtein distance between `{a}` and `{b}` (insertions, deletions and "
    "substitutions of single letters cost 1 each).",
    "Someone wants to change `{a}` into `{b}`. In each move, a single letter may be added, removed "
    "or exchanged for another one. How many moves are needed at least?",
)


class EditDistanceFamily(Family, frozen=True, kw_only=True):
    """Levenshtein distance of a word and a damaged word, or of two words."""

    topic = "strings"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one pair."""
        n_words = by_level(level, 1, 1, 1, 2, 3)
        while True:
            a = "".join(rng.sample(WORDS, n_words))
            b = "".join(rng.sample(WORDS, 1)) if level == 3 else a
            for _ in range(by_level(level, 2, 4, 1, 6, 9)):
                place, letter = rng.randrange(len(b)), rng.choice("aeilnorstu")
                keep = rng.choice((0, 1))
                middle = rng.choice((letter, ""))
                b = b[:place] + middle + b[place + keep :]
            answer = _distance(a, b)
            if answer > 0 and len(b) > 2:
                break
        place_by_place = sum(x != y for x, y in zip(a, b, strict=False)) + abs(len(a) - len(b))
        wrong = [place_by_place, abs(len(a) - len(b)), len(set(a) ^ set(b)), answer + 1, answer - 1]
        return Posed(
            statement=worded(rng, TEMPLATES, a=a, b=b),
            answer=str(answer),
            near_misses=slips(answer, *wrong),
            solution="Fill in the table of distances between the beginnings of the two strings; "
            f"each entry is the least of its three neighbours plus what it costs. The last entry "
            f"is ${answer}$.",
        )


def _distance(a: str, b: str) -> int:
    """Return the Levenshtein distance, row by row."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        after = [i]
        for j, y in enumerate(b, 1):
            after.append(min(row[j] + 1, after[-1] + 1, row[j - 1] + (x != y)))
        row = after
    return row[-1]
