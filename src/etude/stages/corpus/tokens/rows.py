"""Second pass of packing: buckets, in order, become rows, and rows become shards."""

from typing import Any, Literal, NamedTuple, Protocol

import msgspec
import numpy as np

from etude.stages.corpus.tokens.arrange import (
    Rest,
    best_fit,
    concat,
    last_row,
    whole,
)
from etude.stages.corpus.tokens.gather import Gatherer
from etude.stages.corpus.tokens.layouts import Block


class HowToArrange(Protocol):
    """The settings that matter here."""

    @property
    def length(self) -> int:
        """Tokens of a sequence."""

    @property
    def strategy(self) -> Literal["concat", "best_fit"]:
        """How documents are laid into sequences."""

    @property
    def leftover(self) -> Literal["pad", "drop"]:
        """What becomes of sequences that are not full."""

    @property
    def seed(self) -> int:
        """For the order of sequences."""


class Tally(NamedTuple):
    """What was counted so far."""

    n_padding: int = 0
    n_dropped: int = 0
    n_cut: int = 0


class _State(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where rows go on: at some row of the next bucket, given what was left before it."""

    bucket: int
    skip: int
    rest: list[int]
    starts: list[int]
    tally: Tally


class Rows:
    """All rows of a token set, in order, in blocks as large as shards."""

    def __init__(
        self,
        gatherer: Gatherer,
        *,
        settings: HowToArrange,
        unit: Literal["sequence", "document"],
        dtype: np.dtype[Any],
        padding: int,
    ) -> None:
        self.gatherer = gatherer
        self.settings = settings
        self.unit = unit
        self.dtype = dtype
        self.padding = padding
        self.n_buckets = gatherer.rounds.n_rounds * gatherer.rounds.n_buckets
        self._none = Rest(np.zeros(0, dtype=dtype), np.zeros(0, dtype=np.int64))
        self._bucket = 0
        self._skip = 0
        self._rest = self._none
        self._before = Tally()
        self._after: tuple[Rest, Tally] | None = None
        self._block: Block | None = None

    @property
    def tally(self) -> Tally:
        """What was counted up to and including the bucket that is being read."""
        return self._after[1] if self._after else self._before

    def state(self) -> dict[str, Any]:
        """Return where the next block begins, for `resume`."""
        state = _State(
            bucket=self._bucket,
            skip=self._skip,
            rest=self._rest.tokens.tolist(),
            starts=self._rest.starts.tolist(),
            tally=self._before,
        )
        made: dict[str, Any] = msgspec.to_builtins(state)
        return made

    def resume(self, state: dict[str, Any]) -> None:
        """Go on where `state` was taken."""
        at = msgspec.convert(state, _State)
        self._bucket, self._skip = at.bucket, at.skip
        self._rest = Rest(
            np.asarray(at.rest, dtype=self.dtype), np.asarray(at.starts, dtype=np.int64)
        )
        self._before = at.tally
        self._after = self._block = None

    def share_done(self) -> float:
        """Return the share of buckets that were read."""
        return min(1.0, self._bucket / max(1, self.n_buckets))

    def next(self, n_tokens: int) -> Block | None:
        """Return rows of at least so many tokens, fewer at the end; `None` when none are left."""
        parts: list[Block] = []
        have = 0
        while have < n_tokens and self._bucket < self.n_buckets:
            if self._block is None:
                self._read()
            part = self._take(n_tokens - have)
            have += len(part.tokens)
            if part.n_rows:
                parts.append(part)
        return _joined(parts) if parts else None

    def _take(self, n_tokens: int) -> Block:
        """Return rows of the bucket from where it stands, until they have so many tokens."""
        block, begin = self._block, self._skip
        if block is None:
            return _no_rows(self.dtype)
        wanted = block.offsets[begin] + n_tokens
        end = min(int(np.searchsorted(block.offsets, wanted, side="left")), block.n_rows)
        part = _slice(block, begin, end)
        self._skip = end
        if end == block.n_rows:
            self._advance()
        return part

    def _advance(self) -> None:
        if self._after is not None:
            self._rest, self._before = self._after
        self._bucket += 1
        self._skip = 0
        self._after = self._block = None

    def _read(self) -> None:
        """Arrange the next bucket."""
        documents = self.gatherer.bucket(self._bucket, self.dtype)
        tally, settings = self._before, self.settings
        rest = self._none
        if self.unit == "document":
            self._block = whole(documents)
        elif settings.strategy == "best_fit":
            self._block, n_cut, n_dropped = best_fit(
                documents,
                settings.length,
                self.padding,
                drop=settings.leftover == "drop",
                seed=settings.seed + self._bucket,
            )
            padding = len(self._block.tokens) - int(self._block.n_valid.sum())
            tally = _add(tally, Tally(padding, n_dropped, n_cut))
        else:
            made = concat(documents, self._rest, settings.length)
            self._block, rest = made.block, made.rest
            tally = _add(tally, Tally(0, 0, made.n_cut))
            if self._bucket == self.n_buckets - 1:
                tally = self._end(rest, tally)
                rest = self._none
        self._after = (rest, tally)

    def _end(self, rest: Rest, tally: Tally) -> Tally:
        """Put what is left at the very end into a last row, or drop it."""
        if self.settings.leftover == "drop":
            return _add(tally, Tally(0, len(rest.tokens), 0))
        row = last_row(rest, self.settings.length, self.padding)
        if self._block is not None and row.n_rows:
            self._block = _joined([self._block, row])
        return _add(tally, Tally(len(row.tokens) - len(rest.tokens), 0, 0))


def _no_rows(dtype: np.dtype[Any]) -> Block:
    """Return a block without rows."""
    none = np.zeros(0, dtype=np.int64)
    return Block(np.zeros(0, dtype=dtype), np.zeros(1, dtype=np.int64), none, none)


def _add(a: Tally, b: Tally) -> Tally:
    return Tally(a.n_padding + b.n_padding, a.n_dropped + b.n_dropped, a.n_cut + b.n_cut)


def _slice(block: Block, begin: int, end: int) -> Block:
    """Return some rows of a block."""
    first, last = int(block.offsets[begin]), int(block.offsets[end])
    low, high = np.searchsorted(block.starts, (first, last))
    return Block(
        block.tokens[first:last],
        block.offsets[begin : end + 1] - first,
        block.starts[low:high] - first,
        block.n_valid[begin:end],
    )


def _joined(blocks: list[Block]) -> Block:
    """Return the rows of several blocks as one."""
    if len(blocks) == 1:
        return blocks[0]
    shift = np.cumsum([0, *(len(block.tokens) for block in blocks)])
    offsets = [block.offsets[1:] + at for block, at in zip(blocks, shift, strict=False)]
    starts = [block.starts + at for block, at in zip(blocks, shift, strict=False)]
    return Block(
        np.concatenate([block.tokens for block in blocks]),
        np.concatenate([np.zeros(1, dtype=np.int64), *offsets]),
        np.concatenate(starts),
        np.concatenate([block.n_valid for block in blocks]),
    )
