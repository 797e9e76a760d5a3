"""The page of an ablation: the verdict, the differences, the curves, and what it was made from."""

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
from markupsafe import Markup

from etude.pages.charts import tone
from etude.pages.template import environment
from etude.store import write_whole
from etude.value.ablation.outcome import MAIN, Ablation, Comparison
from etude.value.pictures import Banded, Gap, banded_chart, gap_chart, point
from etude.value.statistics.curve import Range

_NAMES = {
    "bits_per_byte": "bits a byte",
    "accuracy": "last words told right",
    "probability": "probability of the last word",
}


def write_page(target: Path, found: Ablation) -> None:
    """Write the report of an ablation as one HTML file.

    Raises:
        ConfigError: The file cannot be written there.
    """
    write_whole(target, render_page(found).encode("utf-8", "replace"))


def render_page(found: Ablation) -> str:
    """Return the report as HTML."""
    recipe = found.recipe
    others = [name for name in recipe.arms if name != recipe.against]
    filters: dict[str, Callable[..., object]] = {
        "metric": metric_name,
        "gap": said_gap,
        "range": said_range,
    }
    legend = [(name, tone(place)) for place, name in enumerate(recipe.arms)]
    made = json.dumps(msgspec.to_builtins(recipe), indent=1, ensure_ascii=False)
    return (
        environment(Path(__file__).parent, filters)
        .get_template("page.html")
        .render(
            found=found,
            verdicts=[found.main(name) for name in others],
            charts=[(name, _gaps(found, name)) for name in others],
            legend=legend,
            steps=_steps(found),
            amounts=_amounts(found) if found.curves else "",
            recipe=made,
        )
    )


def metric_name(metric: str) -> str:
    """Return the name of a figure for a reader.

    >>> metric_name("bits_per_byte/manuals")
    'bits a byte, manuals'
    """
    family, _, member = metric.partition("/")
    return f"{_NAMES.get(family, family)}, {member or 'all'}"


def said_gap(one: Comparison) -> str:
    """Return a difference with its interval, in words."""
    gap = one.difference
    digits = 4 if max(abs(gap.mean), abs(one.value)) >= 0.01 else 6
    return f"{gap.mean:+.{digits}f} [{gap.low:+.{digits}f}, {gap.high:+.{digits}f}]"


def said_range(one: Range) -> str:
    """Return a value with its interval, in words."""
    return f"{one.value:.4g} [{one.low:.4g}, {one.high:.4g}]"


def _gaps(found: Ablation, arm: str) -> list[tuple[str, Markup]]:
    """Return a chart of differences for each kind of figure."""
    mine = [one for one in found.comparisons if one.arm == arm]
    charts: list[tuple[str, Markup]] = []
    for family, name in _NAMES.items():
        if family == "probability":  # of tiny models it is tiny, and the table has it
            continue
        rows = [
            Gap(
                label=one.metric.partition("/")[2],
                value=one.difference.mean,
                low=one.difference.low,
                high=one.difference.high,
                figure=said_gap(one),
                tone={"better": 2, "worse": 3}.get(one.verdict, 7),
            )
            for one in mine
            if one.metric.startswith(family)
        ]
        if rows:
            better = "lower is better" if family == "bits_per_byte" else "higher is better"
            charts.append((f"{name} ({better})", gap_chart(rows, f"{name}: {arm}")))
    return charts


def _steps(found: Ablation) -> Markup:
    """Return the curves of training, with intervals over seeds."""
    curves = []
    for arm in found.recipe.arms:
        mine = [p for p in found.proxies if (p.arm, p.tokens) == (arm, found.recipe.tokens)]
        by_step: dict[int, list[float]] = {}
        for proxy in mine:
            for step, value in proxy.curve:
                by_step.setdefault(step, []).append(value)
        # Before the first step nothing is known, and its height would flatten all others.
        points = [
            point(step, values, found.recipe.level)
            for step, values in sorted(by_step.items())
            if step
        ]
        curves.append(Banded(label=arm, points=tuple(points)))
    return banded_chart(curves, "bits a byte over the steps")


def _amounts(found: Ablation) -> Markup:
    curves = []
    for arm in found.recipe.arms:
        by_amount: dict[int, list[float]] = {}
        for proxy in found.proxies:
            if proxy.arm == arm:
                by_amount.setdefault(proxy.tokens, []).append(proxy.figures[MAIN])
        points = tuple(
            point(n, values, found.recipe.level) for n, values in sorted(by_amount.items())
        )
        curves.append(Banded(label=arm, points=points))
    return banded_chart(curves, "bits a byte over the tokens read", logarithmic=True)
