"""Rows of an upload: what each holds, and where in the file it stands."""

import contextlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import msgspec

from etude.errors import ConfigError, EtudeError, blame
from etude.records import (
    BrokenRecord,
    Candidate,
    Comparison,
    Demonstration,
    Message,
    Origin,
    Preference,
    Rating,
)
from etude.store.conversations import Item, layouts
from etude.store.dataset import Dataset
from etude.store.expanded import expanded
from etude.web.database import new_id
from etude.web.queue.item import WriteItem

READY = "etude"
"""Name of the layout of rows that are Etude's own."""
Content = Item | WriteItem
_MAX_EXPANDED = 256_000_000
_MAX_GUESS_ROWS = 40
_LIKELY = ("messages", "trl", "sharegpt", "hh_rlhf", "argilla", "label_studio", "arena", "alpaca")


class Found(NamedTuple):
    """One row: what it holds, or why it holds nothing."""

    where: str
    content: Content | None
    why: str = ""


class _Ready(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    prompt: str | tuple[Message, ...]
    id: str = ""
    origin: Origin | None = None
    candidates: tuple[Candidate | str, ...] | None = None
    project: str = ""
    gold: int | None = None
    draft: str | tuple[Message, ...] = ()
    draft_source: str = ""
    tags: dict[str, str] = {}


def layout_names() -> list[str]:
    """Return the layouts that an upload can have, Etude's own first."""
    return [READY, *sorted(layouts.names())]


def rows_of_file(path: Path, layout: str) -> Iterator[Found]:
    """Yield what a file holds.

    Raises:
        ConfigError: It cannot be read, or is of another layout.
    """
    if layout == READY:
        yield from _ready_rows(path)
        return
    for number, item in enumerate(layouts.make(layout).read(path), 1):
        if isinstance(item, BrokenRecord):
            yield Found(item.id.rpartition(": ")[2], None, item.reason)
        elif not isinstance(item, Rating):
            yield Found(_place(item, number), item)


def _place(item: Demonstration | Comparison | Preference, number: int) -> str:
    """Return where in its file a record stood, as its origin tells."""
    place = item.origin.source.partition("#")[2].partition(", sha256")[0]
    return place or f"row {number}"


def _ready_rows(path: Path) -> Iterator[Found]:
    data = _bytes(path).removeprefix(b"\xef\xbb\xbf")
    if data.lstrip()[:1] == b"[":
        try:
            elements = msgspec.json.decode(data, type=list[msgspec.Raw])
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise ConfigError(f"the file is no JSON: {error}") from error
        for number, element in enumerate(elements, 1):
            yield _ready(f"element {number}", bytes(element))
        return
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.strip():
            yield _ready(f"line {number}", line)


def _bytes(path: Path) -> bytes:
    with blame(ConfigError, f"{path.name} cannot be read"), expanded(path) as file:
        data = file.read(_MAX_EXPANDED + 1)
    if len(data) > _MAX_EXPANDED:
        raise ConfigError(f"{path.name} has more than {_MAX_EXPANDED / 1e6:g} MB when expanded")
    return data


def _ready(where: str, line: bytes) -> Found:
    try:
        row = msgspec.json.decode(line, type=_Ready)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        why = error
    else:
        return Found(where, _content(row))
    with contextlib.suppress(msgspec.DecodeError, UnicodeError, RecursionError):
        return Found(where, msgspec.json.decode(line, type=Demonstration))
    return Found(where, None, str(why)[:200])


def _said(role: str, text: str | tuple[Message, ...]) -> tuple[Message, ...]:
    if not isinstance(text, str):
        return text
    whose = "user" if role == "user" else "assistant"
    return (msgspec.convert({"role": whose, "content": text}, Message),) if text.strip() else ()


def _content(row: _Ready) -> Content:
    prompt = _said("user", row.prompt)
    if row.candidates is None:
        return WriteItem(
            prompt=prompt,
            draft=_said("assistant", row.draft),
            draft_source=row.draft_source,
            tags=row.tags,
        )
    return Comparison(
        id=row.id or new_id(),
        origin=row.origin or Origin(source="upload", made_by="etude.web"),
        prompt=prompt,
        candidates=tuple(
            Candidate(messages=_said("assistant", each)) if isinstance(each, str) else each
            for each in row.candidates
        ),
        project=row.project,
        gold=row.gold,
        tags=row.tags,
    )


def guess_layout(path: Path) -> str:
    """Return the layout that most of the first rows of a file fit.

    Raises:
        ConfigError: None fits.
    """
    fits: dict[str, int] = {}
    for name in (READY, *_LIKELY):
        try:
            first = list(islice(rows_of_file(path, name), _MAX_GUESS_ROWS))
        except EtudeError:
            continue
        fits[name] = sum(found.content is not None for found in first)
    best = max(fits, key=lambda name: fits[name], default="")
    if not best or not fits[best]:
        raise ConfigError("no layout fits the file; say which one it is to see what is wrong")
    return best


_TABLES: tuple[tuple[str, type[Comparison] | type[Preference] | type[Demonstration]], ...] = (
    ("comparisons", Comparison),
    ("preferences", Preference),
    ("demonstrations", Demonstration),
)


def dataset_names(folder: Path) -> list[str]:
    """Return the names of the data sets in a folder."""
    if not folder.is_dir():
        return []
    return sorted(
        path.name
        for path in folder.iterdir()
        if not path.is_symlink() and (path / "manifest.json").is_file()
    )


def rows_of_dataset(folder: Path, name: str) -> Iterator[Found]:
    """Yield what a data set holds.

    Raises:
        ConfigError: There is no such data set, or it has nothing to write or rate.
        RecordError: It is damaged.
    """
    # Chosen from the list: a name that is a path is in none.
    if name not in dataset_names(folder):
        raise ConfigError("there is no such data set")
    dataset = Dataset.open(folder / name)
    for table, record in _TABLES:
        if table in dataset.tables():
            for number, row in enumerate(dataset.rows(table, record), 1):
                yield Found(f"{table} row {number}", row)
            return
    raise ConfigError(
        f"the data set {name!r} holds neither comparisons nor preferences nor demonstrations"
    )


def rows_of_text(text: str, *, by_paragraph: bool) -> Iterator[Found]:
    """Yield prompts that were pasted: one a line, or parted by blank lines."""
    block: list[str] = []
    start = 1
    for number, line in enumerate([*text.split("\n"), ""], 1):
        if not by_paragraph:
            if line.strip():
                yield Found(f"line {number}", WriteItem(prompt=_said("user", line.strip())))
        elif line.strip():
            start = start if block else number
            block.append(line)
        elif block:
            yield Found(f"line {start}", WriteItem(prompt=_said("user", "\n".join(block))))
            block = []
