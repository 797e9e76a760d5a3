"""Make a data set of conversations, comparisons, votes or preferences out of others' files."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from etude.errors import ConfigError
from etude.records import BrokenRecord, Comparison, Demonstration, Preference, Rating
from etude.store.conversations import Item, Layout, layouts
from etude.store.conversations._base import Ids
from etude.store.manifest import Counts
from etude.store.writer import DatasetWriter

_TABLES: dict[type[msgspec.Struct], str] = {
    Comparison: "comparisons",
    Preference: "preferences",
    Demonstration: "demonstrations",
    Rating: "ratings",
    BrokenRecord: "broken",
}
_MAIN = ("comparisons", "preferences", "demonstrations")


class ImportOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What was read."""

    path: str
    record: str
    """What a row of the main table is."""
    tables: dict[str, int]
    """Rows of each table; `broken` holds what could not be read, with its place."""
    broken: dict[str, int]
    """What could not be read, by reason, the most frequent first."""


def import_files(
    files: Sequence[Path],
    layout: Mapping[str, object],
    target: Path,
    *,
    tell: Callable[[int], None] = lambda n_read: None,
) -> ImportOutcome:
    """Read files of one layout into a data set at `target`; what is broken is set aside.

    Files are read twice, and never held whole. They can hold several sorts of records; the main
    table is that of comparisons where there are any, else that of preferences.

    Args:
        files: What to read, in order.
        layout: Name of the layout under `use`, and its settings.
        target: Folder of the data set.
        tell: Told how many records were read.

    Raises:
        ConfigError: A file cannot be read or is of another layout, nothing in them is a record, or
            `target` holds something else.
    """
    if not files:
        raise ConfigError("name at least one file to import")
    reader = layouts.make(layout)
    main = _main_table(files, reader)
    n_rows: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    with DatasetWriter(target, record=main.removesuffix("s")) as writer:
        for item in _all(files, reader):
            table = _TABLES[type(item)]
            n_rows[table] += 1
            if isinstance(item, BrokenRecord):
                reasons[item.reason] += 1
            writer.write(table, [item])
            if n_rows.total() % 1000 == 0:
                tell(n_rows.total())
        recipe = {"files": [path.name for path in files], "layout": dict(layout)}
        writer.finish(
            recipe=msgspec.json.encode(recipe, order="sorted").decode(),
            counts=Counts(
                n_in=n_rows[main] + n_rows["broken"], dropped=dict(sorted(reasons.items()))
            ),
        )
    return ImportOutcome(
        path=str(target),
        record=main.removesuffix("s"),
        tables=dict(n_rows),
        broken=dict(reasons.most_common()),
    )


def _main_table(files: Sequence[Path], reader: Layout) -> str:
    """Return the table that the data set is of. Reads on until that is sure.

    Raises:
        ConfigError: Nothing is a record.
    """
    found: set[str] = set()
    reasons: Counter[str] = Counter()
    for path in files:
        for item in reader.read(path):
            found.add(_TABLES[type(item)])
            if _MAIN[0] in found:
                return _MAIN[0]
            if isinstance(item, BrokenRecord):
                reasons[item.reason] += 1
    for table in _MAIN:
        if table in found:
            return table
    why = ", ".join(f"{reason} ({n})" for reason, n in reasons.most_common(3)) or "it is empty"
    named = f"{files[0]}" if len(files) == 1 else f"{len(files)} files"
    raise ConfigError(f"nothing in {named} is a record: {why}")


def _all(files: Sequence[Path], reader: Layout) -> Iterator[Item | BrokenRecord]:
    """Yield what all files hold, with ids that are given once."""
    ids = Ids()
    for path in files:
        yield from ids.once_each(reader.read(path))
