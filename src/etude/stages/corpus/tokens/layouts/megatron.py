"""Megatron-LM's indexed data set: documents, end to end, and an index over them."""

import struct
from pathlib import Path

import numpy as np

from etude.stages.corpus.tokens.layouts._base import Block, Layout, Vocabulary

_MAGIC = b"MMIDIDX\x00\x00"
_UINT16_BELOW = 65500
"""Megatron keeps ids of a vocabulary smaller than this in two bytes, others as int32."""


class Megatron(Layout, frozen=True, kw_only=True):
    """A pair `NNNNN.bin` and `NNNNN.idx` for each shard; name them without the suffix.

    Each document is one sequence of the index and ends with the end-of-text token; Megatron packs
    them itself. Its shuffled order over documents is its own, too.
    """

    unit = "document"

    def write(
        self, folder: Path, number: int, block: Block, vocabulary: Vocabulary
    ) -> tuple[str, ...]:
        """Write one shard and return the names of its files."""
        names = (f"{number:05}.bin", f"{number:05}.idx")
        code, dtype = (8, "<u2") if vocabulary.n_vocab < _UINT16_BELOW else (4, "<i4")
        (folder / names[0]).write_bytes(block.tokens.astype(dtype, copy=False).data)
        lengths = np.diff(block.offsets).astype("<i4")
        pointers = (block.offsets[:-1] * np.dtype(dtype).itemsize).astype("<i8")
        documents = np.arange(block.n_rows + 1, dtype="<i8")
        head = _MAGIC + struct.pack("<QBQQ", 1, code, len(lengths), len(documents))
        content = head + lengths.tobytes() + pointers.tobytes() + documents.tobytes()
        (folder / names[1]).write_bytes(content)
        return names
