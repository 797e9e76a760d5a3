"""Facts to probe with: a question, its right answer and a plausible wrong one."""

from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import msgspec

from etude.errors import ConfigError
from etude.records import Origin, Problem, Reference
from etude.store import Dataset

_BUILT_IN = "etude:facts"
_LONGEST = 80


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """A question with one right and one wrong answer."""

    id: str
    question: str
    right: str
    wrong: str
    spellings: tuple[str, ...] = ()
    """Other words for the right answer."""
    source: str = _BUILT_IN
    """URI of what it was taken from."""
    licence: str = ""
    parents: tuple[str, ...] = ()
    """Ids of the records it was made from."""


class TakenFacts(NamedTuple):
    """The facts of a data set of problems, and how many problems gave none."""

    facts: list[Fact]
    n_skipped: int
    """Problems with no short answer or no wrong answer to set against it."""


@cache
def plain_facts() -> tuple[Fact, ...]:
    """Return the built-in facts: schoolbook knowledge with one undisputed answer."""
    text = (files(__package__) / "facts.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return tuple(
        Fact(
            id=f"fact-{number:03}",
            question=question,
            right=right,
            wrong=wrong,
            spellings=tuple(spellings),
            licence="Apache-2.0",
        )
        for number, (question, right, wrong, *spellings) in enumerate(rows)
    )


def facts_of_problems(dataset: Dataset, limit: int = 0) -> TakenFacts:
    """Return facts made of problems whose reference is a short answer.

    The wrong answer is the first near miss of the reference; where there is none, a whole number is
    missed by one.

    Args:
        dataset: Holds problems with their references.
        limit: Most facts to take; 0 for all.

    Raises:
        ConfigError: It holds no problems, its references were withheld, or none gives a fact.
        RecordError: It is damaged.
    """
    problems = {row.id: row for row in dataset.rows("problems", Problem)}
    facts: list[Fact] = []
    for reference in dataset.rows("references", Reference):
        problem = problems.get(reference.problem_id)
        fact = None if problem is None else _fact(problem, reference)
        if fact is not None and (not limit or len(facts) < limit):
            facts.append(fact)
    if not facts:
        raise ConfigError(
            f"{dataset.path}: none of its {len(problems)} problems has a short answer and a wrong "
            "one to set against it"
        )
    return TakenFacts(facts, len(problems) - len(facts))


def _fact(problem: Problem, reference: Reference) -> Fact | None:
    right = reference.answer.strip()
    if not right or len(right) > _LONGEST or "\n" in right or reference.tests:
        return None
    known = {right.casefold(), *(one.strip().casefold() for one in reference.spellings)}
    misses = (miss.strip() for miss in (*reference.near_misses, *_missed_by_one(right)))
    wrong = next((m for m in misses if _is_short(m) and m.casefold() not in known), None)
    if wrong is None:
        return None
    origin: Origin = problem.origin
    return Fact(
        id=problem.id,
        question=problem.statement,
        right=right,
        wrong=wrong,
        spellings=tuple(one for one in reference.spellings if _is_short(one)),
        source=origin.source,
        licence=origin.licence,
        parents=(problem.id,),
    )


def _is_short(text: str) -> bool:
    return 0 < len(text) <= _LONGEST and "\n" not in text


def _missed_by_one(right: str) -> tuple[str, ...]:
    if not right.lstrip("-").isascii() or not right.lstrip("-").isdigit():
        return ()
    return (str(Fraction(right) + 1),)
