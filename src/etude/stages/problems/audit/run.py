"""Judge right and wrong responses to the problems of a family, and decide whether it is used."""

import asyncio
from collections.abc import Iterable, Sequence
from random import Random
from typing import NamedTuple

import msgspec

from etude.errors import ConfigError
from etude.records import FamilyAudit, Grade, Problem, Reference
from etude.rollout import Bench
from etude.stages.problems.audit._near_misses import near_misses
from etude.stages.problems.audit._spellings import spellings

MAX_FALSE_REJECTS = 0.01
"""Share of right responses that a family's grader may refuse."""
MAX_EXAMPLES = 10
MAX_COSTLY = 1
"""Problems of a family that are also answered with what takes a grader up to its limits."""
SIDE_BY_SIDE = 16
"""Responses under way at once; how many are judged at once is the bench's."""
_SHOWN_CHARS = 160


class _Case(NamedTuple):
    """One response with what is known of it."""

    response: str
    right: bool
    reference: Reference


async def audit(
    name: str,
    pairs: Sequence[tuple[Problem, Reference]],
    bench: Bench,
    *,
    seed: int = 0,
) -> FamilyAudit:
    """Judge ten right and ten wrong responses to every problem, and count the mistakes.

    Args:
        name: Of the family.
        pairs: Its problems.
        bench: Judges.
        seed: Decides which spellings and near misses are taken, where there are more.

    Raises:
        ConfigError: The grader cannot be had here.
    """
    cases = iter(_cases(name, pairs, seed))
    judged: list[tuple[_Case, Grade]] = []

    async def work() -> None:
        for case in cases:
            grade = await bench.grade(case.response, case.reference)
            judged.append((case, grade))

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(SIDE_BY_SIDE):
                group.create_task(work())
    except* ConfigError as several:
        raise several.exceptions[0] from None
    return verdict_on(name, len(pairs), [(c.response, c.right, c.reference, g) for c, g in judged])


def _cases(name: str, pairs: Iterable[tuple[Problem, Reference]], seed: int) -> Iterable[_Case]:
    for number, (problem, reference) in enumerate(pairs):
        rng = Random(f"{seed}:{name}:{number}")
        for response in spellings(reference, rng):
            yield _Case(response, True, reference)
        wrong = near_misses(reference, rng, statement=problem.statement, costly=number < MAX_COSTLY)
        for response in wrong:
            yield _Case(response, False, reference)


def verdict_on(
    name: str, n_problems: int, judged: Sequence[tuple[str, bool, Reference, Grade]]
) -> FamilyAudit:
    """Count what was judged, and say why a family is refused.

    Args:
        name: Of the family.
        n_problems: How many problems were asked about.
        judged: Each response, whether it was right, the reference and the grade.
    """
    right = [row for row in judged if row[1]]
    wrong = [row for row in judged if not row[1]]
    faults = [row for row in judged if row[3].score is None]
    rejected = [row for row in right if row[3].score is not None and row[3].score < 1.0]
    accepted = [row for row in wrong if row[3].score]
    counted = FamilyAudit(
        family=name,
        n_problems=n_problems,
        n_spellings=len(right),
        n_false_rejects=len(rejected),
        n_near_misses=len(wrong),
        n_false_accepts=len(accepted),
        n_faults=len(faults),
        examples=tuple(
            _example(what, row)
            for what, rows in (("paid", accepted), ("refused", rejected), ("no verdict", faults))
            for row in rows[: MAX_EXAMPLES // 2]
        )[:MAX_EXAMPLES],
    )
    return msgspec.structs.replace(counted, refused=_reason(counted))


def _reason(audit: FamilyAudit) -> str:
    """Say why a family cannot be used; empty when it can."""
    if audit.n_faults:
        return f"no verdict on {audit.n_faults} responses: {audit.examples[-1]}"
    if audit.n_false_accepts:
        return (
            f"pays {audit.n_false_accepts} of {audit.n_near_misses} wrong responses, "
            f"such as {audit.examples[0]}"
        )
    if not audit.n_spellings:
        return "no right answer is known, so nothing shows that one would be accepted"
    share = audit.n_false_rejects / audit.n_spellings
    if share > MAX_FALSE_REJECTS:
        return (
            f"refuses {share:.1%} of right responses, more than {MAX_FALSE_REJECTS:.0%}, "
            f"such as {audit.examples[0]}"
        )
    return ""


def _example(what: str, row: tuple[str, bool, Reference, Grade]) -> str:
    response, _, reference, grade = row
    wanted = reference.answer or (reference.spellings or (reference.solution,))[0]
    note = grade.fault or grade.note
    return f"{what}: {_shown(response)} for {_shown(wanted)} ({note[:_SHOWN_CHARS]})"


def _shown(text: str) -> str:
    short = (
        text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}… ({len(text)} characters)"
    )
    return ascii(short) if not short.isprintable() and "\n" not in short else repr(short)
