"""Lines: curves over the steps of a run, drawn without script and following light and dark."""

import math
from collections.abc import Sequence
from itertools import pairwise

import msgspec
from markupsafe import Markup

from etude.pages.charts import tone
from etude.pages.text import visible

_PX = 220
_TOP, _BOTTOM = 12, 24
_LEFT, _RIGHT = 9.0, 98.0
_MOST_POINTS = 200


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One curve."""

    label: str
    points: tuple[tuple[float, float], ...]
    """Step and value."""


def ticks(low: float, high: float, n: int = 4) -> list[float]:
    """Return round numbers that span a range.

    >>> ticks(0.13, 0.97)
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    if not high > low:
        low, high = low - 0.5, high + 0.5
    raw = (high - low) / n
    unit = 10.0 ** math.floor(math.log10(raw))
    step = next(m * unit for m in (1, 2, 2.5, 5, 10) if m * unit >= raw)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [round(at * step, 12) for at in range(first, last + 1)]


def line_chart(lines: Sequence[Line], caption: str) -> Markup:
    """Draw curves to one scale, with round marks at the left and the steps below."""
    shown = [line for line in lines if line.points]
    if not shown:
        return Markup("")
    steps = [x for line in shown for x, _ in line.points]
    values = [y for line in shown for _, y in line.points]
    marks = ticks(min(values), max(values))
    first, last = min(steps), max(steps)
    last = last if last > first else first + 1

    def across(x: float) -> float:
        return _LEFT + (_RIGHT - _LEFT) * (x - first) / (last - first)

    def height(y: float) -> float:
        share = (y - marks[0]) / (marks[-1] - marks[0])
        return round(_TOP + (1 - share) * (_PX - _TOP - _BOTTOM), 1)

    parts = [
        Markup(
            '<line class="grid" x1="{2}%" x2="100%" y1="{0}" y2="{0}"/>'
            '<text class="mark" x="0" y="{1}">{3:g}</text>'
        ).format(height(mark), height(mark) + 4, _LEFT, mark)
        for mark in marks
    ]
    parts += [
        Markup('<text class="label" x="{:.2f}%" y="{}">{:g}</text>').format(across(x), _PX - 4, x)
        for x in ticks(first, last)
        if first <= x <= last
    ]
    for place, line in enumerate(shown):
        parts += _drawn([(across(x), height(y)) for x, y in _thinned(line.points)], tone(place))
    return Markup(
        '<svg class="curves" role="img" aria-label="{}" width="100%" height="{}">{}</svg>'
    ).format(_in_words(shown, caption), _PX, Markup("").join(parts))


def _drawn(dots: Sequence[tuple[float, float]], colour: int) -> list[Markup]:
    parts = [
        Markup('<line class="line-{}" x1="{:.2f}%" y1="{}" x2="{:.2f}%" y2="{}"/>').format(
            colour, *one, *two
        )
        for one, two in pairwise(dots)
    ]
    if len(dots) <= 30:
        parts += [
            Markup('<circle class="tone-{}" cx="{:.2f}%" cy="{}" r="2.5"/>').format(colour, *dot)
            for dot in dots
        ]
    return parts


def _thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return at most so many points as can be told apart, the last one among them."""
    every = -(-len(points) // _MOST_POINTS)
    return [*points[:-1:every], points[-1]]


def _in_words(lines: Sequence[Line], caption: str) -> str:
    said = [
        f"{visible(line.label)} from {line.points[0][1]:.4g} to {line.points[-1][1]:.4g}"
        for line in lines
    ]
    return f"{caption}: {'; '.join(said)}"
