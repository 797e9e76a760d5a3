"""How `etude corpus` commands read text that is no finished corpus."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click
import pyarrow as pa

from etude.records import BrokenRecord
from etude.store.readers import Part, Reader, readers

JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")
JOBS = click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=os.cpu_count() or 1,
    show_default="one a core",
    help="Processes at a time.",
)
OUT = click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to make.")
OUT_FILE = click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="File to make."
)
DATASET = click.argument("dataset", type=click.Path(path_type=Path))
FROM = click.option(
    "--from",
    "reader",
    default="dataset",
    show_default=True,
    help="How paths are read; `etude corpus list` names the readers.",
)


def read_paths(
    reader: str, paths: Sequence[str], told: Callable[[int], None] = lambda n_broken: None
) -> Iterator[pa.RecordBatch]:
    """Yield the documents at some paths; `told` hears how many records were broken.

    Raises:
        ConfigError: There is no such reader, or a path leads nowhere.
    """
    made = readers.make({"use": reader, "paths": list(paths)})
    # Asked for now, so that a wrong path is known before any work begins.
    parts = made.parts()
    return _read(made, parts, told)


def _read(
    made: Reader, parts: Sequence[Part], told: Callable[[int], None]
) -> Iterator[pa.RecordBatch]:
    n_broken = 0

    def count(record: BrokenRecord) -> None:
        nonlocal n_broken
        n_broken += 1

    for part in parts:
        yield from made.read(part, count)
    told(n_broken)
