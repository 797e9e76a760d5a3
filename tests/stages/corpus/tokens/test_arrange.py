import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etude.stages.corpus.tokens.arrange import (
    Documents,
    Rest,
    best_fit,
    concat,
    ends,
    last_row,
    take,
)
from etude.stages.corpus.tokens.layouts import Block

LAW = settings(max_examples=80, deadline=None)
PADDING = 0
sizes = st.lists(st.integers(1, 40), max_size=60)
lengths = st.integers(2, 17)


def numbered(counts: list[int]) -> Documents:
    """Documents whose tokens are all different, counted from 1."""
    total = sum(counts)
    return Documents(np.arange(1, total + 1, dtype=np.uint32), ends(counts))


def rows(block: Block) -> list[list[int]]:
    """Rows without padding."""
    return [
        block.tokens[at : at + n].tolist()
        for at, n in zip(block.offsets[:-1], block.n_valid, strict=True)
    ]


def check(block: Block, length: int, first_tokens: set[int]) -> None:
    """Every row has its length, and every document within it begins at a start."""
    assert set(np.diff(block.offsets)) <= {length}
    starts = set(block.starts.tolist())
    assert set(block.offsets[:-1].tolist()) <= starts
    assert len(starts) == len(block.starts)
    for place, token in enumerate(block.tokens.tolist()):
        if token in first_tokens:
            assert place in starts


@LAW
@given(st.lists(sizes, max_size=4), lengths)
def test_laying_end_to_end_loses_and_invents_no_token(groups: list[list[int]], length: int) -> None:
    everything = numbered([n for group in groups for n in group])
    rest = Rest(everything.tokens[:0], np.zeros(0, dtype=np.int64))
    seen: list[int] = []
    at = n_cut = 0
    for group in groups:
        n = sum(group)
        part = Documents(everything.tokens[at : at + n], ends(group))
        made = concat(part, rest, length)
        check(made.block, length, set(part.tokens[part.offsets[:-1]].tolist()))
        seen += [token for row in rows(made.block) for token in row]
        rest, at, n_cut = made.rest, at + n, n_cut + made.n_cut
    tail = last_row(rest, length, PADDING)
    seen += [token for row in rows(tail) for token in row]
    assert seen == everything.tokens.tolist()
    assert len(tail.tokens) in (0, length)
    bounds = everything.offsets
    assert n_cut == sum(a // length != (b - 1) // length for a, b in itertools.pairwise(bounds))


@LAW
@given(sizes, lengths, st.integers(0, 5), st.booleans())
def test_the_best_fit_keeps_documents_whole(
    counts: list[int], length: int, seed: int, drop: bool
) -> None:
    documents = numbered(counts)
    block, n_cut, n_dropped = best_fit(documents, length, PADDING, drop=drop, seed=seed)
    check(block, length, set())
    seen = [token for row in rows(block) for token in row]
    assert len(seen) == len(set(seen))
    assert len(seen) + n_dropped == sum(counts)
    assert n_cut == sum(n > length for n in counts)
    if not drop:
        assert n_dropped == 0
        for row in rows(block):
            assert PADDING not in row
        place = {token: n for n, row in enumerate(rows(block)) for token in row}
        for begin, size in zip(documents.offsets, counts, strict=False):
            tokens = documents.tokens[begin : begin + size].tolist()
            assert len({place[token] for token in tokens}) == -(-size // length)
    else:
        assert (block.n_valid == length).all()


def test_the_best_fit_needs_few_rows() -> None:
    rng = np.random.default_rng(0)
    counts = rng.integers(1, 300, 5000).tolist()
    block, _, _ = best_fit(numbered(counts), 1024, PADDING, drop=False, seed=0)
    assert block.n_rows == -(-sum(counts) // 1024)


def test_documents_are_taken_in_another_order() -> None:
    made = take(numbered([2, 1, 3]), np.asarray([2, 0, 0]))
    assert made.tokens.tolist() == [4, 5, 6, 1, 2, 1, 2]
    assert made.offsets.tolist() == [0, 3, 5, 7]


@pytest.mark.parametrize("drop", [False, True])
def test_nothing_gives_no_rows(drop: bool) -> None:
    block, n_cut, n_dropped = best_fit(numbered([]), 8, PADDING, drop=drop, seed=0)
    assert (block.n_rows, n_cut, n_dropped) == (0, 0, 0)
    assert concat(numbered([]), Rest(block.tokens, block.starts), 8).block.n_rows == 0
