"""Records of a file, each with its place: JSON, JSON Lines or Parquet, compressed or not."""

import contextlib
import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from etude.errors import ConfigError, blame
from etude.records import BrokenRecord
from etude.stages.problems.sources._base import Taken
from etude.store.expanded import expanded

LIMIT_RECORD_BYTES = 256 << 20
"""Largest record that is read; those with all tests of a program in them are large."""
_EXCERPT_CHARS = 200
_LICENCES = ("licence", "license")
_DAMAGE = (EOFError, OSError, zlib.error, zstandard.ZstdError)


class UnfitError(Exception):
    """A record cannot be a problem; says why."""


class Row(NamedTuple):
    """One record of a file."""

    place: str
    fields: dict[str, object]

    def text(self, *names: str) -> str:
        """Return the first of the fields that is there, as text.

        Raises:
            UnfitError: There is none, or it is empty or no text.
        """
        for name in names:
            if (value := self.fields.get(name)) is not None:
                if not isinstance(value, str):
                    raise UnfitError(f"the field {name!r} is no text")
                if value.strip():
                    return value
        raise UnfitError(f"no {' or '.join(names)}")

    def maybe(self, *names: str) -> str:
        """Return the first of the fields that is there as text; empty when there is none."""
        for name in names:
            value = self.fields.get(name)
            if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
                return str(value)
        return ""

    def texts(self, name: str) -> list[str]:
        """Return a field that is a list of texts; empty when it is not there.

        Raises:
            UnfitError: It is something else.
        """
        value = self.fields.get(name)
        items = [] if value is None else value
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            raise UnfitError(f"the field {name!r} is no list of texts")
        return items

    @property
    def licence(self) -> str:
        """What the record says of its licence; empty when nothing."""
        return self.maybe(*_LICENCES)


def take(
    path: Path, needed: Sequence[Sequence[str]], make: Callable[[Row], Taken]
) -> Iterator[Taken | BrokenRecord]:
    """Yield a problem for each record of a file, and what could not be read as one.

    Args:
        path: The file.
        needed: Of each group, a record must have at least one field. A file whose first record has
            none of all is of another layout.
        make: Makes a problem of a record, or raises `UnfitError`.

    Raises:
        ConfigError: The file cannot be read at all, or is of another layout.
    """
    known = False
    for row in read_rows(path):
        if isinstance(row, BrokenRecord):
            yield row
            continue
        if not known and not any(name in row.fields for group in needed for name in group):
            wanted = ", ".join("/".join(group) for group in needed)
            has = ", ".join(sorted(row.fields)[:12])
            raise ConfigError(
                f"{path} is of another layout: its first record has the fields {has}, "
                f"and those of this layout have {wanted}"
            )
        known = True
        try:
            yield make(row)
        except UnfitError as why:
            yield _broken(path, row.place, str(why), repr(row.fields))


def read_rows(path: Path) -> Iterator[Row | BrokenRecord]:
    """Yield the records of a file, and what of it is none.

    Raises:
        ConfigError: The file cannot be read at all.
    """
    name = path.name.lower()
    for ending in (".gz", ".zst"):
        name = name.removesuffix(ending)
    if name.endswith((".parquet", ".pq")):
        yield from _parquet(path)
    elif name.endswith((".json", ".jsonl", ".ndjson")):
        with expanded(path) as file:
            yield from (_json if name.endswith(".json") else _lines)(path, file)
    else:
        raise ConfigError(
            f"{path}: cannot tell what it is; .jsonl, .json and .parquet are read, "
            "with .gz or .zst after it where it is compressed"
        )


def _lines(path: Path, file: BinaryIO) -> Iterator[Row | BrokenRecord]:
    number = 0
    while True:
        number += 1
        place = f"line {number}"
        try:
            line = file.readline(LIMIT_RECORD_BYTES + 1)
        except _DAMAGE as damage:
            yield _broken(path, place, f"the file is damaged: {damage}")
            return
        if not line:
            return
        if len(line) > LIMIT_RECORD_BYTES:
            yield _broken(path, place, "too long; what follows was not read", line[:200])
            return
        if line.strip():
            yield _decoded(path, place, line)


def _decoded(path: Path, place: str, line: bytes) -> Row | BrokenRecord:
    try:
        value = msgspec.json.decode(line.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _broken(path, place, f"no JSON: {type(error).__name__}", line[:_EXCERPT_CHARS])
    return _row(path, place, value)


def _row(path: Path, place: str, value: object) -> Row | BrokenRecord:
    if not isinstance(value, dict):
        return _broken(path, place, "no JSON object", repr(value)[:_EXCERPT_CHARS])
    return Row(place, {str(name): item for name, item in value.items()})


def _json(path: Path, file: BinaryIO) -> Iterator[Row | BrokenRecord]:
    """Yield the elements of an array, or the one object that a file is, or its lines."""
    try:
        data = file.read(8 * LIMIT_RECORD_BYTES + 1)
    except _DAMAGE as damage:
        yield _broken(path, "the whole", f"the file is damaged: {damage}")
        return
    if len(data) > 8 * LIMIT_RECORD_BYTES:
        raise ConfigError(f"{path} is too large to be read as one; write it as JSON Lines")
    try:
        whole = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        yield from _lines(path, io.BytesIO(data))
        return
    if isinstance(whole, list):
        for number, value in enumerate(whole):
            yield _row(path, f"element {number + 1}", value)
    else:
        yield _row(path, "the whole", whole)


def _parquet(path: Path) -> Iterator[Row | BrokenRecord]:
    with contextlib.ExitStack() as stack:
        with blame(ConfigError, f"cannot read {path} as Parquet"):
            if path.name.lower().endswith((".gz", ".zst")):
                data = stack.enter_context(expanded(path)).read()
                table = pq.ParquetFile(pa.BufferReader(data))
            else:
                table = pq.ParquetFile(path)
        number = 0
        try:
            for batch in table.iter_batches(batch_size=256):
                for fields in batch.to_pylist():
                    number += 1
                    yield Row(f"row {number}", fields)
        except (pa.ArrowException, OSError) as damage:
            yield _broken(path, f"row {number + 1}", f"the file is damaged: {damage}")


def _broken(path: Path, place: str, why: str, shown: str | bytes = "") -> BrokenRecord:
    text = shown.decode("utf-8", "replace") if isinstance(shown, bytes) else shown
    excerpt = "".join(c if c.isprintable() else " " for c in text[:_EXCERPT_CHARS])
    return BrokenRecord(id=f"{path.name}: {place}", reason=why[:300], excerpt=excerpt)
