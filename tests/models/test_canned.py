"""Canned answers, and with them every form of call that is read out of plain text."""

import asyncio

import pytest

from etude.errors import ModelError
from etude.models import Completion, Tool, models
from etude.records import Message, ToolCall

TOOLS = (
    Tool(name="bash", description="", parameters={"command": ""}, required=("command",)),
    Tool(
        name="read_file",
        description="",
        parameters={"path": "", "first_line": "", "last_line": ""},
        required=("path",),
    ),
    Tool(
        name="write_file",
        description="",
        parameters={"path": "", "content": ""},
        required=("path", "content"),
    ),
    Tool(name="submit", description="", parameters={}),
)


def heard(answer: str, tools: tuple[Tool, ...] = TOOLS) -> Completion:
    model = models.make({"use": "canned", "answers": [answer]})
    return asyncio.run(model.generate([Message(role="user", content="go")], tools))


def call(name: str, **arguments: str) -> ToolCall:
    return ToolCall(name=name, arguments=arguments)


LS = call("bash", command="ls -la")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(
            '```json\n{\n  "name": "bash",\n  "arguments": {\n    "command": "ls -la"\n  }\n}\n```',
            id="qwen coder: fenced JSON",
        ),
        pytest.param(
            '<tool_call>\n{"name": "bash", "arguments": {"command": "ls -la"}}\n</tool_call>',
            id="hermes and qwen: tags",
        ),
        pytest.param(
            '<tool_call>\n{"name": "bash", "arguments": {"command": "ls -la"}}', id="tag left open"
        ),
        pytest.param(
            "<tool_call>\n<function=bash>\n<parameter=command>\nls -la\n</parameter>\n"
            "</function>\n</tool_call>",
            id="qwen3 coder: parameters in tags",
        ),
        pytest.param(
            "<function=bash><parameter=command>ls -la</parameter></function>", id="function tag"
        ),
        pytest.param('{"name": "bash", "parameters": {"command": "ls -la"}}', id="llama 3: bare"),
        pytest.param('{"tool": "bash", "arguments": {"command": "ls -la"}}', id="tool key"),
        pytest.param('{"tool": "bash", "command": "ls -la"}', id="arguments beside the name"),
        pytest.param('{"action": "bash", "action_input": "ls -la"}', id="react style"),
        pytest.param('{"bash": {"command": "ls -la"}}', id="name as the key"),
        pytest.param(
            '[{"name": "bash", "arguments": {"command": "ls -la"}}]', id="mistral: a list"
        ),
        pytest.param(
            '{"type": "function", "function": {"name": "bash", "arguments": '
            '"{\\"command\\": \\"ls -la\\"}"}}',
            id="openai's own form as text, arguments as a string",
        ),
        pytest.param(
            '{"tool_calls": [{"name": "bash", "arguments": {"command": "ls -la"}}]}', id="wrapped"
        ),
        pytest.param("```tool_code\nbash(command='ls -la')\n```", id="gemma: python call"),
        pytest.param("```python\nbash('ls -la')\n```", id="python call by position"),
        pytest.param("```bash\nls -la\n```", id="a shell block"),
        pytest.param("```sh\n$ ls -la\n```", id="a shell block with a prompt"),
        pytest.param("```json\n{'name': 'bash', 'arguments': {'command': 'ls -la'}}\n```", id="py"),
        pytest.param("~~~bash\nls -la\n~~~", id="tilde fence"),
    ],
)
def test_a_call_is_read_in_every_form_that_models_write_it(answer: str) -> None:
    assert heard(answer).calls == (LS,)
    assert heard(answer).text == ""
    around = heard(f"I look around first.\n\n{answer}")
    assert around.calls == (LS,)
    assert around.text == "I look around first."


def test_raw_line_ends_and_triple_quotes_in_json_are_forgiven() -> None:
    wanted = (call("write_file", path="a.py", content='print("x")\ny = 2\n'),)
    raw = (
        '{"name": "write_file", "arguments": '
        '{"path": "a.py", "content": "print(\\"x\\")\ny = 2\n"}}'
    )
    quoted = (
        '```json\n{"name": "write_file", "arguments": {"path": "a.py", '
        '"content": """print("x")\ny = 2\n"""}}\n```'
    )
    assert heard(raw).calls == wanted
    assert heard(quoted).calls == wanted
    after = heard(quoted.removeprefix("```json\n").removesuffix("\n```") + "\nThat is all.")
    assert after.calls == wanted
    assert after.text == "That is all."


def test_values_that_are_no_text_are_kept_as_json_and_null_is_left_out() -> None:
    answer = '{"name": "read_file", "arguments": {"path": "a", "first_line": 3, "last_line": null}}'
    assert heard(answer).calls == (call("read_file", path="a", first_line="3"),)


def test_an_unknown_tool_is_still_a_call_so_that_the_model_is_told() -> None:
    assert heard('{"name": "open", "arguments": {"path": "a"}}').calls == (call("open", path="a"),)


def test_several_json_calls_are_kept_in_order_but_only_the_first_shell_block_runs() -> None:
    both = (
        '```json\n{"name": "bash", "arguments": {"command": "a"}}\n```\nthen\n'
        '```json\n{"name": "submit", "arguments": {}}\n```'
    )
    assert heard(both).calls == (call("bash", command="a"), call("submit"))
    assert heard(both).text == "then"
    assert heard("```bash\na\n```\n```bash\nb\n```").calls == (call("bash", command="a"),)


def test_a_call_that_is_stammered_counts_once() -> None:
    stammer = '{"name": "bash", "arguments": {"command": "ls -la"}}\n' * 20 + '{"name": "ba'
    assert heard(stammer).calls == (LS,)


@pytest.mark.parametrize(
    "answer",
    [
        "The config is `{'name': 'boltons'}` and see [1], [2].",
        'package.json holds\n```json\n{"name": "boltons", "version": "1.0"}\n```',
        "```python\nimport os\nos.listdir('.')\n```",
        "```python\nd = {'name': 'bash', 'arguments': {}}\n```",
        '<think>I could call {"name": "submit", "arguments": {}} now.</think>Let me wait.',
        '<think>{"name": "submit", "arguments": {}}',
        "{" * 3000,
        "[" * 5000 + "(" * 5000,
        "```bash\n```",
        "",
    ],
)
def test_prose_code_and_thoughts_are_no_calls(answer: str) -> None:
    assert heard(answer).calls == ()
    assert heard(answer).text == answer


def test_a_shell_block_is_no_call_where_there_is_no_shell() -> None:
    assert heard("```bash\nls\n```", tools=TOOLS[1:]).calls == ()


def test_the_answer_that_is_due_shows_from_the_conversation() -> None:
    model = models.make({"use": "canned", "answers": ["one", "two"]})
    asked = Message(role="user", content="x" * 40)
    said = Message(role="assistant", content="one")

    first = asyncio.run(model.generate([asked]))
    second = asyncio.run(model.generate([asked, said, asked]))
    assert (first.text, second.text) == ("one", "two")
    assert first.n_prompt_tokens == 10
    with pytest.raises(ModelError, match="2 answers and was asked for more"):
        asyncio.run(model.generate([asked, said, asked, said]))
