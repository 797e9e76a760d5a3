"""What is asked for is told with its name and docstring; how it is made is not."""

from random import Random
from textwrap import dedent

import pytest
from tests.stages.swe.statement.failing_project import codebase, run_project

from etude.records import make_patch
from etude.rollout.suites import Failure
from etude.stages.swe.statement import MIN_WORDS, Wanted, find_wanted, write_request

PATH = "inkwell/pen.py"
HEALTHY = dedent('''\
    class Pen:
        """Writes."""

        def draw(self, text, *, times=1):
            """Draw a text as often as asked.

            The strokes are kept in order.
            """
            self.strokes.extend([text] * times)
            return self.strokes[-1].upper()

        def _hidden(self):
            """Say nothing."""
            return self.strokes
    ''')
UNWRITTEN = HEALTHY.replace(
    "        self.strokes.extend([text] * times)\n        return self.strokes[-1].upper()\n",
    "        raise NotImplementedError\n",
)
ABSENT = 'class Pen:\n    """Writes."""\n'


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, Failure]]:
    return run_project(tmp_path_factory.mktemp("inkwell"))


def ask(broken: str, failures: dict[str, tuple[str, Failure]], *names: str, seed: int = 0) -> str:
    wanted = find_wanted({PATH: HEALTHY}, {PATH: broken})
    patch = make_patch({PATH: broken}, {PATH: HEALTHY})
    shown = [failures[name] for name in names]
    return write_request(
        codebase(), shown, wanted, paths=[PATH], kind="body", patch=patch, rng=Random(seed)
    )


def test_what_is_unwritten_and_what_is_absent_is_found_with_its_docstring() -> None:
    (unwritten,) = find_wanted({PATH: HEALTHY}, {PATH: UNWRITTEN})
    assert (unwritten.state, unwritten.name) == ("unwritten", "Pen.draw")
    (absent,) = find_wanted({PATH: HEALTHY}, {PATH: ABSENT})
    assert absent == Wanted(
        state="absent",
        name="Pen.draw",
        path=PATH,
        text='def draw(self, text, *, times=1):\n    """Draw a text as often as asked.\n\n'
        '    The strokes are kept in order.\n    """',
    )
    assert find_wanted({PATH: HEALTHY}, {PATH: HEALTHY}) == ()
    assert find_wanted({PATH: HEALTHY}, {PATH: "def f(:"})[0].name == "Pen.draw"


def test_a_request_for_an_unwritten_function_says_where_it_is_declared(
    failures: dict[str, tuple[str, Failure]],
) -> None:
    for seed in range(8):
        text = ask(UNWRITTEN, failures, "test_slug_keeps_delim", seed=seed)
        assert "`Pen.draw`" in text.splitlines()[0]
        assert "NotImplementedError" in text
        assert "`inkwell.pen`" in text
        assert "slug('First post', delim='_')" in text
        assert "upper" not in text
        assert len(text.split()) >= MIN_WORDS


def test_a_request_for_an_absent_function_says_what_it_shall_be(
    failures: dict[str, tuple[str, Failure]],
) -> None:
    for seed in range(8):
        text = ask(ABSENT, failures, "test_slug_keeps_delim", seed=seed)
        assert "def draw(self, text, *, times=1):" in text
        assert "The strokes are kept in order." in text
        assert "class `Pen` in `inkwell.pen`" in text
        assert "upper" not in text
        assert "extend" not in text
