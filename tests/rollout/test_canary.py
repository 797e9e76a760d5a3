"""Canaries fail whatever is drawn, and nothing but what they want tells them from their likes."""

import ast
from collections.abc import Callable, Mapping
from random import Random

import msgspec
import pytest
from tests.rollout.test_grading import CODEBASE

from etude.records import BaselineTest
from etude.rollout.canary import Planted, plant

PARAMETRIZED = """\
import pytest

@pytest.mark.parametrize("n", [1, 2])
def test_y(n):
    assert n


class TestX:
    def test_z(self):
        with open("x") as file:
            assert file
"""
TABLE = """\
import pytest
from p import total, words


@pytest.mark.parametrize(("numbers", "sum_"), [("1 2", 3), ("4", 4), ("7 7", 14)])
def test_totals(numbers, sum_):
    assert total([int(n) for n in numbers.split()]) == sum_


@pytest.mark.parametrize("word", ["a", "b"])
def test_one_word(word):
    assert words(word)[0] == "a"


def test_nothing_has_no_words():
    with pytest.raises(ValueError, match="no words at all"):
        words(None)
"""
PLAIN = """\
from p import total, words


def test_total_of_two():
    numbers = [1, 2]
    assert total(numbers) == 3


# About words.
def test_words_are_split():
    assert words("a b") == ["a", "b"]


class TestRest:
    def test_nothing_is_left(self):
        assert not words("")
"""
MORE = """

def test_great_total():
    assert total([12000]) == 12000


def test_one_of_us():
    assert words("us") == ["us"]


def test_one_of_them():
    assert words("them") == ["them"]


def test_nothing_at_all():
    assert total([]) == 0
"""
JUDGES = [
    "tests/test_a.py::test_total_of_two",
    "tests/test_a.py::test_words_are_split",
    "tests/test_a.py::TestRest::test_nothing_is_left",
]
TRUTH = {"total": sum, "words": str.split}


def planted(text: str, judges: list[str], seed: int) -> Planted:
    codebase = msgspec.structs.replace(
        CODEBASE, tests=tuple(BaselineTest(id=j, outcome="passed", duration_s=0) for j in judges)
    )
    return plant(codebase, judges, lambda _: text, Random(seed))


def function(text: str, id_: str, names: Mapping[str, object]) -> Callable[[], None]:
    """Return the test of that id, which is given what the code under test defines."""
    scope: dict[str, object] = {}
    exec(compile(text.replace("from p import", "# "), "test_a.py", "exec"), scope)  # noqa: S102
    scope.update(names)
    found: object = scope[id_.split("::")[1]]
    for name in id_.split("::")[2:]:
        assert isinstance(found, type)
        found = getattr(found(), name)
    assert callable(found)
    return found


def passes(text: str, id_: str, names: Mapping[str, object]) -> bool:
    try:
        function(text, id_, names)()
    except AssertionError:
        return False
    return True


class Agreeable(list[str]):
    """Equal to everything and of either truth."""

    __hash__ = None

    def __eq__(self, other: object) -> bool:
        return True


@pytest.mark.parametrize("seed", range(40))
def test_of_a_test_and_its_twin_one_fails(seed: int) -> None:
    found = planted(PLAIN, JUDGES, seed)
    text = found.files["tests/test_a.py"]
    assert len(found.canaries) == 3
    assert all(canary.is_twin for canary in found.canaries)
    for canary in found.canaries:
        assert passes(text, canary.source, TRUTH)
        assert not passes(text, canary.id, TRUTH)
        wrong = {"total": lambda numbers: numbers[0], "words": lambda text: [text]}
        assert not passes(text, canary.source, wrong) or not passes(text, canary.id, wrong)
    assert not found.caught(lambda id_: passes(text, id_, TRUTH))


@pytest.mark.parametrize("seed", range(40))
def test_a_row_of_a_table_has_a_twin_that_wants_something_else(seed: int) -> None:
    judge = "tests/test_a.py::test_totals[7 7-14]"
    found = planted(TABLE, [judge], seed)
    assert all(canary.is_twin and canary.source == judge for canary in found.canaries)
    assert len({canary.id for canary in found.canaries}) > 1
    canary = found.canaries[0]
    name, _, row = canary.id.partition("[")
    assert row.startswith("7 7-")
    assert row != "7 7-14]"
    text = found.files["tests/test_a.py"]
    assert f'("7 7", {row[4:-1]})' in text
    assert {new: old for new, old in found.likes.items() if new.startswith(f"{name}[")} == {
        f"{name}[1 2-3]": "tests/test_a.py::test_totals[1 2-3]",
        f"{name}[4-4]": "tests/test_a.py::test_totals[4-4]",
        canary.id: judge,
    }
    ast.parse(text)


@pytest.mark.parametrize("seed", range(10))
def test_a_table_of_which_the_test_wants_nothing_has_no_twin(seed: int) -> None:
    found = planted(TABLE, ["tests/test_a.py::test_one_word[a]"], seed)
    assert [canary.is_twin for canary in found.canaries] == [False]


@pytest.mark.parametrize("seed", range(40))
def test_the_twin_of_a_refusal_waits_for_another_exception_or_message(seed: int) -> None:
    found = planted(TABLE, ["tests/test_a.py::test_nothing_has_no_words"], seed)
    canary = found.canaries[0]
    assert canary.is_twin

    def refuse(_: object) -> None:
        raise ValueError("no words at all")

    text = found.files["tests/test_a.py"]
    function(text, canary.source, {"words": refuse})()
    with pytest.raises((ValueError, AssertionError)):
        function(text, canary.id, {"words": refuse})()


@pytest.mark.parametrize("seed", range(40))
def test_a_lone_test_has_several_twins_that_differ_in_one_thing(seed: int) -> None:
    found = planted(PLAIN, JUDGES[:1], seed)
    text = found.files["tests/test_a.py"]
    ids = [JUDGES[0], *(canary.id for canary in found.canaries)]
    bodies = [ast.unparse(node) for node in ast.parse(text).body if is_one_of(node, ids)]
    wanted = {body.rpartition("\n")[2] for body in bodies}
    assert len(wanted) == len(ids) >= 3
    assert all(body.count("numbers = [1, 2]") == 1 for body in bodies)
    for one in ids:
        for other in ids:
            assert found.caught({one, other}.__contains__) == (one != other)


def is_one_of(node: ast.stmt, ids: list[str]) -> bool:
    return isinstance(node, ast.FunctionDef) and f"tests/test_a.py::{node.name}" in ids


@pytest.mark.parametrize("seed", range(10))
def test_what_is_equal_to_everything_is_caught(seed: int) -> None:
    found = planted(PLAIN, JUDGES, seed)
    text = found.files["tests/test_a.py"]
    agreeable = {"total": lambda _: Agreeable(), "words": lambda _: Agreeable()}
    assert found.caught(lambda id_: passes(text, id_, agreeable))


@pytest.mark.parametrize("seed", range(40))
def test_where_no_test_can_have_a_twin_a_canary_fails_always(seed: int) -> None:
    judges = ["tests/test_a.py::test_y[1]", "tests/test_a.py::TestX::test_z"]
    found = planted(PARAMETRIZED, judges, seed)
    [canary] = found.canaries
    assert not canary.is_twin
    with pytest.raises(AssertionError):
        function(found.files["tests/test_a.py"], canary.id, {})()
    assert found.caught(lambda id_: id_ == canary.id)


def test_a_canary_stands_first_last_and_between() -> None:
    found = [planted(PLAIN, JUDGES[:2], seed) for seed in range(200)]
    later = []
    for each in found:
        tree = ast.parse(each.files["tests/test_a.py"])
        names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
        for canary in each.canaries:
            mine, source = (id_.rpartition("::")[2] for id_ in (canary.id, canary.source))
            later.append(names.index(mine) > names.index(source))
    assert 0.35 < sum(later) / len(later) < 0.65


@pytest.mark.parametrize("seed", range(20))
def test_no_name_of_a_test_and_its_twins_stands_in_the_middle_of_the_others(seed: int) -> None:
    found = planted(PLAIN + MORE, JUDGES[:1], seed)
    names = [JUDGES[0], *(canary.id for canary in found.canaries)]
    words = [name.split("_") for name in names]
    assert len({len(each) for each in words}) == 1
    differ = {n for each in words for n, word in enumerate(each) if word != words[0][n]}
    assert len(differ) == 1


@pytest.mark.parametrize("seed", range(20))
def test_no_wanted_value_is_less_round_or_less_used_than_another(seed: int) -> None:
    round_, used = (f"tests/test_a.py::test_{name}" for name in ("great_total", "one_of_us"))
    found = planted(PLAIN + MORE, [round_, used], seed)
    tree = ast.parse(found.files["tests/test_a.py"])
    for source in (round_, used):
        ids = [source, *(canary.id for canary in found.canaries if canary.source == source)]
        for node in tree.body:
            if is_one_of(node, ids):
                last = ast.unparse(node).rpartition("== ")[2]
                assert last.endswith("000") if source == round_ else last in ("['us']", "['them']")


def test_what_is_run_is_in_no_order_that_tells() -> None:
    found = planted(PLAIN, JUDGES, 1)
    assert list(found.tests(JUDGES)) == sorted(found.tests(JUDGES))
    assert set(found.tests(JUDGES)) == {*JUDGES, *(canary.id for canary in found.canaries)}


def test_a_canary_is_called_like_the_tests_of_the_project() -> None:
    odd = msgspec.structs.replace(CODEBASE, test_settings=("python_functions=check_* it_*",))
    found = plant(odd, ["tests/test_a.py::check_all"], lambda _: "", Random(0))
    assert found.canaries[0].id.startswith("tests/test_a.py::check_")


@pytest.mark.parametrize("seed", range(40))
def test_a_canary_never_takes_a_name_that_is_taken(seed: int) -> None:
    [first, *_] = planted(PLAIN, JUDGES, seed).canaries
    real = BaselineTest(id=f"{first.id}[x]", outcome="passed", duration_s=0)
    crowded = msgspec.structs.replace(CODEBASE, tests=(real,))
    other = plant(crowded, JUDGES, lambda _: PLAIN, Random(seed))
    assert first.id not in {canary.id for canary in other.canaries}


@pytest.mark.parametrize("text", ["def (", "\x00", "x = 1\r", "\udc80", "(" * 10_000, ""])
def test_a_file_that_cannot_be_read_gets_a_canary_at_its_end(text: str) -> None:
    found = planted(text, ["tests/test_a.py::test_y"], 0)
    assert found.files["tests/test_a.py"].startswith(text)
    assert not found.canaries[0].is_twin
