"""Read the items of a benchmark: a data set of Etude, or a file in a layout that others use."""

from collections.abc import Iterator
from pathlib import Path

from etude.errors import ConfigError
from etude.records import BrokenRecord, Document, Problem, Task
from etude.stages.problems.sources import sources
from etude.store import Dataset


def read_items(name: str) -> Iterator[tuple[str, str]]:
    """Yield the id and the text of each item of a benchmark.

    Args:
        name: Folder of a data set of problems, tasks or documents; or `LAYOUT:FILE`, such as
            `gsm8k:test.jsonl`, in a layout that problems can be taken from.

    Raises:
        ConfigError: There is no such file or layout, or a file holds no item that can be read.
        RecordError: A data set is damaged.
    """
    layout, colon, rest = name.partition(":")
    if colon and layout in sources.names():
        yield from _of_file(layout, Path(rest))
    elif Path(name).is_dir():
        yield from _of_dataset(Dataset.open(Path(name)))
    else:
        raise ConfigError(
            f"{name!r} is no data set; say in which layout a file is, as in gsm8k:test.jsonl "
            f"(known: {', '.join(sources.names())})"
        )


def _of_file(layout: str, path: Path) -> Iterator[tuple[str, str]]:
    there = False
    for item in sources.make(layout).read(path):
        if not isinstance(item, BrokenRecord):
            there = True
            yield f"{path.name}:{item.place}", item.statement
    if not there:
        raise ConfigError(f"{path}: holds no item in the layout {layout}")


def _of_dataset(held: Dataset) -> Iterator[tuple[str, str]]:
    there = held.tables()
    if "problems" in there:
        yield from ((p.id, p.statement) for p in held.rows("problems", Problem))
    elif "tasks" in there:
        yield from ((t.id, t.statement) for t in held.rows("tasks", Task))
    elif "documents" in there:
        yield from ((d.id, d.text) for d in held.rows("documents", Document))
    else:
        raise ConfigError(f"{held.path}: holds neither problems nor tasks nor documents")
