"""The order in which repairs are tried: where the symptom points, then what is common."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from etude.records import TextFile
from etude.rollout.agents._search.rules import Repair, repairs
from etude.rollout.agents._search.scope import Scope
from etude.rollout.agents._search.source import Function, Source
from etude.rollout.agents._search.symptom import Symptom

Executed = frozenset[tuple[str, int]]
"""Lines that the symptom runs, as path and line."""

_MENTIONED, _IN_PROSE, _OF_MENTIONED_CLASS = 1.0, 0.5, 0.1
_PER_CALL = 0.4
"""What a function is worth to the one that calls it, of the caller's own worth."""
_CALL_LEVELS = 2
_SAME_FILE, _ELSEWHERE = 0.02, 0.002
_RUN, _NOT_RUN = 0.5, 0.05
_LINE_NOT_RUN = 0.1
_BATCH = 64
"""Functions whose repairs are weighed against each other."""
_SPREAD = 0.8
"""Worth of each further repair of one kind in one function: the first attempts try many."""


class Proposal(NamedTuple):
    """One attempt: a file with one edit."""

    source: Source
    function: str
    repair: Repair


class _Place(NamedTuple):
    source: Source
    name: str
    scope: Scope
    parent: str


def ranked(symptom: Symptom, executed: Executed, files: Sequence[TextFile]) -> Iterator[Proposal]:
    """Yield every proposal, likeliest first; the same inputs give the same order.

    Functions are taken in batches, because few attempts ever look past the first.
    """
    places = [place for file in files for place in _places(file)]
    worth = _worths(places, symptom, executed)
    order = sorted(range(len(places)), key=lambda number: (-worth[number], number))
    for first in range(0, len(order), _BATCH):
        scored = [
            (-score, number, nth, repair)
            for number in order[first : first + _BATCH]
            for nth, (score, repair) in enumerate(_scored(places[number], worth[number], executed))
        ]
        for _, number, _, repair in sorted(scored, key=lambda row: row[:3]):
            yield Proposal(places[number].source, places[number].name, repair)


def compiling(proposals: Iterable[Proposal]) -> Iterator[Proposal]:
    """Yield the proposals after which the file still compiles."""
    for proposal in proposals:
        try:
            compile(
                proposal.source.edited(proposal.repair.edit), "edited", "exec", dont_inherit=True
            )
        except (SyntaxError, ValueError):
            continue
        yield proposal


def _places(file: TextFile) -> Iterator[_Place]:
    try:
        source = Source(file.path, file.text)
    except (SyntaxError, ValueError, RecursionError):
        return
    for name, function in source.functions():
        parent = name.rpartition(".")[0].rpartition(".")[2]
        yield _Place(source, name, Scope(source, function), parent)


def _scored(place: _Place, worth: float, executed: Executed) -> Iterator[tuple[float, Repair]]:
    n_of_kind: dict[str, int] = defaultdict(int)
    for repair in repairs(place.scope):
        runs = not executed or (place.source.path, repair.line) in executed
        spread = _SPREAD ** n_of_kind[repair.kind]
        n_of_kind[repair.kind] += 1
        yield worth * repair.likelihood * spread * (1.0 if runs else _LINE_NOT_RUN), repair


def _worths(places: Sequence[_Place], symptom: Symptom, executed: Executed) -> list[float]:
    by_name: dict[str, list[int]] = defaultdict(list)
    for number, place in enumerate(places):
        by_name[place.scope.function.name].append(number)
    worth = [
        _mentioned(place, symptom, len(by_name[place.scope.function.name])) for place in places
    ]
    _spread_to_called(places, worth, by_name)
    best: dict[str, float] = defaultdict(float)
    for place, value in zip(places, worth, strict=True):
        best[place.source.path] = max(best[place.source.path], value)
    worth = [
        max(value, _SAME_FILE * best[place.source.path], _ELSEWHERE)
        for place, value in zip(places, worth, strict=True)
    ]
    if executed:
        worth = [
            value + _RUN if _runs(place, executed) else value * _NOT_RUN
            for place, value in zip(places, worth, strict=True)
        ]
    return worth


def _mentioned(place: _Place, symptom: Symptom, n_same_name: int) -> float:
    name, parent = place.scope.function.name, place.parent
    of_class = parent in symptom.names or parent in symptom.prose
    value = _OF_MENTIONED_CLASS if of_class else 0.0
    if name in symptom.names or name in symptom.prose:
        own = _MENTIONED if name in symptom.names else _IN_PROSE
        special = name.startswith("__")
        # A name that many classes share says little unless its class is named too.
        shared = 1.0 if of_class or n_same_name == 1 else 1.0 / n_same_name
        value = max(value, own * shared * (0.5 if special else 1.0))
    return value


def _spread_to_called(
    places: Sequence[_Place], worth: list[float], by_name: Mapping[str, Sequence[int]]
) -> None:
    """Give each called function a share of its caller's worth, a few levels deep."""
    for _ in range(_CALL_LEVELS):
        before = list(worth)
        for place, value in zip(places, before, strict=True):
            if value < _SAME_FILE:
                continue
            for name in sorted(place.scope.calls):
                called = by_name.get(name, ())
                for number in called:
                    share = _PER_CALL * value / math.sqrt(len(called))
                    worth[number] = max(worth[number], share)


def _runs(place: _Place, executed: Executed) -> bool:
    function: Function = place.scope.function
    first = place.scope.body[0].lineno if place.scope.body else function.lineno
    lines = range(first, (function.end_lineno or first) + 1)
    return any((place.source.path, line) in executed for line in lines)
