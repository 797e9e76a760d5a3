"""Take turns: bugs come from every file, and from larger functions sooner."""

from collections.abc import Collection, Iterable, Iterator
from random import Random
from typing import TypeVar

from etude.stages.swe.bugs._mutations import Edit, Place, Source, places

T = TypeVar("T")


def in_turns(streams: Iterable[Iterator[T]]) -> Iterator[T]:
    """Yield one item of each stream, then one more of each, until all have ended."""
    queues = list(streams)
    while queues:
        left = []
        for queue in queues:
            if (item := next(queue, None)) is not None:
                left.append(queue)
                yield item
        queues = left


def by_size(source: Source, covered: Collection[int], rng: Random) -> list[Place]:
    """Functions that tests run, shuffled so that one with more covered lines tends to be first."""
    keyed = []
    for place in places(source):
        start, end = source.span(place.node.body)
        n_lines = sum(n in covered for n in range(source.line(start), source.line(end - 1) + 1))
        if n_lines:
            keyed.append((rng.random() ** (1 / n_lines), place))
    return [place for _, place in sorted(keyed, key=lambda pair: -pair[0])]


def runs(source: Source, edit: Edit, covered: Collection[int]) -> bool:
    """Whether tests run the place: its first changed line, or any line of a dropped block."""
    if edit.reach is None:
        return source.changed_lines(edit)[0] in covered
    start, end = edit.reach
    return any(n in covered for n in range(source.line(start), source.line(end - 1) + 1))
