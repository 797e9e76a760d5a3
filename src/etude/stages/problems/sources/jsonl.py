"""Any JSON, JSON Lines or Parquet file whose fields the settings name."""

import re
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path

import msgspec

from etude.errors import ConfigError
from etude.records import BrokenRecord, CodeTest
from etude.rollout.graders import graders
from etude.stages.problems.sources._base import ProblemSource, Taken
from etude.stages.problems.sources._rows import Row, UnfitError, take
from etude.stages.problems.sources._tests import grader_json

_DIGITS = re.compile(r"[0-9]{1,3}", re.ASCII)


class JsonlSource(ProblemSource, frozen=True, kw_only=True):
    """Reads problems from fields of any name. A field in another is named with a dot between."""

    statement: str = "problem"
    """Field with what is asked."""
    answer: str = "answer"
    """Field with the answer; a problem with neither an answer nor tests is broken."""
    grader: str = ""
    """Field with the grader of each problem, as its name or as JSON with settings; empty when all
    have the same."""
    default_grader: str = ""
    """Grader of problems that name none, as a name or as JSON with settings; empty means `code`
    for problems with tests and `maths` for others."""
    topic: str = ""
    """Field with the topic; empty when there is none, as for all fields below."""
    level: str = ""
    """Field with the level, a whole number or text that holds one."""
    solution: str = ""
    """Field with a worked solution."""
    tests: str = ""
    """Field with the tests: a list of assertions as text, or of objects with `kind`, `given` and
    `wanted`."""
    entry: str = ""
    """Field with the name of the function that a program must define."""
    licence: str = ""
    """Field with the licence."""
    place: str = ""
    """Field with the file's own id of a problem."""

    def read(self, path: Path) -> Iterator[Taken | BrokenRecord]:
        """Yield every problem of a file, and what could not be read as a problem, with why.

        Raises:
            ConfigError: The file cannot be read at all, or is of another layout.
        """
        if self.default_grader:
            try:
                _grader(self.default_grader)
            except UnfitError as why:
                raise ConfigError(f"default_grader: {why}") from why
        fields = [self.statement.partition(".")[0]], [self.answer.partition(".")[0]]
        yield from take(path, fields, partial(_make, self))


def _make(source: JsonlSource, row: Row) -> Taken:
    row = Row(row.place, {name: _found(row, name) for name in _named(source)})
    statement = row.text(source.statement)
    tests = _tests(row.fields[source.tests]) if source.tests else ()
    answer = _answer(row.fields.get(source.answer))
    if not answer and not tests:
        raise UnfitError("neither an answer nor tests")
    grader = row.maybe(source.grader) or source.default_grader or ("code" if tests else "maths")
    return Taken(
        place=row.maybe(source.place) or row.place,
        statement=statement.strip(),
        answer=answer,
        grader=_grader(grader),
        topic=row.maybe(source.topic),
        level=_level(row.maybe(source.level)),
        solution=row.maybe(source.solution),
        tests=tests,
        entry=row.maybe(source.entry),
        licence=row.maybe(source.licence),
    )


def _named(source: JsonlSource) -> list[str]:
    return [str(getattr(source, name)) for name in source.__struct_fields__]


def _found(row: Row, name: str) -> object:
    value: object = row.fields
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _answer(value: object) -> str:
    """Return an answer as text; numbers as they are written."""
    if isinstance(value, bool) or value is None:
        return "" if value is None else str(value)
    if isinstance(value, str | int | float):
        return str(value).strip()
    raise UnfitError("the answer is neither text nor a number")


def _tests(value: object) -> tuple[CodeTest, ...]:
    if value is None:
        return ()
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(CodeTest(kind="unit", given=item) for item in value)
    try:
        return msgspec.convert(value, tuple[CodeTest, ...])
    except msgspec.ValidationError as error:
        raise UnfitError(f"the tests do not fit: {error}") from error


def _level(text: str) -> int:
    found = _DIGITS.search(text)
    return int(found[0]) if found else 0


@cache
def _grader(said: str) -> str:
    """Return a grader that is named alone or as JSON, as JSON."""
    try:
        table = msgspec.json.decode(said, type=dict[str, object]) if "{" in said else {"use": said}
    except (msgspec.MsgspecError, RecursionError) as error:
        raise UnfitError(f"the grader {said[:60]!r} is no JSON object") from error
    use, settings = table.get("use"), {name: v for name, v in table.items() if name != "use"}
    if not isinstance(use, str) or use not in graders.names():
        raise UnfitError(f"there is no grader {str(use)[:60]!r}")
    return grader_json(use, **settings)
