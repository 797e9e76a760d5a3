"""A small library with faults, its tests in many styles, and how each of them really fails."""

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from etude.records import Codebase, Origin
from etude.rollout.suites import Failure, SuitePlan, SuiteRun
from etude.rollout.suites.pytest import RUNNER, RUNNER_TARGET, PytestSuite
from etude.sandbox import Box, Result

LIBRARY = '''
class InkError(Exception):
    """Says what is wrong with a text."""


class Pen:
    def __init__(self, colour="black"):
        self.colour = colour
        self.strokes = []

    def __repr__(self):
        return f"Pen({self.colour!r})"

    def draw(self, text):
        self.strokes.append(text)
        return self

    def written(self):
        return "".join(self.strokes[1:])


class Hostile:
    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return self.text


def slug(text, delim="_"):
    return text.replace(" ", "-").lower()


def words(text):
    return text.split(" ")[:-1]


def count(text):
    return _count(text, {})


def _count(text, table):
    return _deep(text, table)


def _deep(text, table):
    return {letter: table[letter] + 1 for letter in text}


def parse(text):
    if text == "!":
        raise KeyError(text)
    return text


def is_blank(text):
    return not text


def shout(text):
    raise InkError("text is too loud: %s" % text.upper())


def wrap(text):
    return text.replace(" ", "\\n") + " !"


def echo(text):
    return Hostile(text)


def large():
    return list(range(500))
'''

TESTS = """
import unittest

import pytest

import inkwell
from inkwell import pen
from inkwell.pen import InkError, Pen, _count, count, is_blank, large, parse, shout, slug, words


def test_slug_keeps_delim():
    assert slug("First post", delim="_") == "first_post"


def test_slug_of_variable():
    title = "A B"
    expected = "a_b"
    assert expected == slug(title)


@pytest.mark.parametrize("given, due", [("one two three", 3), ("lorem ipsum dolor", 3)])
def test_number_of_words(given, due):
    found = words(given)
    assert len(found) == due


def test_multi_line():
    assert (
        pen.wrap("alpha beta")
        ==
        "alpha\\nbeta"
    )


def test_empty_value():
    assert words("one") == ["one"]


def test_deep_error():
    text = "abba"
    result = count(text)
    assert result == {"a": 2, "b": 2}


def test_no_error():
    with pytest.raises(InkError):
        parse("???")


def test_other_error():
    with pytest.raises(InkError) as caught:
        parse("!")
    assert "!" in str(caught.value)


def test_words_of_error():
    with pytest.raises(InkError, match="very quiet"):
        shout("hey")


def test_truth():
    assert is_blank("   ")


def test_method():
    quill = Pen("blue")
    quill.draw("ab")
    quill.draw("cd")
    assert quill.written() == "abcd"


def test_file_of_fixture(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("one two")
    assert words(path.read_text()) == ["one", "two"]


def check_words(text, due):
    assert words(text) == due


def test_through_check():
    check_words("uno due", ["uno", "due"])


def test_private():
    assert _count("", None) == {"": 0}


def test_large():
    assert large() == list(range(499)) + [7]


def test_own_class():
    class Quill(Pen):
        pass

    quill = Quill()
    quill.draw("ab")
    assert quill.written() == "ab"


@pytest.mark.parametrize("case", [{"text": "left right", "due": ["left", "right"]}])
def test_table_of_cases(case):
    assert words(case["text"]) == case["due"]


@pytest.mark.parametrize("name", ["ticks", "lines", "ansi", "accents", "huge"])
def test_hostile(name):
    text = {
        "ticks": "```\\n# Title\\n``` `x`",
        "lines": "a\\n\\nb\\n@@ -1 +1 @@\\n--- a\\n+++ b",
        "ansi": "\\x1b[31mred\\x1b[0m\\x07",
        "accents": "na\\u00efve \\u2603 \\U0001f600",
        "huge": "x" * 250,
    }[name]
    assert pen.echo(text) == text


class TestWithSelf(unittest.TestCase):
    def setUp(self):
        self.title = "Some Title"
        self.maker = object()

    def test_equal(self):
        self.assertEqual(slug(self.title), "some_title")

    def test_turned_round(self):
        self.assertEqual(["a", "b"], words("a b"))

    def test_raises(self):
        with self.assertRaises(InkError):
            parse("??")

    def test_raises_called(self):
        self.assertRaises(InkError, parse, "?")

    def test_true(self):
        self.assertTrue(is_blank(" "))

    def test_in(self):
        self.assertIn("last", words("first last"))

    def test_of_fixture(self):
        self.assertEqual(slug(str(self.maker)), "")
"""


def _run(argv: Sequence[str], folder: Path, timeout_s: float, stdin: bytes) -> Result:
    with tempfile.NamedTemporaryFile() as report:
        shell = ["/bin/sh", "-c", 'exec "$@" 3>"$0"', report.name, *argv]
        done = subprocess.run(
            shell, cwd=folder, input=stdin, capture_output=True, timeout=timeout_s, check=False
        )
        return Result(
            exit=done.returncode,
            stdout=done.stdout.decode(),
            stderr=done.stderr.decode(),
            report=Path(report.name).read_bytes(),
            duration_s=0.0,
        )


class HostBox(Box):
    """Runs a suite's command on this machine, where the box's own places are real folders."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def run(
        self, command: str | Sequence[str], *, timeout_s: float, stdin: bytes = b""
    ) -> Result:
        assert not isinstance(command, str)
        places = {"/env/bin/python": sys.executable}
        argv = [places.get(a, a).replace(RUNNER_TARGET, str(RUNNER)) for a in command]
        return _run(argv, self.folder, timeout_s, stdin)

    async def read(self, path: str, *, limit_bytes: int = 8 << 20) -> bytes:
        return (self.folder / path).read_bytes()

    async def write(self, path: str, content: bytes) -> None:
        (self.folder / path).write_bytes(content)

    async def diff(self) -> str:
        return ""

    async def save(self, path: str, target: Path) -> None:
        raise NotImplementedError

    def fork(self) -> AbstractAsyncContextManager[Box]:
        raise NotImplementedError


def codebase() -> Codebase:
    return Codebase(
        id="inkwell",
        origin=Origin(source="made for tests", made_by="tests"),
        name="inkwell",
        version="2.1",
        source_digest="",
        interpreter="cpython-3.11.7",
        runner="pytest",
        lock=("pytest==9.2.0",),
        source_roots=("inkwell",),
        test_paths=("tests",),
        tests=(),
        suite_s=1.0,
        n_source_lines=70,
    )


def run_project(folder: Path) -> dict[str, tuple[str, Failure]]:
    """Write the project, run its tests, return each failing test by its function and parameters."""
    (folder / "inkwell").mkdir()
    (folder / "inkwell" / "__init__.py").touch()
    (folder / "inkwell" / "pen.py").write_text(LIBRARY)
    (folder / "tests").mkdir()
    (folder / "tests" / "test_pen.py").write_text(TESTS)
    run: SuiteRun = asyncio.run(PytestSuite().run(HostBox(folder), codebase(), SuitePlan()))
    assert run.complete, run.log
    return {
        test.rpartition("::")[2]: (test, result.failure)
        for test, result in run.results.items()
        if result.failure is not None
    }
