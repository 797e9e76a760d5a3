"""Graders as trainers call them: any thread, texts or conversations, no verdict is no reward."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from etude.errors import GradeError, RecordError
from etude.records import Reference
from etude.rollout.graders import Means
from etude.rollout.reward import Reward, make_reward_function, text_of

HALF = Reference(problem_id="half", answer="1/2")
BROKEN = Reference(problem_id="broken", answer="")


@pytest.fixture
def reward() -> Iterator[Reward]:
    made = Reward(Means(jobs=1))
    yield made
    made.close()


def test_right_answers_are_paid_wrong_ones_not_and_a_fault_is_neither(reward: Reward) -> None:
    said = [r"\boxed{0.5}", r"\boxed{0.4}", r"\boxed{1}"]
    assert reward(said, [HALF, HALF, BROKEN]) == [1.0, 0.0, None]


def test_references_may_be_the_json_of_a_shipped_row(reward: Reward) -> None:
    text = msgspec.json.encode(HALF).decode()
    assert reward([r"\boxed{\frac12}"], [text]) == [1.0]
    with pytest.raises(RecordError, match="no reference of a problem"):
        reward(["x"], ['{"answer": "1"}'])
    with pytest.raises(ValueError, match="2 responses and 1 references"):
        reward(["x", "y"], [text])


def test_many_threads_may_ask_at_once(reward: Reward) -> None:
    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(reward, [rf"\boxed{{{n}/8}}"], [HALF]) for n in range(9)]
        paid = [one.result() for one in asked]
    assert [n for n, scores in enumerate(paid) if scores == [1.0]] == [4]


def test_once_closed_it_says_so(reward: Reward) -> None:
    reward.close()
    reward.close()
    with pytest.raises(GradeError, match="was closed"):
        reward(["x"], [HALF])


def test_a_trainers_call_has_columns_that_nobody_needs() -> None:
    function = make_reward_function(jobs=1)
    text = msgspec.json.encode(HALF).decode()
    conversation = [{"role": "assistant", "content": r"So \boxed{.5}"}]
    paid = function(
        prompts=["", ""],
        completions=[conversation, "no idea"],
        reference=[text, text],
        level=[1, 2],
    )
    assert paid == [1.0, 0.0]
    assert function.__name__ == "etude_reward"


def test_the_last_message_counts_whatever_its_form() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    assert (
        text_of([{"role": "user", "content": "x"}, {"role": "assistant", "content": parts}]) == "ab"
    )
    assert text_of([]) == ""
    assert text_of([{"role": "assistant", "content": None}]) == ""
