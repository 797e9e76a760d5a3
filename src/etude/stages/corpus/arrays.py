"""Arrays on disk: .npy files that appear whole or not at all, and are mapped to be read."""

import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np
import numpy.typing as npt

from etude.errors import ConfigError, RecordError

Keys = npt.NDArray[np.uint64]
_HEADER_BYTES = 256


class ArrayWriter:
    """Writes one array of one dimension, piece by piece, without ever holding it whole."""

    def __init__(self, path: Path, dtype: npt.DTypeLike) -> None:
        self._path = path
        self._draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
        self._dtype: np.dtype[Any] = np.dtype(dtype)
        self._file: BinaryIO
        self.size = 0
        """Values written so far."""

    def __enter__(self) -> Self:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._draft.open("wb")
            self._file.write(bytes(_HEADER_BYTES))
        except OSError as cause:
            raise self._unwritable(cause) from cause
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._file.seek(0)
                self._file.write(_header(self._dtype, self.size))
                self._file.flush()
                os.fsync(self._file.fileno())
                self._file.close()
                self._draft.replace(self._path)
        except OSError as cause:
            raise self._unwritable(cause) from cause
        finally:
            self._file.close()
            self._draft.unlink(missing_ok=True)

    def append(self, piece: npt.NDArray[np.generic]) -> None:
        """Add values; they are cast to the dtype of the array where that loses nothing."""
        piece = piece.astype(self._dtype, casting="same_kind", copy=False)
        try:
            self._file.write(np.ascontiguousarray(piece).view(np.uint8).data)
        except OSError as cause:
            raise self._unwritable(cause) from cause
        self.size += len(piece)

    def _unwritable(self, cause: OSError) -> ConfigError:
        return ConfigError(f"cannot write {self._path}: {cause.strerror}")


def write_array(
    path: Path, dtype: npt.DTypeLike, pieces: Iterable[npt.NDArray[np.generic]]
) -> None:
    """Write pieces as one .npy file that appears whole or not at all.

    Raises:
        ConfigError: It cannot be written.
    """
    with ArrayWriter(path, dtype) as writer:
        for piece in pieces:
            writer.append(piece)


def read_array(path: Path) -> npt.NDArray[Any]:
    """Return the array in a .npy file, mapped from disk and not copied.

    Raises:
        RecordError: It is not there, or not as it was written.
    """
    try:
        values: npt.NDArray[Any] = np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except (OSError, ValueError, EOFError) as cause:
        raise RecordError(f"{path}: missing or damaged: {cause}") from cause
    return values


def pick(records: npt.NDArray[Any], which: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return records by number or by mask; of structured ones ten times as fast as indexing."""
    places = np.flatnonzero(which) if which.dtype == np.bool_ else which
    picked: npt.NDArray[Any] = np.take(records, places)
    return picked


def distinct(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the different values, sorted; several times as fast as `np.unique`."""
    ordered = np.sort(values)
    new = np.ones(len(ordered), dtype=np.bool_)
    new[1:] = ordered[1:] != ordered[:-1]
    return ordered[new]


def find_keys(keys: tuple[Keys, Keys], sought: tuple[Keys, Keys]) -> npt.NDArray[np.int64]:
    """Return where each sought key of 128 bits lies, int64; -1 where it is not.

    Args:
        keys: High and low halves, distinct, sorted by both; may be mapped from disk.
        sought: High and low halves; quickest when sorted.
    """
    high, low = keys
    found = np.full(len(sought[0]), -1, dtype=np.int64)
    ask = np.arange(len(sought[0]))
    place = np.searchsorted(high, sought[0])
    while len(ask):
        inside = place < len(high)
        ask, place = ask[inside], place[inside]
        same = high[place] == sought[0][ask]
        ask, place = ask[same], place[same]
        hit = low[place] == sought[1][ask]
        found[ask[hit]] = place[hit]
        # Keys whose high halves are equal lie side by side: the next one may be it.
        ask, place = ask[~hit], place[~hit] + 1
    return found


def _header(dtype: np.dtype[Any], size: int) -> bytes:
    """Return the head of a .npy file at a fixed length, so that it can be written last."""
    shape = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": (size,)}
    start = np.lib.format.magic(1, 0)
    room = _HEADER_BYTES - len(start) - 2
    text = repr(shape).encode("latin1").ljust(room - 1) + b"\n"
    if len(text) != room:
        raise ValueError(f"the dtype {dtype} has too many fields for a .npy file made in pieces")
    return bytes(start) + room.to_bytes(2, "little") + text
