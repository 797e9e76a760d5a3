"""Parquet files, with the columns named in the settings."""

from collections.abc import Callable, Iterator
from typing import ClassVar

import pyarrow as pa

from etude.records import BrokenRecord
from etude.store.readers._base import Part
from etude.store.readers._fields import FieldReader
from etude.store.readers._files import File
from etude.store.readers._parquet import parquet_documents, parquet_parts
from etude.store.readers._rows import Aside, Found


class ParquetReader(FieldReader, frozen=True, kw_only=True):
    """Reads a document from each row. Columns that no setting names are not read."""

    endings: ClassVar[tuple[str, ...]] = (".parquet", ".pq")

    split_bytes: int = 128_000_000
    """Larger files are read by row groups, about this many bytes at once; 0 never splits."""

    def parts(self) -> list[Part]:
        """Find the files and split large ones.

        Raises:
            ConfigError: A path leads nowhere or cannot be listed.
        """
        return [part for file in self.files() for part in parquet_parts(file, self.split_bytes)]

    def read(self, part: Part, broken: Callable[[BrokenRecord], None]) -> Iterator[pa.RecordBatch]:
        """Yield the documents of a part, in order.

        Raises:
            ConfigError: A file cannot be opened.
        """
        aside = Aside(broken)
        for file in self.named(part):
            yield from self.guarded(file, parquet_documents(self, file, part, aside), aside)

    def documents(self, file: File, part: Part, aside: Aside) -> Iterator[Found]:
        """Yield nothing: documents stay in columns."""
        yield from ()
