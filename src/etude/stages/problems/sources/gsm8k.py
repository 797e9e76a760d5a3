"""GSM8K: word problems whose solution ends with the answer after `####`."""

import re
from collections.abc import Iterator
from pathlib import Path

from etude.records import BrokenRecord
from etude.stages.problems.sources._base import ProblemSource, Taken
from etude.stages.problems.sources._rows import Row, UnfitError, take
from etude.stages.problems.sources._tests import grader_json

_NUMBER = re.compile(r"[+-]?(?:[0-9][0-9,]*)?(?:\.[0-9]+)?(?:/[0-9]+)?", re.ASCII)
_ANNOTATION = re.compile(r"<<[^<>\n]*>>")


class Gsm8kSource(ProblemSource, frozen=True, kw_only=True):
    """Reads the fields `question` and `answer`; calculator annotations are taken out."""

    def read(self, path: Path) -> Iterator[Taken | BrokenRecord]:
        """Yield every problem of a file, and what could not be read as a problem, with why.

        Raises:
            ConfigError: The file cannot be read at all, or is of another layout.
        """
        yield from take(path, [["question"], ["answer"]], _make)


def _make(row: Row) -> Taken:
    statement = row.text("question")
    solution, marker, answer = row.text("answer").rpartition("####")
    if not marker:
        raise UnfitError("no answer after ####")
    answer = answer.strip().removeprefix("$").rstrip(".%").replace(",", "")
    if not answer or not _NUMBER.fullmatch(answer):
        raise UnfitError("the answer is no number")
    return Taken(
        place=row.place,
        statement=statement.strip(),
        answer=answer,
        grader=grader_json("maths"),
        topic="arithmetic",
        solution=_ANNOTATION.sub("", solution).strip(),
        licence=row.licence,
    )
