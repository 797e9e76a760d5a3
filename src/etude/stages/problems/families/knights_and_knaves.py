"""Finds out who tells the truth on an island of knights and knaves."""

from collections.abc import Mapping, Sequence
from itertools import product
from random import Random
from typing import ClassVar, NamedTuple

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import NAMES, listed, worded

TEMPLATES = (
    "On an island, knights always tell the truth and knaves always lie. {who} live there.\n\n"
    "{said}\n\nWho are the knights? {form}",
    "Each of {who} is either a knight, who only says what is true, or a knave, who only says what "
    "is false. You hear them speak:\n\n{said}\n\nWhich of them are knights? {form}",
    "You meet {who}. Every one of them is a knight or a knave; knights never lie and knaves never "
    "tell the truth.\n\n{said}\n\nName the knights. {form}",
)
FORM = "List their names in alphabetical order, separated by commas; write `none` if there is none."


class _Claim(NamedTuple):
    """What somebody says: its kind, and whom it is about."""

    kind: str
    about: tuple[int, ...]


class KnightsAndKnavesFamily(Family, frozen=True, kw_only=True):
    """Claims of two to six people that leave exactly one way."""

    topic = "logic"
    grader: ClassVar[Mapping[str, object]] = {"use": "text"}

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one island."""
        size = by_level(level, 2, 3, 4, 5, 6)
        people = sorted(rng.sample(NAMES, size))
        kinds = by_level(
            level, *[("is", "is not", "same", "differ")] * 2, *[("same", "differ", "and", "or")] * 3
        )
        while True:
            claims = [_claim(rng, kinds, speaker, size) for speaker in range(size)]
            fits = [w for w in product((True, False), repeat=size) if _fits(claims, w)]
            if len(fits) == 1:
                break
        world = fits[0]
        lines = [f"- {n} says: “{_text(c, people)}”" for n, c in zip(people, claims, strict=True)]
        answer = _names(people, world)
        others = [tuple(not knight for knight in world), (True,) * size, (False,) * size]
        others += [tuple(k != (i == j) for j, k in enumerate(world)) for i in range(size)]
        knaves = _names(people, [not knight for knight in world])
        return Posed(
            statement=worded(rng, TEMPLATES, who=listed(people), said="\n".join(lines), form=FORM),
            answer=answer,
            near_misses=slips(answer, *(_names(people, other) for other in others)),
            solution=f"Of the {2**size} ways only one makes every knight's words true and every "
            f"knave's words false. Knights: {answer}. Knaves: {knaves}.",
        )


def _claim(rng: Random, kinds: Sequence[str], speaker: int, size: int) -> _Claim:
    """Draw what somebody says of others, or of others and himself."""
    kind = rng.choice(kinds)
    others = [i for i in range(size) if i != speaker]
    if kind in {"is", "is not"}:
        return _Claim(kind, (rng.choice(others),))
    if kind in {"same", "differ"} and size > 2:
        return _Claim(kind, tuple(sorted(rng.sample(others, 2))))
    return _Claim(kind, tuple(sorted(rng.sample(range(size), 2))))


def _true(claim: _Claim, world: Sequence[bool]) -> bool:
    """Tell whether a claim holds."""
    values = [world[i] for i in claim.about]
    return {
        "is": values[0],
        "is not": not values[0],
        "same": values[0] == values[-1],
        "differ": values[0] != values[-1],
        "and": all(values),
        "or": any(values),
    }[claim.kind]


def _fits(claims: Sequence[_Claim], world: Sequence[bool]) -> bool:
    """Tell whether everybody says what he must."""
    return all(_true(claim, world) == knight for claim, knight in zip(claims, world, strict=True))


def _text(claim: _Claim, people: Sequence[str]) -> str:
    """Write a claim."""
    names = [people[i] for i in claim.about]
    a, b = names[0], names[-1]
    return {
        "is": f"{a} is a knight.",
        "is not": f"{a} is a knave.",
        "same": f"{a} and {b} are of the same kind.",
        "differ": f"Exactly one of {a} and {b} is a knight.",
        "and": f"Both {a} and {b} are knights.",
        "or": f"At least one of {a} and {b} is a knight.",
    }[claim.kind]


def _names(people: Sequence[str], world: Sequence[bool]) -> str:
    """List the knights."""
    return ", ".join(n for n, knight in zip(people, world, strict=True) if knight) or "none"
