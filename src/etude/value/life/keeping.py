"""Keeping: a data set of the life is written once, and says what it was made of."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec

from etude.errors import ConfigError
from etude.store import Dataset, DatasetWriter
from etude.store.manifest import NAME as MANIFEST

Tables = Mapping[str, Iterable[msgspec.Struct]]


def keep(
    path: Path,
    record: str,
    settings: Mapping[str, object],
    parents: tuple[Dataset, ...],
    make: Callable[[], Tables],
) -> Dataset:
    """Return a data set, written where it is not there yet.

    Args:
        path: Folder of it.
        record: What a row of the main table is.
        settings: What decides its content; written into its manifest.
        parents: Data sets that it is made of.
        make: Returns the rows of each table.

    Raises:
        ConfigError: The folder holds what was made otherwise, or the disk takes no more.
    """
    digests = tuple(one.manifest.digest for one in parents)
    said = msgspec.json.encode({"life": path.name, **settings}, order="sorted").decode()
    if (path / MANIFEST).exists():
        held = Dataset.open(path)
        if held.manifest.recipe != said or held.manifest.parents != digests:
            raise ConfigError(f"{path} was made with other settings; name a new folder")
        return held
    with DatasetWriter(path, record=record, shard_rows=30_000) as writer:
        for table, rows in make().items():
            writer.write(table, rows)
        writer.finish(recipe=said, parents=digests)
    return Dataset.open(path)
