"""Functions that are worth writing are chosen, with the tests that judge them soonest."""

from pathlib import Path

import msgspec
import pytest

from etude import BaselineTest, Codebase, Coverage, Origin
from etude.rollout.splicing import functions_of, parse
from etude.stages.problems.from_code import FunctionGates, PredictionGates
from etude.stages.problems.from_code.functions import choose_functions, choose_tests
from etude.stages.problems.from_code.project import Project
from etude.stages.problems.from_code.proving import stubs
from etude.stages.problems.from_code.pure import choose_pure
from etude.stages.problems.from_code.statement import Unclear, write_statement
from etude.store import Prepared

SOURCE = '''"""Words."""

import math
import os

LIMIT = 3


class Counter:
    """Counts words."""

    def __init__(self, words):
        self.words = list(words)
        if not self.words:
            raise ValueError("none")

    def longest(self, n=1):
        """Return the longest words.

        >>> Counter(["a", "bb"]).longest()
        ['bb']
        """
        if n > LIMIT:
            raise ValueError(f"at most {LIMIT}")
        ordered = sorted(self.words, key=len, reverse=True)
        return [clean(word) for word in ordered[:n]]

    def size(self):
        return len(self.words)

    def unsaid(self, n):
        total = n + 1
        if total > 2:
            total *= 2
        return total


def clean(word):
    """Return a word without marks."""
    kept = []
    for letter in word:
        if letter not in "!?":
            kept.append(letter)
    return "".join(kept)


def scrub(word):
    """Do the same by another name."""
    kept = []
    for letter in word:
        if letter not in "!?":
            kept.append(letter)
    return "".join(kept)


def here(path):
    """Look at the disk."""
    if os.path.exists(path):
        return math.pi
    return clean(path) * 2


def untested(x):
    """Return something."""
    y = x * 2
    if y > 3:
        return y - 1
    return y
'''


def line_of(text: str) -> int:
    return SOURCE[: SOURCE.index(text)].count("\n") + 1


@pytest.fixture
def project(tmp_path: Path) -> Project:
    source = tmp_path / "source"
    (source / "words").mkdir(parents=True)
    (source / "words/__init__.py").write_text(SOURCE)
    names = ["a", "b", "c", "slow"]
    tests = tuple(
        BaselineTest(
            id=f"tests/test_{name[0]}.py::test_{name}",
            outcome="passed",
            duration_s=9.0 if name == "slow" else 0.01,
        )
        for name in names
    )
    card = Codebase(
        id="ab" * 32,
        origin=Origin(source="pypi:words==1", licence="MIT", made_by="test"),
        name="words",
        version="1",
        source_digest="",
        interpreter="cpython-3.11.7",
        runner="pytest-9",
        lock=(),
        source_roots=("words",),
        test_paths=("tests",),
        tests=tests,
        suite_s=1.0,
        n_source_lines=60,
    )
    lines: dict[int, tuple[int, ...]] = {}
    for found in functions_of(parse(SOURCE)):
        if found.name == "untested":
            continue
        first, last = found.node.body[0].lineno, found.node.end_lineno or 0
        lines |= dict.fromkeys(range(first, last + 1), (0, 1, 2, 3))
    coverage = Coverage(lines={"words/__init__.py": lines, "words/gone.py": {1: (0,)}}, imported={})
    (tmp_path / "coverage.msgpack").write_bytes(msgspec.msgpack.encode(coverage))
    return Project(Prepared(card, tmp_path))


def test_what_is_chosen_and_why_the_rest_is_not(project: Project) -> None:
    chosen, reasons = choose_functions(project, FunctionGates())
    assert [c.name for c in chosen] == ["Counter.longest", "Counter.unsaid", "clean", "here"]
    assert reasons == {"a special method": 1, "too short": 1, "same body as another": 1}


def test_slow_tests_do_not_judge(project: Project) -> None:
    chosen, _ = choose_functions(project, FunctionGates())
    assert chosen[0].reaching == tuple(f"tests/test_{n}.py::test_{n}" for n in "abc")
    assert choose_functions(project, FunctionGates(min_tests=4))[1]["too few tests"] == 5


def test_a_statement_shows_all_but_the_body(project: Project) -> None:
    chosen, _ = choose_functions(project, FunctionGates())
    text = write_statement(chosen[0], project)
    assert '>>> Counter(["a", "bb"]).longest()\n        [\'bb\']' in text
    assert "        ...\n\n    def size(self):" in text
    assert "- `ValueError(f'at most {LIMIT}')`" in text
    assert "`LIMIT`, `clean`, `words`" not in text
    assert "sorted(self.words" not in text
    assert "words 1" in text
    assert "test_a" not in text
    assert "Python 3.11" in text


def test_a_function_of_which_nothing_is_said_is_no_problem(project: Project) -> None:
    chosen, _ = choose_functions(project, FunctionGates())
    with pytest.raises(Unclear, match="nothing says"):
        write_statement(chosen[1], project)


def test_a_function_whose_code_stands_beside_it_is_no_problem(project: Project) -> None:
    chosen, _ = choose_functions(project, FunctionGates())
    with pytest.raises(Unclear, match="elsewhere"):
        write_statement(chosen[2], project)


def test_pure_functions_come_with_all_they_use(project: Project) -> None:
    pure, reasons = choose_pure(project, PredictionGates())
    assert [p.found.name for p in pure] == ["clean", "scrub"]
    assert pure[0].shown.startswith("def clean(word):")
    assert reasons["calls: has effects, or needs what is not in its file"] == 1


def test_tests_are_chosen_by_what_they_run_and_how_fast() -> None:
    def test(name: str, duration_s: float) -> BaselineTest:
        return BaselineTest(id=name, outcome="passed", duration_s=duration_s)

    tests = {
        0: test("a.py::t[1]", 0.01),
        1: test("a.py::t[2]", 0.01),
        2: test("b.py::u", 0.01),
        3: test("a.py::v", 1.5),
        4: test("a.py::w", 0.02),
    }
    reach = {0: {1, 2}, 1: {1, 2}, 2: {3}, 3: {1, 2, 3}, 4: {1}}
    assert choose_tests(reach, tests, 2) == ("a.py::t[1]", "b.py::u")
    assert choose_tests(reach, tests, 3)[2] == "a.py::w"
    assert len(choose_tests(reach, tests, 12)) == 5


def test_stubs_raise_return_nothing_and_echo() -> None:
    code = '@d\ndef f(self, x, *, y=1):\n    """Doc."""\n    return x + y'
    head = code.rpartition("return")[0]
    wanted = ["raise NotImplementedError", "return None", "return x"]
    assert list(stubs(code)) == [head + body for body in wanted]
    assert len(list(stubs("def f():\n    return 1"))) == 2
