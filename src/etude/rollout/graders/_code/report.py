"""What came back from a box, read as the claims that they are."""

import secrets
from hashlib import blake2s
from typing import NamedTuple

from etude.errors import GradeError
from etude.records import Reference
from etude.rollout.graders._code.in_box.values import PlainError, unpack
from etude.rollout.graders._code.literals import Likeness
from etude.rollout.graders._code.plan import Exam, Run
from etude.rollout.graders._code.printed import Printed, printed_alike

_WHY = {
    "time": "took too long",
    "output": "printed too much",
}
NOT_RUN = "did not come to its end"


class Came(NamedTuple):
    """What came of one run."""

    status: str
    content: bytes


def read_runs(report: bytes) -> dict[int, Came]:
    """Return what came of each run, by its place in the command.

    The program may have written any part of it.
    """
    rest = report
    came: dict[int, Came] = {}
    while rest:
        line, _, rest = rest.partition(b"\n")
        words = line.split(b" ")
        if len(words) != 3 or not (words[0].isdigit() and words[2].isdigit() and len(line) < 100):
            break
        size = int(words[2])
        status = words[1].decode("ascii", "replace")
        came.setdefault(int(words[0]), Came(status, rest[:size]))
        rest = rest[size:]
    return came


def judge_run(run: Run, came: Came | None, printed: Printed, likeness: Likeness) -> str:
    """Return why a run is wrong; empty when it is right."""
    if came is None:
        return NOT_RUN
    if came.status != "ended":
        code = came.status.removeprefix("exit:")
        return _WHY.get(came.status, f"ended with status {code[:20]}")
    if run.kind == "stdin":
        got = came.content.decode("utf-8", "replace")
        alike = printed_alike(str(run.wanted), got, printed, likeness.tolerance)
        return "" if alike else "printed something else"
    if came.content[:1] == b"E":
        return " ".join(came.content[1:300].decode("utf-8", "replace").split())
    if came.content[:1] != b"V":
        return "gave nothing"
    try:
        value = unpack(came.content[1:])
    except PlainError as error:
        return f"the value {error}"
    return "" if likeness.holds(run.wanted, value) else "gave another value"


class Examined(NamedTuple):
    """What the examiner said."""

    failures: dict[int, str]
    """Place of a test -> why it failed; empty when it passed, missing when it did not end."""
    broken: str
    """Why the tests themselves are broken; empty when they are not."""
    tampered: bool
    """Whether a test passed that must fail."""


def read_exam(report: bytes, exam: Exam) -> Examined:
    """Return what the examiner said; lines without its seal are not its own."""
    failures: dict[int, str] = {}
    broken, tampered = "", False
    for line in report.split(b"\n"):
        seal, _, said = line.partition(b" ")
        wanted = blake2s(said, key=exam.secret.encode()).hexdigest().encode()
        if not secrets.compare_digest(seal, wanted):
            continue
        label, outcome, note = (*said.decode("utf-8", "replace").split(" ", 2), "", "")[:3]
        if label == exam.canary:
            tampered |= outcome not in ("broken", "fail")
        elif (number := exam.labels.get(label)) is not None:
            failures[number] = "" if outcome == "pass" else note or outcome
            if outcome == "broken":
                broken = broken or f"test {number + 1} {note}"
    return Examined(failures, broken, tampered)


def broken_exam(examined: Examined, reference: Reference) -> None:
    """Refuse tests that fail by themselves.

    Raises:
        GradeError: One does.
    """
    if examined.broken:
        raise GradeError(f"{reference.problem_id}: {examined.broken}")
