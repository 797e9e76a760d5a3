"""Canaries fail whatever is drawn, and never take the name of a real test."""

from random import Random

import msgspec
import pytest
from tests.rollout.test_grading import CODEBASE

from etude.records import BaselineTest
from etude.rollout.canary import make_canaries


@pytest.mark.parametrize("seed", range(40))
def test_a_canary_fails(seed: int) -> None:
    tests = ["tests/test_a.py::TestX::test_y[1::2]", "tests/test_b.py::test_z"]
    added, ids = make_canaries(CODEBASE, tests, Random(seed))
    assert set(added) == {"tests/test_a.py", "tests/test_b.py"}
    for path, id_ in zip(added, ids, strict=True):
        scope: dict[str, object] = {}
        exec(compile(added[path], path, "exec"), scope)  # noqa: S102  our own text
        canary = scope[id_.rpartition("::")[2]]
        assert callable(canary)
        with pytest.raises(AssertionError):
            canary()


def test_a_canary_is_called_like_the_tests_of_the_project() -> None:
    odd = msgspec.structs.replace(CODEBASE, test_settings=("python_functions=check_* it_*",))
    _, ids = make_canaries(odd, ["tests/test_a.py::check_all"], Random(0))
    assert ids[0].startswith("tests/test_a.py::check_")


def test_a_canary_never_takes_a_real_tests_name() -> None:
    _, [id_] = make_canaries(CODEBASE, ["tests/test_a.py::test_y"], Random(5))
    real = BaselineTest(id=f"{id_}[x]", outcome="passed", duration_s=0)
    crowded = msgspec.structs.replace(CODEBASE, tests=(real,))
    _, [other] = make_canaries(crowded, ["tests/test_a.py::test_y"], Random(5))
    assert other == f"{id_}_too"
