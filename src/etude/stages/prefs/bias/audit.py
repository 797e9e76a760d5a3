"""The bias audit of preference data: what raters paid for that has nothing to do with content."""

import math
from collections.abc import Sequence
from typing import Literal

import msgspec

from etude.errors import ConfigError
from etude.stages.prefs.bias.features import FEATURES, differences
from etude.stages.prefs.bias.rulers import TOGETHER, Ruler, rulers_of, weights_of
from etude.stages.prefs.bias.slopes import Slope, measure_slopes
from etude.stages.prefs.bias.sycophancy import Sycophancy, measure_sycophancy
from etude.stages.prefs.choices import Choice, ChoiceSet, read_choices
from etude.stages.prefs.intervals import Estimate
from etude.store import Dataset

_FEW = 20


class BiasReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a data set of preferences pays for, beside rulers that read nothing."""

    path: str
    """Folder of the data set; empty when there is none."""
    n_choices: int
    n_groups: int
    """Comparisons or prompts; choices of one are not taken as independent."""
    n_ties: int
    n_without_verdict: int
    n_positions: int
    """Choices of which it is known what was shown first."""
    effective_size: float
    """Choices of equal weight that these are worth: (sum of weights)^2 / sum of their squares."""
    rulers: tuple[Ruler, ...]
    """The best first."""
    slopes: tuple[Slope, ...]
    sycophancy: Sycophancy | None
    """`None` when nothing in it is of a probe."""
    notes: tuple[str, ...]
    """What a reader must know before believing any of it."""


def audit_bias(
    dataset: Dataset,
    *,
    table: Literal["auto", "preferences", "ratings"] = "auto",
    confidence: float = 0.95,
) -> BiasReport:
    """Return what the preferences or ratings of a data set pay for.

    Args:
        dataset: Holds preferences, or comparisons with ratings.
        table: Where the choices are read from; see `read_choices`.
        confidence: Of all intervals.

    Raises:
        ConfigError: It holds neither, or not one choice, or the confidence is not within (0, 1).
        RecordError: It is damaged.
    """
    if not 0.0 < confidence < 1.0:
        raise ConfigError(f"a confidence lies between 0 and 1, not at {confidence}")
    return audit_choices(read_choices(dataset, table), confidence, str(dataset.path))


def audit_choices(found: ChoiceSet, confidence: float = 0.95, path: str = "") -> BiasReport:
    """Return what choices pay for.

    Raises:
        ConfigError: There is no choice, or all weigh nothing.
    """
    choices = [choice for choice in found.choices if choice.weight > 0]
    if not choices:
        raise ConfigError(
            f"{path or 'this'}: not one answer was chosen over another "
            f"({found.n_ties} ties, {found.n_without_verdict} ratings without a verdict)"
        )
    x = differences(choices)
    weights = weights_of(choices)
    sycophancy = measure_sycophancy(choices, confidence)
    n_positions = sum(choice.first != 0 for choice in choices)
    return BiasReport(
        path=path,
        n_choices=len(choices),
        n_groups=len({choice.group for choice in choices}),
        n_ties=found.n_ties,
        n_without_verdict=found.n_without_verdict,
        n_positions=n_positions,
        effective_size=float(weights.sum() ** 2 / (weights @ weights)),
        rulers=tuple(rulers_of(x, choices, confidence)),
        slopes=tuple(measure_slopes(x, choices, confidence)),
        sycophancy=sycophancy,
        notes=tuple(_notes(choices, n_positions, sycophancy)),
    )


def bias_lines(report: BiasReport) -> list[str]:
    """Return the report as lines for a terminal; odds are ratios for one unit more."""
    lines = [
        f"{report.n_choices} choices over {report.n_groups} prompts, {report.n_ties} ties, "
        f"{report.n_without_verdict} without a verdict; worth {report.effective_size:.0f} of "
        "equal weight",
        "",
        "rulers that read nothing (right in % of choices; where they see no difference, a coin)",
    ]
    for ruler in report.rulers:
        decided = f"; {_percent(ruler.decided)} of {ruler.n_decided}" if ruler.decided else ""
        lines.append(f"  {ruler.name:30} {_percent(ruler.accuracy)}{decided}")
    lines += ["", "odds of being chosen (alone | beside all others | q), for"]
    unseen = []
    for slope in report.slopes:
        if slope.alone is None or slope.joint is None:
            unseen.append(f"{slope.feature} {slope.n_for + slope.n_against}")
        else:
            lines.append(
                f"  {slope.per}: {_odds(slope.alone)} | {_odds(slope.joint)} | {slope.q:.3f}"
            )
    if unseen:
        lines.append(f"  too few choices differ in: {', '.join(unseen)}")
    if report.sycophancy is not None:
        lines += ["", *_sycophancy_lines(report.sycophancy)]
    return [*lines, "", *(f"note: {note}" for note in report.notes)]


def _sycophancy_lines(found: Sycophancy) -> list[str]:
    lines = [f"probes: {found.n_choices} choices over {found.n_facts} facts; odds for"]
    lines += [f"  {name:18} {_odds(effect)}" for name, effect in found.effects.items()]
    lines.append("right answer chosen (under flattery: the flattering one), in %")
    return lines + [f"  {name:18} {_percent(share)}" for name, share in found.shares.items()]


def _notes(choices: Sequence[Choice], n_positions: int, sycophancy: Sycophancy | None) -> list[str]:
    notes = [
        f"{len(FEATURES)} features are counted by English word lists and marks of Markdown; "
        "a slope is what goes with being chosen, not why",
        f"`{TOGETHER}` is fitted on four fifths of the prompts and judged on the rest; what is "
        "learnt from these choices should beat it",
    ]
    if (n_groups := len({choice.group for choice in choices})) < _FEW:
        notes.append(f"only {n_groups} prompts: no interval here is to be relied on")
    if n_positions == 0:
        notes.append("nothing says which answer was shown first, so position is not measured")
    elif n_positions < len(choices):
        notes.append(f"position is known of {n_positions} of {len(choices)} choices only")
    if sycophancy is None:
        notes.append(
            "no probes are among them: flattery and agreement are counted as words, not at equal "
            "correctness; have probes rated to measure sycophancy"
        )
    return notes


def _percent(share: Estimate) -> str:
    return f"{100 * share.value:5.1f} ({100 * share.low:.1f}-{100 * share.high:.1f})"


def _odds(slope: Estimate) -> str:
    value, low, high = (_exp(log_odds) for log_odds in (slope.value, slope.low, slope.high))
    return f"{value:.2f} ({low:.2f}-{high:.2f})"


def _exp(log_odds: float) -> float:
    return math.exp(min(log_odds, 99.0))
