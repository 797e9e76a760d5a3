"""Pictures of the report: inline SVG in relative widths, so that type never shrinks on a phone.

Colours come from the page's style sheet by class (`tone-0` …), so that a picture follows light
and dark. Every text passes through `visible` and is escaped.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import msgspec
from markupsafe import Markup

from etude.pages.text import visible

N_TONES = 8
"""Colours that tell things apart; the last is grey and stands for all the rest."""
_UNIT_BINS = 12
_HISTOGRAM_PX = 150
_CURVE_PX = 190
_SPREAD_PX = 64


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a bar chart."""

    label: str
    value: int
    tone: int = 0
    mono: bool = False
    """Whether the label is code, such as a path."""
    note: str = ""
    """Shown when the pointer rests on the row."""
    figure: str = ""
    """The value in words, such as `1.2 MB`; the number itself when empty."""


class Stack(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a chart of stacked bars."""

    label: str
    pieces: tuple[tuple[float, int], ...]
    """Value and colour of each piece, from left to right."""
    figure: str
    """The whole in words."""
    note: str = ""
    """Shown when the pointer rests on the row."""


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a chart of shares with their intervals; all in [0, 1]."""

    label: str
    share: float
    low: float
    high: float
    figure: str
    """The share in words, such as `12 of 25`."""
    tone: int = 0


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a chart of shares over 1, 2 and so on."""

    label: str
    shares: tuple[float, ...]
    tone: int = 0


class Bin(msgspec.Struct, frozen=True):
    """One column of a histogram."""

    label: str
    count: int


def tone(place: int) -> int:
    """Return the colour of the thing at `place`, grey once the colours run out."""
    return min(place, N_TONES - 1)


def bins(values: Iterable[int]) -> tuple[Bin, ...]:
    """Count whole numbers from 0 on: one by one while they are few, else in doubling bins."""
    counts = Counter(values)
    if not counts:
        return ()
    low, high = min(counts), max(counts)
    if high - min(low, 1) < _UNIT_BINS:
        return tuple(Bin(str(value), counts[value]) for value in range(min(low, 1), high + 1))
    found: list[Bin] = [Bin("0", counts[0])] if low == 0 else []
    first, last = 1, 1
    while first <= high:
        count = sum(n for value, n in counts.items() if first <= value <= last)
        found.append(Bin(str(first) if first == last else f"{first}\N{EN DASH}{last}", count))
        first, last = last + 1, last * 2
    return tuple(found)


def bar_chart(bars: Sequence[Bar], caption: str) -> Markup:
    """Draw horizontal bars, longest first being the caller's business."""
    most = max((bar.value for bar in bars), default=0) or 1
    rows = Markup("").join(
        Markup(
            '<tr title="{}"><th scope="row" class="{}">{}</th><td class="plot">'
            '<svg aria-hidden="true" width="100%" height="14">'
            '<rect class="tone-{}" width="{}%" height="14" rx="2"/></svg></td>'
            '<td class="num">{}</td></tr>\n'
        ).format(
            visible(bar.note or bar.label),
            "mono" if bar.mono else "",
            visible(bar.label),
            bar.tone,
            _percent(bar.value / most),
            bar.figure or f"{bar.value:,}",
        )
        for bar in bars
    )
    return Markup(
        '<table class="bars"><caption class="unseen">{}</caption><tbody>\n{}</tbody></table>'
    ).format(caption, rows)


def stacked_chart(stacks: Sequence[Stack], caption: str) -> Markup:
    """Draw horizontal bars made of pieces, all to one scale."""
    most = max((sum(v for v, _ in stack.pieces) for stack in stacks), default=0) or 1
    rows = Markup("").join(
        Markup(
            '<tr title="{}"><th scope="row">{}</th><td class="plot">'
            '<svg aria-hidden="true" width="100%" height="14">{}</svg></td>'
            '<td class="num">{}</td></tr>\n'
        ).format(
            visible(stack.note or stack.label),
            visible(stack.label),
            Markup("").join(_pieces(stack, most)),
            stack.figure,
        )
        for stack in stacks
    )
    return Markup(
        '<table class="bars"><caption class="unseen">{}</caption><tbody>\n{}</tbody></table>'
    ).format(caption, rows)


def _pieces(stack: Stack, most: float) -> Iterator[Markup]:
    at = 0.0
    for value, colour in stack.pieces:
        yield Markup('<rect class="tone-{}" x="{}%" width="{}%" height="14"/>').format(
            colour, _percent(at / most), _percent(value / most)
        )
        at += value


def spread_chart(counts: Sequence[int], low: str, high: str, caption: str) -> Markup:
    """Draw how values spread between two marks: narrow columns, the marks below."""
    most = max(counts, default=0) or 1
    step = 100 / max(len(counts), 1)
    columns = Markup("").join(
        Markup('<rect class="tone-0" x="{:.2f}%" y="{}" width="{:.2f}%" height="{}"/>').format(
            place * step + step * 0.06, _SPREAD_PX - height, step * 0.88, height
        )
        for place, count in enumerate(counts)
        for height in [math.ceil(count / most * (_SPREAD_PX - 4))]
    )
    return Markup(
        '<svg class="histogram" role="img" aria-label="{}" width="100%" height="{}">'
        '<line class="base" x1="0" x2="100%" y1="{}" y2="{}"/>{}</svg>'
        '<div class="axis" aria-hidden="true"><span>{}</span><span>{}</span></div>'
    ).format(
        f"{caption}: from {low} to {high}: " + ", ".join(str(count) for count in counts),
        *[_SPREAD_PX] * 3,
        columns,
        low,
        high,
    )


def share_chart(shares: Sequence[Share], caption: str) -> Markup:
    """Draw shares as bars from 0 to 100 % with their intervals as whiskers."""
    grid = Markup("").join(
        Markup('<line class="grid" x1="{0}%" x2="{0}%" y1="0" y2="26"/>').format(at)
        for at in (25, 50, 75)
    )
    rows = Markup("").join(
        Markup(
            '<tr><th scope="row">{}</th><td class="plot"><svg aria-hidden="true" width="100%" '
            'height="26">{}<rect class="tone-{} soft" y="6" width="{}%" height="14" rx="2"/>'
            '<line class="whisker" x1="{}%" x2="{}%" y1="13" y2="13"/>'
            '<line class="whisker" x1="{}%" x2="{}%" y1="9" y2="17"/>'
            '<line class="whisker" x1="{}%" x2="{}%" y1="9" y2="17"/></svg></td>'
            '<td class="num">{}</td></tr>\n'
        ).format(
            visible(row.label),
            grid,
            row.tone,
            *(_percent(at) for at in (row.share, row.low, row.high)),
            *(_percent(at) for at in (row.low, row.low, row.high, row.high)),
            row.figure,
        )
        for row in shares
    )
    return Markup(
        '<table class="bars shares"><caption class="unseen">{}</caption><tbody>\n{}</tbody>'
        '<tfoot aria-hidden="true"><tr><td></td><td><div class="axis"><span>0</span>'
        "<span>50 %</span><span>100 %</span></div></td><td></td></tr></tfoot></table>"
    ).format(caption, rows)


def histogram(columns: Sequence[Bin], caption: str) -> Markup:
    """Draw upright columns, each with its count on top and its label below."""
    most = max((column.count for column in columns), default=0) or 1
    step = 100 / max(len(columns), 1)
    # Few columns would otherwise be as wide as doors.
    width = min(step * 0.72, 9.0)
    parts: list[Markup] = []
    for place, column in enumerate(columns):
        middle = (place + 0.5) * step
        height = math.ceil(column.count / most * (_HISTOGRAM_PX - 44))
        top = _HISTOGRAM_PX - 24 - height
        parts.append(
            Markup(
                '<rect class="tone-0" x="{:.2f}%" y="{}" width="{:.2f}%" height="{}" rx="2"/>'
                '<text class="count" x="{:.2f}%" y="{}">{}</text>'
                '<text class="label" x="{:.2f}%" y="{}">{}</text>'
            ).format(
                *(middle - width / 2, top, width, height),
                *(middle, top - 5, column.count or ""),
                *(middle, _HISTOGRAM_PX - 7, column.label),
            )
        )
    return Markup(
        '<svg class="histogram" role="img" aria-label="{}" width="100%" height="{}">'
        '<line class="base" x1="0" x2="100%" y1="{}" y2="{}"/>{}</svg>'
    ).format(
        f"{caption}: " + ", ".join(f"{column.label}: {column.count}" for column in columns),
        _HISTOGRAM_PX,
        *[_HISTOGRAM_PX - 23.5] * 2,
        Markup("").join(parts),
    )


def curve_chart(curves: Sequence[Curve], caption: str) -> Markup:
    """Draw shares over 1, 2, … as lines with a dot at each value."""
    n_values = max((len(curve.shares) for curve in curves), default=0)
    parts = [
        Markup(
            '<line class="grid" x1="0" x2="100%" y1="{0}" y2="{0}"/>'
            '<text class="mark" x="0" y="{1}">{2} %</text>'
        ).format(_height(share / 100), _height(share / 100) - 4, share)
        for share in (0, 50, 100)
    ]
    marked = {1 + round(step * (n_values - 1) / 6) for step in range(7)} if n_values > 8 else None
    parts += [
        Markup('<text class="label" x="{:.2f}%" y="{}">{}</text>').format(
            _across(value, n_values), _CURVE_PX - 4, value
        )
        for value in range(1, n_values + 1)
        if marked is None or value in marked
    ]
    for curve in curves:
        dots = [
            (_across(value, n_values), _height(share))
            for value, share in enumerate(curve.shares, start=1)
        ]
        parts += [
            Markup('<line class="line-{}" x1="{:.2f}%" y1="{}" x2="{:.2f}%" y2="{}"/>').format(
                curve.tone, *one, *two
            )
            for one, two in pairwise(dots)
        ]
        parts += [
            Markup('<circle class="tone-{}" cx="{:.2f}%" cy="{}" r="3"/>').format(curve.tone, *dot)
            for dot in dots
        ]
    return Markup(
        '<svg class="curves" role="img" aria-label="{}" width="100%" height="{}">{}</svg>'
    ).format(
        f"{caption}: "
        + "; ".join(
            f"{visible(curve.label)} " + ", ".join(f"{share:.0%}" for share in curve.shares)
            for curve in curves
        ),
        _CURVE_PX,
        Markup("").join(parts),
    )


def _percent(share: float) -> str:
    return f"{100 * share:.4g}"


def _across(value: int, n_values: int) -> float:
    """Place of `value` from left to right, in percent; room is left for the marks."""
    return 52.0 if n_values < 2 else 10.0 + 86.0 * (value - 1) / (n_values - 1)


def _height(share: float) -> float:
    """Place of a share from the top, in pixels."""
    return round(20 + (1 - share) * (_CURVE_PX - 42), 1)
