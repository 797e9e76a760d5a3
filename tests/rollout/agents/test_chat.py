import asyncio
from typing import TYPE_CHECKING

import pytest

from etude.errors import ConfigError
from etude.records import Message, ToolCall
from etude.rollout._base import Agent, PlayLimits
from etude.rollout.agents import agents
from etude.rollout.agents._history import LEFT_OUT, History

if TYPE_CHECKING:
    from tests.rollout.agents.conftest import Play

READ = '<tool_call>{"name": "read_file", "arguments": {"path": "shop/cart.py"}}</tool_call>'
EDIT = (
    '<tool_call>{"name": "edit_file", "arguments": {"path": "shop/cart.py", '
    '"old": "> self.limit", "new": ">= self.limit"}}</tool_call>'
)
SUBMIT = '<tool_call>{"name": "submit", "arguments": {}}</tool_call>'


def chat(*answers: str, **settings: object) -> Agent:
    model = {"use": "canned", "name": "actor", "answers": list(answers), "cost_usd": 0.1}
    return agents.make({"use": "chat", "model": model, **settings})


def test_a_conversation_is_played_and_recorded_turn_by_turn(play: "Play") -> None:
    outcome, diff = play(
        chat(f"First I read.\n{READ}", EDIT, "```bash\npython3 -c 'print(6*7)'\n```", SUBMIT)
    )
    assert (outcome.ending, outcome.model, outcome.error) == ("submitted", "actor", "")
    assert "+        if len(self.items) >= self.limit:" in diff
    read, edit, bash, submit = outcome.turns
    assert read.text == "First I read."
    assert read.calls == (ToolCall(name="read_file", arguments={"path": "shop/cart.py"}),)
    assert "    10\t        if len(self.items) > self.limit:" in read.observations[0]
    assert edit.observations == ("Replaced one place in shop/cart.py, at line 10.",)
    assert bash.observations == ("42\n[exit 0]",)
    assert submit.observations == ("Handed in.",)
    assert edit.n_prompt_tokens > read.n_prompt_tokens > 0
    assert read.n_completion_tokens > 0
    assert bash.duration_s > 0
    assert bash.cost_usd == 0.1


def test_calls_behind_a_submit_are_not_run(play: "Play") -> None:
    outcome, diff = play(chat(f"{SUBMIT}\n{EDIT}"))
    assert outcome.ending == "submitted"
    assert "already handed in" in outcome.turns[0].observations[1]
    assert diff == ""


def test_an_answer_without_a_call_is_reminded_and_the_third_in_a_row_ends_it(
    play: "Play",
) -> None:
    outcome, _ = play(chat("Hm.", "Hm?", READ, "Well.", "I think", "it is done.", SUBMIT))
    assert outcome.ending == "error"
    assert outcome.error == "3 answers in a row called no tool"
    assert len(outcome.turns) == 6
    assert outcome.turns[0].calls == ()
    assert "called no tool" in outcome.turns[0].observations[0]


def test_a_wrong_call_is_answered_and_the_talk_goes_on(play: "Play") -> None:
    outcome, _ = play(chat('{"name": "open", "arguments": {"path": "a"}}', SUBMIT))
    assert outcome.ending == "submitted"
    assert "no tool 'open'" in outcome.turns[0].observations[0]


@pytest.mark.parametrize(
    ("limits", "ending", "n_turns"),
    [
        (PlayLimits(n_turns=2), "turn_limit", 2),
        (PlayLimits(n_tokens=200), "token_limit", 1),
        (PlayLimits(cost_usd=0.25), "cost_limit", 3),
        (PlayLimits(time_s=0.0), "time_limit", 0),
    ],
)
def test_every_limit_ends_the_attempt_with_its_name(
    play: "Play", limits: PlayLimits, ending: str, n_turns: int
) -> None:
    outcome, _ = play(chat(*[READ] * 9), limits=limits)
    assert outcome.ending == ending
    assert len(outcome.turns) == n_turns


def test_time_that_runs_out_during_a_command_leaves_the_box_readable(play: "Play") -> None:
    sleep = '{"name": "bash", "arguments": {"command": "sleep 60"}}'
    outcome, diff = play(chat(EDIT, sleep, SUBMIT), limits=PlayLimits(time_s=1.5))
    assert outcome.ending == "time_limit"
    assert "[killed" in outcome.turns[1].observations[0]
    assert ">= self.limit" in diff


def test_a_model_that_fails_is_an_outcome_that_keeps_its_turns(play: "Play") -> None:
    outcome, diff = play(chat(EDIT))
    assert outcome.ending == "error"
    assert "asked for more" in outcome.error
    assert len(outcome.turns) == 1
    assert diff != ""


def test_a_model_that_is_not_there_is_a_wrong_request(play: "Play") -> None:
    with pytest.raises(ConfigError, match="did you mean 'openai'"):
        play(agents.make({"use": "chat", "model": {"use": "opennai", "name": "x"}}))


def test_the_conversation_stays_within_the_context(play: "Play") -> None:
    flood = '{"name": "bash", "arguments": {"command": "seq 3000"}}'
    agent = chat(*[flood] * 6, SUBMIT, context_tokens=6000)
    limits = PlayLimits(observation_chars=8000)
    outcome, _ = play(agent, limits=limits)
    assert outcome.ending == "submitted"
    assert max(turn.n_prompt_tokens for turn in outcome.turns) <= 6000
    assert outcome.turns[-1].n_prompt_tokens > 2000


def test_old_results_make_room_first_and_the_request_never_does() -> None:
    fixed = [Message(role="system", content="s" * 400), Message(role="user", content="u" * 400)]
    history = History(fixed, context_tokens=1000)
    for number in range(8):
        call = ToolCall(name="bash", arguments={"command": f"run {number}"})
        history.add(
            Message(role="assistant", content=f"thought {number}", calls=(call,)),
            Message(role="tool", content=f"{number}" * 1000),
        )
        assert history.n_tokens <= 1000
    sent = history.messages
    assert list(sent[:2]) == fixed
    assert len(sent) == 18
    results = [message.content for message in sent if message.role == "tool"]
    assert results[0] == LEFT_OUT
    assert results[-1] == "7" * 1000
    assert [message.content for message in sent if message.role == "assistant"] == [
        f"thought {number}" for number in range(8)
    ]


def test_long_arguments_and_the_last_result_shrink_when_nothing_else_can() -> None:
    history = History([Message(role="user", content="go")], context_tokens=1000)
    long = ToolCall(name="write_file", arguments={"path": "a", "content": "x" * 6000})
    for content in ("Wrote a.", "Wrote a.", "y" * 9000):
        history.add(
            Message(role="assistant", content="", calls=(long,)),
            Message(role="tool", content=content),
        )
    assert history.messages[1].calls[0].arguments == {"path": "a", "content": LEFT_OUT}
    assert LEFT_OUT in history.messages[-1].content
    assert history.messages[-1].content.startswith("yyy")


def test_attempts_change_the_seed_where_there_is_one(play: "Play") -> None:
    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hear a request out and hang up."""
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        n_bytes = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
        heard.append(await reader.readexactly(n_bytes))
        writer.close()

    heard: list[bytes] = []

    async def serve() -> None:
        server = await asyncio.start_server(never, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        model = {
            "use": "openai",
            "name": "m",
            "base_url": f"http://127.0.0.1:{port}/v1",
            "retries": 0,
            "seed": 40,
        }
        agent = agents.make({"use": "chat", "model": model})
        async with server:
            outcome, _ = await asyncio.to_thread(play, agent, attempt=2)
        assert outcome.ending == "error"
        assert "cannot reach" in outcome.error

    asyncio.run(serve())
    assert b'"seed":42' in b"".join(heard)
