"""A removed feature leaves what is needed to build it again, and nothing that still uses it."""

import ast
import re
from itertools import islice
from random import Random
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stages.swe.bugs.healthy import lost_and_gained, own_sources, source, text_of

from etude.errors import ConfigError
from etude.plugins import Kind
from etude.stages.swe.bugs import SourceFile, _base
from etude.stages.swe.bugs._base import Bug, BugMaker
from etude.stages.swe.bugs.remove import RemoveMaker

PEN = dedent('''\
    """Pens."""

    import re

    __all__ = ["Pen", "clean", "slug"]


    class Pen:
        """Writes on things, as often as there is ink."""

        def __init__(self, ink=3, loud=False):
            self.ink = ink
            self.loud = loud
            self.lines = []

        def write(self, text):
            """Write `text`, in capitals when loud, and use ink up."""
            # Empty pens do not write.
            if self.ink < 1:
                raise ValueError("no ink")
            self.ink -= 1
            if self.loud:
                text = text.upper()
            self.lines.append(text)

        def read(self):
            """Give back what was written, in order, one line each."""
            result = "\\n".join(self.lines)
            if self.loud:
                result += "!"
            return result


    # Slugs are for addresses.
    def slug(text, delim="-"):
        """Turn a text into a part of an address, in lower case letters."""
        parts = re.split(r"\\W+", _folded(text))
        words = [part for part in parts if part]
        return delim.join(words)


    def _folded(text):
        return text.casefold()


    def clean(text):
        """Take all white space away that is at the ends of a text."""
        text = text.strip()
        text = text.replace("\\t", " ")
        return text
    ''')
USER = dedent("""\
    from pkg.pen import Pen, slug


    def post(pen, title, plain=False):
        pen.write(title)
        address = "/posts"
        if not plain and title:
            address += "/" + slug(title)
        if pen.loud and pen.lines:
            address += "!"
        return address
    """)


def both() -> list[SourceFile]:
    return [source(PEN, path="pkg/pen.py"), source(USER, path="pkg/post.py")]


def every_bug(kind: str) -> list[Bug]:
    return list(RemoveMaker(kinds=(kind,), max_per_function=9).propose(both(), Random(0)))


def named(kind: str, function: str) -> Bug:
    return next(bug for bug in every_bug(kind) if bug.function == function)


def test_a_body_goes_and_signature_and_docstring_stay() -> None:
    broken = text_of(named("body", "Pen.write"), "pkg/pen.py")
    lost, gained = lost_and_gained(PEN, broken)
    assert gained == ["raise NotImplementedError"]
    assert lost[0] == "# Empty pens do not write."
    assert lost[-1] == "self.lines.append(text)"
    before = {n.name: ast.get_docstring(n) for n in _functions(PEN)}
    assert {n.name: ast.get_docstring(n) for n in _functions(broken)} == before


def test_a_class_loses_the_code_of_its_methods_but_keeps_its_fields() -> None:
    (bug,) = every_bug("class")
    broken = text_of(bug, "pkg/pen.py")
    assert (bug.function, broken.count("raise NotImplementedError")) == ("Pen", 2)
    assert "self.loud = loud" in broken
    assert '"""Give back what was written, in order, one line each."""' in broken


def test_a_branch_goes_wherever_the_option_is_asked_for() -> None:
    bug = next(bug for bug in every_bug("branch") if len(bug.files) == 2)
    pen, post = text_of(bug, "pkg/pen.py"), text_of(bug, "pkg/post.py")
    assert "if self.loud" not in pen
    assert "text.upper()" not in pen
    assert "self.loud = loud" in pen
    assert "pen.loud" not in post


def test_what_is_not_yet_there_is_gone_with_its_uses_and_its_helpers() -> None:
    bug = named("not_yet_there", "slug")
    pen, post = text_of(bug, "pkg/pen.py"), text_of(bug, "pkg/post.py")
    assert "slug" not in pen
    assert "Slugs are for addresses" not in pen
    assert "_folded" not in pen
    assert "import re" not in pen
    assert '__all__ = ["Pen", "clean"]' in pen
    assert "slug" not in post
    assert "from pkg.pen import Pen\n" in post
    assert "\n\n\n\n" not in pen


def test_a_function_that_others_cannot_do_without_is_not_taken_away() -> None:
    text = USER.replace("from pkg.pen import Pen, slug\n", "from pkg.pen import slug\n")
    text += "\n\nHOME = slug('home')\n"
    files = [source(PEN, path="pkg/pen.py"), source(text, path="pkg/post.py")]
    bugs = RemoveMaker(kinds=("not_yet_there",)).propose(files, Random(0))
    assert "slug" not in {bug.function for bug in bugs}


def test_only_what_tests_run_is_removed() -> None:
    write = PEN.split("\n").index("        if self.ink < 1:") + 1
    covered = frozenset(range(write, write + 6))
    files = [source(PEN, covered, "pkg/pen.py"), source(USER, frozenset(), "pkg/post.py")]
    bugs = list(RemoveMaker(kinds=("body",)).propose(files, Random(0)))
    assert {bug.function for bug in bugs} == {"Pen.write"}


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32), newline=st.sampled_from(["\n", "\r\n"]))
def test_whatever_is_removed_the_rest_is_as_it_was(seed: int, newline: str) -> None:
    texts = {"pkg/pen.py": PEN, "pkg/post.py": USER}
    texts = {path: text.replace("\n", newline) for path, text in texts.items()}
    files = [source(text, path=path) for path, text in texts.items()]
    bugs = list(RemoveMaker().propose(files, Random(seed)))
    assert len({bug.kind for bug in bugs}) == 4
    assert bugs == list(RemoveMaker().propose(files[::-1], Random(seed)))
    for bug in bugs:
        assert bug.files[0].path == bug.path
        for file in bug.files:
            compile(file.text, file.path, "exec")
            assert file.text.count("\n") == file.text.count(newline)
            gained = lost_and_gained(texts[file.path], file.text)[1]
            assert all(_is_left_of_a_line(line, texts[file.path]) for line in gained)


def test_the_first_removals_are_spread_over_kinds_and_files() -> None:
    bugs = list(islice(RemoveMaker().propose(own_sources()[:8], Random(2)), 10))
    assert len({bug.kind for bug in bugs}) >= 2
    assert len({bug.path for bug in bugs}) >= 5


def test_what_it_cannot_do_is_refused_with_what_it_can() -> None:
    with pytest.raises(ConfigError, match=r"no kind 'bodi' .*did you mean 'body'"):
        RemoveMaker(kinds=("bodi",))
    with pytest.raises(ConfigError, match="max_per_function"):
        RemoveMaker(max_per_function=0)


def test_it_is_found_by_its_name() -> None:
    kind = Kind(_base.__name__.rpartition(".")[0], BugMaker)
    assert kind.make({"use": "remove", "kinds": ["body"]}) == RemoveMaker(kinds=("body",))


def _functions(text: str) -> list[ast.FunctionDef]:
    return [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef)]


def _is_left_of_a_line(line: str, healthy: str) -> bool:
    """Whether a line of a broken file says nothing that the healthy file does not."""
    words = re.findall(r"\w+", line)
    return line == "raise NotImplementedError" or all(word in healthy for word in words)
