"""Demonstrations and preferences as the rows of TRL's SFT, DPO, reward and KTO trainers."""

from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from etude.errors import ConfigError
from etude.records import Demonstration, Message, Preference
from etude.store._chat import Wire, holds_calls, write_messages
from etude.store.dataset import Dataset
from etude.store.formats._conversations import about, demonstrations, preferences

_ROWS_AT_ONCE = 500
_TEXT = pa.string()
_PLAIN = [("role", _TEXT), ("content", _TEXT)]
_FUNCTION = pa.struct([("name", _TEXT), ("arguments", _TEXT)])
_CALL = pa.struct([("id", _TEXT), ("type", _TEXT), ("function", _FUNCTION)])
_WITH_CALLS = [
    *_PLAIN,
    ("tool_calls", pa.list_(_CALL)),
    ("tool_call_id", _TEXT),
    ("name", _TEXT),
]


def write_demonstrations(dataset: Dataset, folder: Path) -> None:
    """Write prompts and completions: a completion is all that follows the last user's message.

    Raises:
        ConfigError: There is no demonstration to ship.
    """
    calls = holds_calls(row.messages for row in demonstrations(dataset))
    columns = {
        "prompt": chat_type(calls=calls),
        "completion": chat_type(calls=calls),
        "tools": _TEXT,
    }
    rows = (_demonstration(row, calls=calls) for row in demonstrations(dataset))
    _write(rows, columns, dataset, folder, "trl_sft_readme.md")


def write_preferences(dataset: Dataset, folder: Path, *, unpaired: bool) -> None:
    """Write pairs, or each answer in a row of its own with a label.

    Raises:
        ConfigError: There is no preference to ship.
    """
    calls = holds_calls(
        part for row in preferences(dataset) for part in (row.prompt, row.chosen, row.rejected)
    )
    if unpaired:
        columns = {
            "prompt": chat_type(calls=calls),
            "completion": chat_type(calls=calls),
            "label": pa.bool_(),
        }
        rows = (
            {**pair, "label": good}
            for row in preferences(dataset)
            for good, pair in _unpaired(row, calls=calls)
        )
    else:
        columns = {name: chat_type(calls=calls) for name in ("prompt", "chosen", "rejected")}
        columns["probability"] = pa.float64()
        rows = (_preference(row, calls=calls) for row in preferences(dataset))
    _write(rows, columns, dataset, folder, "trl_preference_readme.md")


def chat_type(*, calls: bool) -> pa.DataType:
    """Return the Arrow type of a conversation."""
    return pa.list_(pa.struct(_WITH_CALLS if calls else _PLAIN))


def _demonstration(row: Demonstration, *, calls: bool) -> Wire:
    tools = row.tags.get("tools", "")
    asked = [place for place, message in enumerate(row.messages) if message.role == "user"]
    # What nobody asked for is still imitated: its prompt is the system's message, or empty.
    cut = asked[-1] + 1 if asked else sum(m.role == "system" for m in row.messages[:1])
    return {
        **about(row),
        "prompt": write_messages(row.messages[:cut], uniform=calls, tools=tools),
        "completion": write_messages(row.messages[cut:], uniform=calls, tools=tools),
        "tools": tools or None,
    }


def _preference(row: Preference, *, calls: bool) -> Wire:
    return {
        **about(row),
        "prompt": write_messages(row.prompt, uniform=calls),
        "chosen": write_messages(row.chosen, uniform=calls),
        "rejected": write_messages(row.rejected, uniform=calls),
        "probability": row.probability,
    }


def _unpaired(row: Preference, *, calls: bool) -> Iterator[tuple[bool, Wire]]:
    answers: Sequence[tuple[bool, tuple[Message, ...]]]
    answers = ((True, row.chosen), (False, row.rejected))
    for good, messages in answers:
        prompt = write_messages(row.prompt, uniform=calls)
        completion = write_messages(messages, uniform=calls)
        name = f"{row.id}-{'chosen' if good else 'rejected'}"
        yield good, {**about(row), "id": name, "prompt": prompt, "completion": completion}


def _write(
    rows: Iterator[Wire], columns: dict[str, pa.DataType], dataset: Dataset, folder: Path, page: str
) -> None:
    if not write_parquet(rows, columns, folder / "train.parquet"):
        raise ConfigError(f"{dataset.path}: holds nothing to ship")
    text = resources.files(f"{__package__}._texts").joinpath(page).read_text("utf-8")
    (folder / "README.md").write_text(text.replace("{digest}", dataset.manifest.digest), "utf-8")


def write_parquet(rows: Iterator[Wire], columns: dict[str, pa.DataType], path: Path) -> int:
    """Write rows, each with an id and a licence beside these columns; return how many there are."""
    schema = pa.schema([("id", _TEXT), *columns.items(), ("licence", _TEXT)])
    n_rows = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        pending: list[Wire] = []
        for row in rows:
            pending.append(row)
            n_rows += 1
            if len(pending) == _ROWS_AT_ONCE:
                writer.write_table(pa.Table.from_pylist(pending, schema))
                pending.clear()
        writer.write_table(pa.Table.from_pylist(pending, schema))
    return n_rows
