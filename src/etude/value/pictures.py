"""Pictures of what is compared: differences about zero, and curves with their intervals."""

import math
from collections.abc import Sequence
from itertools import pairwise

import msgspec
from markupsafe import Markup

from etude.pages.charts import tone
from etude.pages.text import visible
from etude.train.lines import ticks
from etude.value.statistics.student import quantile

_ROW_PX = 26
_PX = 230
_TOP, _BOTTOM = 12, 24
_LEFT, _RIGHT = 9.0, 97.0


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a chart of differences."""

    label: str
    value: float
    low: float
    high: float
    figure: str
    """The difference in words."""
    tone: int = 0


class Banded(msgspec.Struct, frozen=True, kw_only=True):
    """One curve whose points have intervals."""

    label: str
    points: tuple[tuple[float, float, float, float], ...]
    """Place, value, lower and upper bound; bounds that are not finite are not drawn."""


def gap_chart(gaps: Sequence[Gap], caption: str) -> Markup:
    """Draw differences as dots with whiskers, all to one scale, about a line at zero."""
    finite = [at for gap in gaps for at in (gap.value, gap.low, gap.high) if math.isfinite(at)]
    marks = ticks(min([0.0, *finite]), max([0.0, *finite]))

    def across(value: float) -> float:
        share = (value - marks[0]) / (marks[-1] - marks[0])
        return 2 + 96 * min(max(share, 0.0), 1.0)

    grid = Markup("").join(
        Markup('<line class="{}" x1="{:.2f}%" x2="{:.2f}%" y1="0" y2="{}"/>').format(
            "base" if mark == 0 else "grid", across(mark), across(mark), _ROW_PX
        )
        for mark in marks
    )
    rows = Markup("").join(
        Markup(
            '<tr><th scope="row">{}</th><td class="plot"><svg aria-hidden="true" width="100%" '
            'height="{}">{}<line class="whisker" x1="{:.2f}%" x2="{:.2f}%" y1="13" y2="13"/>'
            '<circle class="tone-{}" cx="{:.2f}%" cy="13" r="4.5"/></svg></td>'
            '<td class="num">{}</td></tr>\n'
        ).format(
            visible(gap.label),
            _ROW_PX,
            grid,
            across(gap.low),
            across(gap.high),
            gap.tone,
            across(gap.value),
            gap.figure,
        )
        for gap in gaps
    )
    axis = Markup("").join(
        Markup('<text class="label" x="{:.2f}%" y="12">{:g}</text>').format(across(mark), mark)
        for mark in marks
    )
    return Markup(
        '<table class="bars gaps"><caption class="unseen">{}</caption><tbody>\n{}</tbody>'
        '<tfoot aria-hidden="true"><tr><td></td><td class="plot"><svg width="100%" height="16">{}'
        "</svg></td><td></td></tr></tfoot></table>"
    ).format(caption, rows, axis)


def banded_chart(curves: Sequence[Banded], caption: str, *, logarithmic: bool = False) -> Markup:
    """Draw curves with a whisker at each point; `logarithmic` spreads places by their ratio."""
    shown = [curve for curve in curves if curve.points]
    if not shown:
        return Markup("")
    places = sorted({point[0] for curve in shown for point in curve.points})
    values = [
        at for curve in shown for _, *all_ in curve.points for at in all_ if math.isfinite(at)
    ]
    marks = ticks(min(values), max(values))

    def along(x: float) -> float:
        return math.log(x) if logarithmic else x

    first, last = along(places[0]), along(places[-1])
    width = (last - first) or 1.0

    def across(x: float, shift: float = 0.0) -> float:
        return _LEFT + 2 + (_RIGHT - _LEFT - 4) * (along(x) - first) / width + shift

    def height(y: float) -> float:
        share = (y - marks[0]) / (marks[-1] - marks[0])
        return round(_TOP + (1 - min(max(share, 0), 1)) * (_PX - _TOP - _BOTTOM), 1)

    parts = [
        Markup(
            '<line class="grid" x1="{2}%" x2="100%" y1="{0}" y2="{0}"/>'
            '<text class="mark" x="0" y="{1}">{3:g}</text>'
        ).format(height(mark), height(mark) + 4, _LEFT, mark)
        for mark in marks
    ]
    parts += [
        Markup('<text class="label" x="{:.2f}%" y="{}">{}</text>').format(
            across(x), _PX - 4, f"{x:,g}" if x < 1e4 else f"{x / 1e3:,g}k"
        )
        for x in places
    ]
    for number, curve in enumerate(shown):
        # Whiskers of curves that meet would hide each other.
        shift = 0.7 * (number - (len(shown) - 1) / 2)
        dots = [(across(x, shift), height(y)) for x, y, _, _ in curve.points]
        parts += [
            Markup('<line class="line-{}" x1="{:.2f}%" y1="{}" x2="{:.2f}%" y2="{}"/>').format(
                tone(number), *one, *two
            )
            for one, two in pairwise(dots)
        ]
        for (x, _, low, high), (at, dot) in zip(curve.points, dots, strict=True):
            if math.isfinite(low) and math.isfinite(high):
                parts.append(
                    Markup(
                        '<line class="line-{0} thin" x1="{1:.2f}%" x2="{1:.2f}%" y1="{2}" '
                        'y2="{3}"/>'
                    ).format(tone(number), across(x, shift), height(low), height(high))
                )
            parts.append(
                Markup('<circle class="tone-{}" cx="{:.2f}%" cy="{}" r="3"/>').format(
                    tone(number), at, dot
                )
            )
    return Markup(
        '<svg class="curves" role="img" aria-label="{}" width="100%" height="{}">{}</svg>'
    ).format(_in_words(shown, caption), _PX, Markup("").join(parts))


def _in_words(curves: Sequence[Banded], caption: str) -> str:
    said = [
        f"{visible(curve.label)} from {curve.points[0][1]:.4g} to {curve.points[-1][1]:.4g}"
        for curve in curves
    ]
    return f"{caption}: {'; '.join(said)}"


def point(place: float, values: Sequence[float], level: float) -> tuple[float, float, float, float]:
    """Return the mean of values at a place, with its interval; none with a single value."""
    n, mean = len(values), math.fsum(values) / len(values)
    if n < 2:
        return place, mean, math.nan, math.nan
    spread = math.fsum((value - mean) ** 2 for value in values) / (n - 1)
    half = quantile((1 + level) / 2, n - 1) * math.sqrt(spread / n)
    return place, mean, mean - half, mean + half
