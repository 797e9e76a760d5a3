"""move keeps bugs whose failing tests neither call the place nor fail in it."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

import pytest
from tests.stages.swe.card import card, passing

from etude.errors import ConfigError
from etude.records import Coverage
from etude.rollout.suites import CaseResult, Failure, Frame, SuiteRun
from etude.stages.swe.bugs import Bug, Material, SourceFile, bug_makers

PATH = "shop.py"
SOURCE = """def price(item):
    found = _base(item) + 1
    return round(found, 2)


def _base(item):
    if item < 0:
        raise ValueError("negative")
    amount = _scale(item)
    return amount * 2


def _scale(item):
    factor = 3
    if item > 10:
        factor = 2
    return item * factor
"""
TEST = "import shop\n\ndef test_price():\n    assert shop.price(2) == 13\n"
IDS = ["test_shop.py::test_price", *(f"test_shop.py::test_other_{n}" for n in range(11))]
LINES = range(1, SOURCE.count("\n") + 1)


class Asked:
    """Answers as tests would that fail with one traceback, and counts how often it was asked."""

    def __init__(self, *frames: Frame, failing: Sequence[str] = IDS[:1]) -> None:
        self.frames = frames
        self.failing = failing
        self.count = 0

    async def __call__(
        self, files: Mapping[str, str | None], tests: Sequence[str] | None = None
    ) -> SuiteRun:
        assert set(files) == {PATH}
        assert tests is not None
        self.count += 1
        failure = Failure(exception="AssertionError", message="", frames=self.frames)
        return SuiteRun(
            results={
                test: CaseResult(outcome="failed", duration_s=0.0, failure=failure)
                if test in self.failing
                else CaseResult(outcome="passed", duration_s=0.0)
                for test in tests
            },
            complete=True,
        )


def frame(function: str, path: str = PATH) -> Frame:
    return Frame(path=path, line=1, function=function)


def moved(folder: Path, ask: Asked, **settings: object) -> list[Bug]:
    (folder / "test_shop.py").write_text(TEST, "utf-8")
    (folder / PATH).write_text(SOURCE, "utf-8")
    material = Material(
        codebase=card(source_roots=(PATH,), tests=passing(*IDS)),
        source=folder,
        files=(SourceFile(path=PATH, text=SOURCE, covered=frozenset(LINES)),),
        coverage=Coverage(lines={PATH: dict.fromkeys(LINES, (0, 1))}, imported={}),
        ask=ask,
        notes=folder / "notes",
    )

    async def collect() -> list[Bug]:
        maker = bug_makers.make({"use": "move", **settings})
        return [bug async for bug in maker.search(material, Random(0))]

    return asyncio.run(collect())


IN_TEST = frame("test_price", "test_shop.py")


def test_only_what_tests_do_not_call_themselves_is_broken(tmp_path: Path) -> None:
    bugs = moved(tmp_path, Asked(IN_TEST))
    assert {bug.function for bug in bugs} == {"_base", "_scale"}
    assert {bug.maker for bug in bugs} == {"move"}
    assert {bug.function for bug in moved(tmp_path, Asked(IN_TEST), min_depth=3)} == {"_scale"}
    assert moved(tmp_path, Asked(IN_TEST), min_depth=4) == []


def test_what_fails_in_the_place_is_left_out(tmp_path: Path) -> None:
    bugs = moved(tmp_path, Asked(IN_TEST, frame("price"), frame("_base")))
    assert {bug.function for bug in bugs} == {"_scale"}
    assert {bug.kind for bug in bugs} == {"out_of_sight"}


def test_a_place_on_the_way_to_the_failure_is_told_from_one_out_of_sight(tmp_path: Path) -> None:
    bugs = moved(tmp_path, Asked(IN_TEST, frame("_base"), frame("_scale"), frame("round", "")))
    assert {(bug.function, bug.kind) for bug in bugs} == {("_base", "passed_through")}


def test_the_tests_that_fail_are_told_and_bugs_that_none_or_too_many_see_are_left_out(
    tmp_path: Path,
) -> None:
    assert all(bug.caught_by == (IDS[0],) for bug in moved(tmp_path, Asked(IN_TEST)))
    for failing in ((), IDS[5:]):
        folder = tmp_path / str(len(failing))
        folder.mkdir()
        assert moved(folder, Asked(IN_TEST, failing=failing)) == []


def test_answers_are_kept_so_that_nothing_is_asked_twice(tmp_path: Path) -> None:
    first, second = Asked(IN_TEST), Asked(frame("_base"))
    bugs = moved(tmp_path, first)
    assert first.count > 0
    assert moved(tmp_path, second) == bugs
    assert second.count == 0


@pytest.mark.parametrize("settings", [{"min_depth": 1}, {"max_per_function": 0}])
def test_a_setting_that_makes_no_sense_is_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        bug_makers.make({"use": "move", **settings})
