"""MosaicML streaming's shards: samples with an index, written by its description of the format."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from etude.errors import ConfigError
from etude.stages.corpus.tokens.layouts._base import Block, Layout, Vocabulary
from etude.stages.corpus.tokens.tokenset import TokenShard

_COLUMNS = ("boundaries", "tokens")


class Mds(Layout, frozen=True, kw_only=True):
    """Shards `shard.NNNNN.mds` and `index.json` of version 2.

    A sample has `tokens`, an array of the sequence's length, and `boundaries`, uint32, the places
    where a document begins and, last, where padding does.
    """

    def write(
        self, folder: Path, number: int, block: Block, vocabulary: Vocabulary
    ) -> tuple[str, ...]:
        """Write one shard and return the names of its files.

        Raises:
            ConfigError: The shard would be too large for offsets of 32 bits.
        """
        length = int(block.offsets[1]) if block.n_rows else 1
        config = json.dumps(_config(length, block.tokens.dtype.name), sort_keys=True).encode()
        rows = block.row_of_starts()
        samples = [_sample(block, rows, n) for n in range(block.n_rows)]
        sizes = np.asarray([0, *map(len, samples)], dtype=np.int64)
        head = 4 + 4 * len(sizes) + len(config)
        ends = np.cumsum(sizes) + head
        if ends[-1] >= 1 << 32:
            raise ConfigError("an MDS shard holds at most 4 GiB; pack with smaller shards")
        name = f"shard.{number:05}.mds"
        with (folder / name).open("wb") as file:
            file.write(np.uint32(block.n_rows).tobytes() + ends.astype("<u4").tobytes() + config)
            file.writelines(samples)
        return (name,)

    def finish(
        self, folder: Path, shards: Sequence[TokenShard], length: int, dtype: str
    ) -> tuple[str, ...]:
        """Write `index.json`."""
        entries = [
            {
                **_config(length, dtype),
                "raw_data": {
                    "basename": shard.files[0].name,
                    "bytes": shard.files[0].size_bytes,
                    "hashes": {},
                },
                "samples": shard.n_rows,
                "zip_data": None,
            }
            for shard in shards
        ]
        index = {"shards": entries, "version": 2}
        (folder / "index.json").write_text(json.dumps(index, sort_keys=True), encoding="utf-8")
        return ("index.json",)


def _config(length: int, dtype: str) -> dict[str, object]:
    return {
        "column_encodings": ["ndarray:uint32", f"ndarray:{dtype}:{length}"],
        "column_names": list(_COLUMNS),
        "column_sizes": [None, length * np.dtype(dtype).itemsize],
        "compression": None,
        "format": "mds",
        "hashes": [],
        "size_limit": None,
        "version": 2,
    }


def _sample(block: Block, rows: np.ndarray[tuple[int], np.dtype[np.int64]], n: int) -> bytes:
    """Encode one sample: sizes of columns whose size may vary, then the columns by name."""
    begin, end = block.offsets[n], block.offsets[n + 1]
    starts = block.starts[rows[n] : rows[n + 1]] - begin
    if block.n_valid[n] < end - begin:
        starts = np.append(starts, block.n_valid[n])
    # One dimension, whose size takes a byte, two or four: the width's code is in the low bits.
    count = len(starts)
    code, width = (0, "<u1") if count < 1 << 8 else (1, "<u2") if count < 1 << 16 else (2, "<u4")
    shape = bytes([1 << 2 | code]) + np.asarray(count, dtype=width).tobytes()
    boundaries: bytes = shape + starts.astype("<u4").tobytes()
    tokens: bytes = block.tokens[begin:end].tobytes()
    return len(boundaries).to_bytes(4, "little") + boundaries + tokens
