"""Index: sorted keys of what earlier releases held, on disk, to be asked by later ones.

A release adds one generation of keys. Each key remembers the first generation that had it, so that
a release which is built again is compared with those before it and never with itself. Files are
merged as they grow in number; what the index holds is named by `index.json`, written last.
"""

import fcntl
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from etude.errors import ConfigError, RecordError
from etude.stages.corpus.arrays import ArrayWriter, Keys, find_keys, read_array
from etude.store import write_whole

_TABLE = "index.json"
_VERSION = 1
_COLUMNS = ("high", "low", "generation")
_RANGE_KEYS = 4_000_000
_MERGE_RATIO = 3
"""Two neighbouring files are merged while the older is not this many times the newer."""


class _Generation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    number: int
    release: str
    n_keys: int


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    n_keys: int


class _Columns(NamedTuple):
    high: Keys
    low: Keys
    generation: npt.NDArray[np.uint32]
    """First generation that had the key."""

    def at(self, places: slice | npt.NDArray[Any]) -> "_Columns":
        return _Columns(self.high[places], self.low[places], self.generation[places])


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: int = _VERSION
    kind: str
    generations: tuple[_Generation, ...] = ()
    files: tuple[_File, ...] = ()


class Index:
    """Keys of 128 bits, two columns of uint64; `low` is all zeros where 64 bits are enough."""

    def __init__(self, folder: Path, kind: str) -> None:
        """Open the index in `folder`; one that is not there yet is empty.

        Args:
            folder: Where it lies.
            kind: What the keys are and all settings on which they depend, in words.

        Raises:
            ConfigError: It holds keys of another kind, or cannot be read.
        """
        self.folder = folder
        self._table = self._read(kind)

    def releases(self) -> list[str]:
        """Names of the releases whose keys it holds, oldest first."""
        return [generation.release for generation in self._table.generations]

    def n_keys(self) -> int:
        """Number of keys, each counted once for each file that has it."""
        return sum(file.n_keys for file in self._table.files)

    def holds(self, high: Keys, low: Keys, before: str = "") -> npt.NDArray[np.bool_]:
        """Return which keys the releases before `before` had, bool [keys].

        Args:
            high: First half of each key; quickest when sorted.
            low: Second half.
            before: A release; when the index does not have it, all releases count.

        Raises:
            RecordError: A file of the index is missing or damaged.
        """
        limit = self._number_of(before)
        found = np.zeros(len(high), dtype=np.bool_)
        for file in self._table.files:
            columns = self._columns(file)
            place = find_keys((columns.high, columns.low), (high, low))
            there = np.flatnonzero(place >= 0)
            found[there[columns.generation[place[there]] < limit]] = True
        return found

    def add(self, release: str, pieces: Iterable[tuple[Keys, Keys]]) -> None:
        """Add the keys of a release; those of an earlier build of it are replaced.

        Args:
            release: Its name.
            pieces: Keys that grow from piece to piece, and in any order within each.

        Raises:
            ConfigError: The index cannot be written.
            RecordError: A file of the index is missing or damaged.
        """
        with self._locked():
            self._table = self._read(self._table.kind)
            number = self._number_of(release)
            files = list(self._without(number))
            added = self._write(_with_number(pieces, number))
            if added.n_keys:
                files.append(added)
            known = [g for g in self._table.generations if g.number != number]
            known.append(_Generation(number=number, release=release, n_keys=added.n_keys))
            known.sort(key=lambda generation: generation.number)
            self._commit(known, files)
            while len(files) > 1 and files[-2].n_keys < _MERGE_RATIO * files[-1].n_keys:
                merged = self._write(self._merged(files[-2:]))
                files[-2:] = [merged]
                self._commit(known, files)

    def _number_of(self, release: str) -> int:
        """Return the number of a release's generation, or the one it would get."""
        last = 0
        for generation in self._table.generations:
            if generation.release == release:
                return generation.number
            last = generation.number
        return last + 1

    def _without(self, number: int) -> Iterator[_File]:
        """Yield the files, written again where they hold keys of a generation that goes."""
        if number not in {generation.number for generation in self._table.generations}:
            yield from self._table.files
            return
        for file in self._table.files:
            if not (self._columns(file).generation == number).any():
                yield file
            elif (left := self._write(self._merged([file], number))).n_keys:
                yield left

    def _merged(self, files: list[_File], leave_out: int = 0) -> Iterator[_Columns]:
        """Yield the keys of files in rising order, each with its earliest generation."""
        sources = [self._columns(file) for file in files]
        n_ranges = max(1, -(-sum(file.n_keys for file in files) // _RANGE_KEYS))
        bounds = np.array([(n << 64) // n_ranges for n in range(1, n_ranges)], dtype=np.uint64)
        cuts = [[0, *np.searchsorted(s.high, bounds).tolist(), len(s.high)] for s in sources]
        for n in range(n_ranges):
            pieces = [
                source.at(slice(cut[n], cut[n + 1]))
                for source, cut in zip(sources, cuts, strict=True)
            ]
            whole = _Columns(
                np.concatenate([piece.high for piece in pieces]),
                np.concatenate([piece.low for piece in pieces]),
                np.concatenate([piece.generation for piece in pieces]),
            )
            yield _distinct(whole, leave_out)

    def _columns(self, file: _File) -> _Columns:
        columns = _Columns(*(read_array(self.folder / file.name / f"{n}.npy") for n in _COLUMNS))
        if any(len(column) != file.n_keys for column in columns):
            raise RecordError(f"{self.folder / file.name}: damaged: it has not {file.n_keys} keys")
        return columns

    def _write(self, pieces: Iterable[_Columns]) -> _File:
        """Write keys as a new file, which is a folder of one array for each column."""
        taken = [int(path.name.removeprefix("keys-")) for path in self.folder.glob("keys-*")]
        name = f"keys-{max(taken, default=0) + 1:06d}"
        folder = self.folder / name
        with (
            ArrayWriter(folder / "high.npy", np.uint64) as high,
            ArrayWriter(folder / "low.npy", np.uint64) as low,
            ArrayWriter(folder / "generation.npy", np.uint32) as generation,
        ):
            for piece in pieces:
                high.append(piece.high)
                low.append(piece.low)
                generation.append(piece.generation)
        return _File(name=name, n_keys=high.size)

    def _commit(self, generations: list[_Generation], files: list[_File]) -> None:
        """Let the index be these files, and take away those that are no part of it."""
        self._table = _Table(
            kind=self._table.kind, generations=tuple(generations), files=tuple(files)
        )
        write_whole(self.folder / _TABLE, msgspec.json.encode(self._table))
        named = {file.name for file in files}
        for path in self.folder.glob("keys-*"):
            if path.name not in named:
                shutil.rmtree(path, ignore_errors=True)

    def _read(self, kind: str) -> _Table:
        path = self.folder / _TABLE
        try:
            table = msgspec.json.decode(path.read_bytes(), type=_Table)
        except FileNotFoundError:
            return _Table(kind=kind)
        except OSError as cause:
            raise ConfigError(f"cannot read {path}: {cause.strerror}") from cause
        except msgspec.MsgspecError as cause:
            raise ConfigError(f"{path}: not an index this Etude can read: {cause}") from cause
        if table.version != _VERSION:
            raise ConfigError(f"{path}: written by a newer Etude (version {table.version})")
        if table.kind != kind:
            raise ConfigError(f"{self.folder}: an index of {table.kind!r}, not of {kind!r}")
        return table

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other processes from adding at the same time."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = (self.folder / ".lock").open("w")
        except OSError as cause:
            raise ConfigError(f"cannot write {self.folder}: {cause.strerror}") from cause
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _with_number(pieces: Iterable[tuple[Keys, Keys]], number: int) -> Iterator[_Columns]:
    for high, low in pieces:
        yield _distinct(_Columns(high, low, np.full(len(high), number, dtype=np.uint32)), 0)


def _distinct(keys: _Columns, leave_out: int) -> _Columns:
    """Return each key once, sorted, with its earliest generation; one generation left out."""
    if leave_out:
        keys = keys.at(keys.generation != leave_out)
    keys = keys.at(np.lexsort((keys.generation, keys.low, keys.high)))
    new = np.ones(len(keys.high), dtype=np.bool_)
    new[1:] = (keys.high[1:] != keys.high[:-1]) | (keys.low[1:] != keys.low[:-1])
    return keys.at(new)
