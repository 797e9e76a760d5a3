"""A body goes into a function's place, and nothing else of what is given goes anywhere."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etude.errors import TaskError
from etude.rollout.splicing import (
    Unfit,
    body_lines,
    code_of,
    find_function,
    functions_of,
    parse,
    splice,
)

FILE = '''import os


class Box:
    """Holds."""

    @property
    def first(self):
        """Return the first."""
        # With care.
        for item in self.items:
            return item
        return None

    def fill(self, n, /, *items, deep=False, **more):
        text = """
  as it is
"""
        return text * n


async def wait(x): return x


LAST = 1
'''


def put(code: str, name: str = "Box.fill", line: int = 15) -> str:
    return splice(FILE, name, line, code)


HEAD = "def fill(self, n, /, *items, deep=False, **more):\n"


def test_only_the_body_changes() -> None:
    made = put(HEAD + "    return n\n")
    before, _, after = FILE.partition("        text =")
    assert made == before + "        return n\n" + after.partition("text * n\n")[2]


def test_header_decorators_and_docstring_stay_the_projects() -> None:
    code = "@property\ndef first(self) -> int:\n  '''Mine.'''\n  return 3"
    made = put(code, "Box.first", 7)
    assert '"""Return the first."""' in made
    assert "Mine" not in made
    assert "-> int" not in made
    assert "        return 3\n\n    def fill" in made


@pytest.mark.parametrize(
    "code",
    [
        HEAD + "\treturn (n,\n1)  # end",
        "    def fill(self, n, /, *items, deep, **more):\n        return (n,\n1)",
        "\n\n" + HEAD.strip() + " return (n, 1); \n\n",
        "# A thought.\r\n" + HEAD.replace("\n", "\r\n") + " return (\\\r\n  n, 1)",
    ],
)
def test_any_layout_is_understood(code: str) -> None:
    node = find_function(parse(put(code)), "Box.fill", 15).node
    assert [ast.unparse(s) for s in node.body] == ["return (n, 1)"]


def test_strings_over_several_lines_stay_as_they_are() -> None:
    made = put(HEAD + '  a = f"""\n x {n}\n"""\n  if a:\n    return a\n')
    assert '        a = f"""\n x {n}\n"""\n        if a:\n          return a\n' in made


def test_a_body_of_nothing_but_a_docstring_does_nothing() -> None:
    made = put(HEAD + "    'Only words.'\n")
    assert made.count("        pass\n") == 1


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import os\n" + HEAD + "  return 1", "nothing else"),
        (HEAD + "  return 1\nos._exit(0)", "nothing else"),
        (HEAD + "  ...\nfill = None", "nothing else"),
        ("    " + HEAD + "        return 1\nelse:\n    os._exit(0)", "more than one"),
        ("    " + HEAD + "        return 1\nos._exit(0)", "more than one"),
        ("class Box:\n    " + HEAD + "        return 1", "nothing else"),
        ("@os._exit\n" + HEAD + "  return 1", "decorator"),
        ("async " + HEAD + "  return 1", "`def`"),
        ("def full(self, n, /, *items, deep=False, **more):\n  return 1", "'fill'"),
        ("def fill(self, n, *items, deep=False, **more):\n  return 1", "parameters"),
        ("def fill(self):\n  return 1", "parameters"),
        ("fill = lambda self: 1", "nothing else"),
        ("", "nothing else"),
        ("def fill(", "not valid"),
        (HEAD + "  x = '\0'", "not valid"),
        (HEAD + "  x = '\ud800'", "not valid"),
        (HEAD + "  x = " + "(" * 30_000, "not valid"),
        (HEAD + "  x = " + "-" * 60_000 + "1", "not valid"),
        (HEAD + "  x = a" + ".b" * 30_000, "not valid"),
        (HEAD + "  x = " + "1+" * 30_000 + "1", "not valid"),
        (HEAD + "  x = 1\n" * 30_000, "longer"),
    ],
)
def test_what_is_no_single_function_is_refused(code: str, why: str) -> None:
    with pytest.raises(Unfit, match=why):
        put(code)


def test_arguments_defaults_are_never_taken() -> None:
    made = put("def fill(self, n, /, *items, deep=__import__('os')._exit(0), **more): return n")
    assert "_exit" not in made


def test_a_function_that_is_not_there_is_a_broken_task() -> None:
    with pytest.raises(TaskError, match="line 99"):
        splice(FILE, "Box.fill", 99, HEAD + "  pass")
    with pytest.raises(TaskError, match="not valid Python"):
        splice("def f(:", "f", 1, "def f(): pass")


def test_a_body_on_the_line_of_its_header_cannot_be_exchanged() -> None:
    node = find_function(parse(FILE), "wait", 22).node
    with pytest.raises(TaskError, match="lines of its own"):
        body_lines(node)


def test_every_function_but_nested_ones_is_found() -> None:
    text = "if x:\n def a():\n  def b(): ...\nelse:\n class C:\n  class D:\n   def e(): ...\n"
    text += "try: ...\nexcept E:\n def f(): ...\n"
    assert [f.name for f in functions_of(parse(text))] == ["a", "C.D.e", "f"]


def test_the_line_ends_of_the_file_are_kept() -> None:
    file = FILE.replace("\n", "\r\n")
    made = splice(file, "Box.fill", 15, HEAD + "  if n:\n    return n\n")
    assert made.count("\n") == made.count("\r\n")
    assert "if n:\r\n" in made


LINES = st.sampled_from(
    [
        "x = 1",
        "if n:\n    x = (1,\n2)\nelse:\n    pass",
        'y = """\n\tq\n   """',
        "# words",
        "for i in items:\n\n    yield i  # each",
        "def inner(a):\n    return a",
        "@deep\ndef inner(a): return a",
        "with n as m: x = 2; y = 3",
        "'a string'",
    ]
)


@given(st.lists(LINES, min_size=1, max_size=6), st.sampled_from(["    ", " ", "\t"]))
def test_a_body_means_in_its_place_what_it_meant_alone(parts: list[str], indent: str) -> None:
    body = "\n".join(parts) + "\nreturn n"
    held = {
        line
        for node in ast.walk(parse(body))
        if isinstance(node, ast.Constant)
        for line in range(node.lineno + 1, (node.end_lineno or 0) + 1)
    }
    lines = enumerate(body.split("\n"), start=1)
    code = HEAD + "\n".join(line if n in held else indent + line for n, line in lines)
    wanted = parse(code).body[0]
    assert isinstance(wanted, ast.FunctionDef)
    rest = list(wanted.body)
    while isinstance(rest[0], ast.Expr) and isinstance(rest[0].value, ast.Constant):
        del rest[0]
    found = find_function(parse(put(code)), "Box.fill", 15).node
    assert [ast.dump(s) for s in found.body] == [ast.dump(s) for s in rest]


def test_a_functions_own_code_put_back_leaves_it_as_it_was() -> None:
    for found in functions_of(parse(FILE)):
        if found.name == "wait":
            continue
        line = min([found.node.lineno, *(d.lineno for d in found.node.decorator_list)])
        made = splice(FILE, found.name, line, code_of(FILE, found.node))
        assert ast.dump(parse(made)) == ast.dump(parse(FILE))
        assert made == FILE
