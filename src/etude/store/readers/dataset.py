"""Documents of another Etude data set."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from etude.errors import ConfigError, RecordError, blame
from etude.records import BrokenRecord
from etude.store.columns import SIGNAL
from etude.store.dataset import Dataset
from etude.store.manifest import Shard
from etude.store.readers._base import Part, Reader
from etude.store.readers._rows import SCHEMA, Aside

_BATCH_ROWS = 4096


class DatasetReader(Reader, frozen=True, kw_only=True):
    """Reads documents as they were written: ids, origins and signals stay; local folders only."""

    table: str = "documents"
    """Name of the table of documents."""

    def parts(self) -> list[Part]:
        """Find the shards.

        Raises:
            ConfigError: A path is no data set, or has no such table.
        """
        return [
            Part(paths=(str(Path(path) / shard.name),), size_bytes=shard.size_bytes)
            for path in self.paths
            for shard in self._shards(path)
        ]

    def read(self, part: Part, broken: Callable[[BrokenRecord], None]) -> Iterator[pa.RecordBatch]:
        """Yield the documents of a shard, in order.

        Raises:
            ConfigError: A shard cannot be opened.
        """
        aside = Aside(broken)
        for path in part.paths:
            if not Path(path).is_file():
                raise ConfigError(f"{path}: is not there")
            try:
                with blame(RecordError, path):
                    yield from self._shard(path, aside)
            except RecordError:
                aside(path, "damaged shard")

    def _shards(self, path: str) -> Iterator[Shard]:
        data = Dataset.open(Path(path))
        if self.table not in data.manifest.tables:
            known = ", ".join(data.manifest.tables) or "none"
            raise ConfigError(f"{path}: has no table {self.table!r} (it has: {known})")
        yield from data.manifest.tables[self.table]

    def _shard(self, path: str, aside: Aside) -> Iterator[pa.RecordBatch]:
        with pq.ParquetFile(path) as file:
            names = [name for name in SCHEMA.names if name in file.schema_arrow.names]
            if names != SCHEMA.names:
                aside(path, "shard holds no documents")
                return
            signals = [name for name in file.schema_arrow.names if name.startswith(SIGNAL)]
            fields = [*SCHEMA, *(pa.field(name, pa.float32()) for name in signals)]
            schema = pa.schema(fields)
            for batch in file.iter_batches(_BATCH_ROWS, columns=schema.names, use_threads=False):
                columns = [
                    batch.column(name).cast(schema.field(name).type) for name in schema.names
                ]
                documents = pa.RecordBatch.from_arrays(columns, schema=schema)
                yield from self._fitting(self._moved(documents), path, aside)

    def _moved(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Put documents into the domain of the settings, when they name one."""
        if not self.domain:
            return batch
        index = batch.schema.get_field_index("domain")
        field = SCHEMA.field("domain")
        return batch.set_column(index, field, pa.repeat(self.domain, batch.num_rows))

    def _fitting(self, batch: pa.RecordBatch, path: str, aside: Aside) -> Iterator[pa.RecordBatch]:
        """Set aside what is too long, and cut a batch into ones of the size that is wanted."""
        sizes = pc.binary_length(batch.column("text"))
        too_long = pc.greater(sizes, self.max_document_bytes)
        if too_long.true_count:
            for name in batch.column("id").filter(too_long).to_pylist():
                aside(f"{path}:{name}", "longer than max_document_bytes")
            batch = batch.filter(pc.invert(too_long))
        total = pc.sum(pc.binary_length(batch.column("text"))).as_py() or 0
        pieces = max(1, min(batch.num_rows, -(-total // self.batch_bytes)))
        step = -(-batch.num_rows // pieces)
        for start in range(0, batch.num_rows, max(step, 1)):
            yield batch.slice(start, step)
