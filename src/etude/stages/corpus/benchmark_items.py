"""Benchmark items: the texts that a corpus must not hold, from files or data sets of any shape."""

import gzip
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from etude.errors import ConfigError
from etude.store import Dataset

Plain = object
"""A value as JSON knows it."""

_ID_FIELDS = ("id", "task_id", "question_id", "instance_id", "uid")
_NO_TEXT = frozenset(
    (
        *_ID_FIELDS,
        *("origin", "url", "licence", "license", "source", "split", "language", "level", "subject"),
        *("category", "type", "digest", "sha256", "made_by", "media_type", "date", "repo"),
        *("domain", "tags", "opt_out"),
    )
)
"""Fields that say what an item is and are no part of it."""
_MANIFEST = "manifest.json"
_SIDE_TABLES = ("dropped", "broken", "funnel", "tallies", "duplicates", "grades")
"""Tables of a data set that tell how it was made, and are not what it is made of."""
_FILES = (".jsonl", ".ndjson", ".json", ".parquet")


class Item(NamedTuple):
    """One item of a benchmark."""

    name: str
    """Benchmark and item, such as `arc-easy/Mercury_7175875`."""
    text: str


def read_items(path: Path, fields: Sequence[str] = ()) -> Iterator[Item]:
    """Yield the items of a benchmark.

    Args:
        path: A file (JSON Lines, JSON or Parquet, perhaps .gz or .zst), an Etude data set, or a
            folder of such files.
        fields: Names of the fields that are text, in any depth; none means all that hold text
            but those that only say what an item is, such as `id` and `url`.

    Raises:
        ConfigError: There is nothing there, it cannot be read, or no item has text.
    """
    if not path.exists():
        raise ConfigError(f"{path}: there is no such file or folder to decontaminate against")
    found = False
    for name, number, row in _rows(path):
        text = "\n".join(_texts(row, fields, ""))
        if text.strip():
            found = True
            yield Item(f"{name}/{_id_of(row, number)}", text)
    if not found:
        named = f" in the fields {', '.join(fields)}" if fields else ""
        raise ConfigError(f"{path}: no item has text{named}")


def _rows(path: Path) -> Iterator[tuple[str, int, Plain]]:
    """Yield name of the benchmark, number of the row, and the row."""
    if (path / _MANIFEST).exists():
        yield from _rows_of_dataset(path)
        return
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    files = [file for file in files if path.is_file() or _kind(file) in _FILES]
    if not files:
        raise ConfigError(f"{path}: holds no data set and no file ending in {', '.join(_FILES)}")
    for file in files:
        name = file.name.split(".", maxsplit=1)[0]
        for number, row in enumerate(_rows_of_file(file), start=1):
            yield name, number, row


def _rows_of_dataset(path: Path) -> Iterator[tuple[str, int, Plain]]:
    dataset = Dataset.open(path)
    for table in dataset.tables():
        if table in _SIDE_TABLES:
            continue
        number = 0
        for batch in dataset.batches(table):
            for row in batch.to_pylist():
                number += 1
                yield f"{path.name}:{table}", number, row


def _rows_of_file(file: Path) -> Iterator[Plain]:
    kind = _kind(file)
    try:
        if kind == ".parquet":
            with pq.ParquetFile(file) as table:
                for batch in table.iter_batches(batch_size=1000):
                    yield from batch.to_pylist()
        elif kind == ".json":
            with _open(file) as stream:
                whole = msgspec.json.decode(stream.read())
            yield from whole if isinstance(whole, list) else [whole]
        elif kind in _FILES:
            with _open(file) as stream:
                for line in stream:
                    if line.strip():
                        yield msgspec.json.decode(line)
        else:
            raise ConfigError(f"{file}: not a kind of file that is read ({', '.join(_FILES)})")
    except (OSError, EOFError, pa.ArrowException, zstandard.ZstdError) as cause:
        raise ConfigError(f"{file}: cannot be read: {cause}") from cause
    except msgspec.MsgspecError as cause:
        raise ConfigError(f"{file}: not JSON: {cause}") from cause


def _kind(file: Path) -> str:
    name = file.name.removesuffix(".gz").removesuffix(".zst")
    return Path(name).suffix


def _open(file: Path) -> BinaryIO:
    if file.suffix == ".gz":
        return io.BufferedReader(gzip.open(file))
    if file.suffix == ".zst":
        raw = zstandard.ZstdDecompressor().stream_reader(file.open("rb"), closefd=True)
        return io.BufferedReader(raw)
    return file.open("rb")


def _texts(value: Plain, fields: Sequence[str], field: str) -> Iterator[str]:
    """Yield the texts of a row, in the order in which they stand."""
    if isinstance(value, str):
        if not fields or field in fields:
            yield value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            if fields or name not in _NO_TEXT:
                yield from _texts(inner, fields, field if field in fields else str(name))
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _texts(inner, fields, field)


def _id_of(row: Plain, number: int) -> str:
    if isinstance(row, Mapping):
        for name in _ID_FIELDS:
            if isinstance(row.get(name), (str, int)) and row[name] != "":
                return str(row[name])
    return str(number)
