"""Files that are wrong or malicious are told of with their place, and never stop a reading."""

import gzip
import json
from pathlib import Path

import msgspec
import pytest

from etude.errors import ConfigError
from etude.records import BrokenRecord, Comparison, Demonstration, Message, Preference, Rating
from etude.store.conversations import Layout, layouts
from etude.store.importing import import_files

ALL = layouts.names()
GOOD: dict[str, dict[str, object]] = {
    "sharegpt": {"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]},
    "messages": {"messages": [{"role": "user", "content": "a"}]},
    "alpaca": {"instruction": "a", "output": "b"},
    "trl": {"prompt": "a", "completion": "b"},
    "hh_rlhf": {"chosen": "\n\nHuman: a\n\nAssistant: b", "rejected": "\n\nHuman: a\n\nAssistant:"},
    "arena": {"prompt": "a", "response_a": "b", "response_b": "c", "winner_tie": 1},
    "argilla": {"fields": {"prompt": "a", "response": "b"}},
    "label_studio": {"data": {"prompt": "a", "answer1": "b", "answer2": "c"}, "annotations": []},
}
DEEP = b'{"messages": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
LINES = [
    b"not json",
    b"[1, 2]",
    b'{"messages": "\\ud800"}',
    b'"\xff\xfe"',
    b"{}",
    DEEP,
    b'{"n": ' + b"9" * 10_000 + b"}",
]


def read(name: str, path: Path) -> list[object]:
    return list(layouts.make(name).read(path))


@pytest.mark.parametrize("name", ALL)
def test_a_broken_line_is_told_of_and_the_rest_is_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join([json.dumps(GOOD[name]).encode(), *LINES]))
    found = read(name, path)
    broken = [row for row in found if isinstance(row, BrokenRecord)]
    assert [row.id for row in broken] == [f"a.jsonl: line {n}" for n in range(2, 9)]
    assert all(row.reason and row.excerpt.isprintable() for row in broken)
    assert len(found) > len(broken)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("value", [None, 1, "", [], {}, [[]], [{}], "\0", [None], {"a": [1]}])
def test_no_value_of_any_field_stops_a_reading(name: str, value: object, tmp_path: Path) -> None:
    good = GOOD[name]
    fields = {*good, "annotations", "responses", "tools", "history", "winner", "metadata"}
    rows = [good, *({**good, field: value} for field in fields)]
    for outer, inner in (("data", "prompt"), ("fields", "prompt"), ("conversations", "0")):
        rows.append({**good, outer: {inner: value}})
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    assert not isinstance(read(name, path)[0], BrokenRecord)


@pytest.mark.parametrize("name", ALL)
def test_a_file_of_another_layout_says_what_it_has(name: str, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"colour": "red"}', "utf-8")
    with pytest.raises(ConfigError, match="of another layout: its first row has the fields colour"):
        read(name, tmp_path / "a.jsonl")


@pytest.mark.parametrize("name", ["a.txt", "missing.jsonl", "folder.jsonl"])
def test_what_cannot_be_opened_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "folder.jsonl").mkdir()
    with pytest.raises(ConfigError):
        read("messages", tmp_path / name)


def test_messages_of_a_megabyte_and_null_characters_are_read(tmp_path: Path) -> None:
    text = "\0é" * 500_000
    line = {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": ""}]}
    with gzip.open(tmp_path / "a.jsonl.gz", "wb") as file:
        file.write(msgspec.json.encode(line))
    (row,) = read("messages", tmp_path / "a.jsonl.gz")
    assert isinstance(row, Demonstration)
    assert row.messages[0].content == text


def test_an_archive_that_breaks_off_gives_what_came_before(tmp_path: Path) -> None:
    whole = gzip.compress(b'{"instruction": "a", "output": "b"}\n' * 50_000)
    (tmp_path / "a.jsonl.gz").write_bytes(whole[:-20])
    found = read("alpaca", tmp_path / "a.jsonl.gz")
    assert isinstance(found[0], Demonstration)
    assert isinstance(found[-1], BrokenRecord)
    assert "damaged" in found[-1].reason


def test_roles_in_a_wrong_order_are_read_for_a_check_to_tell(tmp_path: Path) -> None:
    line = {"conversations": [{"from": "gpt", "value": "b"}, {"from": "gpt", "value": "c"}]}
    (tmp_path / "a.jsonl").write_bytes(msgspec.json.encode(line))
    (row,) = read("sharegpt", tmp_path / "a.jsonl")
    assert isinstance(row, Demonstration)
    assert [message.role for message in row.messages] == ["assistant", "assistant"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ({"messages": []}, "empty"),
        ({"messages": [{"role": "wizard", "content": "a"}]}, "nobody knows the role 'wizard'"),
        ({"messages": [{"role": "user"}]}, "has no content"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "image_url"),
        (
            {"messages": [{"role": "user", "content": "", "tool_calls": [{"name": "f"}]}]},
            "of the user holds a call",
        ),
        (
            {"messages": [{"role": "assistant", "tool_calls": [{"name": "f", "arguments": "{"}]}]},
            "arguments of a call is no JSON",
        ),
    ],
)
def test_a_row_that_is_no_conversation_says_why(
    line: dict[str, object], reason: str, tmp_path: Path
) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"messages": []}) + "\n" + json.dumps(line))
    broken = read("messages", tmp_path / "a.jsonl")[1]
    assert isinstance(broken, BrokenRecord)
    assert reason in broken.reason


def test_a_whole_array_that_breaks_off_is_one_broken_record(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[{"instruction": "a", "output": "b"}, {"instr', "utf-8")
    (broken,) = read("alpaca", tmp_path / "a.json")
    assert isinstance(broken, BrokenRecord)
    with pytest.raises(ConfigError, match=r"a\.json is a record: no JSON \(1\)"):
        import_files([tmp_path / "a.json"], {"use": "alpaca"}, tmp_path / "ds")
    assert not (tmp_path / "ds").exists()


def test_conversations_in_cells_are_read_as_json_and_as_python_writes_them(tmp_path: Path) -> None:
    good = "[{'role': 'user', 'content': 'a'}, {'role': 'assistant', 'content': \"it's\"}]"
    other = '[{"role": "user", "content": "a"}, {"role": "assistant", "content": "no"}]'
    half = good.replace("it's", "\\ud800")
    run = "[__import__('os').system('true')]"
    cells = [[good, other], [half, other], [run, other], ["[" * 50_000, other]]
    rows = [
        '"' + '","'.join(c.replace('"', '""') for c in [*row, "model_a"]) + '"' for row in cells
    ]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["conversation_a,conversation_b,winner", *rows, "1,2"]), "utf-8")
    found = read("arena", path)
    assert isinstance(found[0], Comparison)
    assert isinstance(found[1], Rating)
    assert all(isinstance(row, BrokenRecord) for row in found[2:])
    assert len(found) == 6


def test_a_table_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"conversation_a\n\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8 at byte"):
        read("arena", tmp_path / "a.csv")


def test_votes_on_the_same_answers_meet_whoever_saw_which_first(tmp_path: Path) -> None:
    sides = {"prompt": "a", "response_a": "b", "response_b": "c", "winner_model_a": 1}
    swapped = {"prompt": "a", "response_a": "c", "response_b": "b", "winner_model_a": 1}
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in (sides, swapped)), "utf-8")
    found = read("arena", path)
    assert [type(row) for row in found] == [Comparison, Rating, Rating]
    first, second = (row for row in found if isinstance(row, Rating))
    assert first.ranking == tuple(reversed(second.ranking))
    assert first.order == tuple(reversed(second.order))


def test_a_prompt_is_what_both_answers_begin_with(tmp_path: Path) -> None:
    chat = [{"role": "user", "content": "a"}]
    said = [{"role": "assistant", "content": text} for text in "bc"]
    lines = [
        {"chosen": [*chat, said[0]], "rejected": [*chat, said[1]]},
        {"chosen": "Why is it? Because.", "rejected": "Why is it? Because not."},
        {"chosen": [*chat, said[0]], "rejected": [*chat, said[0]]},
        {"chosen": [said[0]], "rejected": [said[1]]},
        {"chosen": "One", "rejected": "Two"},
    ]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    found = read("trl", path)
    pairs = [row for row in found if isinstance(row, Preference)]
    assert [row.prompt for row in pairs] == [
        (Message(role="user", content="a"),),
        (Message(role="user", content="Why is it? "),),
    ]
    assert [row.reason for row in found[2:] if isinstance(row, BrokenRecord)] == [
        "chosen and rejected are the same",
        "there is no prompt, or the answers are to different ones",
        "the two texts do not begin alike, so there is no prompt",
    ]


def test_every_layout_is_named_after_its_file() -> None:
    assert set(GOOD) == set(ALL)
    assert all(issubclass(layouts.load(name), Layout) for name in ALL)
