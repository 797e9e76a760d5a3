r"""MATH: competition problems whose solution holds the answer in its last `\boxed{}`."""

from collections.abc import Iterator
from pathlib import Path

from etude.records import BrokenRecord
from etude.stages.problems.sources._base import ProblemSource, Taken
from etude.stages.problems.sources._rows import Row, UnfitError, take
from etude.stages.problems.sources._tests import grader_json

_BOXES = ("\\boxed", "\\fbox")


class MathSource(ProblemSource, frozen=True, kw_only=True):
    """Reads the fields `problem`, `level`, `type` (or `subject`) and `solution`."""

    def read(self, path: Path) -> Iterator[Taken | BrokenRecord]:
        """Yield every problem of a file, and what could not be read as a problem, with why.

        Raises:
            ConfigError: The file cannot be read at all, or is of another layout.
        """
        yield from take(path, [["problem"], ["solution"]], _make)


def _make(row: Row) -> Taken:
    statement, solution = row.text("problem"), row.text("solution")
    answer = last_boxed(solution) or row.maybe("answer")
    if not answer.strip():
        raise UnfitError("no boxed answer")
    digits = row.maybe("level").removeprefix("Level").strip()
    return Taken(
        place=row.maybe("unique_id", "id") or row.place,
        statement=statement.strip(),
        answer=answer.strip(),
        grader=grader_json("maths"),
        topic=row.maybe("type", "subject").lower(),
        level=int(digits) if digits.isdecimal() and len(digits) < 3 else 0,
        solution=solution.strip(),
        licence=row.licence,
    )


def last_boxed(text: str) -> str:
    r"""Return what the last `\boxed{}` of a text holds; empty when there is none, or no end."""
    start, word = max((text.rfind(word), word) for word in _BOXES)
    if start < 0:
        return ""
    rest = text[start + len(word) :].lstrip(" ")
    if not rest.startswith("{"):
        # Some write a single sign or number without braces.
        return rest.partition("$")[0].split(" ")[0].rstrip(".,")
    depth = 0
    for place, sign in enumerate(rest):
        if sign in "{}" and not _escaped(rest, place):
            depth += 1 if sign == "{" else -1
            if depth == 0:
                return rest[1:place]
    return ""


def _escaped(text: str, place: int) -> bool:
    before = text[max(0, place - 2) : place]
    return before.endswith("\\") and before != "\\\\"
