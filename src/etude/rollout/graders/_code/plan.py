"""What of a reference goes into the box of a program, and what stays outside."""

import ast
import hashlib
import marshal
import secrets
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from etude.errors import GradeError
from etude.records import CodeTest, Reference
from etude.rollout.graders._code.in_box.values import PlainError, pack
from etude.rollout.graders._code.literals import read_literal

LIMIT_WANTED_BYTES = 16 << 20
"""Largest value that a test may want."""


class Run(NamedTuple):
    """A test whose outcome is compared outside: the box never knows what is wanted."""

    number: int
    """Place among the tests of the reference, from 0."""
    kind: str
    given: str
    limit_bytes: int
    """How much may come out."""
    wanted: object


class Exam(NamedTuple):
    """Tests that are code, under labels that tell nothing."""

    secret: str
    labels: dict[str, int]
    """Label -> place among the tests of the reference."""
    canary: str
    """Label of a test that must fail."""
    content: bytes
    """What the examiner reads."""


class Plan(NamedTuple):
    """The tests of a reference, sorted by how they are run."""

    runs: tuple[Run, ...]
    codes: tuple[tuple[int, CodeTest], ...]
    names: tuple[str, ...]
    """What the program must define."""

    @property
    def n_tests(self) -> int:
        """How many there are."""
        return len(self.runs) + len(self.codes)


def plan_tests(reference: Reference, output_bytes: int) -> Plan:
    """Sort the tests of a reference.

    Args:
        reference: Of the problem.
        output_bytes: How much any program may print.

    Raises:
        GradeError: It has none, or one of them is broken.
    """
    if not reference.tests:
        raise GradeError(f"{reference.problem_id}: the reference has no tests")
    names = tuple(reference.entry.replace(",", " ").split())
    runs: list[Run] = []
    codes: list[tuple[int, CodeTest]] = []
    for number, test in enumerate(reference.tests):
        place = f"{reference.problem_id}: test {number + 1}"
        if test.kind == "stdin":
            limit_bytes = max(output_bytes, 2 * len(test.wanted.encode("utf-8", "replace")))
            runs.append(Run(number, test.kind, test.given, limit_bytes, test.wanted))
        elif test.kind == "call":
            runs.append(_call(number, test, place))
        elif not names:
            raise GradeError(f"{place} is code, and the reference names no entry that it may call")
        else:
            codes.append((number, test))
    return Plan(tuple(runs), tuple(codes), names)


def _call(number: int, test: CodeTest, place: str) -> Run:
    try:
        called = ast.parse(test.given.strip(), mode="eval").body
        wanted = read_literal(test.wanted)
        size = len(pack(wanted, LIMIT_WANTED_BYTES))
    except (SyntaxError, ValueError, MemoryError, RecursionError, PlainError) as cause:
        raise GradeError(f"{place}: {cause}") from cause
    if not isinstance(called, ast.Call):
        raise GradeError(f"{place}: {test.given[:80]!r} is no call")
    # What is much longer cannot be what is wanted, and need not be read.
    return Run(number, test.kind, test.given.strip(), 4 * size + 1000, wanted)


_CANARIES = (
    "found = {call}\nassert sorted({numbers}, reverse=True)[0] == min({numbers})\n",
    "found = {call}\nassert sum({numbers}) == sum({numbers}[1:]) - {numbers}[0] - 1\n",
    "found = {call}\nassert len({numbers}) < len(set({numbers}))\n",
)


def write_exam(plan: Plan, reference: Reference, *, stop: bool) -> Exam:
    """Return the tests that are code as the examiner reads them, with one that must fail."""
    rng = Random(secrets.token_bytes(16))
    labels = {secrets.token_hex(8): number for number, _ in plan.codes}
    tests: list[tuple[str, str, str, str, bool]] = [
        (label, test.kind, test.given, test.wanted, stop)
        for label, (_, test) in zip(labels, plan.codes, strict=True)
    ]
    numbers = sorted({*(rng.randrange(1, 90) for _ in range(4)), 91, 95})
    call = f"[{plan.names[0]}]"
    canary = secrets.token_hex(8)
    code = rng.choice(_CANARIES).format(numbers=numbers, call=call)
    tests.insert(rng.randrange(len(tests) + 1), (canary, "unit", code, "", False))
    secret = secrets.token_hex(16)
    content = {
        "secret": secret,
        "names": list(plan.names),
        "tests": tests,
        "seed": seed_of(reference.problem_id),
    }
    return Exam(secret, labels, canary, marshal.dumps(content))


def seed_of(problem_id: str) -> int:
    """Return the seed of a problem's properties: the same inputs at every judgement."""
    return int.from_bytes(hashlib.sha256(problem_id.encode("utf-8", "replace")).digest()[:8])


def batches(runs: Sequence[Run], *, stop: bool) -> list[Sequence[Run]]:
    """Split runs so that a wrong program is found out before all of them were made."""
    if not stop or len(runs) <= 2 * FIRST:
        return [runs] if runs else []
    return [runs[:FIRST], runs[FIRST:]]


FIRST = 6
"""How many tests are run before the first comparison."""
