"""Which lines of two texts correspond: the part of a diff that needs thought.

Lines found once on either side are matched first, longest increasing run of them (patience);
only what lies between is compared line by line. Large inputs stay quick.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

_GAP_LIMIT = 1_000_000
"""Largest gap, lines times lines, that is compared closely; a larger one is replaced whole."""

Block = tuple[int, int, int]
"""First line before, first line after, number of equal lines."""


def split_lines(text: str) -> list[str]:
    """Return the lines of `text` with their newlines; only a line feed ends a line."""
    lines = [line + "\n" for line in text.split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def changes(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Yield each changed stretch as `before[i:j]` became `after[k:l]`, in order."""
    i = k = 0
    for block_i, block_k, size in _blocks(before, after):
        if block_i > i or block_k > k:
            yield i, block_i, k, block_k
        i, k = block_i + size, block_k + size
    if i < len(before) or k < len(after):
        yield i, len(before), k, len(after)


def _blocks(before: Sequence[str], after: Sequence[str]) -> Iterator[Block]:
    """Yield stretches of equal lines, in order, none overlapping."""
    i = k = 0
    for anchor_i, anchor_k in [*_anchors(before, after), (len(before), len(after))]:
        if anchor_i < i or anchor_k < k:
            continue
        yield from _gap_blocks(before, after, (i, anchor_i), (k, anchor_k))
        i, k = anchor_i, anchor_k
        while i < len(before) and k < len(after) and before[i] == after[k]:
            i, k = i + 1, k + 1
        if i > anchor_i:
            yield anchor_i, anchor_k, i - anchor_i


def _anchors(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """Return the longest increasing run of lines that occur once on either side."""
    n_before, n_after = Counter(before), Counter(after)
    where = {line: k for k, line in enumerate(after) if n_after[line] == 1}
    pairs = [
        (i, where[line]) for i, line in enumerate(before) if line in where and n_before[line] == 1
    ]
    tails: list[int] = []
    piles: list[int] = []
    previous: list[int] = []
    for number, (_, k) in enumerate(pairs):
        pile = bisect_left(tails, k)
        previous.append(piles[pile - 1] if pile else -1)
        tails[pile : pile + 1] = [k]
        piles[pile : pile + 1] = [number]
    run = []
    number = piles[-1] if piles else -1
    while number >= 0:
        run.append(pairs[number])
        number = previous[number]
    return run[::-1]


def _gap_blocks(
    before: Sequence[str], after: Sequence[str], gap_i: tuple[int, int], gap_k: tuple[int, int]
) -> Iterator[Block]:
    """Yield equal stretches between two anchors."""
    (i, end_i), (k, end_k) = gap_i, gap_k
    n_head = 0
    while i + n_head < end_i and k + n_head < end_k and before[i + n_head] == after[k + n_head]:
        n_head += 1
    if n_head:
        yield i, k, n_head
    i, k = i + n_head, k + n_head
    n_tail = 0
    while (
        end_i - n_tail > i
        and end_k - n_tail > k
        and (before[end_i - n_tail - 1] == after[end_k - n_tail - 1])
    ):
        n_tail += 1
    middle_i, middle_k = before[i : end_i - n_tail], after[k : end_k - n_tail]
    if middle_i and middle_k and len(middle_i) * len(middle_k) <= _GAP_LIMIT:
        matcher = SequenceMatcher(None, middle_i, middle_k)
        for block in matcher.get_matching_blocks():
            if block.size:
                yield i + block.a, k + block.b, block.size
    if n_tail:
        yield end_i - n_tail, end_k - n_tail, n_tail
