"""Parquet files to documents, by row groups; a damaged one is set aside and the next one read."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from etude.errors import RecordError, blame
from etude.store.readers._base import Part
from etude.store.readers._fields import FieldReader
from etude.store.readers._files import File, Listed
from etude.store.readers._rows import Aside, DamageError
from etude.store.readers._tables import Table, batches

_MOST_ROWS = 16_384


def parquet_parts(file: Listed, split_bytes: int) -> list[Part]:
    """Split a Parquet file into runs of row groups of about `split_bytes`, as stored.

    Raises:
        ConfigError: It cannot be opened.
    """
    whole = [Part(paths=(file.path,), size_bytes=file.size)]
    if not 0 < split_bytes < file.size:
        return whole
    try:
        with File(file.path, file.path).open() as stored, blame(RecordError, file.path):
            facts = pq.ParquetFile(stored).metadata
            sizes = [_stored_bytes(facts.row_group(n)) for n in range(facts.num_row_groups)]
    except RecordError:
        # Reading it sets it aside.
        return whole
    parts, start, size = [], 0, 0
    for number, more in enumerate(sizes):
        size += more
        if size >= split_bytes or number + 1 == len(sizes):
            stop = number + 1
            parts.append(Part(paths=(file.path,), size_bytes=size, start=start, stop=stop))
            start, size = stop, 0
    return parts or whole


def _stored_bytes(group: pq.RowGroupMetaData) -> int:
    return sum(group.column(n).total_compressed_size for n in range(group.num_columns))


def parquet_documents(
    reader: FieldReader, file: File, part: Part, aside: Aside
) -> Iterator[pa.RecordBatch]:
    """Yield the documents of a Parquet file, or of its row groups that belong to the part.

    Raises:
        ConfigError: It cannot be opened.
        DamageError: It cannot be read, or has no texts.
    """
    table = Table(reader, file, aside)
    with file.open() as stored:
        try:
            with blame(RecordError, file.path):
                opened = pq.ParquetFile(stored)
        except RecordError as error:
            raise DamageError("not a Parquet file") from error
        columns = table.columns(opened.schema_arrow)
        facts = opened.metadata
        if not facts.num_rows:
            raise DamageError("no rows")
        first_row = 0
        for number in range(facts.num_row_groups):
            n_rows = facts.row_group(number).num_rows
            if part.start <= number < (part.stop or facts.num_row_groups):
                yield from _row_group(table, opened, number, columns, first_row)
            first_row += n_rows


def _row_group(
    table: Table, opened: pq.ParquetFile, number: int, columns: list[str], first_row: int
) -> Iterator[pa.RecordBatch]:
    group = opened.metadata.row_group(number)
    each = max(group.total_byte_size // max(group.num_rows, 1), 1)
    rows = min(max(table.reader.batch_bytes // each, 1), _MOST_ROWS)
    try:
        with blame(RecordError, "row group"):
            source = opened.iter_batches(
                batch_size=rows, row_groups=[number], columns=columns, use_threads=False
            )
            yield from batches(table, source, first_row)
    except DamageError:
        raise
    except RecordError:
        table.aside(f"{table.file.name}:{first_row}", f"damaged row group {number}")
