"""Puts tasks in order, so that each comes after those it needs."""

from collections.abc import Mapping
from random import Random
from typing import ClassVar

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._graph import nodes_of
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

TEMPLATES = (
    "The tasks {first} to {last} have to be done one at a time.\n\n{rules}\n\nWhenever several "
    "tasks could be done next, the one that comes first in the alphabet is done. In which order "
    "are they done? {form}",
    "Someone has to do the jobs {first} to {last} under these conditions:\n\n{rules}\n\nOf all "
    "orders that are allowed, which comes first in alphabetical order? {form}",
    "Courses {first} to {last} are taken one after another.\n\n{rules}\n\nAlways take the course "
    "with the alphabetically smallest letter among those whose conditions are met. Which order "
    "results? {form}",
)
FORM = "Write the letters in that order, separated by commas."


class TaskOrderFamily(Family, frozen=True, kw_only=True):
    """The alphabetically first topological order of a graph without cycles."""

    topic = "graphs"
    grader: ClassVar[Mapping[str, object]] = {"use": "text"}

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one set of tasks."""
        size = by_level(level, 4, 5, 7, 9, 12)
        n_rules = by_level(level, 3, 5, 8, 11, 16)
        nodes = nodes_of(size)
        while True:
            hidden = rng.sample(nodes, size)
            pairs = [(a, b) for i, a in enumerate(hidden) for b in hidden[i + 1 :]]
            rules = rng.sample(pairs, n_rules)
            order = _order(nodes, rules)
            if order != nodes:
                break
        near = [nodes, order[::-1], hidden, _order(nodes, rules[1:]), _late(nodes, rules)]
        place = rng.randrange(size - 1)
        swapped = list(order)
        swapped[place], swapped[place + 1] = swapped[place + 1], swapped[place]
        near.append(swapped)
        answer = ", ".join(order)
        return Posed(
            statement=worded(
                rng,
                TEMPLATES,
                first=nodes[0],
                last=nodes[-1],
                rules="\n".join(f"- {b} must come after {a}." for a, b in rules),
                form=FORM,
            ),
            answer=answer,
            near_misses=slips(answer, *(", ".join(other) for other in near if other != order)),
            solution="At each step, of the letters all of whose conditions are met, take the "
            f"first: {answer}.",
        )


def _order(nodes: list[str], rules: list[tuple[str, str]]) -> list[str]:
    """Return the alphabetically first order in which every rule is kept."""
    order: list[str] = []
    while len(order) < len(nodes):
        order.append(
            next(
                node
                for node in nodes
                if node not in order and all(a in order for a, b in rules if b == node)
            )
        )
    return order


def _late(nodes: list[str], rules: list[tuple[str, str]]) -> list[str]:
    """Return an order that keeps the rules and takes the last letter first."""
    return _order(nodes[::-1], rules)
