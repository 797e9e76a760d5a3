"""Import: files of other tools become a data set, and what could not be read stands beside it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from etude.errors import ConfigError
from etude.records import BrokenRecord, Comparison, Demonstration, Preference, Rating
from etude.store.conversations import Item, Layout
from etude.store.conversations._base import renamed
from etude.store.manifest import Counts
from etude.store.writer import DatasetWriter

_TABLES: dict[type[Item], str] = {
    Demonstration: "demonstrations",
    Comparison: "comparisons",
    Rating: "ratings",
    Preference: "preferences",
}
_MAIN = ("comparisons", "preferences", "demonstrations")


class ImportOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What was read."""

    path: str
    record: str
    """What a row of the main table is."""
    n_rows: dict[str, int]
    """Rows by table; `broken` for what could not be read."""
    broken: dict[str, int]
    """What could not be read, by reason."""


def import_files(files: Sequence[Path], layout: Layout, target: Path) -> ImportOutcome:
    """Read files of one layout and write them to the data set `target`.

    Rows that cannot be read are in the table `broken`. A file can hold several sorts of records;
    the main table is that of comparisons where there are any, else that of preferences.

    Raises:
        ConfigError: A file cannot be read or is of another layout, nothing in it is a record, or
            `target` holds something else.
    """
    if not files:
        raise ConfigError("name at least one file to import")
    main = _main_table(files, layout)
    n_rows: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    with DatasetWriter(target, record=main.removesuffix("s")) as writer:
        for item in _all(files, layout):
            if isinstance(item, BrokenRecord):
                reasons[item.reason] += 1
                table = "broken"
            else:
                table = _TABLES[type(item)]
            n_rows[table] += 1
            writer.write(table, [item])
        writer.write("broken", ())
        settings = {**msgspec.to_builtins(layout), "use": type(layout).__module__}
        recipe = {"files": [path.name for path in files], "layout": settings}
        writer.finish(
            recipe=msgspec.json.encode(recipe, order="sorted").decode(),
            counts=Counts(
                n_in=n_rows[main] + n_rows["broken"], dropped=dict(sorted(reasons.items()))
            ),
        )
    return ImportOutcome(
        path=str(target),
        record=main.removesuffix("s"),
        n_rows=dict(n_rows),
        broken=dict(reasons.most_common()),
    )


def _main_table(files: Sequence[Path], layout: Layout) -> str:
    """Return the table that the data set is of. Reads until every file has said what it holds."""
    found: set[str] = set()
    n_broken: Counter[str] = Counter()
    for path in files:
        for item in layout.read(path):
            if isinstance(item, BrokenRecord):
                n_broken[item.reason] += 1
            elif (table := _TABLES[type(item)]) in _MAIN:
                found.add(table)
                if table == _MAIN[0]:
                    return table
    for table in _MAIN:
        if table in found:
            return table
    why = ", ".join(f"{reason} ({n})" for reason, n in n_broken.most_common(3)) or "they are empty"
    raise ConfigError(f"nothing could be read of {len(files)} files: {why}")


def _all(files: Sequence[Path], layout: Layout) -> Iterator[Item | BrokenRecord]:
    """Yield what all files hold, with ids that are given once."""
    seen: set[str] = set()
    for path in files:
        for item in layout.read(path):
            if item.id not in seen:
                seen.add(item.id)
                yield item
            elif isinstance(item, BrokenRecord):
                number = sum(1 for id_ in seen if id_.startswith(item.id)) + 1
                yield msgspec.structs.replace(item, id=f"{item.id} ({number})")
            elif not isinstance(item, Comparison):
                yield renamed(item, seen)
