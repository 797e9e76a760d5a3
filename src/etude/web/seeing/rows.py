"""Rows of a table, a page at a time, and those that hold a text."""

from collections.abc import Iterator
from itertools import islice

import msgspec

from etude.errors import ConfigError
from etude.records import Rating
from etude.store import Dataset
from etude.store.columns import Columns, read_column
from etude.store.manifest import TABLES

PAGE = 10
_MOST_SEARCHED = 20_000
_MOST_BYTES = 64_000_000


class Row(msgspec.Struct, frozen=True):
    """One row and its number, counted from 0."""

    number: int
    record: msgspec.Struct


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Some rows of a table."""

    rows: list[Row]
    start: int
    n_rows: int
    next: int | None
    """Row that the next page begins with; `None` at the end."""
    stopped: bool = False
    """Whether a search went on for so long that it is to be continued by hand."""


def look(dataset: Dataset, table: str, start: int, query: str = "") -> Page:
    """Return a page of a table, from a row on.

    Args:
        dataset: The data set.
        table: One of its tables.
        start: Number of the row to begin with.
        query: Only rows that hold this text, in capitals or not; empty for all.

    Raises:
        ConfigError: There is no such table, or it is of a later Etude.
        RecordError: A shard is damaged.
    """
    n_rows = dataset.n_rows(table)
    start = max(0, min(start, max(0, n_rows - 1)))
    if not query.strip():
        rows = list(islice(_from(dataset, table, start), PAGE))
        end = start + len(rows)
        return Page(rows=rows, start=start, n_rows=n_rows, next=end if end < n_rows else None)
    wanted = query.strip().casefold()
    found: list[Row] = []
    n_bytes = 0
    for row in _from(dataset, table, start):
        text = msgspec.json.encode(row.record).decode()
        n_bytes += len(text)
        searched = row.number - start
        if len(found) == PAGE or searched >= _MOST_SEARCHED or n_bytes > _MOST_BYTES:
            stopped = len(found) < PAGE
            return Page(rows=found, start=start, n_rows=n_rows, next=row.number, stopped=stopped)
        if wanted in text.casefold() or wanted in _plain(text):
            found.append(row)
    return Page(rows=found, start=start, n_rows=n_rows, next=None)


def row_at(dataset: Dataset, table: str, number: int) -> Row | None:
    """Return one row by its number; `None` where there is none."""
    if not 0 <= number < dataset.n_rows(table):
        return None
    return next(_from(dataset, table, number), None)


def ratings_of(dataset: Dataset, comparisons: set[str]) -> dict[str, list[Rating]]:
    """Return the ratings of some comparisons, where the data set holds any."""
    found: dict[str, list[Rating]] = {}
    if "ratings" not in dataset.tables():
        return found
    for shard in dataset.manifest.tables["ratings"]:
        path = dataset.path / shard.name
        if comparisons.isdisjoint(read_column(path, "comparison_id")):
            continue
        for rating in Columns(Rating).read(path):
            if rating.comparison_id in comparisons:
                found.setdefault(rating.comparison_id, []).append(rating)
    return found


def _plain(text: str) -> str:
    """Return JSON as people would type it: quotes and line breaks are not escaped."""
    return text.replace('\\"', '"').replace("\\n", "\n").casefold()


def _from(dataset: Dataset, table: str, start: int) -> Iterator[Row]:
    if table not in TABLES:
        raise ConfigError(f"tables of {table!r} are not known to this Etude")
    dataset.n_rows(table)
    number = 0
    for shard in dataset.manifest.tables[table]:
        if number + shard.n_rows <= start:
            number += shard.n_rows
            continue
        for record in Columns(TABLES[table]).read(dataset.path / shard.name):
            if number >= start:
                yield Row(number, record)
            number += 1
