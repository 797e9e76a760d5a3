"""Sequences as rows of Parquet, for whatever reads Parquet."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from etude.stages.corpus.tokens.layouts._base import Block, Layout, Vocabulary


class Parquet(Layout, frozen=True, kw_only=True):
    """Shards `NNNNN.parquet`: `tokens`, `boundaries` (where documents begin) and `n_valid`."""

    row_group: int = 1024
    """Sequences of a row group."""

    def write(
        self, folder: Path, number: int, block: Block, vocabulary: Vocabulary
    ) -> tuple[str, ...]:
        """Write one shard and return the names of its files."""
        rows = block.row_of_starts()
        within = block.starts - np.repeat(block.offsets[:-1], np.diff(rows))
        table = pa.table(
            {
                "tokens": _lists(block.offsets, block.tokens),
                "boundaries": _lists(rows, within),
                "n_valid": pa.array(block.n_valid.astype(np.int32)),
            }
        )
        name = f"{number:05}.parquet"
        pq.write_table(table, folder / name, row_group_size=self.row_group, compression="zstd")
        return (name,)


def _lists(offsets: npt.NDArray[np.int64], values: npt.NDArray[np.generic]) -> pa.ListArray:
    return pa.ListArray.from_arrays(
        pa.array(offsets.astype(np.int32)), pa.array(values.astype(np.int32))
    )
