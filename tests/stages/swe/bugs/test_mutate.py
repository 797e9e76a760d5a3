import ast
import difflib
from collections.abc import Sequence
from itertools import islice
from random import Random
from textwrap import dedent

import pytest
from tests.stages.swe.bugs.healthy import own_sources, source

from etude.errors import ConfigError
from etude.plugins import Kind
from etude.stages.swe.bugs import _base
from etude.stages.swe.bugs._base import Bug, BugMaker
from etude.stages.swe.bugs.mutate import MutateMaker


def every_bug(kind: str, text: str, covered: frozenset[int] | None = None) -> list[Bug]:
    maker = MutateMaker(kinds=(kind,) if kind else (), max_per_function=10_000)
    return list(maker.propose([source(text, covered)], Random(0)))


def new_lines(text: str, bug: Bug) -> list[str]:
    """Lines that only the broken file has, without their indentation; `-` for a loss alone."""
    diff = list(difflib.ndiff(text.splitlines(), bug.files[0].text.splitlines()))
    added = [line[2:].strip() for line in diff if line.startswith("+ ")]
    return added or [f"-{line[2:].strip()}" for line in diff if line.startswith("- ")]


# Each case: the kind, a function body, and one outcome that must be among the proposals.
CASES: Sequence[tuple[str, str, list[str]]] = (
    ("comparison", "if a == b:\n    a = 1\nreturn a", ["if a != b:"]),
    ("comparison", "return a not in b", ["return a in b"]),
    ("comparison", "return a is  not  b  # odd", ["return a is  b  # odd"]),
    ("boundary", "return a <b", ["return a <=b"]),
    ("boundary", "return 0 < a <= b", ["return 0 < a < b"]),
    ("boolean_logic", "return a and (b or c)", ["return a or (b or c)"]),
    ("boolean_logic", "return a and (b or c)", ["return b or c"]),
    ("boolean_logic", "return not(a or b)", ["return a or b"]),
    ("boolean_logic", "return(a or b)", ["return b"]),
    ("negated_condition", "if a.ok(b):\n    a = b\nreturn a", ["if not a.ok(b):"]),
    ("negated_condition", "return [x for x in a if x]", ["return [x for x in a if not x]"]),
    ("arithmetic", "return a  *  b", ["return a  +  b"]),
    ("arithmetic", "return (a + b) * c", ["return b * c"]),
    ("arithmetic", "a += 2\nreturn a", ["a -= 2"]),
    ("off_by_one", "return a[0]", ["return a[1]"]),
    ("off_by_one", "return a[-1]", ["return a[-2]"]),
    ("off_by_one", "return a[b + 1 :]", ["return a[b :]"]),
    ("off_by_one", "return a > 3", ["return a > 2"]),
    ("off_by_one", "return list(range(len(a)))", ["return list(range(len(a) - 1))"]),
    ("off_by_one", "return list(enumerate(a, 1))", ["return list(enumerate(a))"]),
    ("slice_bound", "return a[1:-1]", ["return a[1:]"]),
    ("slice_bound", "return a[b : c]", ["return a[b + 1 : c]"]),
    ("slice_bound", "return a[::-1]", ["return a[::]"]),
    (
        "wrong_variable",
        "low = 1\nhigh = 2\nprint(low)\nreturn high",
        ["print(high)"],
    ),
    ("wrong_return", "x = 'a'\ny = 'b'\nprint(x, y)\nreturn x", ["return y"]),
    ("wrong_return", "return a, b", ["return b, a"]),
    ("wrong_return", "if b:\n    return a\nreturn c", ["return None"]),
    ("wrong_return", "return a.run(b)", ["a.run(b)"]),
    ("swapped_arguments", "return copy(a ,b, c=c)", ["return copy(b ,a, c=c)"]),
    ("dropped_argument", "return sorted(a, key=b, reverse=True)", ["return sorted(a, key=b)"]),
    ("dropped_argument", "return a(b, **c)", ["return a(b)"]),
    ("dropped_call", "a.close()\nreturn b", ["-a.close()"]),
    ("dropped_call", "return b + a.strip()", ["return b + a"]),
    ("dropped_call", "c = int(a)\nreturn c", ["c = a"]),
    ("missing_copy", "c = list(a)\nc.append(b)\nreturn c", ["c = a"]),
    ("missing_copy", "c = a[:]\nreturn c", ["c = a"]),
    ("missing_copy", "c = copy.deepcopy(a.x)\nreturn c", ["c = a.x"]),
    ("missing_key_default", "return a.get(b, 0)", ["return a[b]"]),
    ("missing_key_default", "return a.pop(b, None)", ["return a.pop(b)"]),
    ("missing_key_default", "return getattr(a, b, None)", ["return getattr(a, b)"]),
    ("dropped_guard", "# nothing to do\nif not a:\n    return b\nreturn a", ["-# nothing to do"]),
    ("dropped_branch", "if a:\n    b.clear()\nreturn b", ["-if a:"]),
    (
        "dropped_branch",
        "if a:\n    b = 1\nelif c:\n    b = 2\nelse:\n    b = 3\nreturn b",
        ["-elif c:", "-b = 2"],
    ),
    (
        "dropped_branch",
        "if a:\n    b = 1\nelif c:\n    b = 2\nreturn b",
        ["if c:"],
    ),
    ("dropped_else", "if a:\n    b = 1\nelse:\n    b = 2\nreturn b", ["-else:", "-b = 2"]),
    ("dropped_else", "for x in a:\n    b = x\nelse:\n    b = 2\nreturn b", ["-else:"]),
    ("dropped_with", "with a.lock:\n    b += 1\n\n    c += 1\nreturn b", ["b += 1", "c += 1"]),
    ("dropped_with", "with a.enter() as x:\n    b += x\nreturn b", ["x = a.enter()", "b += x"]),
    ("dropped_statement", "a.count += 1\nreturn a", ["-a.count += 1"]),
    ("dropped_statement", "b = b or 'x'\nreturn b", ["-b = b or 'x'"]),
    (
        "early_return",
        "for x in a:\n    b += x  # sum\nreturn b",
        ["return b"],
    ),
    ("early_return", "if a:\n    b.close()\nc.close()", ["return"]),
    ("early_exit", "for x in a:\n    if x:\n        continue\n    b(x)", ["break"]),
    ("early_exit", "for x in a:\n    if x:\n        break\n    b(x)", ["continue"]),
    ("default_value", "return d + e", ["def f(a, b, c, d=2, e=True):"]),
    ("default_value", "return d + e", ["def f(a, b, c, d=1, e=False):"]),
    ("constant", "a.seen = True\nreturn a", ["a.seen = False"]),
    ("constant", "return a * 60", ["return a * 24"]),
    ("constant", "return a.split(',')", ["return a.split(';')"]),
    ("constant", "if a == 'x':\n    return b\nreturn a == 'y'", ["if a == 'y':"]),
    ("exception_type", "raise ValueError('no')", ["raise TypeError('no')"]),
    (
        "exception_type",
        "try:\n    a()\nexcept (KeyError, OSError):\n    return b\nreturn c",
        ["except KeyError:"],
    ),
    ("wrong_attribute", "return a.startswith(b)", ["return a.endswith(b)"]),
    ("wrong_attribute", "return max(a)", ["return min(a)"]),
    ("wrong_attribute", "return a.start + a.stop", ["return a.stop + a.stop"]),
    ("string_format", "return f'{a:02d}-{b}'", ["return f'{a:2d}-{b}'"]),
    ("string_format", "return f'{a!r}'", ["return f'{a}'"]),
    ("string_format", "return f'{a}-{b}'", ["return f'{a}-'"]),
    ("string_format", "return '%.2f' % a", ["return '%.1f' % a"]),
    ("string_format", "return '{0} {1}'.format(a, b)", ["return '{1} {1}'.format(a, b)"]),
    ("string_format", "return ', '.join(a)", ["return ','.join(a)"]),
    ("dropped_element", "return a in ('x', 'y', 'z')", ["return a in ('x', 'z')"]),
    ("dropped_element", "return isinstance(a, (int, str))", ["return isinstance(a, int)"]),
)


@pytest.mark.parametrize(("kind", "body", "expected"), CASES)
def test_a_kind_makes_the_change_it_is_named_for(kind: str, body: str, expected: list[str]) -> None:
    text = "def f(a, b, c, d=1, e=True):\n" + "".join(
        f"    {line}\n" if line else "\n" for line in body.splitlines()
    )
    found = [new_lines(text, bug) for bug in every_bug(kind, text)]
    assert any(lines[: len(expected)] == expected for lines in found), found


def test_an_await_is_dropped() -> None:
    text = "async def f(a):\n    return await  a.run()\n"
    assert [new_lines(text, b) for b in every_bug("dropped_await", text)] == [["return a.run()"]]


def test_every_kind_has_a_case() -> None:
    with pytest.raises(ConfigError) as refusal:
        MutateMaker(kinds=("off_by_on",))
    known = str(refusal.value).partition("known: ")[2].partition(")")[0].split(", ")
    assert {case[0] for case in CASES} | {"dropped_await"} == set(known)
    assert "did you mean 'off_by_one'?" in str(refusal.value)


def test_an_attribute_of_the_same_object_and_type_is_confused() -> None:
    text = dedent("""\
        class Window:
            def __init__(self):
                self.width = 80
                self.height = 24
                self.title = ""

            def area(self):
                return self.width
        """)
    found = [new_lines(text, bug) for bug in every_bug("wrong_attribute", text)]
    assert found == [["return self.height"]]


def test_only_a_name_that_is_sure_to_be_bound_is_taken_instead() -> None:
    text = dedent("""\
        def f(flag):
            first = 1
            if flag:
                second = 2
            print(first)
            third = 3
            return third, first
        """)
    found = {line for bug in every_bug("wrong_variable", text) for line in new_lines(text, bug)}
    assert found == set()
    earlier = text.replace("    first = 1\n", "    first = 1\n    third = 0\n")
    found = {
        line for bug in every_bug("wrong_variable", earlier) for line in new_lines(earlier, bug)
    }
    assert found == {"print(third)"}


def test_a_drop_that_leaves_a_name_missing_is_not_proposed() -> None:
    text = dedent("""\
        def f(a):
            if a:
                b = 1
            else:
                b = 2
            return b
        """)
    assert every_bug("dropped_else", text) == []
    assert every_bug("dropped_branch", text) == []


@pytest.mark.parametrize(
    "text",
    [
        'def __repr__(self):\n    return f"<{self.a}, {self.b}>"\n',
        "import abc\n\n\n@abc.abstractmethod\ndef f(a=1):\n    return a + 2\n",
        'def f():\n    """Text, and 1 < 2."""\n    raise NotImplementedError\n',
        "if __name__ == '__main__':\n\n    def f(a):\n        return a + 2\n",
        "import typing\n\nif typing.TYPE_CHECKING:\n\n    def f(a):\n        return a[0]\n",
        "def f(a):\n    logger.info('%02d', a[1:], 2)\n    warnings.warn(f'{a}-{a}', X)\n",
        "def f():\n    message = ', '.join('abc')\n    raise Mine(message)\n",
        "x = 1 + 2\n\n\nclass A:\n    y = x + 3\n    z: int = [1, 2][0]\n",
        "def f() -> 'dict[1, 2]':\n    a: 'list[3]'\n    return None\n",
    ],
)
def test_what_is_no_code_of_interest_is_left_alone(text: str) -> None:
    assert every_bug("", text) == []


def test_messages_of_errors_are_left_alone() -> None:
    text = "def f(a):\n    if a:\n        raise Error(f'{a!r}, {a:02d}', 3, True)\n    return a\n"
    for bug in every_bug("", text):
        raised = [line for line in bug.files[0].text.splitlines() if "raise" in line]
        assert not raised or raised[0].partition("(")[2] == "f'{a!r}, {a:02d}', 3, True)"


def test_changes_that_mean_the_same_are_not_proposed() -> None:
    text = "def f(a):\n    return a[0:], a[::1], [*a][:None]\n"
    broken = {bug.files[0].text for bug in every_bug("slice_bound", text)}
    assert not any("a[:]" in b or "a[::]" in b for b in broken)


def test_a_change_the_compiler_warns_about_is_not_proposed() -> None:
    text = "def f(a):\n    return a == 1, a is None\n"
    for bug in every_bug("", text):
        compile(bug.files[0].text, "a.py", "exec")


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_nothing_but_the_change_differs(newline: str) -> None:
    text = dedent("""\
        # -*- coding: utf-8 -*-
        '''Módulo: ünïcode.'''
        def  f( a,b = 2 ,*c ) :   # öffnen
        \tif  a  <  b :  # vergleiche

        \t\tä = [ 1,
        \t\t   2 ]   # zwei
        \t\treturn  ä [ a : ]
        \treturn ( a
        \t  and b )

        # Ende
        """).replace("\n", newline)
    bugs = every_bug("", text)
    assert len(bugs) > 10
    healthy = text.splitlines(keepends=True)
    for bug in bugs:
        broken = bug.files[0].text.splitlines(keepends=True)
        n_after = len(healthy) - bug.last_line
        assert broken[: bug.line - 1] == healthy[: bug.line - 1]
        assert broken[len(broken) - n_after :] == healthy[bug.last_line :]


def test_only_covered_lines_are_broken() -> None:
    text = dedent("""\
        def f(a, b):
            if a < b:
                return a + b
            return a - b
        """)
    for line in (2, 3, 4):
        bugs = every_bug("", text, frozenset({line}))
        assert {bug.line for bug in bugs} - {line} <= {2}, "a block is dropped from its head"
        assert all(bug.line <= line <= bug.last_line for bug in bugs)
    assert every_bug("", text, frozenset()) == []


def test_the_place_of_a_bug_is_told() -> None:
    text = dedent("""\
        class A:
            def g(self, a):
                def inner(b):
                    return b < a
                return inner
        """)
    (bug,) = every_bug("boundary", text)
    assert (bug.maker, bug.kind, bug.path) == ("mutate", "boundary", "pkg/a.py")
    assert (bug.line, bug.last_line, bug.function) == (4, 4, "A.g.inner")


def test_a_function_is_broken_no_more_often_than_asked() -> None:
    text = "def f(a, b):\n    return [a < b, a[1:], a + b, a and b, not a, b - 2, a * 3]\n"
    bugs = list(MutateMaker(max_per_function=2).propose([source(text)], Random(1)))
    assert len(bugs) == 2
    with pytest.raises(ConfigError, match="max_per_function"):
        MutateMaker(max_per_function=0)


def test_files_that_cannot_be_read_are_passed_over() -> None:
    files = [source("def f(:\n", path="bad.py"), source("def f(a):\n    return a < 1\n")]
    assert {bug.path for bug in MutateMaker().propose(files, Random(0))} == {"pkg/a.py"}


def test_every_bug_in_our_own_sources_compiles_and_means_something_else() -> None:
    files = own_sources()
    trees = {file.path: ast.parse(file.text) for file in files}
    shapes = {path: ast.dump(tree) for path, tree in trees.items()}
    bugs = list(islice(MutateMaker().propose(files, Random(7)), 80))
    assert len({(bug.path, bug.files[0].text) for bug in bugs}) == 80
    for bug in bugs:
        assert ast.dump(ast.parse(bug.files[0].text)) != shapes[bug.path]
        changed = set(range(bug.line, bug.last_line + 1))
        assert not _docstring_lines(trees[bug.path]) & changed, (bug.path, bug.line)


def test_one_seed_gives_one_list_and_another_seed_another() -> None:
    files = own_sources()[:8]
    first, again, other = (
        [(b.path, b.line, b.kind, b.files) for b in islice(MutateMaker().propose(f, Random(s)), 20)]
        for f, s in ((files, 3), (files[::-1], 3), (files, 4))
    )
    assert first == again
    assert first != other


def test_the_first_bugs_are_spread_over_kinds_files_and_functions() -> None:
    bugs = list(islice(MutateMaker().propose(own_sources(), Random(11)), 30))
    assert len({bug.kind for bug in bugs}) >= 10
    assert len({bug.path for bug in bugs}) >= 5
    assert len({(bug.path, bug.function) for bug in bugs}) >= 25
    assert sum(bug.kind == "wrong_variable" for bug in bugs) <= 5


def test_it_is_found_by_its_name() -> None:
    maker: BugMaker = Kind(_base.__name__.rpartition(".")[0], BugMaker).make(
        {"use": "mutate", "kinds": ["boundary"], "max_per_function": 1}
    )
    assert maker == MutateMaker(kinds=("boundary",), max_per_function=1)


def _docstring_lines(tree: ast.Module) -> set[int]:
    strings = (
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
    return {n for s in strings for n in range(s.lineno, (s.end_lineno or s.lineno) + 1)}
