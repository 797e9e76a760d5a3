"""Rows of tokens, mapped and not read, in an order that a seed decides."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
from transformers import PreTrainedTokenizerFast

from etude.errors import ConfigError
from etude.train.token_shards import TokenShards
from etude.train.vocabulary import end_of_text

IGNORED = -100
"""Target that is not learned."""
_AT_ONCE = 1000
Ids = npt.NDArray[np.int64]


class Batch(NamedTuple):
    """Some rows, ready for a model."""

    tokens: Ids
    """[n, length]"""
    targets: Ids
    """The token after each, or `IGNORED` [n, length]."""


class Rows(Protocol):
    """Rows of one length."""

    def __len__(self) -> int:
        """Return how many rows there are."""

    @property
    def length(self) -> int:
        """Tokens of a row that are given to the model."""

    def read(self, rows: Ids) -> Batch:
        """Return some rows."""


class StreamRows:
    """Documents end to end in one file. Every token but the first is a target exactly once."""

    def __init__(self, path: Path, length: int, dtype: str) -> None:
        """Map the file.

        Raises:
            ConfigError: It holds less than one row.
        """
        self._tokens: npt.NDArray[Any] = np.memmap(path, dtype=dtype, mode="r")
        self.length = length
        if len(self) < 1:
            raise ConfigError(
                f"the data have {len(self._tokens)} tokens, less than one row of {length}"
            )

    def __len__(self) -> int:
        return (len(self._tokens) - 1) // self.length

    def read(self, rows: Ids) -> Batch:
        """Return some rows."""
        places = rows[:, None] * self.length + np.arange(self.length + 1)
        found = self._tokens[places].astype(np.int64)
        return Batch(found[:, :-1], found[:, 1:])


class ShardRows:
    """Rows of token sets; each is a text of its own, whose first token is never a target."""

    def __init__(self, paths: Sequence[Path], kept: Ids | None = None) -> None:
        """Map every shard.

        Args:
            paths: Token sets of one length.
            kept: Which of all their rows there are; `None` for all.

        Raises:
            ConfigError: They differ in length or have no rows.
        """
        self._sets = [TokenShards(path) for path in paths]
        lengths = {held.manifest.length for held in self._sets}
        if len(lengths) != 1:
            raise ConfigError(f"token sets of several lengths: {sorted(lengths)}")
        self.length = lengths.pop() - 1
        self._firsts = np.cumsum([0, *(len(held) for held in self._sets)])
        self._kept = np.arange(self._firsts[-1]) if kept is None else kept
        if not len(self._kept):
            raise ConfigError("the token sets have no rows to train on")

    def __len__(self) -> int:
        return len(self._kept)

    def read(self, rows: Ids) -> Batch:
        """Return some rows."""
        tokens = np.zeros((len(rows), self.length), dtype=np.int64)
        targets = np.full_like(tokens, IGNORED)
        for n, row in enumerate(self._kept[rows].tolist()):
            found, n_valid = self.row(row)
            tokens[n] = found[:-1]
            targets[n, : n_valid - 1] = found[1:n_valid]
        return Batch(tokens, targets)

    def row(self, row: int) -> tuple[Ids, int]:
        """Return one of all rows, kept or not, and how many of its tokens are no padding."""
        held = int(np.searchsorted(self._firsts, row, side="right")) - 1
        found, n_valid = self._sets[held].read(row - int(self._firsts[held]))
        return found.astype(np.int64), n_valid


class Order:
    """Which row stands at each place of a run: epoch after epoch, each in an order of its own."""

    def __init__(self, n_rows: int, seed: int) -> None:
        self._n = n_rows
        self._seed = seed
        self._epoch = -1
        self._rows: Ids = np.empty(0, dtype=np.int64)

    def at(self, first: int, end: int) -> Ids:
        """Return the rows at the places from `first` up to `end`."""
        found = []
        while first < end:
            epoch, within = divmod(first, self._n)
            if epoch != self._epoch:
                chance = np.random.Generator(np.random.PCG64([self._seed, epoch]))
                self._epoch, self._rows = epoch, chance.permutation(self._n)
            part = self._rows[within : within + end - first]
            found.append(part)
            first += len(part)
        return np.concatenate(found)


def write_stream(
    texts: Sequence[str], tokenizer: PreTrainedTokenizerFast, path: Path, seed: int
) -> str:
    """Encode documents in an order of chance, end to end, and return the type of the ids."""
    order = np.random.Generator(np.random.PCG64([seed, 1 << 20])).permutation(len(texts))
    dtype = "<u2" if len(tokenizer) <= 1 << 16 else "<u4"
    end = end_of_text(tokenizer)
    with path.open("wb") as file:
        # The first is not learned, and so it is no document's.
        np.asarray([end], dtype=dtype).tofile(file)
        for at in range(0, len(order), _AT_ONCE):
            part = [texts[n] for n in order[at : at + _AT_ONCE]]
            ids = [token for one in encode(part, tokenizer) for token in (*one, end)]
            np.asarray(ids, dtype=dtype).tofile(file)
    return dtype


def encode(texts: Iterable[str], tokenizer: PreTrainedTokenizerFast) -> list[list[int]]:
    """Return the ids of texts, without any special token: what looks like one is text as well."""
    # Lone surrogates, which no encoder takes, can stand in the text of a stranger.
    clean = [text.encode("utf-8", "replace").decode() for text in texts]
    found: list[list[int]] = tokenizer(clean, add_special_tokens=False, split_special_tokens=True)[
        "input_ids"
    ]
    return found
