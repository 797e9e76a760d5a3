"""Pieces of texts, lines or paragraphs, that occur more than once in the corpus."""

from abc import abstractmethod
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from etude.errors import ConfigError
from etude.stages.corpus.arrays import ArrayWriter, distinct, find_keys, pick
from etude.stages.corpus.batch import drop_where, rows, texts, with_signal, with_texts
from etude.stages.corpus.kernel._texts import Texts
from etude.stages.corpus.kernel.digest import digests
from etude.stages.corpus.spill import Spill, SpillWriter
from etude.stages.corpus.steps._indexed import IndexedStep, find_repeated, fresh_keys

Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]

PLACE = np.dtype(
    [("high", "<u8"), ("low", "<u8"), ("row", "<u8"), ("position", "<u4"), ("count", "<u4")]
)
"""Where a piece occurs; of a piece that is frequent in one batch the last place stands for
`count` places."""
_PIECES = "pieces"
_LIMITS = ("high", "low", "row", "position")
_LF = 10


class PiecesStep(IndexedStep, frozen=True, kw_only=True):
    """Takes pieces that occur again out of the texts."""

    changes_text: ClassVar[bool] = True

    min_chars: int
    """A piece with fewer characters, without white space around it, is always left."""
    copies: int = 1
    """How many occurrences stay, the first ones in the corpus; 0 takes out all of what is
    repeated."""
    boilerplate_over: int = 0
    """A piece that occurs more often than this goes everywhere, the first ones too; 0: none."""
    fold: Literal["", "case", "space", "both"] = ""
    """Differences that do not count: of letter case, of white space, or both. White space around
    a piece never counts."""
    min_left_chars: int = 100
    """A document that lost something and has fewer characters left is dropped; 0: only one that
    has nothing left."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if min(self.min_chars, self.copies, self.boilerplate_over, self.min_left_chars) < 0:
            raise ConfigError("a number of characters or of copies is below 0")

    @abstractmethod
    def split(self, values: pa.StringArray) -> "Pieces":
        """Return the pieces of texts."""

    @abstractmethod
    def piece_name(self) -> str:
        """What a piece is called, in the plural."""

    def gather(self, batch: pa.RecordBatch, writer: SpillWriter) -> None:
        """Write where each piece occurs."""
        pieces = self.split(texts(batch))
        keys, chosen = self._keys(pieces)
        records = np.empty(len(chosen), dtype=PLACE)
        records["high"], records["low"] = keys[:, 0], keys[:, 1]
        records["row"] = rows(batch)[pieces.document[chosen]]
        records["position"] = pieces.position[chosen]
        records["count"] = 1
        order = np.lexsort([records[name] for name in reversed(PLACE.names or ())])
        records = pick(records, order)
        writer.write_keyed(_PIECES, _thin(records, self.copies + 1))

    def settle(self, spill: Spill) -> None:
        """Find, for each repeated piece, the first place from which it goes."""
        index = self.open_index()
        run = self.name_run(spill, _PIECES)
        folder = spill.folder
        with (
            ArrayWriter(folder / "decision-high.npy", "<u8") as high,
            ArrayWriter(folder / "decision-low.npy", "<u8") as low,
            ArrayWriter(folder / "decision-row.npy", "<u8") as row,
            ArrayWriter(folder / "decision-position.npy", "<u4") as position,
        ):
            for records in spill.ranges(_PIECES, self.range_bytes()):
                limits = self._limits(records)
                if index is not None:
                    known = index.holds(records["high"], records["low"], before=run)
                    limits = _with_known(limits, pick(records, known))
                high.append(limits["high"])
                low.append(limits["low"])
                row.append(limits["row"])
                position.append(limits["position"])
        if index is not None and self.update_index:
            ranges = spill.ranges(_PIECES, self.range_bytes())
            index.add(run, fresh_keys(index, run, ((r["high"], r["low"]) for r in ranges)))

    def judge(self, batch: pa.RecordBatch, spill: Spill) -> pa.RecordBatch:
        """Take the repeated pieces out, and drop documents of which too little is left."""
        pieces = self.split(texts(batch))
        keys, chosen = self._keys(pieces)
        order = np.argsort(keys[:, 0])
        keys, chosen = keys[order], chosen[order]
        high, low, row, position = (spill.decision(name) for name in _LIMITS)
        found = find_keys((high, low), (keys[:, 0], keys[:, 1]))
        there = np.flatnonzero(found >= 0)
        limit, chosen = found[there], chosen[there]
        own_row = rows(batch)[pieces.document[chosen]]
        same_row = own_row == row[limit]
        goes = (own_row > row[limit]) | (same_row & (pieces.position[chosen] >= position[limit]))
        stays = np.ones(len(pieces.document), dtype=np.bool_)
        stays[chosen[goes]] = False
        return self._without(batch, pieces, stays)

    def _without(self, batch: pa.RecordBatch, pieces: "Pieces", stays: Mask) -> pa.RecordBatch:
        values = texts(batch)
        before = pc.binary_length(values).to_numpy().astype(np.int64)
        if not stays.all():
            values = pieces.join(stays, batch.num_rows)
            lost = np.zeros(batch.num_rows, dtype=np.bool_)
            lost[pieces.document[~stays]] = True
            values = pc.if_else(pa.array(lost), pc.utf8_rtrim_whitespace(values), values)
            batch = with_texts(batch, values)
            left = pc.utf8_length(pc.utf8_trim_whitespace(values)).to_numpy()
            short = lost & (left < max(1, self.min_left_chars))
            batch = drop_where(
                batch, {f"too little left without copied {self.piece_name()}": short}
            )
        after = pc.binary_length(values).to_numpy().astype(np.int64)
        share = (before - after) / np.maximum(before, 1)
        return with_signal(batch, f"{self.piece_name()}_removed", share)

    def _keys(self, pieces: "Pieces") -> tuple[npt.NDArray[np.uint64], Places]:
        """Return digests of the pieces that are compared, uint64 [n, 2], and which those are."""
        trimmed = pc.utf8_trim_whitespace(pieces.values())
        length = pc.utf8_length(trimmed).to_numpy()
        chosen = np.flatnonzero(length >= max(1, self.min_chars))
        return digests(trimmed.take(pa.array(chosen)), self.fold), chosen

    def _limits(self, records: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return for each repeated piece the first occurrence that goes, in order of keys."""
        found, starts = find_repeated(records, also=records["count"] > 1)
        first = np.flatnonzero(starts == np.arange(len(found)))
        if not len(first):
            return found
        total = np.add.reduceat(found["count"].astype(np.int64), first)
        skipped = np.full(len(first), self.copies)
        if self.boilerplate_over:
            skipped[total > self.boilerplate_over] = 0
        size = np.diff(np.append(first, len(found)))
        goes = (total > 1) & (skipped < size)
        return pick(found, (first + skipped)[goes])

    def index_kind(self) -> str:
        """What the keys are."""
        return (
            f"digests of {self.piece_name()} of {self.min_chars} characters or more, "
            f"folded: {self.fold or 'nothing'}"
        )


class Pieces(NamedTuple):
    """Texts cut up without rest: each piece ends where the next begins."""

    data: npt.NDArray[np.uint8]
    starts: Places
    """[pieces + 1], in `data`."""
    document: Places
    """[pieces]: which text each is of."""
    position: Places
    """[pieces]: how many pieces of that text stand before it."""

    @classmethod
    def cut(cls, held: Texts, starts: Places) -> "Pieces":
        """Cut texts at these bytes and at the ends of texts; `starts` is sorted, without twins."""
        document = np.searchsorted(held.offsets, starts, side="right") - 1
        first = np.ones(len(starts), dtype=np.bool_)
        first[1:] = document[1:] != document[:-1]
        number = np.arange(len(starts))
        position = number - np.maximum.accumulate(np.where(first, number, 0))
        return cls(held.data, np.append(starts, held.offsets[-1]), document, position)

    def values(self) -> pa.LargeStringArray:
        """Return the pieces as strings that borrow the bytes."""
        return pa.LargeStringArray.from_buffers(
            len(self.document), pa.py_buffer(self.starts), pa.py_buffer(self.data)
        )

    def join(self, stays: Mask, n_texts: int) -> pa.StringArray:
        """Return the texts made of the pieces that stay."""
        sizes = np.diff(self.starts)
        left = self.data[self.starts[0] : self.starts[-1]][np.repeat(stays, sizes)]
        of_text = np.bincount(self.document, weights=sizes * stays, minlength=n_texts)
        offsets = np.concatenate([[0], np.cumsum(of_text)]).astype(np.int32)
        return pa.StringArray.from_buffers(n_texts, pa.py_buffer(offsets), pa.py_buffer(left))


def line_starts(held: Texts) -> Places:
    """Return where the lines of texts begin, sorted; each line ends with its break."""
    first, last = held.offsets[0], held.offsets[-1]
    breaks = np.flatnonzero(held.data[first:last] == _LF) + first + 1
    starts = distinct(np.concatenate([held.offsets[:-1], breaks]))
    within: Places = starts[starts < last]
    return within


def _thin(records: npt.NDArray[Any], n_places: int) -> npt.NDArray[Any]:
    """Return the first places of each key; the last of them counts for those left out.

    Keeps a line that is in every document from filling the spill.
    """
    if not len(records):
        return records
    new = np.ones(len(records), dtype=np.bool_)
    new[1:] = (records["high"][1:] != records["high"][:-1]) | (
        records["low"][1:] != records["low"][:-1]
    )
    first = np.flatnonzero(new)
    size = np.diff(np.append(first, len(records)))
    last = first + np.minimum(size, n_places) - 1
    records["count"][last] += np.maximum(size - n_places, 0).astype(np.uint32)
    stays = np.arange(len(records)) - np.repeat(first, size) < n_places
    return pick(records, stays)


def _with_known(limits: npt.NDArray[Any], known: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the limits with pieces that the index has, which go wherever they occur."""
    known = known.copy()
    known["row"], known["position"] = 0, 0
    both = np.concatenate([known, limits])
    # A stable sort: of two limits of one piece that of the index comes first.
    both = pick(both, np.lexsort([both["low"], both["high"]]))
    new = np.ones(len(both), dtype=np.bool_)
    new[1:] = (both["high"][1:] != both["high"][:-1]) | (both["low"][1:] != both["low"][:-1])
    return pick(both, new)
