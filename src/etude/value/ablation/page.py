"""The page of an ablation: the verdict, the differences, the curves, and what it was made from."""

from markupsafe import Markup

from etude.value.ablation.outcome import MAIN, Ablation, Comparison
from etude.value.experiment import render, said_difference
from etude.value.pictures import Banded, Gap, banded_chart, gap_chart, point

_NAMES = {
    "bits_per_byte": "bits a byte",
    "accuracy": "last words told right",
    "probability": "probability of the last word",
}


def render_page(found: Ablation) -> str:
    """Return the report of an ablation as HTML."""
    recipe = found.recipe
    others = [name for name in recipe.arms if name != recipe.against]
    compared = others if found.comparisons else []
    curves = [("Bits a byte of what is held out, over the steps of the training", _steps(found))]
    if found.curves:
        title = "Bits a byte of what is held out, over the tokens that are read"
        curves.append((title, _amounts(found)))
    return render(
        "ablation/page.html",
        found,
        recipe.arms,
        {"metric": metric_name, "gap": said_gap},
        verdicts=[found.main(name) for name in compared],
        charts=[_gaps(found, name) for name in compared],
        curves=curves,
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
    small = max(abs(one.difference.mean), abs(one.value)) < 0.01
    return said_difference(one.difference, 6 if small else 4)


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
            charts.append((f"{arm}: {name} ({better})", gap_chart(rows, f"{name}: {arm}")))
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
