"""What every test of a reader needs: read everything, through the columns and back."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pyarrow.parquet as pq
import pytest

from etude.records import BrokenRecord, Document
from etude.store.columns import SIGNAL, Columns
from etude.store.readers import Part, Reader, readers

Result = tuple[list[Document], list[BrokenRecord]]


class Read(Protocol):
    """Reads paths with a reader and settings."""

    def __call__(self, use: str, *paths: Path | str, **settings: object) -> Result: ...


def make(use: str, *paths: Path | str, **settings: object) -> Reader:
    return readers.make({"use": use, "paths": [str(path) for path in paths], **settings})


@pytest.fixture
def make_reader() -> Callable[..., Reader]:
    return make


@pytest.fixture
def read_part(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Reader, Part], Result]:
    """Reads one part; what comes back went through Parquet."""
    columns = Columns(Document)
    folder = tmp_path_factory.mktemp("batches")

    def read(reader: Reader, part: Part) -> Result:
        found: list[Document] = []
        broken: list[BrokenRecord] = []
        for batch in reader.read(part, broken.append):
            names = [name for name in batch.schema.names if not name.startswith(SIGNAL)]
            assert batch.select(names).schema == columns.schema
            assert batch.num_rows
            batch.validate(full=True)
            sink = io.BytesIO()
            with pq.ParquetWriter(sink, batch.schema) as writer:
                writer.write_batch(batch)
            path = folder / "batch.parquet"
            path.write_bytes(sink.getvalue())
            found += columns.read(path)
        return found, broken

    return read


@pytest.fixture
def read(read_part: Callable[[Reader, Part], Result]) -> Read:
    """Reads everything. Ids must be unique."""

    def all_parts(use: str, *paths: Path | str, **settings: object) -> Result:
        reader = make(use, *paths, **settings)
        parts = [read_part(reader, part) for part in reader.parts()]
        found = [one for documents, _ in parts for one in documents]
        assert len({one.id for one in found}) == len(found)
        return found, [one for _, broken in parts for one in broken]

    return all_parts
