"""Phones, cards and the numbers of persons that are digits with a separator here and there.

What a number's spelling or check proves is looked for wherever that spelling stands; what proves
little is looked for behind a word that says what it is, and nowhere else. So tables of numbers,
which are full of the latter, cost nothing.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from etude.stages.corpus.privacy._base import Anchor, Found, Group, Window
from etude.stages.corpus.privacy.groups import card, national, phone
from etude.stages.corpus.privacy.groups._run import Run


class Shape(NamedTuple):
    """One kind of number."""

    kind: str
    anchors: tuple[Anchor, ...]
    find: Callable[[Run], Iterator[tuple[int, int]]]


SHAPES = (
    Shape(card.CARD, card.ANCHORS, card.find),
    *(Shape(kind, anchors, find) for kind, anchors, find in national.NUMBERS),
    Shape(phone.PHONE, phone.ANCHORS, phone.find),
    Shape(phone.PHONE, phone.TOLD_ANCHORS, phone.find_told),
)
"""Kinds of numbers, the surest first."""


def _finder(shape: Shape) -> Callable[[Window, frozenset[str]], Iterator[Found]]:
    def find(window: Window, _wanted: frozenset[str]) -> Iterator[Found]:
        for start, end in shape.find(Run(window)):
            yield Found(start, end, shape.kind)

    return find


GROUPS = tuple(Group((shape.kind,), shape.anchors, _finder(shape)) for shape in SHAPES)
