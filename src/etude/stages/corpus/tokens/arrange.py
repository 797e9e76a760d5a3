"""Documents laid into sequences of one length: end to end, or each where it fits best."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from etude.stages.corpus.tokens.layouts import Block
from etude.stages.corpus.tokens.shuffle import mix

Ids = npt.NDArray[np.unsignedinteger[Any]]
Places = npt.NDArray[np.int64]


class Documents(NamedTuple):
    """Documents, end to end, each with its end-of-text token."""

    tokens: Ids
    offsets: Places
    """Where each begins, and the end of the last [n_documents + 1]."""


class Rest(NamedTuple):
    """What did not fill a sequence and goes before what follows."""

    tokens: Ids
    starts: Places
    """Where in `tokens` a document begins."""


class Arranged(NamedTuple):
    """Rows made of some documents."""

    block: Block
    rest: Rest
    n_cut: int
    """Documents that lie in more than one row."""
    n_dropped: int
    """Tokens that were left out."""


def take(documents: Documents, order: Places) -> Documents:
    """Return documents in another order."""
    lists = pa.LargeListArray.from_arrays(pa.array(documents.offsets), pa.array(documents.tokens))
    tokens: Ids = lists.take(pa.array(order)).flatten().to_numpy()
    return Documents(tokens, ends(np.diff(documents.offsets)[order]))


def ends(counts: npt.ArrayLike) -> Places:
    """Return 0 and the running sum of counts."""
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(counts, dtype=np.int64)])


def whole(documents: Documents) -> Block:
    """Return documents as rows of their own."""
    offsets = documents.offsets
    return Block(documents.tokens, offsets, offsets[:-1], np.diff(offsets))


def concat(documents: Documents, rest: Rest, length: int) -> Arranged:
    """Lay documents end to end after what was left, and cut where a sequence is full."""
    tokens = np.concatenate([rest.tokens, documents.tokens])
    starts = documents.offsets[:-1] + len(rest.tokens)
    stops = documents.offsets[1:] + len(rest.tokens)
    n_cut = int(np.count_nonzero(starts // length != (stops - 1) // length))
    starts = np.concatenate([rest.starts, starts])
    n_rows = len(tokens) // length
    full = n_rows * length
    offsets = np.arange(n_rows + 1, dtype=np.int64) * length
    block = Block(
        tokens[:full],
        offsets,
        np.union1d(starts[starts < full], offsets[:-1]),
        np.full(n_rows, length, dtype=np.int64),
    )
    return Arranged(block, Rest(tokens[full:], starts[starts >= full] - full), n_cut, 0)


def last_row(rest: Rest, length: int, padding: int) -> Block:
    """Return what is left at the end as one padded sequence; no row where nothing is left."""
    n = len(rest.tokens)
    if not n:
        empty = np.zeros(0, dtype=np.int64)
        return Block(rest.tokens, np.zeros(1, dtype=np.int64), empty, empty)
    tokens = np.concatenate([rest.tokens, np.full(length - n, padding, dtype=rest.tokens.dtype)])
    starts = np.union1d(rest.starts, np.zeros(1, dtype=np.int64))
    return Block(tokens, np.asarray([0, length]), starts, np.asarray([n]))


def best_fit(
    documents: Documents, length: int, padding: int, *, drop: bool, seed: int
) -> tuple[Block, int, int]:
    """Lay each document into the sequence with the least room that holds it, the longest first.

    A document longer than a sequence is cut into full sequences and a remainder; no other is cut.

    Args:
        documents: What to lay out.
        length: Tokens of a sequence.
        padding: Id that fills sequences.
        drop: Leave out sequences that are not full, instead.
        seed: For the order of the sequences.

    Returns:
        The rows, how many documents were cut, how many tokens were left out.
    """
    sizes = np.diff(documents.offsets)
    parts = -(-sizes // length)
    # Part k of a document begins k lengths after the document does.
    nth = np.arange(int(parts.sum())) - np.repeat(ends(parts)[:-1], parts)
    begins = np.repeat(documents.offsets[:-1], parts) + nth * length
    offsets = np.append(begins, documents.offsets[-1])
    lengths = np.diff(offsets)
    rows = _fit(lengths, length)
    n_rows = int(rows.max()) + 1 if len(rows) else 0
    n_valid = np.bincount(rows, weights=lengths, minlength=n_rows).astype(np.int64)
    kept = n_valid == length if drop else np.ones(n_rows, dtype=np.bool_)
    # The order of rows is drawn anew: full ones would come first otherwise.
    rank = np.empty(n_rows, dtype=np.int64)
    rank[np.argsort(mix(np.arange(n_rows), seed), kind="stable")] = np.arange(n_rows)
    places = np.flatnonzero(kept[rows])
    places = places[np.argsort(rank[rows[places]], kind="stable")]
    chosen = take(Documents(documents.tokens, offsets), places)
    by_rank = np.argsort(rank, kind="stable")
    n_valid = n_valid[by_rank][kept[by_rank]]
    block = _padded(chosen, n_valid, length, padding)
    n_dropped = int(lengths.sum() - n_valid.sum())
    return block, int(np.count_nonzero(parts > 1)), n_dropped


def _fit(sizes: Places, length: int) -> Places:
    """Return the row of each item by best-fit decreasing; the bits of `open_` are rooms there."""
    rows = np.zeros(len(sizes), dtype=np.int64)
    with_room: dict[int, list[int]] = {}
    open_ = 0
    n_rows = 0
    order = np.argsort(-sizes, kind="stable")
    for item, size in zip(order.tolist(), sizes[order].tolist(), strict=True):
        fitting = open_ >> size
        if fitting:
            room = size + (fitting & -fitting).bit_length() - 1
            row = with_room[room].pop()
            if not with_room[room]:
                open_ ^= 1 << room
        else:
            room, row = length, n_rows
            n_rows += 1
        rows[item] = row
        if left := room - size:
            with_room.setdefault(left, []).append(row)
            open_ |= 1 << left
    return rows


def _padded(pieces: Documents, n_valid: Places, length: int, padding: int) -> Block:
    """Return rows of pieces that follow each other, each row filled up to `length`."""
    n_rows = len(n_valid)
    offsets = np.arange(n_rows + 1, dtype=np.int64) * length
    firsts = ends(n_valid)
    row = np.searchsorted(firsts, pieces.offsets[:-1], side="right") - 1
    starts = pieces.offsets[:-1] - firsts[row] + offsets[row]
    if len(pieces.tokens) == n_rows * length:
        return Block(pieces.tokens, offsets, starts, n_valid)
    tokens = np.full((n_rows, length), padding, dtype=pieces.tokens.dtype)
    tokens[np.arange(length) < n_valid[:, None]] = pieces.tokens
    return Block(tokens.reshape(-1), offsets, starts, n_valid)
