"""The page of the experiment: curves over the generations, what each way loses, samples."""

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
from markupsafe import Markup

from etude.pages.charts import tone
from etude.pages.template import environment
from etude.store import write_whole
from etude.value.collapse.outcome import Collapse
from etude.value.pictures import Banded, banded_chart, point
from etude.value.statistics.difference import Difference

_PICTURES = {
    "bits_per_byte": "Bits a byte of real text (lower is better)",
    "tail": "Bits for each of the rarest tokens of real text (lower is better)",
    "worst_lines": "Bits a byte of the hardest tenth of real text (lower is better)",
    "perplexity": "Perplexity of a token of real text (lower is better)",
}
_VARIETY = {
    "variety/distinct_n-1": "Different words, as a share of real text's",
    "variety/distinct_n-3": "Different runs of three words, as a share of real text's",
    "variety/rare_words": "Rare words, as a share of real text's",
}


def write_page(target: Path, found: Collapse) -> None:
    """Write the report as one HTML file.

    Raises:
        ConfigError: The file cannot be written there.
    """
    write_whole(target, render_page(found).encode("utf-8", "replace"))


def render_page(found: Collapse) -> str:
    """Return the report as HTML."""
    ways = list(found.recipe.ways)
    filters: dict[str, Callable[..., object]] = {"gap": said, "name": figure_name}
    return (
        environment(Path(__file__).parent, filters)
        .get_template("page.html")
        .render(
            found=found,
            legend=[(name, tone(place)) for place, name in enumerate(ways)],
            pictures=[(title, _chart(found, metric, title)) for metric, title in _PICTURES.items()],
            variety=[
                (_variety_title(metric), _chart(found, metric, metric))
                for metric in _measures(found)
            ],
            samples=_samples(found),
            recipe=json.dumps(msgspec.to_builtins(found.recipe), indent=1, ensure_ascii=False),
        )
    )


def said(gap: Difference) -> str:
    """Return a difference with its interval, in words."""
    return f"{gap.mean:+.4f} [{gap.low:+.4f}, {gap.high:+.4f}]"


def figure_name(metric: str) -> str:
    """Return the name of a figure for a reader.

    >>> figure_name("tail")
    'bits of a rare token'
    """
    return {
        "bits_per_byte": "bits a byte",
        "tail": "bits of a rare token",
        "worst_lines": "bits a byte, hardest tenth",
    }.get(metric, metric)


def _variety_title(metric: str) -> str:
    name = metric.partition("/")[2]
    return _VARIETY.get(metric, f"{name.replace('_', ' ')}, as a share of real text's")


def _measures(found: Collapse) -> list[str]:
    names = {name for one in found.known for name in one.variety}
    return [f"variety/{name}" for name in sorted(names)]


def _chart(found: Collapse, metric: str, title: str) -> Markup:
    curves = []
    for way in found.recipe.ways:
        points = []
        for generation in range(found.recipe.generations + 1):
            values = found.values(way, generation, metric)
            if values:
                points.append(point(generation, values, found.recipe.level))
        curves.append(Banded(label=way, points=tuple(points)))
    return banded_chart(curves, title)


def _samples(found: Collapse) -> list[tuple[str, str]]:
    """Return what the first and the last generation of each way write, of the first seed."""
    last = found.recipe.generations
    return [
        (f"{one.way or 'all ways'}, generation {one.generation}", one.sample)
        for one in found.known
        if one.seed == 0 and one.generation in (0, last)
    ]
