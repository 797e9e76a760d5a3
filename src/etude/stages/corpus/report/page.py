"""The page on a corpus: pictures first, and samples of everything that was dropped.

It needs no network and runs no script. Whatever it shows of a document is escaped, because
documents are written by strangers.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup

from etude.pages.charts import Bar, Bin, Stack, bar_chart, histogram, spread_chart, stacked_chart
from etude.pages.charts import tone as tone_of
from etude.pages.template import environment
from etude.pages.text import passage, percent, size
from etude.records import DroppedDocument, StepCount
from etude.stages.corpus.report.figures import Amount, CorpusFigures, Histogram, KeptDocument
from etude.store import write_whole

_TEMPLATE = "page.html"
_ROWS = 16
_SAMPLES = 3
_SAMPLE_CHARS = 700
_LARGE_CLUSTER = 128
_DULL_SHARE = 0.99
"""A signal of which so many values fall into one bin is named, not drawn."""


class Spread(NamedTuple):
    """One signal, drawn."""

    name: str
    chart: Markup
    mean: str
    median: str
    n_missing: int


class ReasonView(NamedTuple):
    """One reason to drop documents: how many, some of them, and some that stayed."""

    reason: str
    n: int
    dropped: tuple[DroppedDocument, ...]
    kept: tuple[KeptDocument, ...]


class StepView(NamedTuple):
    """One step of the recipe with what it did."""

    did: StepCount
    share_kept: str
    speed: str
    reasons: tuple[ReasonView, ...]


def write_report(target: Path, figures: CorpusFigures) -> None:
    """Write the report as one HTML file, whole or not at all.

    Raises:
        ConfigError: The file cannot be written there.
    """
    write_whole(target, render_report(figures).encode("utf-8", "replace"))


def render_report(figures: CorpusFigures) -> str:
    """Return the report as HTML; the same figures give the same text."""
    domains = [amount.name for amount in figures.by_domain]
    tones = {name: tone_of(place) for place, name in enumerate(_all_domains(figures, domains))}
    tallies: dict[str, list[Bar]] = {}
    for row in figures.tallies:
        tallies.setdefault(f"{row.name}, by {row.step}", []).append(
            Bar(label=row.value, value=row.count, mono=True)
        )
    return (
        environment(
            Path(__file__).parent, {"excerpt": _excerpt, "thousands": _thousands, "short": _short}
        )
        .get_template(_TEMPLATE)
        .render(
            figures=figures,
            flow=_flow(figures.funnel, tones),
            legend=[*tones.items()][:8],
            dropped=_dropped(figures),
            n_dropped=sum(figures.dropped.values()),
            steps=[*_steps(figures)],
            amounts=[
                ("domain", _amounts(figures.by_domain)),
                ("language", _amounts(figures.by_language)),
                ("licence", _amounts(figures.by_licence)),
                ("year", _years(figures.by_year)),
            ],
            spreads=[_spread(signal) for signal in figures.signals if not _is_dull(signal)],
            dull=[signal.name for signal in figures.signals if _is_dull(signal)],
            clusters=figures.clusters,
            cluster_charts=[
                (step, _cluster_chart(step, sizes), sum(sizes.values()))
                for step, sizes in figures.cluster_sizes.items()
            ],
            tallies=[
                (name, bar_chart(bars[:_ROWS], name), len(bars), sum(bar.value for bar in bars))
                for name, bars in sorted(tallies.items())
            ],
            recipe=_pretty(figures.recipe),
        )
    )


def _all_domains(figures: CorpusFigures, kept: Sequence[str]) -> list[str]:
    """Every domain that came in, largest first, so that colours stay the same along the page."""
    if not figures.funnel:
        return list(kept)
    return [name or "not stated" for name in figures.funnel[0].domains_in]


def _flow(funnel: Sequence[StepCount], tones: dict[str, int]) -> Markup:
    rows = []
    for count in funnel:
        pieces = [
            (float(n_bytes), tones.get(name or "not stated", 7))
            for name, n_bytes in count.domains_out.items()
        ]
        rows.append(
            Stack(
                label=count.id,
                pieces=tuple(sorted(pieces, key=lambda piece: piece[1])),
                figure=size(count.bytes_out),
                note=f"{count.step}: {count.n_in:,} documents in, {count.n_out:,} out",
            )
        )
    return stacked_chart(rows, "Text left after each step, by domain")


def _dropped(figures: CorpusFigures) -> Markup:
    bars = [Bar(label="kept", value=figures.n_kept)]
    ordered = sorted(figures.dropped.items(), key=lambda item: (-item[1], item[0]))
    bars += [Bar(label=reason, value=n, tone=7) for reason, n in ordered[: 2 * _ROWS]]
    rest = sum(n for _, n in ordered[2 * _ROWS :])
    if rest:
        bars.append(Bar(label=f"{len(ordered) - 2 * _ROWS} further reasons", value=rest, tone=7))
    return bar_chart(bars, "Records kept and dropped, by reason")


def _steps(figures: CorpusFigures) -> Iterator[StepView]:
    samples: dict[tuple[str, str], list[DroppedDocument]] = {}
    for row in figures.dropped_samples:
        samples.setdefault((row.step, row.reason), []).append(row)
    turn = 0
    for count in figures.funnel:
        reasons = []
        for reason, n in count.reasons.items():
            few = samples.get((count.step, reason), [])[:_SAMPLES]
            beside = figures.kept_samples
            # Each reason gets other documents beside it, so that a reader sees many of them.
            kept = [beside[(turn + i) % len(beside)] for i in range(len(few))] if beside else []
            turn += len(few)
            reasons.append(ReasonView(reason, n, tuple(few), tuple(kept)))
        yield StepView(
            count,
            percent(count.n_out / count.n_in) if count.n_in else "-",
            f"{size(count.bytes_in / count.cpu_s)}/s" if count.cpu_s >= 0.01 else "-",
            tuple(reasons),
        )


def _amounts(amounts: Sequence[Amount]) -> Markup:
    shown = [*amounts[:_ROWS]]
    bars = [_amount_bar(amount) for amount in shown]
    if rest := amounts[_ROWS:]:
        n_bytes = sum(amount.n_bytes for amount in rest)
        bars.append(Bar(label=f"{len(rest)} others", value=n_bytes, figure=size(n_bytes), tone=7))
    return bar_chart(bars, "Amounts of text")


def _amount_bar(amount: Amount) -> Bar:
    tokens = f", {amount.n_tokens:,} tokens" if amount.n_tokens is not None else ""
    return Bar(
        label=amount.name,
        value=amount.n_bytes,
        figure=size(amount.n_bytes),
        note=f"{amount.name}: {amount.n_documents:,} documents{tokens}",
    )


def _years(amounts: Sequence[Amount]) -> Markup:
    return bar_chart([_amount_bar(amount) for amount in amounts[-2 * _ROWS :]], "Text by year")


def _is_dull(signal: Histogram) -> bool:
    return max(signal.counts) >= _DULL_SHARE * sum(signal.counts)


def _spread(signal: Histogram) -> Spread:
    return Spread(
        signal.name,
        spread_chart(signal.counts, f"{signal.low:.3g}", f"{signal.high:.3g}", signal.name),
        f"{signal.mean:.3g}",
        f"{signal.median:.3g}",
        signal.n_missing,
    )


def _cluster_chart(step: str, sizes: dict[int, int]) -> Markup:
    columns = []
    low, high = 2, 2
    while low <= _LARGE_CLUSTER:
        label = str(low) if low == high else f"{low}\N{EN DASH}{high}"
        columns.append(Bin(label, sum(n for size_, n in sizes.items() if low <= size_ <= high)))
        low, high = high + 1, high * 2
    columns.append(Bin(f"{low}+", sum(n for size_, n in sizes.items() if size_ >= low)))
    return histogram(columns, f"{step}: clusters by number of members")


def _excerpt(text: str) -> object:
    cut = text[:_SAMPLE_CHARS]
    return passage(cut + ("…" if len(text) > len(cut) else "")).text


def _thousands(number: float) -> str:
    return f"{number:,.0f}"


def _short(number: float) -> str:
    """Return a large number for a tile: `470 M`."""
    for unit in ("", "k", "M", "G", "T"):
        if number < 1000 or unit == "T":
            break
        number /= 1000
    return f"{number:.3g}\N{NO-BREAK SPACE}{unit}".rstrip()


def _pretty(recipe: str) -> str:
    return json.dumps(json.loads(recipe), indent=1, ensure_ascii=False)
