"""The page of the experiment: curves over the generations, what each way loses, samples."""

from markupsafe import Markup

from etude.value.collapse.outcome import Collapse
from etude.value.experiment import render
from etude.value.pictures import Banded, banded_chart, point

_PICTURES = {
    "bits_per_byte": "Bits a byte of real text (lower is better)",
    "tail": "Bits for each of the rarest tokens of real text (lower is better)",
    "worst_lines": "Bits a byte of the hardest tenth of real text (lower is better)",
    "perplexity": "Perplexity of a token of real text (lower is better)",
}
_VARIETY = {
    "distinct_1": "Different words",
    "distinct_3": "Different runs of three words",
    "rare_words": "Rare words",
    "self_bleu": "Unlikeness to each other (self-BLEU)",
    "compression": "Resistance to compression",
    "entropy_2": "Entropy of pairs of words",
}


def render_page(found: Collapse) -> str:
    """Return the report of the experiment as HTML."""
    return render(
        "collapse/page.html",
        found,
        found.recipe.ways,
        {"name": figure_name},
        pictures=[(title, _chart(found, metric, title)) for metric, title in _PICTURES.items()],
        variety=[
            (_variety_title(metric), _chart(found, metric, metric)) for metric in _measures(found)
        ],
        samples=_samples(found),
    )


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
    return f"{_VARIETY.get(name, name.replace('_', ' '))}, as a share of real text's"


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
