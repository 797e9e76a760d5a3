"""The flat bins that llm.c and modded-nanogpt read."""

from pathlib import Path

import numpy as np

from etude.stages.corpus.tokens.layouts._base import Block, Layout, Vocabulary

_GPT2 = (20240520, 1, "<u2")
_LLAMA3 = (20240801, 7, "<u4")
"""Magic number, version and type of ids, for two and for four bytes an id."""


class Llmc(Layout, frozen=True, kw_only=True):
    """Shards `train_NNNNN.bin`: 256 int32 of which three count, then the tokens of all documents.

    Pack with `end_of_text_at = "start"`, as those trainers expect it before each document. Readers
    want a shard for validation besides: rename one.
    """

    unit = "document"
    least_shards = 2

    def write(
        self, folder: Path, number: int, block: Block, vocabulary: Vocabulary
    ) -> tuple[str, ...]:
        """Write one shard and return the names of its files."""
        two_bytes = block.tokens.itemsize == np.dtype(np.uint16).itemsize
        magic, version, dtype = _GPT2 if two_bytes else _LLAMA3
        head = np.zeros(256, dtype="<i4")
        head[:3] = magic, version, len(block.tokens)
        name = f"train_{number:05}.bin"
        with (folder / name).open("wb") as file:
            file.write(head.tobytes())
            file.write(block.tokens.astype(dtype, copy=False).data)
        return (name,)
