"""Forecasts refuse what they know, and doubt themselves where other tests might notice too."""

import asyncio

import pytest

from etude import TextFile
from etude.sandbox import sandboxes
from etude.stages.swe.bugs import Bug
from etude.stages.swe.forecasting import Forecaster, Screened
from etude.stages.swe.prepare import prepare
from etude.store import CodebaseStore, Prepared

pytestmark = [pytest.mark.xdist_group("forecasting"), pytest.mark.net]
SOURCE = '''import functools


def double(n, times=2):
    """Return n so many times."""
    return n * times


def table(size):
    return [double(n) for n in range(size)]


@functools.lru_cache
def cached(n):
    if n > 100:
        return -1
    return n + 1


TABLE = table(30)
FIRST = cached(0)


def lookup(n):
    return TABLE[n]


def alone(n):
    return n - 1


def never(n, step=1):
    return n + step
'''
TESTS = """
import pathlib
import pytest
import tiny

@pytest.mark.parametrize("n", range(30))
def test_lookup(n):
    assert tiny.lookup(n) == n + n

def test_alone(): assert tiny.alone(3) == 2
def test_double(): assert tiny.double(2) == 4
def test_cached(): assert tiny.cached(0) == 1
def test_writes():
    assert tiny.alone(4) == 3
    pathlib.Path("left.txt").write_text("x")
"""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("tiny")
    (folder / "tests").mkdir()
    (folder / "pyproject.toml").write_text('[project]\nname = "tiny"\nversion = "1.0"\n')
    (folder / "tiny.py").write_text(SOURCE)
    (folder / "tests" / "test_tiny.py").write_text(TESTS)
    store = CodebaseStore(tmp_path_factory.mktemp("home"))
    return asyncio.run(prepare(str(folder), sandboxes.make("bubblewrap"), store))


def bug(old: str, new: str, *others: TextFile) -> Bug:
    assert SOURCE.count(old) == 1
    line = SOURCE[: SOURCE.index(old)].count("\n") + 1
    return Bug(
        maker="test",
        kind="test",
        files=(TextFile(path="tiny.py", text=SOURCE.replace(old, new)), *others),
        path="tiny.py",
        line=line,
        last_line=line + old.rstrip("\n").count("\n"),
        function="",
    )


def screen(prepared: Prepared, share: float, *bugs: Bug) -> list[Screened]:
    forecaster = Forecaster(prepared, sandboxes.make("bubblewrap"), share)
    ids = [str(number) for number in range(len(bugs))]
    said = asyncio.run(forecaster.screen(bugs, ids))
    return [said[id_] for id_ in ids]


def names(screened: Screened) -> list[str]:
    return [test.rpartition("::")[2] for test in screened.caught_by]


def test_what_a_forecast_knows_and_what_it_leaves_to_runs(prepared: Prepared) -> None:
    alone, cached, default, unreached, several, constant, also_on_import = screen(
        prepared,
        0.25,
        bug("return n - 1", "return n - 2"),
        bug("return -1", "return -2"),
        bug("times=2", "times=3"),
        bug("step=1", "step=2"),
        bug("return n - 1", "return n", TextFile(path="other.py", text="")),
        bug("TABLE = table(30)", "TABLE = table(31)"),
        bug("return TABLE[n]", "return TABLE[-n]"),
    )
    assert (alone.say, alone.reason) == ("unknown", "reached by tests that fork badly")
    assert (cached.say, cached.reason) == ("refused", "no test reaches it")
    assert (default.say, default.reason) == ("unknown", "acts on import"), "TABLE is made with it"
    assert (unreached.say, unreached.reason) == ("refused", "no test reaches it")
    assert (several.say, several.reason) == ("unknown", "changes several files")
    assert constant.say == "unknown"
    assert (also_on_import.say, also_on_import.reason) == ("refused", "too obvious")


def test_code_that_ran_on_import_is_believed_only_when_too_many_fail(prepared: Prepared) -> None:
    """The cache was filled on import: the fork cannot see what the change did to it."""
    caught, missed = screen(
        prepared, 0.0, bug("return n * times", "return n"), bug("return n + 1", "return n + 2")
    )
    assert (caught.say, caught.reason, names(caught)) == ("refused", "too obvious", ["test_double"])
    assert (missed.say, missed.reason) == ("unknown", "acts on import")
    assert missed.caught_by == ()
