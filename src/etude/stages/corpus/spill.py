"""Spill: small fixed-width records on disk, in buckets, for steps that compare documents.

Every part of the corpus writes one file of its own, whole or not at all, so that parts can be
written side by side and made again after a crash. Records wanted by key are sorted before they are
written; `Spill.ranges` then reads one range of keys at a time over all parts, so that memory is
bounded whatever the size of the corpus.
"""

import os
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import msgspec
import numpy as np
import numpy.typing as npt

from etude.errors import ConfigError, RecordError
from etude.stages.corpus.arrays import pick, read_array, write_array

Records = npt.NDArray[Any]

_START = b"ETUDESP1"
_END = b"ETUDEEND"
_BUFFER_BYTES = 48_000_000
"""A writer holds this much before it writes a block of every bucket."""
_RANGE_BYTES = 128_000_000


class _Block(msgspec.Struct, frozen=True, array_like=True):
    """One run of records of one bucket, and where it lies in its file."""

    bucket: str
    dtype: str
    offset: int
    count: int
    crc: int


class SpillWriter:
    """Writes the records of one part; they count only once the writer has been left."""

    def __init__(self, folder: Path, part: int) -> None:
        self._path = folder / f"part-{part:08d}.spill"
        # Named after the process: one that outlived a killed run may still write the same part.
        self._draft = folder / f".{self._path.name}.{os.getpid()}.draft"
        self._file: BinaryIO | None = None
        self._buffers: dict[str, list[Records]] = {}
        self._sorted: set[str] = set()
        self._held_bytes = 0
        self._blocks: list[_Block] = []

    def __enter__(self) -> Self:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._draft.open("wb")
            self._file.write(_START)
        except OSError as cause:
            raise ConfigError(f"cannot write {self._path}: {cause.strerror}") from cause
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        file = self._opened()
        try:
            if kind is None:
                self._flush()
                self._finish(file)
            file.close()
            if kind is None:
                self._draft.replace(self._path)
        except OSError as cause:
            raise ConfigError(f"cannot write {self._path}: {cause.strerror}") from cause
        finally:
            file.close()
            self._file = None
            self._draft.unlink(missing_ok=True)

    def write(self, bucket: str, records: Records) -> None:
        """Add records (any fixed-width or structured dtype) to a bucket of this part."""
        self._hold(bucket, records)

    def write_keyed(self, bucket: str, records: Records) -> None:
        """Add structured records that will be read by `Spill.ranges`.

        Their first field is the key: uint64, and spread evenly over all values as hashes are.
        """
        self._sorted.add(bucket)
        self._hold(bucket, records)

    def _hold(self, bucket: str, records: Records) -> None:
        if records.dtype.hasobject or records.ndim != 1:
            raise TypeError(f"a spill holds rows of fixed width, not {records.dtype}")
        if len(records):
            # A copy: a slice would keep the whole batch that it was cut from alive.
            self._buffers.setdefault(bucket, []).append(np.array(records))
            self._held_bytes += records.nbytes
        if self._held_bytes >= _BUFFER_BYTES:
            self._flush()

    def _flush(self) -> None:
        file = self._opened()
        try:
            for bucket, held in sorted(self._buffers.items()):
                records = held[0] if len(held) == 1 else np.concatenate(held)
                if bucket in self._sorted:
                    records = pick(records, np.argsort(records[_key(records)], kind="stable"))
                self._write_block(file, bucket, records)
        except OSError as cause:
            raise ConfigError(f"cannot write {self._path}: {cause.strerror}") from cause
        self._buffers.clear()
        self._held_bytes = 0

    def _write_block(self, file: BinaryIO, bucket: str, records: Records) -> None:
        file.write(bytes(-file.tell() % 64))
        dtype = msgspec.json.encode(np.lib.format.dtype_to_descr(records.dtype)).decode()
        content = np.ascontiguousarray(records).view(np.uint8).data
        block = _Block(bucket, dtype, file.tell(), len(records), zlib.crc32(content))
        file.write(content)
        self._blocks.append(block)

    def _finish(self, file: BinaryIO) -> None:
        index = msgspec.json.encode(self._blocks)
        file.write(index)
        file.write(len(index).to_bytes(8, "little") + zlib.crc32(index).to_bytes(4, "little"))
        file.write(_END)
        file.flush()
        os.fsync(file.fileno())

    def _opened(self) -> BinaryIO:
        if self._file is None:
            raise RuntimeError("a spill is written inside `with`")
        return self._file


class Spill:
    """What the gatherers of one step wrote, and what was decided from it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._indexes: dict[Path, tuple[tuple[int, int, int], list[_Block]]] = {}

    def writer(self, part: int) -> SpillWriter:
        """Return the writer of one part; what that part wrote before is replaced."""
        return SpillWriter(self.folder, part)

    def buckets(self) -> list[str]:
        """Names of the buckets that hold records."""
        return sorted({block.bucket for path in self._parts() for block in self._index(path)})

    def count(self, bucket: str) -> int:
        """Number of records in a bucket."""
        return sum(block.count for _, block in self._blocks(bucket))

    def read(self, bucket: str) -> Iterator[Records]:
        """Yield the records of a bucket, part by part in order of their number.

        Raises:
            RecordError: A file of the spill is not as it was written.
        """
        for path, block in self._blocks(bucket):
            yield self._records(path, block)

    def ranges(self, bucket: str, max_bytes: int = _RANGE_BYTES) -> Iterator[Records]:
        """Yield what `write_keyed` wrote, in rising order of keys, a range of keys at a time.

        Records of one key come together and, under it, in order of parts and of writing.

        Args:
            bucket: Where they were written.
            max_bytes: About the size of what is yielded at once; no key is divided, though.

        Raises:
            RecordError: A file of the spill is not as it was written.
        """
        blocks = list(self._blocks(bucket))
        total_bytes = sum(block.count * _dtype(block, path).itemsize for path, block in blocks)
        n_ranges = max(1, -(-total_bytes // max_bytes))
        bounds = np.array([(n << 64) // n_ranges for n in range(1, n_ranges)], dtype=np.uint64)
        cuts = []
        for path, block in blocks:
            records = self._records(path, block)
            inner = np.searchsorted(np.ascontiguousarray(records[_key(records)]), bounds)
            cuts.append([0, *inner.tolist(), block.count])
        for n in range(n_ranges):
            wanted = [
                (path, block, cut[n], cut[n + 1])
                for (path, block), cut in zip(blocks, cuts, strict=True)
                if cut[n] < cut[n + 1]
            ]
            if wanted:
                records = np.concatenate([self._slice(*piece) for piece in wanted])
                yield pick(records, np.argsort(records[_key(records)], kind="stable"))

    def decide(self, name: str, values: npt.NDArray[np.generic]) -> None:
        """Leave a decision, an array, for `judge`."""
        write_array(self._decision_path(name), values.dtype, [values])

    def decide_in_pieces(
        self, name: str, dtype: npt.DTypeLike, pieces: Iterable[npt.NDArray[np.generic]]
    ) -> None:
        """Leave a decision that is made piece by piece and never held whole."""
        write_array(self._decision_path(name), dtype, pieces)

    def decision(self, name: str) -> npt.NDArray[Any]:
        """Return a decision, mapped from disk and not copied.

        Raises:
            RecordError: It is not there, or not as it was written.
        """
        return read_array(self._decision_path(name))

    def clear(self) -> None:
        """Remove the records; decisions stay."""
        for path in self._parts():
            path.unlink(missing_ok=True)

    def scratch(
        self, size: int, dtype: npt.DTypeLike, fill: float | None = None
    ) -> npt.NDArray[Any]:
        """Return an array on disk that vanishes with its last user; zeros unless told."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=self.folder) as file:
            file.truncate(max(1, size * np.dtype(dtype).itemsize))
            mapped = np.memmap(file, dtype=dtype, mode="r+", shape=(max(1, size),))
        array: npt.NDArray[Any] = np.asarray(mapped)[:size]
        if fill is not None:
            array[:] = fill
        return array

    def _decision_path(self, name: str) -> Path:
        return self.folder / f"decision-{name}.npy"

    def _parts(self) -> list[Path]:
        return sorted(self.folder.glob("part-*.spill"), key=lambda path: (len(path.name), path))

    def _blocks(self, bucket: str) -> Iterator[tuple[Path, _Block]]:
        for path in self._parts():
            for block in self._index(path):
                if block.bucket == bucket:
                    yield path, block

    def _index(self, path: Path) -> list[_Block]:
        state = path.stat()
        seal = (state.st_ino, state.st_size, state.st_mtime_ns)
        if path not in self._indexes or self._indexes[path][0] != seal:
            self._indexes[path] = (seal, _read_index(path))
        return self._indexes[path][1]

    def _records(self, path: Path, block: _Block) -> Records:
        records = self._slice(path, block, 0, block.count)
        if zlib.crc32(records.view(np.uint8).data) != block.crc:
            raise RecordError(
                f"{path}: damaged: the checksum of {block.count} records of "
                f"{block.bucket!r} at byte {block.offset} does not hold"
            )
        return records

    def _slice(self, path: Path, block: _Block, start: int, stop: int) -> Records:
        # Read, not mapped: of mapped files the system may keep far more in memory than is touched.
        dtype = _dtype(block, path)
        offset = block.offset + start * dtype.itemsize
        records: Records
        try:
            records = np.fromfile(path, dtype, stop - start, offset=offset)
        except (OSError, ValueError) as cause:
            raise RecordError(f"{path}: damaged: {cause}") from cause
        if len(records) < stop - start:
            raise RecordError(f"{path}: damaged: it ends too early")
        return records


def _read_index(path: Path) -> list[_Block]:
    tail = 8 + 4 + len(_END)
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - tail))
            end = file.read()
            length = int.from_bytes(end[:8], "little")
            if not end.endswith(_END) or length > size - tail:
                raise RecordError(f"{path}: damaged: it ends too early")
            file.seek(size - tail - length)
            index = file.read(length)
    except OSError as cause:
        raise RecordError(f"{path}: cannot be read: {cause.strerror}") from cause
    if zlib.crc32(index) != int.from_bytes(end[8:12], "little"):
        raise RecordError(f"{path}: damaged: the checksum of its index does not hold")
    try:
        return msgspec.json.decode(index, type=list[_Block])
    except msgspec.MsgspecError as cause:
        raise RecordError(f"{path}: damaged: {cause}") from cause


def _dtype(block: _Block, path: Path) -> np.dtype[Any]:
    try:
        plain = msgspec.json.decode(block.dtype)
        if isinstance(plain, list):
            plain = [tuple(tuple(p) if isinstance(p, list) else p for p in f) for f in plain]
        dtype: np.dtype[Any] = np.dtype(plain)
    except (TypeError, ValueError, msgspec.MsgspecError) as cause:
        raise RecordError(f"{path}: damaged: no dtype is {block.dtype}") from cause
    return dtype


def _key(records: Records) -> str:
    names = records.dtype.names
    if not names:
        raise TypeError("records read by key are structured, and their first field is the key")
    return names[0]
