"""The page of a run: curves first, then what the model says, and what it was made from."""

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup

from etude.pages.charts import tone
from etude.pages.template import environment
from etude.store import write_whole
from etude.train.lines import Line, line_chart
from etude.train.manifest import Bin, Figure, RunManifest
from etude.train.metrics import SPEED, Metric

_SPLITS = {
    "held_out": "on what is held out",
    "cloze": "finishing sentences",
    "probe": "probes",
    "train": "while training",
    SPEED: "of the machine",
}
_MOST_LINES = 8
_SHOWN_SAMPLES = 24


class Picture(NamedTuple):
    """One chart with its legend."""

    title: str
    chart: Markup
    legend: tuple[tuple[str, int, str], ...]
    """Label, colour and last value of each line."""


def write_page(target: Path, manifest: RunManifest, metrics: Sequence[Metric]) -> None:
    """Write the report of a run as one HTML file.

    Raises:
        ConfigError: The file cannot be written there.
    """
    write_whole(target, render_page(manifest, metrics).encode("utf-8", "replace"))


def render_page(manifest: RunManifest, metrics: Sequence[Metric]) -> str:
    """Return the report as HTML."""
    recipe = json.dumps(json.loads(manifest.recipe), indent=1, ensure_ascii=False)
    return (
        environment(Path(__file__).parent, {"said": _said, "share": _share})
        .get_template("page.html")
        .render(
            run=manifest,
            pictures=pictures(metrics),
            reliability=_reliability(manifest.reliability),
            samples=manifest.samples[:_SHOWN_SAMPLES],
            recipe=recipe,
        )
    )


def pictures(metrics: Sequence[Metric]) -> list[Picture]:
    """Return a chart for every kind of number, most telling ones first."""
    groups: dict[tuple[str, str], dict[str, list[tuple[float, float]]]] = defaultdict(dict)
    for row in metrics:
        family, _, member = row.name.partition("/")
        line = groups[row.split, family].setdefault(member or family, [])
        line.append((row.step, row.value))
    order = [*_SPLITS, *sorted({split for split, _ in groups} - _SPLITS.keys())]
    found = []
    for split, family in sorted(groups, key=lambda key: order.index(key[0])):
        lines = [
            Line(label=label, points=tuple(points))
            for label, points in [*groups[split, family].items()][:_MOST_LINES]
        ]
        title = f"{family.replace('_', ' ')}, {_SPLITS.get(split, split)}"
        legend = tuple(
            (line.label, tone(place), f"{line.points[-1][1]:.4g}")
            for place, line in enumerate(lines)
        )
        found.append(Picture(title, line_chart(lines, title), legend))
    return found


def _reliability(bins: Sequence[Bin]) -> Markup:
    if not bins:
        return Markup("")
    lines = [
        Line(label="observed", points=tuple((one.predicted, one.observed) for one in bins)),
        Line(label="perfect", points=tuple((one.predicted, one.predicted) for one in bins)),
    ]
    return line_chart(lines, "how often the predicted preference held")


def _said(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return f"{figure.value:.4g}"
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"


def _share(figure: Figure) -> str:
    return f"{figure.n:,}" if figure.n else ""
