from typing import TYPE_CHECKING

from etude.rollout.agents import agents

if TYPE_CHECKING:
    from tests.rollout.agents.conftest import Play


def test_it_submits_and_changes_nothing(play: "Play") -> None:
    outcome, diff = play(agents.make("noop"))
    assert outcome.ending == "submitted"
    assert diff == ""
