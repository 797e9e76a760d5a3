"""What a layout is: settings that turn blocks of tokens into files."""

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from etude.plugins import Spec
from etude.stages.corpus.tokens.tokenset import TokenShard


class Block(NamedTuple):
    """Rows of tokens, end to end: sequences of one length, or documents."""

    tokens: npt.NDArray[np.unsignedinteger[Any]]
    """uint16 or uint32 [n_tokens], padding among them."""
    offsets: npt.NDArray[np.int64]
    """Where each row begins in `tokens`, and the end of the last [n_rows + 1]."""
    starts: npt.NDArray[np.int64]
    """Where in `tokens` a row begins or, within a row, another document [n_starts]; growing."""
    n_valid: npt.NDArray[np.int64]
    """Tokens of each row that are no padding, which stands at its end [n_rows]."""

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.offsets) - 1

    def row_of_starts(self) -> npt.NDArray[np.int64]:
        """Return where each row's starts begin in `starts`, and their number [n_rows + 1]."""
        return np.searchsorted(self.starts, self.offsets).astype(np.int64)


class Vocabulary(NamedTuple):
    """What a layout may have to know of the tokenizer."""

    n_vocab: int
    end_of_text: int
    token_bytes: pa.BinaryArray | None
    """The bytes of every id; `None` if the tokenizer's tokens are not bytes."""


class Layout(Spec, frozen=True, kw_only=True):
    """One way to keep tokens in files. The same block gives the same bytes."""

    unit: ClassVar[Literal["sequence", "document"]] = "sequence"
    """What it is given: sequences of one length, or whole documents."""
    least_shards: ClassVar[int] = 1
    """How many shards its reader needs."""

    @abstractmethod
    def write(
        self, folder: Path, number: int, block: Block, vocabulary: Vocabulary
    ) -> tuple[str, ...]:
        """Write one shard and return the names of its files.

        Raises:
            ConfigError: The layout cannot hold tokens of this tokenizer, or the disk is full.
        """

    def finish(
        self, folder: Path, shards: Sequence[TokenShard], length: int, dtype: str
    ) -> tuple[str, ...]:
        """Write what belongs to all shards together and return the names of those files."""
        return ()
