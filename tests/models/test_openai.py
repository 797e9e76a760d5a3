"""The wire, against a real server on the loopback."""

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from etude.errors import ConfigError, ModelError
from etude.models import Completion, Tool, models
from etude.records import Message, ToolCall

if TYPE_CHECKING:
    from tests.models.conftest import Endpoint

BASH = Tool(
    name="bash", description="Run it.", parameters={"command": "What."}, required=("command",)
)
READ = Tool(
    name="read_file",
    description="Show it.",
    parameters={"path": "Where.", "first_line": "From."},
    required=("path",),
)
GO = (Message(role="system", content="Be brief."), Message(role="user", content="Go."))


def ask(endpoint: "Endpoint", messages: tuple[Message, ...] = GO, **settings: Any) -> Completion:
    table = {"use": "openai", "name": "m", "base_url": endpoint.url, **settings}
    return asyncio.run(models.make(table).generate(messages, (BASH, READ)))


def test_native_calls_go_there_and_come_back(
    endpoint: "Endpoint", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", "sk-secret")
    function = {"name": "bash", "arguments": '{"command": "ls", "n": 3}'}
    endpoint.answer(None, [{"id": "c1", "type": "function", "function": function}])

    got = ask(endpoint, key_env="MY_KEY", seed=7, price_in_usd_per_mtok=2, price_out_usd_per_mtok=8)

    assert got.calls == (ToolCall(name="bash", arguments={"command": "ls", "n": "3"}, id="c1"),)
    assert (got.n_prompt_tokens, got.n_completion_tokens) == (1000, 10)
    assert got.cost_usd == pytest.approx(0.00208)
    assert endpoint.keys == ["Bearer sk-secret"]
    request = endpoint.requests[0]
    assert request["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Go."},
    ]
    assert (request["temperature"], request["seed"], request["max_tokens"]) == (0.0, 7, 2048)
    assert request["tools"][1]["function"]["name"] == "read_file"
    assert request["tools"][1]["function"]["parameters"]["required"] == ["path"]
    assert "response_format" not in request


def test_calls_in_the_text_are_found_and_go_back_as_text(endpoint: "Endpoint") -> None:
    endpoint.answer('```json\n{"name": "bash", "arguments": {"command": "ls"}}\n```')
    endpoint.answer("done")
    first = ask(endpoint)
    assert first.calls == (ToolCall(name="bash", arguments={"command": "ls"}),)

    said = Message(role="assistant", content=first.text, calls=first.calls)
    ask(endpoint, (*GO, said, Message(role="tool", content="a.py")))

    *_, assistant, answer = endpoint.requests[1]["messages"]
    assert "tool_calls" not in assistant
    assert '{"name": "bash", "arguments": {"command": "ls"}}' in assistant["content"]
    assert (answer["role"], "a.py" in answer["content"]) == ("user", True)


def test_native_history_keeps_its_ids(endpoint: "Endpoint") -> None:
    endpoint.answer("done")
    call = ToolCall(name="bash", arguments={"command": "ls"}, id="c1")
    said = Message(role="assistant", content="", calls=(call,))
    ask(endpoint, (*GO, said, Message(role="tool", content="a.py", call_id="c1")))
    *_, assistant, answer = endpoint.requests[0]["messages"]
    assert assistant["tool_calls"][0]["id"] == answer["tool_call_id"] == "c1"
    assert json.loads(assistant["tool_calls"][0]["function"]["arguments"]) == {"command": "ls"}


def test_constrained_answers_carry_a_schema_and_alternate_roles(endpoint: "Endpoint") -> None:
    move = {
        "thought": "Look.",
        "call": {"tool": "read_file", "arguments": {"path": "a.py", "first_line": ""}},
    }
    endpoint.answer(json.dumps(move))
    endpoint.answer(json.dumps(move))
    first = ask(endpoint, calling="json")
    assert first.text == "Look."
    assert first.calls == (ToolCall(name="read_file", arguments={"path": "a.py"}),)

    said = Message(role="assistant", content=first.text, calls=first.calls)
    result = Message(role="tool", content="1 x")
    ask(endpoint, (*GO, said, result, Message(role="user", content="And?")), calling="json")

    request = endpoint.requests[1]
    assert "tools" not in request
    schema = request["response_format"]["json_schema"]["schema"]
    kinds = schema["properties"]["call"]["anyOf"]
    assert [kind["properties"]["tool"]["enum"] for kind in kinds] == [["bash"], ["read_file"]]
    assert kinds[1]["properties"]["arguments"]["required"] == ["path", "first_line"]
    assert [m["role"] for m in request["messages"]] == ["system", "user", "assistant", "user"]
    assert request["messages"][0]["content"].startswith("Be brief.")
    assert "read_file: Show it." in request["messages"][0]["content"]
    assert json.loads(request["messages"][2]["content"])["call"]["tool"] == "read_file"


def test_an_answer_cut_off_by_the_token_limit_is_text_without_calls(endpoint: "Endpoint") -> None:
    endpoint.answer('{"thought": "Look.", "call": {"tool": "bash", "argum')
    got = ask(endpoint, calling="json")
    assert got.calls == ()
    assert "Look." in got.text


def test_native_only_leaves_calls_in_the_text_alone(endpoint: "Endpoint") -> None:
    endpoint.answer('{"name": "bash", "arguments": {"command": "ls"}}')
    assert ask(endpoint, calling="tools").calls == ()


def test_arguments_that_are_no_json_become_a_call_the_toolbox_refuses(
    endpoint: "Endpoint",
) -> None:
    function = {"name": "bash", "arguments": '{"command": "ls'}
    endpoint.answer(None, [{"id": "c1", "type": "function", "function": function}])
    assert ask(endpoint).calls[0].arguments == {"unreadable JSON": '{"command": "ls'}


def test_overload_is_waited_out_as_long_as_the_server_asks(endpoint: "Endpoint") -> None:
    endpoint.fail(429, "slow down", Retry_After="1")
    endpoint.fail(503, "loading", Retry_After="0.1")
    endpoint.answer("here")
    started = time.monotonic()
    assert ask(endpoint).text == "here"
    assert time.monotonic() - started > 1.0
    assert len(endpoint.requests) == 3


def test_what_retrying_cannot_mend_is_a_model_error_with_its_status(endpoint: "Endpoint") -> None:
    endpoint.fail(400, "this server takes no tools")
    with pytest.raises(ModelError, match=r"status 400.*set calling = 'json'"):
        ask(endpoint)
    endpoint.fail(404, "no such model")
    with pytest.raises(ModelError, match=r"status 404.*will not help"):
        ask(endpoint)
    assert len(endpoint.requests) == 2


def test_a_server_that_stays_down_is_a_model_error_after_the_retries(endpoint: "Endpoint") -> None:
    for _ in range(2):
        endpoint.fail(500, "broken", Retry_After="0.05")
    with pytest.raises(ModelError, match=r"status 500.*tried 2 times"):
        ask(endpoint, retries=1)


def test_an_unreachable_server_is_a_model_error_that_names_it() -> None:
    table = {"use": "openai", "name": "m", "base_url": "http://127.0.0.1:9/v1", "retries": 0}
    with pytest.raises(ModelError, match=r"cannot reach http://127\.0\.0\.1:9/v1"):
        asyncio.run(models.make(table).generate(GO))


def test_an_answer_that_is_no_completion_is_a_model_error(endpoint: "Endpoint") -> None:
    endpoint.replies.append((200, {}, b'{"choices": []}'))
    with pytest.raises(ModelError, match="no choice"):
        ask(endpoint)
    endpoint.replies.append((200, {}, b"<html>welcome</html>"))
    with pytest.raises(ModelError, match="m: "):
        ask(endpoint)


def test_a_key_is_needed_away_from_this_machine_and_never_in_a_message(
    endpoint: "Endpoint", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    away = models.make({"use": "openai", "name": "m", "key_env": "NO_SUCH_KEY"})
    with pytest.raises(ConfigError, match="NO_SUCH_KEY"):
        asyncio.run(away.generate(GO))

    endpoint.answer("hi")
    ask(endpoint, key_env="NO_SUCH_KEY")
    assert endpoint.keys == ["Bearer none"]

    monkeypatch.setenv("MY_KEY", "sk-secret")
    endpoint.fail(401, "bad key sk-secret")
    with pytest.raises(ModelError, match="check the key in MY_KEY") as caught:
        ask(endpoint, key_env="MY_KEY")
    assert "sk-secret" not in str(caught.value)
