"""A loader of packed sequences that ranks and workers share, and that goes on where it stopped.

There is one order of all sequences, whoever reads them: epoch after epoch, each in an order of its
own. A step takes the next `batch_size * world` of it, and each rank its own part of those. So a
place in that order is all there is to know of how far a training run is, and it means the same
for any number of ranks, workers and any batch size.

Nothing of torch is imported. `TokenLoader` has a length and items, so torch's `DataLoader` takes it
as it is, with `batch_size=None`; its batches are then read by workers and come in order.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from etude.errors import ConfigError
from etude.stages.corpus.tokens.layouts.etude import EtudeShard, open_shard
from etude.stages.corpus.tokens.shuffle import permuted
from etude.stages.corpus.tokens.tokenset import TokenSet

IGNORED = -100
"""Target that is not learned, as torch's cross entropy ignores it."""


class Batch(NamedTuple):
    """Some sequences, ready for a model."""

    tokens: npt.NDArray[np.int64]
    """[n, length]"""
    targets: npt.NDArray[np.int64]
    """The token after each; `IGNORED` at the end, in padding, and, where wanted, wherever the next
    token belongs to another document [n, length]."""
    documents: npt.NDArray[np.int32]
    """Number of the document within its sequence, from 0; -1 in padding [n, length]. Tokens of
    equal numbers may attend to each other."""
    place: int
    """Where the whole run is once all ranks have taken this step: see `state_at`."""


class _State(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    place: int
    seed: int
    shuffle: bool
    tokens: str


class TokenLoader:
    """Batches of a token set of the layout `etude`, for one rank of a run.

    `len` and items count the batches that remain, from where `load_state_dict` put it; iterating
    moves on, so that `state_dict` is exact between any two batches.
    """

    def __init__(
        self,
        path: Path,
        *,
        batch_size: int,
        rank: int = 0,
        world: int = 1,
        seed: int = 0,
        options: LoaderOptions | None = None,
    ) -> None:
        """Open the token set at `path`.

        Args:
            path: Folder of the token set.
            batch_size: Sequences of one batch of one rank.
            rank: Which rank this is.
            world: How many ranks there are.
            seed: For the order of each epoch.
            options: Epochs, shuffling, and how batches end.

        Raises:
            ConfigError: It is no token set of sequences, or the numbers do not fit.
            RecordError: A shard is damaged.
        """
        if batch_size < 1 or world < 1 or not 0 <= rank < world:
            raise ConfigError(
                f"batch_size {batch_size}, rank {rank} of {world}: cannot be shared so"
            )
        self.options = options or LoaderOptions()
        data = TokenSet.open(path)
        if data.manifest.layout.get("use") != "etude":
            raise ConfigError(
                f"{path}: of the layout {data.manifest.layout.get('use')!r}; "
                "this loader reads 'etude'"
            )
        self.path = path
        self.n_sequences = len(data)
        if not self.n_sequences:
            raise ConfigError(f"{path}: has no sequences")
        self.length = data.manifest.length
        self.batch_size = batch_size
        self.rank = rank
        self.world = world
        self.seed = seed
        self._place = 0
        self._digest = data.manifest.digest
        self._dtype = data.dtype
        self._names = [shard.files[0].name for shard in data.manifest.shards]
        counts = [shard.n_rows for shard in data.manifest.shards]
        self._firsts = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(counts)])
        self._shards: dict[int, EtudeShard] = {}

    def __len__(self) -> int:
        """Return how many batches are left.

        Raises:
            ConfigError: There is no end to them.
        """
        left = self._end() - self._place
        step = self.batch_size * self.world
        return max(0, left // step if self.options.drop_last else -(-left // step))

    def __getitem__(self, index: int) -> Batch:
        """Return a batch, counted from where the loader stands."""
        if index < 0:
            raise IndexError(index)
        step = self.batch_size * self.world
        begin = self._place + index * step
        end = begin + step
        if self.options.epochs:
            last = self._end()
            if begin >= last or (end > last and self.options.drop_last):
                raise IndexError(index)
            end = min(end, last)
        # A last step that is short is shared evenly, so that every rank has its part of it.
        share = -(-(end - begin) // self.world)
        places = np.arange(begin + self.rank * share, min(begin + (self.rank + 1) * share, end))
        return self._batch(self.order(places), end)

    def __iter__(self) -> Iterator[Batch]:
        """Yield the batches that are left, and move on with each."""
        while True:
            try:
                batch = self[0]
            except IndexError:
                return
            self._place = batch.place
            yield batch

    def order(self, places: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return which sequence stands at each place of the run, over all epochs."""
        n = self.n_sequences
        rows = places % n
        if not self.options.shuffle:
            return rows
        epochs = places // n
        for epoch in np.unique(epochs):
            mine = epochs == epoch
            rows[mine] = permuted(rows[mine], n, self.seed * 1_000_003 + int(epoch))
        return rows

    def state_dict(self) -> dict[str, int | str | bool]:
        """Return where the run is, for `load_state_dict` of any rank of a run of any shape."""
        return self.state_at(self._place)

    def state_at(self, place: int) -> dict[str, int | str | bool]:
        """Return the state after the batch that bears this `place`.

        For use with workers, which read ahead: save the state of the batch last trained on.
        """
        state = _State(
            place=int(place), seed=self.seed, shuffle=self.options.shuffle, tokens=self._digest
        )
        made: dict[str, int | str | bool] = msgspec.to_builtins(state)
        return made

    def load_state_dict(self, state: dict[str, int | str | bool]) -> None:
        """Go on where a state was taken.

        Raises:
            ConfigError: It is of another token set, another seed or another order.
        """
        try:
            known = msgspec.convert(state, _State)
        except msgspec.ValidationError as cause:
            raise ConfigError(f"no state of a token loader: {cause}") from cause
        if known.tokens != self._digest:
            raise ConfigError(f"{self.path}: the state is of another token set")
        if (known.seed, known.shuffle) != (self.seed, self.options.shuffle):
            raise ConfigError(
                f"the state is of seed {known.seed}, shuffle {known.shuffle}; "
                f"this loader has {self.seed}, {self.options.shuffle}"
            )
        self._place = known.place

    def _end(self) -> int:
        if not self.options.epochs:
            raise ConfigError("a loader without a number of epochs has no length")
        return self.options.epochs * self.n_sequences

    def _batch(self, rows: npt.NDArray[np.int64], place: int) -> Batch:
        tokens = np.empty((len(rows), self.length), dtype=np.int64)
        documents = np.full((len(rows), self.length), -1, dtype=np.int32)
        shards = np.searchsorted(self._firsts, rows, side="right") - 1
        for n, (number, row) in enumerate(zip(shards.tolist(), rows.tolist(), strict=True)):
            shard = self._shard(number)
            at = row - int(self._firsts[number])
            tokens[n] = shard.tokens[at]
            valid = int(shard.n_valid[at])
            starts = shard.starts[shard.first_start[at] : shard.first_start[at + 1]]
            bounds = np.append(starts, valid).astype(np.int64)
            documents[n, :valid] = np.repeat(np.arange(len(starts)), np.diff(bounds))
        targets = np.full_like(tokens, IGNORED)
        follows = documents[:, 1:] >= 0
        if self.options.within_documents:
            follows &= documents[:, 1:] == documents[:, :-1]
        targets[:, :-1][follows] = tokens[:, 1:][follows]
        return Batch(tokens, targets, documents, place)

    def _shard(self, number: int) -> EtudeShard:
        """Return a shard, mapped when it is first asked for in this process."""
        if number not in self._shards:
            path = self.path / self._names[number]
            self._shards[number] = open_shard(path, self.length, self._dtype)
        return self._shards[number]

    def __getstate__(self) -> dict[str, object]:
        # Maps do not travel to another process: each makes its own.
        return {**self.__dict__, "_shards": {}}


class LoaderOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is seldom changed."""

    epochs: int = 1
    """How often every sequence is read; 0 goes on for ever."""
    shuffle: bool = True
    """Another order in every epoch; else that of the files, which packing has shuffled."""
    drop_last: bool = False
    """Leave out the last step where it is not full, so that all ranks have batches of one size."""
    within_documents: bool = False
    """Ignore targets that are the first token of another document."""
