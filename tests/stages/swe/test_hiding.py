import ast
from textwrap import dedent

import pytest

from etude.errors import TaskError
from etude.stages.swe.hiding import hide_tests

FILE = dedent('''\
    """Tests."""
    import pytest


    # About one.
    # More about one.
    @pytest.mark.parametrize("x", [1,
                                   2])
    def test_one(x):
        assert x  # inside
        # the end of one


    LIMIT = 3  # kept


    class TestGroup:
        """A group."""

        def test_two(self):
            text = """
    # not a comment
        """
            assert text

        # three
        async def test_three(self):
            assert True

        def helper(self):
            return 1


    if LIMIT:

        def test_four():
            pass
    else:
        def test_five():
            pass


    def test_six(): pass  # one line
    ''')


def line_of(text: str, start: str) -> int:
    lines = text.replace("\r\n", "\n").split("\n")
    return next(n for n, line in enumerate(lines, 1) if line.strip().startswith(start))


def functions(text: str) -> dict[str, str]:
    return {
        node.name: ast.dump(node)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }


def hide(text: str, *starts: str) -> str:
    return hide_tests(text, [line_of(text, start) for start in starts])


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "start",
    ["def test_one", "@pytest", "def test_two", "async def test_three", "def test_six"],
)
def test_the_function_goes_and_all_others_stay_the_same(start: str, newline: str) -> None:
    text = FILE.replace("\n", newline)
    left = hide(text, start)
    before, after = functions(text), functions(left)
    name = "test_one" if start == "@pytest" else start.rpartition("def ")[2]
    assert before.keys() - after.keys() == {name}
    assert all(before[other] == dump for other, dump in after.items())
    kept = left.split(newline)
    rest = iter(text.split(newline))
    assert all(line in rest for line in kept), "what stays is untouched and in order"


def test_decorators_and_the_comments_of_a_function_go_with_it() -> None:
    left = hide(FILE, "def test_one")
    assert left.startswith('"""Tests."""\nimport pytest\n\n\nLIMIT = 3  # kept\n')


def test_blank_lines_stay_as_they_should_between_what_is_left() -> None:
    left = hide(FILE, "def test_two", "async def test_three", "def test_six")
    assert '    """A group."""\n\n    def helper(self):\n        return 1\n\n\nif LIMIT:' in left
    assert left.endswith("        pass\n")
    assert "\n\n\n\n" not in left


def test_the_last_methods_of_a_class_leave_no_gap() -> None:
    text = (
        "class A:\n    x = 1\n\n    def test_a(self): ...\n\n    def test_b(self): ...\n\n\ny = 2\n"
    )
    assert hide(text, "def test_a", "def test_b") == "class A:\n    x = 1\n\n\ny = 2\n"


def test_an_empty_body_gets_a_pass() -> None:
    left = hide(FILE, "def test_four", "def test_five")
    assert "if LIMIT:\n\n    pass\nelse:\n    pass\n" in left
    text = (
        "class A:\n\tdef test_a(self):\n\t\tpass\n\n\t# b\n\tdef test_b(self):\n\t\tpass\nx = 1\n"
    )
    assert hide(text, "def test_a", "def test_b") == "class A:\n\tpass\nx = 1\n"


def test_a_file_of_one_test_is_left_empty_but_for_its_head() -> None:
    text = "#!/usr/bin/env python\ndef test_a():\n    pass\n"
    assert hide(text, "def") == "#!/usr/bin/env python\n"
    assert hide("# coding: utf-8\ndef test_a():\n    pass", "def") == "# coding: utf-8\n"


def test_a_comment_in_a_string_above_is_no_comment() -> None:
    text = 'x = """\n# text"""\ndef test_a():\n    pass\n\n\ny = 1\n'
    assert hide(text, "def") == 'x = """\n# text"""\ny = 1\n'


def test_form_feeds_and_odd_line_separators_do_not_shift_lines() -> None:
    text = 'x = "a\u2028b\x1cc"\n\x0c\ndef test_a():\n    pass\n\n\x0c\ndef test_b():\n    pass\n'
    left = hide_tests(text, [3])
    assert functions(left).keys() == {"test_b"}
    assert left.startswith('x = "a\u2028b\x1cc"\n\x0c\n')
    assert left.count("\x0c") == 2


def test_a_function_in_a_function_goes_with_it() -> None:
    text = "def test_a():\n    def test_b():\n        pass\n    test_b()\n\n\nx = 1\n"
    assert hide(text, "def test_a", "def test_b") == "x = 1\n"


def test_hiding_nothing_changes_nothing() -> None:
    assert hide_tests(FILE, []) == FILE
    assert hide_tests("not python at all (", ()) == "not python at all ("


def test_hiding_twice_what_is_named_twice_is_hiding_once() -> None:
    both = [line_of(FILE, "@pytest"), line_of(FILE, "def test_one")]
    assert hide_tests(FILE, both) == hide(FILE, "def test_one")


@pytest.mark.parametrize("line", [1, 5, 10, 999])
def test_a_line_that_starts_no_function_is_refused(line: int) -> None:
    with pytest.raises(TaskError, match=f"line {line} "):
        hide_tests(FILE, [line])


def test_a_file_that_does_not_parse_is_refused() -> None:
    with pytest.raises(TaskError, match="does not parse"):
        hide_tests("def test_a(:\n", [1])


def test_a_function_that_others_still_use_is_refused() -> None:
    text = "def test_a():\n    pass\n\n\ndef test_b():\n    test_a()\n"
    with pytest.raises(TaskError, match=r"test_a cannot be taken out: line 6"):
        hide_tests(text, [1])
    assert hide_tests(text, [1, 5]) == ""
