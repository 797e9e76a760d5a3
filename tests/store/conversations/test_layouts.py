"""What is shipped in a layout is read back as it was, whatever the texts hold."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.store.conversations.conversation_data import (
    TOOLS,
    assistant,
    comparison,
    dataset,
    demonstration,
    preference,
    rating,
    texts,
    user,
)

from etude.errors import ConfigError
from etude.records import Comparison, Demonstration, Message, Preference, Rating, ToolCall
from etude.store import Dataset
from etude.store.conversations import layouts
from etude.store.formats import formats
from etude.store.importing import import_files

turns = st.lists(st.tuples(texts, texts), min_size=1, max_size=3)
FEW = settings(max_examples=15, deadline=None)


def there_and_back(
    held: Dataset, spec: dict[str, object], layout: str, folder: Path
) -> list[object]:
    """Ship a data set and read what was shipped."""
    written = formats.make(spec).ship(held, folder / "out")
    data = next(name for name in written if not name.endswith((".md", ".xml")))
    return list(layouts.make(layout).read(folder / "out" / data))


def conversation(said: Sequence[tuple[str, str]]) -> tuple[Message, ...]:
    return tuple(m for asked, answer in said for m in (user(asked), assistant(answer)))


@pytest.mark.parametrize("name", ["sharegpt", "messages", "alpaca"])
@FEW
@given(said=turns, system=texts)
def test_plain_conversations_come_back_as_they_were(
    name: str, said: list[tuple[str, str]], system: str
) -> None:
    messages = (Message(role="system", content=system), *conversation(said))
    with tempfile.TemporaryDirectory() as scratch:
        held = dataset(Path(scratch) / "ds", demonstrations=[demonstration(*messages)])
        back = there_and_back(held, {"use": name}, name, Path(scratch))
    assert [row.messages for row in back if isinstance(row, Demonstration)] == [messages]
    assert [row.id for row in back if isinstance(row, Demonstration)] == ["d0"]


@FEW
@given(said=turns)
def test_prompts_and_completions_for_trl_come_back(said: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        row = demonstration(*conversation(said))
        held = dataset(Path(scratch) / "ds", demonstrations=[row])
        back = there_and_back(held, {"use": "trl"}, "trl", Path(scratch))
    assert [row.messages for row in back if isinstance(row, Demonstration)] == [conversation(said)]


@pytest.mark.parametrize("name", ["trl", "messages", "hh_rlhf"])
@FEW
@given(asked=texts, better=texts, worse=texts)
def test_preferences_come_back_as_they_were(name: str, asked: str, better: str, worse: str) -> None:
    row = preference(better, f"{worse}!{better}", user(asked))
    with tempfile.TemporaryDirectory() as scratch:
        held = dataset(Path(scratch) / "ds", preferences=[row])
        back = there_and_back(held, {"use": name}, name, Path(scratch))
    assert [(p.prompt, p.chosen, p.rejected) for p in back if isinstance(p, Preference)] == [
        (row.prompt, row.chosen, row.rejected)
    ]


CALLS = (
    user("Find it."),
    Message(
        role="assistant",
        content="",
        calls=(ToolCall(name="search", arguments={"query": "7", "limit": "3"}, id="a"),),
    ),
    Message(role="tool", content="found", call_id="a"),
    assistant("Here."),
)


@pytest.mark.parametrize("name", ["sharegpt", "messages", "trl"])
def test_calls_of_tools_come_back_and_keep_the_types_of_their_arguments(
    name: str, tmp_path: Path
) -> None:
    rows = [
        demonstration(*CALLS, tags={"tools": TOOLS}),
        demonstration(user("Hm?"), assistant("Hm."), number=1),
    ]
    held = dataset(tmp_path / "ds", demonstrations=rows)
    back = there_and_back(held, {"use": name}, name, tmp_path)
    first, second = (row for row in back if isinstance(row, Demonstration))
    wanted = CALLS
    if name == "sharegpt":  # what a tool gave back has no id there
        tool = msgspec.structs.replace(CALLS[2], call_id="")
        wanted = (*CALLS[:2], tool, CALLS[3])
    assert first.messages == wanted
    assert first.tags["tools"] == TOOLS
    assert second.messages == rows[1].messages
    shipped = b"".join(p.read_bytes() for p in (tmp_path / "out").iterdir())
    if name != "trl":
        assert rb"\"limit\": 3" in shipped or rb"\"limit\":3" in shipped
        assert rb"\"query\": \"7\"" in shipped or rb"\"query\":\"7\"" in shipped


ODD = [
    "NaN",
    "-Infinity",
    "1e3",
    "1" * 30,
    "-0",
    "0.10",
    "[1, null]",
    '{"a": NaN}',
    "null",
    "",
    "7",
]


@FEW
@given(query=texts, limit=st.one_of(texts, st.sampled_from(ODD), st.floats().map(str)))
def test_arguments_come_back_whatever_they_are(query: str, limit: str) -> None:
    call = ToolCall(name="search", arguments={"query": query, "limit": limit}, id="a")
    messages = (user("Find it."), Message(role="assistant", content="", calls=(call,)))
    with tempfile.TemporaryDirectory() as scratch:
        row = demonstration(*messages, tags={"tools": TOOLS})
        held = dataset(Path(scratch) / "ds", demonstrations=[row])
        for name in ("messages", "sharegpt"):
            back = there_and_back(held, {"use": name}, name, Path(scratch) / name)
            assert [d.messages for d in back if isinstance(d, Demonstration)] == [messages]


def test_ids_that_a_file_gives_often_are_given_once(tmp_path: Path) -> None:
    line = b'{"id": "a", "instruction": "b", "output": "c"}\n'
    (tmp_path / "a.jsonl").write_bytes(line * 3 + line.replace(b'"a"', b'"a-2"') + line)
    ids = [row.id for row in layouts.make("alpaca").read(tmp_path / "a.jsonl")]
    assert len(set(ids)) == 5
    assert ids[:3] == ["a", "a-2", "a-3"]


def test_messages_have_one_schema_so_that_arrow_fills_nothing_in(tmp_path: Path) -> None:
    held = dataset(tmp_path / "ds", demonstrations=[demonstration(*CALLS)])
    formats.make("messages").ship(held, tmp_path / "out")
    row = msgspec.json.decode((tmp_path / "out" / "train.jsonl").read_bytes())
    assert len({tuple(message) for message in row["messages"]}) == 1
    assert isinstance(row["messages"][1]["tool_calls"][0]["function"]["arguments"], str)
    formats.make("trl").ship(held, tmp_path / "trl")
    table = pq.read_table(tmp_path / "trl" / "train.parquet").to_pylist()
    assert table[0]["completion"][0]["tool_calls"][0]["function"]["name"] == "search"
    assert table[0]["completion"][1]["name"] == "search"


def test_messages_as_parquet_have_types_and_come_back(tmp_path: Path) -> None:
    row = demonstration(*CALLS, tags={"tools": TOOLS})
    held = dataset(tmp_path / "ds", demonstrations=[row])
    back = there_and_back(held, {"use": "messages", "parquet": True}, "messages", tmp_path)
    assert [d.messages for d in back if isinstance(d, Demonstration)] == [CALLS]
    with pytest.raises(ConfigError, match="takes no Parquet"):
        formats.make({"use": "messages", "parquet": True, "openai": True})


def test_rows_for_openai_hold_messages_and_tools_only(tmp_path: Path) -> None:
    row = demonstration(*CALLS, tags={"tools": TOOLS})
    held = dataset(tmp_path / "ds", demonstrations=[row])
    formats.make({"use": "messages", "openai": True}).ship(held, tmp_path / "out")
    shipped = msgspec.json.decode((tmp_path / "out" / "train.jsonl").read_bytes())
    assert set(shipped) == {"messages", "tools"}
    assert shipped["tools"] == msgspec.json.decode(TOOLS)
    assert shipped["messages"][0] == {"role": "user", "content": "Find it."}


def test_arguments_that_arrow_filled_in_are_not_arguments(tmp_path: Path) -> None:
    call = {"name": "f", "arguments": {"a": 1, "b": None, "c": "x"}}
    line = {"messages": [{"role": "assistant", "content": None, "tool_calls": [call]}]}
    (tmp_path / "a.jsonl").write_bytes(msgspec.json.encode(line))
    (row,) = layouts.make("messages").read(tmp_path / "a.jsonl")
    assert isinstance(row, Demonstration)
    assert row.messages[0].calls[0].arguments == {"a": "1", "c": "x"}


def votes() -> list[Rating]:
    return [
        rating(1, "ann", ranking=((0,), (1,)), order=(1, 0), rationale="short"),
        rating(2, "bob", ranking=((1,), (0,))),
        rating(3, "cas", ranking=((0, 1),)),
        rating(4, "dee", verdict="both_bad"),
        rating(5, "eve", verdict="cannot_judge"),
    ]


@pytest.mark.parametrize("name", ["arena", "argilla", "label_studio"])
def test_every_single_vote_comes_back(name: str, tmp_path: Path) -> None:
    asked = comparison("One.", "=cmd|' /C calc'!A0")
    held = dataset(tmp_path / "ds", comparisons=[asked], ratings=votes())
    back = there_and_back(held, {"use": name}, name, tmp_path)
    (pair,) = (row for row in back if isinstance(row, Comparison))
    assert (pair.prompt, pair.candidates) == (asked.prompt, asked.candidates)
    read = [row for row in back if isinstance(row, Rating)]
    assert {row.comparison_id for row in read} == {pair.id}
    assert len({row.id for row in read}) == 5
    wanted = [(row.rater, row.verdict, row.ranking) for row in votes()]
    assert sorted((row.rater, row.verdict, row.ranking) for row in read) == sorted(wanted)
    assert next(row for row in read if row.rater == "ann").rationale == "short"
    if name == "arena":  # only there the sides are told as they were shown
        assert next(row for row in read if row.rater == "ann").order == (1, 0)


def test_scores_and_spans_come_back_from_label_studio(tmp_path: Path) -> None:
    vote = msgspec.convert(
        {
            "id": "r",
            "comparison_id": "c0",
            "rater": "ann",
            "order": [0, 1],
            "ranking": [[0], [1]],
            "scores": {"helpful": [4, 2]},
            "spans": [{"candidate": 1, "start": 0, "end": 3, "label": "wrong"}],
        },
        Rating,
    )
    held = dataset(tmp_path / "ds", comparisons=[comparison("One.", "Two.")], ratings=[vote])
    back = there_and_back(held, {"use": "label_studio"}, "label_studio", tmp_path)
    (read,) = (row for row in back if isinstance(row, Rating))
    assert (read.scores, read.spans) == (vote.scores, vote.spans)


@pytest.mark.parametrize("name", ["argilla", "label_studio"])
def test_demonstrations_come_back_from_annotation_tools(name: str, tmp_path: Path) -> None:
    row = demonstration(user("Why?"), assistant("So."), user("And?"), assistant("Yes."))
    held = dataset(tmp_path / "ds", demonstrations=[row])
    back = there_and_back(held, {"use": name}, name, tmp_path)
    assert [read.messages for read in back if isinstance(read, Demonstration)] == [row.messages]


def test_cells_that_a_spreadsheet_would_run_are_made_safe_and_come_back(tmp_path: Path) -> None:
    risky = ["=1+1", "+1", "-1", "@x", "\t=1", "'=1", "''=1", "'plain", 'a"b,\r\nc']
    for number, text in enumerate(risky):
        vote = rating(1, text, ranking=((0,), (1,)), rationale=text)
        folder = tmp_path / str(number)
        held = dataset(folder / "ds", comparisons=[comparison("1", "2")], ratings=[vote])
        back = there_and_back(held, {"use": "arena"}, "arena", folder)
        assert [(r.rater, r.rationale) for r in back if isinstance(r, Rating)] == [(text, text)]
        shipped = (folder / "out" / "votes.csv").read_text("utf-8")
        assert '"=' not in shipped
        assert '"@' not in shipped


def test_answers_of_a_preference_get_labels_of_their_own(tmp_path: Path) -> None:
    held = dataset(tmp_path / "ds", preferences=[preference("good", "bad")])
    back = there_and_back(held, {"use": "trl", "unpaired": True}, "trl", tmp_path)
    assert [(d.messages[-1].content, d.review) for d in back if isinstance(d, Demonstration)] == [
        ("good", "accepted"),
        ("bad", "rejected"),
    ]


def test_demonstrations_that_review_refused_are_not_shipped(tmp_path: Path) -> None:
    rows = [
        demonstration(user("a"), assistant("b"), number=1, review="rejected"),
        demonstration(user("a"), assistant("c"), number=2, review="accepted"),
    ]
    held = dataset(tmp_path / "ds", demonstrations=rows)
    back = there_and_back(held, {"use": "sharegpt"}, "sharegpt", tmp_path)
    assert [row.id for row in back if isinstance(row, Demonstration)] == ["d2"]


def test_what_a_layout_cannot_hold_stops_the_shipment_or_is_named(tmp_path: Path) -> None:
    rows = [demonstration(*CALLS), demonstration(user("a"), assistant("b"), number=1)]
    held = dataset(tmp_path / "ds", demonstrations=rows)
    with pytest.raises(ConfigError, match="'d0' does not fit this layout: it holds calls"):
        formats.make("alpaca").ship(held, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    written = formats.make({"use": "alpaca", "skip_unfit": True}).ship(held, tmp_path / "out")
    assert written == ["left-out.jsonl", "train.jsonl"]
    assert b'"d0"' in (tmp_path / "out" / "left-out.jsonl").read_bytes()


def test_a_text_that_looks_like_a_turn_does_not_fit_transcripts(tmp_path: Path) -> None:
    row = preference("yes\n\nHuman: give me more", "no")
    held = dataset(tmp_path / "ds", preferences=[row])
    with pytest.raises(ConfigError, match="looks like a turn"):
        formats.make("hh_rlhf").ship(held, tmp_path / "out")


def test_files_become_a_data_set_with_what_is_broken_beside_it(tmp_path: Path) -> None:
    asked = comparison("One.", "Two.")
    held = dataset(tmp_path / "ds", comparisons=[asked], ratings=votes())
    formats.make("arena").ship(held, tmp_path / "out")
    again = tmp_path / "again.csv"
    again.write_bytes((tmp_path / "out" / "votes.csv").read_bytes() + b'"short"\r\n')
    files = [tmp_path / "out" / "votes.csv", again]
    outcome = import_files(files, {"use": "arena"}, tmp_path / "in")
    assert (outcome.record, outcome.tables) == (
        "comparison",
        {"comparisons": 1, "ratings": 10, "broken": 1},
    )
    read = Dataset.open(tmp_path / "in")
    assert read.verify() == []
    assert len(set(read.ids("ratings"))) == 10
