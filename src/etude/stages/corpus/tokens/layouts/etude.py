"""Etude's own layout: flat tokens that are mapped into memory, and where documents begin."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from etude.errors import RecordError
from etude.stages.corpus.tokens.layouts._base import Block, Layout, Vocabulary

MAGIC = b"ETUDETOK"
VERSION = 1


class Etude(Layout, frozen=True, kw_only=True):
    """Shards `NNNNN.bin` and `NNNNN.idx`, little-endian.

    The `.bin` is the tokens and nothing else, uint16 or uint32, as nanoGPT maps them. The `.idx`
    has 8 bytes `ETUDETOK`; uint64 version, rows, starts; int64 [rows + 1] where each row's starts
    begin; uint32 [rows] valid tokens of each row; uint32 [starts] places within the row where a
    document begins, the first of each row being 0.
    """

    def write(
        self, folder: Path, number: int, block: Block, vocabulary: Vocabulary
    ) -> tuple[str, ...]:
        """Write one shard and return the names of its files."""
        names = (f"{number:05}.bin", f"{number:05}.idx")
        dtype = "<u2" if block.tokens.itemsize == np.dtype(np.uint16).itemsize else "<u4"
        (folder / names[0]).write_bytes(block.tokens.astype(dtype, copy=False).data)
        rows = block.row_of_starts()
        within = block.starts - np.repeat(block.offsets[:-1], np.diff(rows))
        head = np.asarray([VERSION, block.n_rows, len(block.starts)], dtype="<u8")
        parts = (head, rows.astype("<i8"), block.n_valid.astype("<u4"), within.astype("<u4"))
        (folder / names[1]).write_bytes(MAGIC + b"".join(part.tobytes() for part in parts))
        return names


class EtudeShard(NamedTuple):
    """One shard, mapped and not read."""

    tokens: npt.NDArray[np.unsignedinteger[Any]]
    """[n_rows, length]"""
    first_start: npt.NDArray[np.int64]
    """Where each row's starts begin in `starts` [n_rows + 1]."""
    n_valid: npt.NDArray[np.uint32]
    starts: npt.NDArray[np.uint32]


def open_shard(path: Path, length: int, dtype: np.dtype[Any]) -> EtudeShard:
    """Map the shard whose `.bin` is at `path`.

    Raises:
        RecordError: It is not there or damaged.
    """
    index = path.with_suffix(".idx")
    try:
        raw: npt.NDArray[np.uint8] = np.memmap(index, dtype=np.uint8, mode="r")
        tokens: npt.NDArray[Any] = np.memmap(path, dtype=dtype, mode="r")
    except (OSError, ValueError) as cause:
        raise RecordError(f"{path}: cannot be read: {cause}") from cause
    if raw[:8].tobytes() != MAGIC:
        raise RecordError(f"{index}: no index of tokens")
    version, n_rows, n_starts = (int(n) for n in raw[8:32].view("<u8"))
    if version != VERSION or len(raw) != 32 + 8 * (n_rows + 1) + 4 * (n_rows + n_starts):
        raise RecordError(f"{index}: damaged")
    if len(tokens) != n_rows * length:
        raise RecordError(f"{path}: {len(tokens)} tokens, {n_rows * length} were written")
    at = 32 + 8 * (n_rows + 1)
    return EtudeShard(
        tokens=tokens.reshape(n_rows, length),
        first_start=raw[32:at].view("<i8"),
        n_valid=raw[at : at + 4 * n_rows].view("<u4"),
        starts=raw[at + 4 * n_rows :].view("<u4"),
    )
