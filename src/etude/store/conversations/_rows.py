"""Rows of a file, each with its place: JSON, JSON Lines, CSV or Parquet, compressed or not."""

import contextlib
import io
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from etude.errors import ConfigError, RecordError, blame
from etude.records import BrokenRecord
from etude.store._chat import UnfitError
from etude.store._csv import read_csv
from etude.store.expanded import expanded

LIMIT_ROW_BYTES = 64 << 20
"""Longest line that is read."""
LIMIT_WHOLE_BYTES = 1 << 30
"""Largest file that is read as one, expanded: an array of JSON, or CSV."""
_EXCERPT_CHARS = 200
_DAMAGE = (EOFError, OSError, zlib.error, zstandard.ZstdError)
_ARROW_DAMAGE = (pa.ArrowException, OSError, UnicodeError)


class Row(NamedTuple):
    """One row of a file."""

    file: str
    """Name of the file, without what comes before."""
    place: str
    fields: dict[str, object]

    def text(self, name: str) -> str:
        """Return a field that is a text, and not a blank one.

        Raises:
            UnfitError: It is missing, blank, or something else.
        """
        value = self.fields.get(name)
        if not isinstance(value, str):
            raise UnfitError(f"{name} is {'missing' if value is None else 'no text'}")
        if not value.strip():
            raise UnfitError(f"{name} is empty")
        return value

    def maybe(self, *names: str) -> str:
        """Return the first of several fields that is a text or a number; empty when none is."""
        for name in names:
            value = self.fields.get(name)
            if isinstance(value, str | int | float) and str(value).strip():
                return str(value)
        return ""

    @property
    def id(self) -> str:
        """The row's own id; else its place in the file."""
        said = self.maybe("id", "question_id", "conversation_id", "uuid")
        stem = re.sub(r"[^A-Za-z0-9_.-]+", "-", self.file.split(".")[0]) or "file"
        return said if 0 < len(said) <= 200 else f"{stem}-{re.sub(r'[^0-9]+', '', self.place)}"


def read_rows(path: Path) -> Iterator[Row | BrokenRecord]:
    """Yield the rows of a file, and what of it is none.

    Raises:
        ConfigError: The file cannot be read at all.
    """
    name = path.name.lower()
    for ending in (".gz", ".zst"):
        name = name.removesuffix(ending)
    if name.endswith((".parquet", ".pq")):
        yield from _parquet(path)
    elif name.endswith((".json", ".jsonl", ".ndjson", ".csv")):
        with expanded(path) as file:
            if name.endswith(".csv"):
                yield from _csv(path, file)
            else:
                yield from (_json if name.endswith(".json") else _lines)(path, file)
    else:
        raise ConfigError(
            f"{path}: cannot tell what it is; .jsonl, .json, .csv and .parquet are read, "
            "with .gz or .zst after it where it is compressed"
        )


def broken(path: Path, place: str, why: str, shown: str | bytes = "") -> BrokenRecord:
    """Return what to keep of a row that cannot be read."""
    text = shown.decode("utf-8", "replace") if isinstance(shown, bytes) else shown
    excerpt = "".join(c if c.isprintable() else " " for c in text[:_EXCERPT_CHARS])
    return BrokenRecord(id=f"{path.name}: {place}", reason=why[:300], excerpt=excerpt)


def _lines(path: Path, file: BinaryIO) -> Iterator[Row | BrokenRecord]:
    number = 0
    while True:
        number += 1
        place = f"line {number}"
        try:
            line = file.readline(LIMIT_ROW_BYTES + 1)
        except _DAMAGE as damage:
            yield broken(path, place, f"the file is damaged: {damage}")
            return
        if not line:
            return
        if len(line) > LIMIT_ROW_BYTES:
            yield broken(path, place, "too long; what follows was not read", line[:200])
            return
        if line.strip():
            try:
                value = _decoded(line)
            except UnfitError as why:
                yield broken(path, place, str(why), line[:_EXCERPT_CHARS])
            else:
                yield _row(path, place, value)


def _decoded(data: bytes) -> object:
    """Return decoded JSON; as Python's own writer leaves it, NaN is let through as null.

    Raises:
        UnfitError: It is none, or holds half a character.
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        pass
    try:
        # Integers of too many digits raise, and so does recursion.
        with blame(RecordError, "JSON"):
            value = json.loads(data, parse_constant=lambda _: None)
    except RecordError as error:
        deep = isinstance(error.__cause__, RecursionError)
        raise UnfitError("nested too deeply" if deep else "no JSON") from error
    refuse_halves(value)
    return value


def refuse_halves(value: object) -> None:
    """Raise where a text holds a lone surrogate, which no file can keep.

    Raises:
        UnfitError: One does.
    """
    try:
        msgspec.json.encode(value)
    except (UnicodeError, RecursionError) as error:
        raise UnfitError("a text holds a lone surrogate, or is nested too deeply") from error
    except (msgspec.EncodeError, TypeError, OverflowError) as error:
        raise UnfitError("holds what no JSON can") from error


def _row(path: Path, place: str, value: object) -> Row | BrokenRecord:
    if not isinstance(value, dict):
        return broken(path, place, "no JSON object")
    return Row(path.name, place, {str(name): item for name, item in value.items()})


def _whole(path: Path, file: BinaryIO) -> bytes | BrokenRecord:
    try:
        data = file.read(LIMIT_WHOLE_BYTES + 1)
    except _DAMAGE as damage:
        return broken(path, "the whole", f"the file is damaged: {damage}")
    if len(data) > LIMIT_WHOLE_BYTES:
        raise ConfigError(f"{path} is too large to be read as one; write it as JSON Lines")
    return data


def _json(path: Path, file: BinaryIO) -> Iterator[Row | BrokenRecord]:
    """Yield the elements of an array, or the one object that a file is, or its lines."""
    data = _whole(path, file)
    if isinstance(data, BrokenRecord):
        yield data
        return
    try:
        whole = _decoded(data)
    except UnfitError as why:
        if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"["):
            yield broken(path, "the whole", str(why), data[:_EXCERPT_CHARS])
        else:
            yield from _lines(path, io.BytesIO(data))
        return
    if isinstance(whole, list):
        for number, value in enumerate(whole, start=1):
            yield _row(path, f"element {number}", value)
    else:
        yield _row(path, "element 1", whole)


def _csv(path: Path, file: BinaryIO) -> Iterator[Row | BrokenRecord]:
    data = _whole(path, file)
    if isinstance(data, BrokenRecord):
        yield data
        return
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 at byte {error.start}") from error
    header: list[str] = []
    for number, cells in enumerate(read_csv(text)):
        if not header:
            header = cells
        elif len(cells) != len(header):
            why = f"{len(cells)} cells where the first row has {len(header)}"
            yield broken(path, f"row {number}", why, ",".join(cells)[:_EXCERPT_CHARS])
        else:
            yield Row(path.name, f"row {number}", dict(zip(header, cells, strict=True)))


def _parquet(path: Path) -> Iterator[Row | BrokenRecord]:
    with contextlib.ExitStack() as stack:
        with blame(ConfigError, f"cannot read {path} as Parquet"):
            if path.name.lower().endswith((".gz", ".zst")):
                data = stack.enter_context(expanded(path)).read(LIMIT_WHOLE_BYTES)
                table = pq.ParquetFile(pa.BufferReader(data))
            else:
                table = pq.ParquetFile(path)
        number = 0
        try:
            for batch in table.iter_batches(batch_size=256):
                for fields in batch.to_pylist():
                    number += 1
                    yield Row(path.name, f"row {number}", fields)
        except _ARROW_DAMAGE as damage:
            yield broken(path, f"row {number + 1}", f"the file is damaged: {damage}")
