"""Sorts words by the alphabet, by length or by their ends."""

from collections.abc import Mapping
from random import Random
from typing import ClassVar

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded
from etude.stages.problems.families._words import WORDS

TEMPLATES = (
    "Sort these words {rule}: {words}. Write them in one line, separated by commas.",
    "Put the words {words} in order, {rule}. Separate them by commas.",
    "Arrange the following words {rule}: {words}. Answer with the list, with commas between the "
    "words.",
)
RULES = {
    "alphabet": "alphabetically from A to Z",
    "reverse": "in reverse alphabetical order, from Z to A",
    "length": "from the shortest to the longest, and words of the same length alphabetically",
    "end": "alphabetically by the words read backwards, from their last letters on",
}


class WordSortingFamily(Family, frozen=True, kw_only=True):
    """Orders of words, in longer and longer lists that begin alike."""

    topic = "strings"
    grader: ClassVar[Mapping[str, object]] = {"use": "text"}

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one list."""
        count = by_level(level, 4, 6, 7, 9, 12)
        rule = rng.choice(by_level(level, *[("alphabet", "reverse")] * 2, *[tuple(RULES)] * 3))
        start = rng.choice("bcfmpst")
        alike = [word for word in WORDS if word.startswith(start)]
        words = rng.sample(alike, min(len(alike), count // 2))
        words += rng.sample([word for word in WORDS if word not in alike], count - len(words))
        rng.shuffle(words)
        ways = {
            "alphabet": sorted(words),
            "reverse": sorted(words, reverse=True),
            "length": sorted(words, key=lambda word: (len(word), word)),
            "end": sorted(words, key=lambda word: word[::-1]),
        }
        order = ways[rule]
        place = rng.randrange(count - 1)
        swapped = list(order)
        swapped[place], swapped[place + 1] = swapped[place + 1], swapped[place]
        wrong = [*ways.values(), order[::-1], swapped, words, order[:-1]]
        wrong.append(sorted(words, key=len))
        answer = ", ".join(order)
        return Posed(
            statement=worded(rng, TEMPLATES, rule=RULES[rule], words=", ".join(words)),
            answer=answer,
            near_misses=slips(answer, *(", ".join(w) for w in wrong if w != order)),
        )
