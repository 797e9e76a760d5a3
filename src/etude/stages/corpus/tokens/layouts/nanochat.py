"""What nanochat reads: Parquet of texts, for it encodes and packs as it trains."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from etude.errors import ConfigError
from etude.stages.corpus.tokens.layouts._base import Block, Layout, Vocabulary


class Nanochat(Layout, frozen=True, kw_only=True):
    """Shards `shard_NNNNN.parquet` with a column `text`; nanochat validates on the last one.

    The texts are those of the tokens, byte for byte, in the order of the shuffle.
    """

    row_group: int = 1024
    """Documents of a row group. Each rank of a run reads whole groups."""
    unit = "document"
    least_shards = 2

    def write(
        self, folder: Path, number: int, block: Block, vocabulary: Vocabulary
    ) -> tuple[str, ...]:
        """Write one shard and return the names of its files.

        Raises:
            ConfigError: The tokenizer's tokens are not bytes.
        """
        if vocabulary.token_bytes is None:
            raise ConfigError("nanochat reads texts, which only a byte-level tokenizer gives back")
        table = vocabulary.token_bytes.to_pylist()
        table[vocabulary.end_of_text] = b""
        pieces = pa.array(table, type=pa.large_binary()).take(pa.array(block.tokens))
        ends = np.frombuffer(pieces.buffers()[1], dtype=np.int64)[: len(pieces) + 1]
        offsets = ends[block.offsets]
        texts = pa.LargeStringArray.from_buffers(
            block.n_rows, pa.py_buffer(offsets), pieces.buffers()[2]
        )
        name = f"shard_{number:05}.parquet"
        pq.write_table(
            pa.table({"text": texts.cast(pa.string())}),
            folder / name,
            row_group_size=self.row_group,
            compression="zstd",
            use_dictionary=False,
        )
        return (name,)
