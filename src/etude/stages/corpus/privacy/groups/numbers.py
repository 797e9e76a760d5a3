"""Runs of digits and what they may be: shared by phones, cards and the numbers of persons.

All of them are digits with a separator here and there. A run is cut out of the text once, and each
kind then looks at the run alone.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from etude.stages.corpus.privacy._base import Anchor, Found, Group, Window
from etude.stages.corpus.privacy.groups import card, national, phone
from etude.stages.corpus.privacy.groups._run import Run

_GAP = rb"(?:[ .\-/()]|\xc2\xa0|\xe2\x80[\x90-\x93\xaf]|\xe2\x88\x92)"
_RUN = re.compile(
    rb"(?<![0-9])(?<![0-9][ .\-/(])[+(]{0,2}[0-9](?:" + _GAP + rb"{0,3}[0-9])*(?:[ \-]?[A-Za-z])?"
)
# The end of a UUID, of a hexadecimal number, and digits behind a decimal point.
_NOT_BEFORE = re.compile(rb"(?:[0-9a-fA-F]{4}-|0x[0-9a-fA-F]*|[0-9][.,])$")
# Decimals, numbers with dots between thousands, and dates with or without the hour.
_DECIMAL = re.compile(
    rb"[0-9]{1,3}[.][0-9]{5,}$|[0-9]{1,4}(?:\.[0-9]{3}){2,}$"
    rb"|(?:19|20)[0-9]{2}([\-/.])[01][0-9]\1[0-3][0-9](?: [0-2][0-9])?$"
)
_MIN_DIGITS = 7
# Longer runs are rows of tables.
_MAX_DIGITS = 64


class Shape(NamedTuple):
    """One kind of number."""

    kind: str
    min_digits: int
    find: Callable[[Run], Iterator[tuple[int, int]]]


SHAPES = (
    *(Shape(card.CARD, 12, find) for find in (card.find,)),
    *(Shape(kind, least, find) for kind, least, find in national.NUMBERS),
    Shape(phone.PHONE, 7, phone.find),
)
"""Kinds of numbers, the surest first."""


def _find(window: Window, wanted: frozenset[str]) -> Iterator[Found]:
    for match in window.matches(_RUN, 160):
        value = match[0]
        n_digits = len(value.translate(None, _OTHERS))
        if not _MIN_DIGITS <= n_digits <= _MAX_DIGITS or _DECIMAL.match(value):
            continue
        if _NOT_BEFORE.search(window.data, max(window.begin, match.start() - 24), match.start()):
            continue
        run = Run(window, match.start(), match.end(), n_digits)
        for shape in SHAPES:
            if n_digits >= shape.min_digits and shape.kind in wanted:
                for start, end in shape.find(run):
                    yield Found(start, end, shape.kind)


_OTHERS = bytes(c for c in range(256) if not 48 <= c < 58)

GROUPS = (
    Group(
        kinds=tuple(shape.kind for shape in SHAPES),
        anchors=(
            Anchor(
                rb"(?:^|[^0-9])[0-9](?:(?:[ .\-/()]|\xc2\xa0|\xe2\x80[\x90-\x93\xaf]|\xe2\x88\x92)"
                rb"{0,3}[0-9]){6}",
                80,
            ),
        ),
        find=_find,
    ),
)
