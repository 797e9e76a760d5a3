"""The shelf: data sets and reports that lie below one folder. Names come from looking there.

Nobody's text is ever joined to a path. Links that lead elsewhere are not followed, and a data set
whose manifest names a file outside of its folder is not shown.
"""

import functools
import os
from collections.abc import Container, Iterator
from pathlib import Path

import msgspec

from etude.errors import ConfigError, EtudeError
from etude.store import Dataset
from etude.store.manifest import NAME

_MOST_DEPTH = 4
_MOST_FOLDERS = 5_000
_SECRET = frozenset({"keys", "references", "workspaces"})
"""Tables that give answers away."""


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """One data set on the shelf."""

    key: str
    """What it is called in addresses."""
    path: Path
    record: str = ""
    n_rows: int = 0
    size_bytes: int = 0
    digest: str = ""
    created: str = ""
    parents: tuple[str, ...] = ()
    """Digests of the data sets it was made from."""
    tells: bool = False
    """Whether one of its tables gives answers away."""
    wrong: str = ""
    """Why it cannot be opened; empty when it can."""

    def open(self) -> Dataset:
        """Return the data set.

        Raises:
            ConfigError: It cannot be opened.
        """
        if self.wrong:
            raise ConfigError(self.wrong)
        return Dataset.open(self.path)


class HeldReport(msgspec.Struct, frozen=True, kw_only=True):
    """One HTML page on the shelf, made by a command."""

    key: str
    path: Path
    size_bytes: int
    secret: bool = False
    """Whether a data set with answers lies beside it or below, so that it may tell them."""


def shelf(root: Path) -> dict[str, Held]:
    """Return the data sets below a folder, by their keys, in the order of their names."""
    found: dict[str, Held] = {}
    for folder, names in _walk(root):
        if NAME in names:
            key = _key(root, folder, found)
            found[key] = _held(key, folder)
    return found


def reports(root: Path, *, secrets: bool) -> dict[str, HeldReport]:
    """Return the HTML pages below a folder, by their keys.

    Args:
        root: The folder.
        secrets: Whether those that may tell answers are among them.
    """
    telling = [one.path for one in shelf(root).values() if one.tells]
    found: dict[str, HeldReport] = {}
    for folder, names in _walk(root):
        for name in names:
            path = folder / name
            if path.suffix == ".html":
                secret = any(one == folder or folder in one.parents for one in telling)
                key = _key(root, path, found)
                found[key] = HeldReport(
                    key=key, path=path, size_bytes=path.stat().st_size, secret=secret
                )
    return {key: one for key, one in found.items() if secrets or not one.secret}


def tables(dataset: Dataset, *, secrets: bool) -> list[str]:
    """Return the tables that someone may look into, the main one first.

    Args:
        dataset: The data set.
        secrets: Whether they may see what gives answers away.
    """
    main = dataset.manifest.main_table
    there = [name for name in dataset.tables() if secrets or name not in _SECRET]
    return sorted(there, key=lambda name: name != main)


def _key(root: Path, path: Path, taken: Container[str]) -> str:
    key = path.relative_to(root).as_posix().replace("/", "~") or "here"
    while key in taken:
        key += "~"
    return key


def _walk(root: Path) -> Iterator[tuple[Path, list[str]]]:
    """Yield folders with the plain files in them, in order; no link is followed."""
    waiting = [(root, 0)]
    n_folders = 0
    while waiting and n_folders < _MOST_FOLDERS:
        folder, depth = waiting.pop()
        n_folders += 1
        try:
            with os.scandir(folder) as entries:
                there = sorted(entries, key=lambda entry: entry.name)
        except OSError:
            continue
        files = [entry.name for entry in there if entry.is_file(follow_symlinks=False)]
        yield folder, files
        if depth < _MOST_DEPTH and NAME not in files:
            inner = [entry for entry in there if entry.is_dir(follow_symlinks=False)]
            waiting += [
                (folder / entry.name, depth + 1)
                for entry in reversed(inner)
                if not entry.name.startswith(".")
            ]


def _held(key: str, folder: Path) -> Held:
    try:
        about = (folder / NAME).stat()
        return msgspec.structs.replace(
            _about(folder, about.st_mtime_ns, about.st_size), key=key, path=folder
        )
    except (EtudeError, OSError, ValueError) as error:
        said = str(error).replace(str(folder), key)
        return Held(key=key, path=folder, wrong=f"cannot be opened: {said}")


@functools.lru_cache(maxsize=512)
def _about(folder: Path, _changed_ns: int, _size: int) -> Held:
    """Return what a manifest says, read once for each change of it.

    Raises:
        ConfigError: It is none, or names what lies elsewhere.
    """
    manifest = Dataset.open(folder).manifest
    home = folder.resolve()
    shards = [shard for table in manifest.tables.values() for shard in table]
    sizes = {file.name: file.size_bytes for file in manifest.files}
    sizes |= {shard.name: shard.size_bytes for shard in shards}
    for name in sizes:
        if not (folder / name).resolve().is_relative_to(home):
            raise ConfigError("its manifest names a file that lies elsewhere")
    return Held(
        key="",
        path=folder,
        record=manifest.record,
        n_rows=sum(shard.n_rows for shard in manifest.tables.get(manifest.main_table, ())),
        size_bytes=sum(sizes.values()),
        digest=manifest.digest,
        created=manifest.created,
        parents=manifest.parents,
        tells=not _SECRET.isdisjoint(manifest.tables),
    )
