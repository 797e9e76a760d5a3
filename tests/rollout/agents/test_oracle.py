from typing import TYPE_CHECKING

import pytest

from etude.errors import TaskError
from etude.records import make_patch, parse_patch
from etude.rollout.agents import agents

if TYPE_CHECKING:
    from tests.rollout.agents.conftest import Play, Shop


def test_it_applies_the_patch_it_was_given_and_submits(play: "Play", shop: "Shop") -> None:
    outcome, diff = play(agents.make({"use": "oracle", "patches": {"t1": shop.patch}}))
    assert outcome.ending == "submitted"
    assert [part.path for part in parse_patch(diff)] == ["shop/cart.py"]
    assert "+        if len(self.items) >= self.limit:" in diff


def test_it_makes_and_removes_files_and_keeps_line_ends(play: "Play", shop: "Shop") -> None:
    cafe = shop.files["shop/café.py"]
    patch = make_patch(
        {"shop/café.py": cafe, "shop/new.py": None, "tests/test_cart.py": "x"},
        {"shop/café.py": cafe.replace("return", "yield"), "shop/new.py": "a\n"}
        | {"tests/test_cart.py": "x"},
    ) + make_patch({"shop/__init__.py": shop.files["shop/__init__.py"]}, {"shop/__init__.py": None})
    _, diff = play(agents.make({"use": "oracle", "patches": {"t1": patch}}))
    kinds = {part.path: part.kind for part in parse_patch(diff)}
    assert kinds == {
        "shop/café.py": "change",
        "shop/new.py": "new",
        "shop/__init__.py": "delete",
    }
    assert "+    yield NAME\r\n" in diff


def test_a_patch_that_is_missing_or_does_not_apply_is_the_tasks_fault(
    play: "Play", shop: "Shop"
) -> None:
    with pytest.raises(TaskError, match="no patch for task t1"):
        play(agents.make("oracle"))
    stale = shop.patch.replace("raise ValueError", "raise KeyError")
    with pytest.raises(TaskError, match="task t1 does not hold"):
        play(agents.make({"use": "oracle", "patches": {"t1": stale}}))
