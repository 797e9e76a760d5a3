"""Drafts, differences and tools: what holds for any of them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etude.errors import ConfigError
from etude.records import Message, ToolCall, parse_patch
from etude.web.writing.differences import edits, word_diff
from etude.web.writing.drafts import Draft, Turn, dump, load, to_messages
from etude.web.writing.editing import edit
from etude.web.writing.tools import read_tools, wrong_in_call

_TEXT = st.text(alphabet="ab \n.x", max_size=40)


@given(_TEXT, _TEXT)
def test_a_word_diff_holds_both_texts_whole(before: str, after: str) -> None:
    pieces = word_diff(before, after)
    assert "".join(p.text for p in pieces if p.kind != "add") == before
    assert "".join(p.text for p in pieces if p.kind != "del") == after


@given(_TEXT)
def test_a_word_diff_of_equal_texts_has_no_change(text: str) -> None:
    assert {piece.kind for piece in word_diff(text, text)} <= {"same"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            " ".join(f"w{n % 700}" for n in range(30_000)),
            " ".join("ab"[n % 2] for n in range(60_000)),
        ),
        ("a " * 50_000, "a " * 30_000 + "b " * 20_000),
    ],
)
def test_a_word_diff_of_any_texts_comes_soon(before: str, after: str) -> None:
    began = time.process_time()
    word_diff(before, after)
    assert time.process_time() - began < 2


def test_edits_are_a_patch_that_others_can_read() -> None:
    draft = (Message(role="assistant", content="one\ntwo"),)
    written = (Message(role="assistant", content="one\nthree"),)
    (patch,) = parse_patch(edits(draft, written))
    assert patch.path == "conversation"
    assert edits((), written) == ""


_BUTTONS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *("add:{}:user", "add:{}:assistant", "remove:{}", "up:{}", "down:{}"),
                *("call:{}", "uncall:{}:0", "result:{}:0"),
            ]
        ),
        st.integers(0, 8),
    ),
    max_size=25,
)


@given(_BUTTONS)
def test_no_order_of_buttons_breaks_the_ids_of_calls(buttons: list[tuple[str, int]]) -> None:
    draft = Draft(turns=(Turn(role="assistant", content="x"),))
    for name, place in buttons:
        try:
            draft, focus = edit(draft, name.format(place), "tool")
        except ConfigError:
            continue
        assert -1 <= focus < max(1, len(draft.turns))
    calls = [call.id for turn in draft.turns for call in turn.calls]
    assert len(set(calls)) == len(calls)
    results = [turn.call_id for turn in draft.turns if turn.role == "tool"]
    assert set(results) <= set(calls)
    assert len(set(results)) == len(results)
    numbered = [call.id for message in to_messages(draft.turns) for call in message.calls]
    assert numbered == [f"call_{n}" for n in range(1, len(calls) + 1)]
    assert load(dump(draft)) == draft


@pytest.mark.parametrize("button", ["", "add", "add:9:user", "add:0:system", "up:-1", "uncall:0:0"])
def test_buttons_that_do_not_exist_are_refused(button: str) -> None:
    with pytest.raises(ConfigError):
        edit(Draft(turns=(Turn(role="assistant"),)), button)


def test_a_saved_draft_that_cannot_be_read_is_none() -> None:
    assert load("") is None
    assert load("[" * 5000) is None
    assert load('{"turns": 3}') is None


_TOOLS = read_tools(
    '[{"name": "f", "parameters": {"type": "object", "properties": {'
    '"text": {"type": "string"}, "n": {"type": "integer", "minimum": 0},'
    '"yes": {"type": "boolean"}, "way": {"enum": ["up", "down"]},'
    '"list": {"type": "array", "items": {"type": "object", "required": ["a"]}},'
    '"maybe": {"type": ["integer", "null"]}, "any": {}, "one": {"enum": [1, 2]}},'
    ' "required": ["text"]}}]'
)


@pytest.mark.parametrize(
    ("name", "text", "wrong"),
    [
        ("n", "3", ""),
        ("n", "3.5", "n is no integer"),
        ("n", "true", "n is no integer"),
        ("n", "-1", "n is below 0"),
        ("n", "three", "n is no integer in JSON"),
        ("yes", "true", ""),
        ("yes", "yes", "yes is no boolean in JSON"),
        ("way", "up", ""),
        ("way", "left", "way is none of the choices"),
        ("list", '[{"a": 1}]', ""),
        ("list", '[{"b": 1}]', "list has an entry that lacks a"),
        ("list", "[" * 5000, "list is no array in JSON"),
        ("maybe", "null", ""),
        ("maybe", '"x"', "maybe is no integer or null"),
        ("any", "what you will", ""),
        ("one", "1", ""),
        ("one", "3", "one is none of the choices"),
        ("other", "1", "'other' is no argument of it"),
    ],
)
def test_arguments_are_held_against_their_schema(name: str, text: str, wrong: str) -> None:
    call = ToolCall(name="f", arguments={"text": "t", name: text})
    assert wrong_in_call(call, _TOOLS) == ([wrong] if wrong else [])


def test_calls_need_a_tool_and_what_it_requires() -> None:
    assert wrong_in_call(ToolCall(name="g"), _TOOLS) == ["there is no tool 'g'"]
    assert wrong_in_call(ToolCall(name="f"), _TOOLS) == ["text is missing"]


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{}",
        "[" * 5000,
        '[{"parameters": 3}]',
        '[{"name": ""}]',
        '[{"name": "a"}, {"name": "a"}]',
        '[{"name": "a", "parameters": {"properties": []}}]',
    ],
)
def test_tools_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="tools"):
        read_tools(text)
