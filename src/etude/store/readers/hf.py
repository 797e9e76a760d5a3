"""Data sets as the Hugging Face hub keeps them, in a folder on disk."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

import msgspec
import pyarrow as pa

from etude.errors import ConfigError, RecordError, blame
from etude.records import BrokenRecord
from etude.store.readers._base import Part
from etude.store.readers._fields import FieldReader
from etude.store.readers._files import File, is_local, strip_compression
from etude.store.readers._json import json_documents
from etude.store.readers._licences import spdx
from etude.store.readers._parquet import parquet_documents, parquet_parts
from etude.store.readers._rows import Aside, DamageError, Found
from etude.store.readers._tables import Table, batches

_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")
_CARD_LICENCE = re.compile(r"^license:[ \t]*(?:\n[ \t]*-[ \t]*)?([^\n#]+)", re.MULTILINE)
_SPLIT_BYTES = 128_000_000


class HfReader(FieldReader, frozen=True, kw_only=True):
    """Reads the Parquet, Arrow and JSON Lines files of a data set, with the licence of its card.

    Nothing is downloaded: a name on the hub has to be made a folder first.
    """

    endings: ClassVar[tuple[str, ...]] = (".parquet", ".arrow", ".jsonl", ".ndjson")

    split: str = ""
    """Only files of this split, such as `train`: it begins their names or those of folders."""

    def parts(self) -> list[Part]:
        """Find the data files.

        Raises:
            ConfigError: A path is no folder, or holds no data files of the split.
        """
        for path in self.paths:
            if is_local(path) and not Path(path).exists() and _HUB_NAME.fullmatch(path):
                raise ConfigError(
                    f"{path}: is no folder here, and nothing is downloaded while reading; "
                    "download the data set first and give the folder"
                )
        begins = re.compile(rf"(^|/){re.escape(self.split)}([-_./]|$)")
        files = [file for file in self.files() if not self.split or begins.search(file.path)]
        if not files:
            raise ConfigError(f"{', '.join(self.paths)}: holds no files of split {self.split!r}")
        parts: list[Part] = []
        for file in files:
            if file.path.endswith(".parquet"):
                parts += parquet_parts(file, _SPLIT_BYTES)
            else:
                parts.append(Part(paths=(file.path,), size_bytes=file.size))
        return parts

    def read(self, part: Part, broken: Callable[[BrokenRecord], None]) -> Iterator[pa.RecordBatch]:
        """Yield the documents of a part, in order.

        Raises:
            ConfigError: A file cannot be opened.
        """
        aside = Aside(broken)
        reader = msgspec.structs.replace(self, licence=self.licence or self._card_licence())
        for file in self.named(part):
            ending = Path(strip_compression(file.name)).suffix
            if ending == ".parquet":
                tables = parquet_documents(reader, file, part, aside)
                yield from self.guarded(file, tables, aside)
            elif ending == ".arrow":
                yield from self.guarded(file, _arrow_documents(reader, file, aside), aside)
            else:
                found = self.guarded(file, self.documents(file, part, aside), aside)
                yield from reader.batched(found, aside)

    def documents(self, file: File, part: Part, aside: Aside) -> Iterator[Found]:
        """Yield the documents of a file of JSON Lines."""
        yield from json_documents(self, file, part, aside)

    def _card_licence(self) -> str:
        """Return the licence in the data set's card; empty when there is none."""
        for path in self.paths:
            card = Path(path) / "README.md"
            if is_local(path) and card.is_file():
                with card.open("rb") as file:
                    head = file.read(1 << 16).decode("utf-8", "replace").replace("\r\n", "\n")
                front = head.partition("---\n")[2].partition("\n---")[0]
                if found := _CARD_LICENCE.search(front):
                    return spdx(found[1].strip(" '\"[]"))
        return ""


def _arrow_documents(reader: FieldReader, file: File, aside: Aside) -> Iterator[pa.RecordBatch]:
    """Yield the documents of an Arrow file or stream."""
    table = Table(reader, file, aside)
    first_row = 0
    with file.open() as stored:
        is_file = stored.read(6) == b"ARROW1"
        stored.seek(0)
        try:
            with blame(RecordError, file.path):
                opened = pa.ipc.open_file(stored) if is_file else pa.ipc.open_stream(stored)
                columns = table.columns(opened.schema)
                for batch in _each(opened, is_file):
                    _check(batch)
                    yield from batches(table, iter([batch.select(columns)]), first_row)
                    first_row += batch.num_rows
        except DamageError:
            raise
        except RecordError as error:
            raise DamageError("damaged Arrow file") from error
    if not first_row:
        raise DamageError("no rows")


def _check(batch: pa.RecordBatch) -> None:
    """Look at all that a batch points to, for an Arrow file may point anywhere in memory."""
    for column in batch.columns:
        # Bad UTF-8 is no danger, and mended later.
        if pa.types.is_string(column.type):
            column = column.view(pa.binary())
        elif pa.types.is_large_string(column.type):
            column = column.view(pa.large_binary())
        column.validate(full=True)


def _each(
    opened: pa.ipc.RecordBatchFileReader | pa.ipc.RecordBatchStreamReader, is_file: bool
) -> Iterator[pa.RecordBatch]:
    if is_file:
        for number in range(opened.num_record_batches):
            yield opened.get_batch(number)
    else:
        yield from opened
