"""A real conversation with a real model; `tests/models/serve_small_model.py` serves one."""

import os
from typing import TYPE_CHECKING

import pytest

from etude.rollout._base import PlayLimits
from etude.rollout.agents import agents

if TYPE_CHECKING:
    from tests.rollout.agents.conftest import Play

URL = os.environ.get("ETUDE_TEST_MODEL_URL", "")
NAME = os.environ.get("ETUDE_TEST_MODEL_NAME", "qwen2.5-coder-0.5b")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not URL, reason="ETUDE_TEST_MODEL_URL names no running server"),
]


@pytest.mark.parametrize("calling", ["json", "auto"])
def test_a_small_model_plays_several_turns_with_calls_that_are_understood(
    play: "Play", calling: str
) -> None:
    model = {
        "use": "openai",
        "name": NAME,
        "base_url": URL,
        "calling": calling,
        "max_tokens": 400,
        "timeout_s": 600.0,
        "seed": 1,
    }
    agent = agents.make({"use": "chat", "model": model, "context_tokens": 4000})
    outcome, diff = play(agent, limits=PlayLimits(n_turns=5, command_s=20, observation_chars=3000))

    for turn in outcome.turns:
        print(f"--- {turn.text}\n{turn.calls}\n{turn.observations}")  # noqa: T201
    print(f"=== {outcome.ending} {outcome.error}\n{diff}")  # noqa: T201
    # Whether so small a model repairs anything is luck; that the loop carries it is not.
    assert outcome.ending in {"submitted", "turn_limit"} or "no tool" in outcome.error
    assert any(turn.calls for turn in outcome.turns)
    assert all(turn.n_prompt_tokens > 100 for turn in outcome.turns)
    understood = [
        observation
        for turn in outcome.turns
        for observation in turn.observations
        if "There is no tool" not in observation and "called no tool" not in observation
    ]
    assert understood
