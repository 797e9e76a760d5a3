"""The page of the experiment: curves over the amount, what noise costs, what it is worth."""

from math import nan

from markupsafe import Markup

from etude.pages.charts import tone
from etude.value.experiment import render, said_difference
from etude.value.noise.outcome import Cost, NoiseFound
from etude.value.pictures import Banded, Gap, banded_chart, gap_chart, point

_TITLES = {
    "error": "Share of labels missed (lower is better)",
    "loss": "Nats a label (lower is better)",
}
_HARMLESS = "the share that is right"
_WORDS = {"error": "labels missed", "loss": "nats a label"}


def render_page(found: NoiseFound) -> str:
    """Return the report of the experiment as HTML."""
    return render(
        "noise/page.html",
        found,
        [level_name(noise) for noise in sorted(found.recipe.noises)],
        {"figure": lambda metric: _WORDS[metric], "level": level_name, "cost": said_cost},
        curves=[
            (f"{title}, over the examples", _curves(found, metric))
            for metric, title in _TITLES.items()
        ],
        gaps=[
            (f"{title}, {max(found.recipe.amounts):,} examples", _gaps(found, metric))
            for metric, title in _TITLES.items()
        ],
        worth=_worth(found),
        worth_legend=[
            (name, tone(place))
            for place, name in enumerate((*(f"by {name}" for name in _WORDS.values()), _HARMLESS))
        ],
    )


def level_name(noise: float) -> str:
    """Return a share of wrong labels, in words.

    >>> level_name(0.25)
    '25 % wrong'
    """
    return f"{100 * noise:g} % wrong"


def said_cost(one: Cost) -> str:
    """Return what noise costs, with its interval, in words."""
    return said_difference(one.difference)


def _curves(found: NoiseFound, metric: str) -> Markup:
    curves = [
        Banded(
            label=level_name(noise),
            points=tuple(
                point(amount, found.values(metric, noise, amount), found.recipe.level)
                for amount in sorted(found.recipe.amounts)
            ),
        )
        for noise in sorted(found.recipe.noises)
    ]
    return banded_chart(curves, _WORDS[metric], logarithmic=True)


def _worth(found: NoiseFound) -> Markup:
    curves = [
        Banded(
            label=f"by {_WORDS[one.metric]}",
            points=tuple(
                (level.noise, level.worth.value, level.worth.low, level.worth.high)
                for level in one.law.levels
            ),
        )
        for one in found.laws
    ]
    right = tuple((noise, 1 - noise, nan, nan) for noise in sorted(found.recipe.noises))
    return banded_chart([*curves, Banded(label=_HARMLESS, points=right)], "worth of an example")


def _gaps(found: NoiseFound, metric: str) -> Markup:
    rows = [
        Gap(
            label=level_name(one.noise),
            value=one.difference.mean,
            low=one.difference.low,
            high=one.difference.high,
            figure=said_cost(one),
            tone=7 if not one.difference.is_sure else 3 if one.difference.mean > 0 else 2,
        )
        for one in found.costs
        if (one.metric, one.amount) == (metric, max(found.recipe.amounts))
    ]
    return gap_chart(rows, f"{_WORDS[metric]}, against no wrong labels")
