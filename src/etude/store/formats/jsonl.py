"""JSON lines: one file a table, each record as it is, answers in a file of their own."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import msgspec

from etude.errors import ConfigError
from etude.store.dataset import Dataset
from etude.store.formats._base import Format
from etude.store.manifest import TABLES


class JsonlFormat(Format, frozen=True, kw_only=True):
    """Writes every table, or those that are named."""

    records: ClassVar[tuple[str, ...]] = tuple(sorted(name.removesuffix("s") for name in TABLES))
    tables: tuple[str, ...] = ()
    """Only these tables; empty for all that can be read here."""

    def write(self, dataset: Dataset, folder: Path) -> None:
        """Write `TABLE.jsonl` for each table."""
        there = dataset.tables()
        for name in self.tables or there:
            if name not in there:
                raise ConfigError(f"{dataset.path}: has no table {name!r} (it has {there})")
            with (folder / f"{name}.jsonl").open("wb") as file:
                file.writelines(_lines(dataset, name))


def _lines(dataset: Dataset, table: str) -> Iterator[bytes]:
    for row in dataset.rows(table, TABLES[table]):
        yield msgspec.json.encode(row) + b"\n"
