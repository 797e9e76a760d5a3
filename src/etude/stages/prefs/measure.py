"""Measure: everything that is known of the ratings of a data set, in one report."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations

import msgspec
import numpy as np
from numpy.typing import NDArray

from etude.errors import ConfigError
from etude.records import Comparison, Rating
from etude.stages.prefs.agreement import (
    RaterLeftOut,
    Resampling,
    alpha_without_each,
    cohen_kappa,
    fleiss_kappa,
    gwet_ac1,
    krippendorff_alpha,
    percent_agreement,
)
from etude.stages.prefs.bradley_terry import Ladder, contests_of, fit_bradley_terry
from etude.stages.prefs.dawid_skene import EmSettings
from etude.stages.prefs.habits import features
from etude.stages.prefs.intervals import Estimate
from etude.stages.prefs.power import (
    Further,
    further_ratings,
    items_for_half_width,
    simulate_alpha_half_width,
    simulate_further,
)
from etude.stages.prefs.quality import RaterQuality, rater_qualities
from etude.stages.prefs.ratings import TIE, Ballots, find_fault, read_ballots
from etude.stages.prefs.suspicion import Suspicion, SuspicionSettings, find_suspicions
from etude.stages.prefs.truth import Truth, fit_truth
from etude.store import Dataset

Floats = NDArray[np.float64]
MOST_LEVELS, MOST_SCORE = 200, 1_000_000
"""Different scores of a criterion, and the greatest of them, that are taken for a scale."""


class MeasureSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How ratings are measured."""

    resampling: Resampling = Resampling(n_draws=400)
    """Bootstrap of comparisons, for the intervals of alpha."""
    em: EmSettings = EmSettings()
    """How confusions of raters are fitted."""
    suspicion: SuspicionSettings = SuspicionSettings()
    """What is tolerated of raters."""
    min_common: int = 20
    """Pairs that two raters must both have judged for a Cohen's kappa of the two."""
    certainty: float = 0.9
    """Wanted chance of the better side, for the number of further ratings."""
    alpha_half_width: float = 0.03
    """Wanted half-width of alpha's interval, for the number of comparisons."""


class KappaOfTwo(msgspec.Struct, frozen=True, kw_only=True):
    """How far two raters agree beyond chance."""

    raters: tuple[str, str]
    kappa: Estimate


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """How far raters agree on pairs. `None` is undefined: too few ratings, or all the same."""

    alpha: Estimate | None
    """Krippendorff's, nominal: left, right, or neither."""
    alpha_graded: Estimate | None
    """The same, ordinal, of how much better the right one is, from -3 to 3."""
    fleiss_kappa: Estimate | None
    gwet_ac1: Estimate | None
    percent: Estimate | None
    """Share of agreeing pairs of raters, chance included."""
    cohen_kappas: tuple[KappaOfTwo, ...]
    without: dict[str, RaterLeftOut]
    """Nominal alpha without each rater."""
    criteria: dict[str, Estimate | None]
    """Interval alpha of the scores of each criterion, over answers; `None` also where there are
    more than 200 different scores or one beyond a million, which is no scale for people."""


class Power(msgspec.Struct, frozen=True, kw_only=True):
    """How much more is needed."""

    certainty: float
    """Chance of the better side that is asked for."""
    n_pairs: int
    n_uncertain: int
    """Pairs of which neither side is that likely."""
    accuracy: float
    """Of the raters at hand, on average, which the closed form assumes of those to come."""
    further_ratings: float | None
    """Further ratings in all, by Wald's closed form; `None` where these raters are as good as a
    coin, and no number suffices."""
    simulated: Further
    """The same, simulated with the raters at hand."""
    alpha_half_width: float | None
    """Half-width of nominal alpha now."""
    comparisons_needed: int | None
    """Comparisons in all for the wanted half-width, by the closed form."""
    simulated_half_width: float | None
    """Half-width that so many would give, simulated."""


class PrefsReport(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the ratings of a data set."""

    n_comparisons: int
    n_rated: int
    """Comparisons with a vote."""
    n_ratings: int
    n_votes: int
    """Pairs of answers that first ratings judge."""
    n_repeats: int
    """The same of ratings of a comparison by one who had rated it before."""
    n_adjudications: int
    raters_per_comparison: float
    """On average over those rated."""
    set_aside: dict[str, int]
    """Ratings that cannot be used, by reason."""
    n_cannot_judge: int
    n_both_bad: int
    agreement: Agreement
    raters: tuple[RaterQuality, ...]
    suspicions: tuple[Suspicion, ...]
    """Every test of every rater, most suspicious first; look at those flagged."""
    sources: Ladder | None
    """Strengths of the sources of answers, raters weighed by accuracy; `None` where fewer than two
    sources met."""
    power: Power


def measure(dataset: Dataset, settings: MeasureSettings | None = None) -> PrefsReport:
    """Return everything that is known of the ratings of a data set.

    Raises:
        ConfigError: It holds no comparisons, or no rating that can be used.
        RecordError: It is damaged.
    """
    return measure_ratings(
        list(dataset.rows("comparisons", Comparison)),
        list(dataset.rows("ratings", Rating)),
        settings,
    )


def measure_ratings(
    comparisons: Sequence[Comparison],
    ratings: Sequence[Rating],
    settings: MeasureSettings | None = None,
) -> PrefsReport:
    """Return everything that is known of ratings.

    Raises:
        ConfigError: No rating can be used.
    """
    settings = settings or MeasureSettings()
    by_id = {comparison.id: comparison for comparison in comparisons}
    ballots = read_ballots(comparisons, ratings)
    votes = ballots.votes
    if not len(votes):
        why = ", ".join(f"{n} {what}" for what, n in ballots.set_aside.items()) or "none judges"
        raise ConfigError(f"none of {len(ratings)} ratings says which answer is better: {why}")
    truth = fit_truth(ballots, settings.em)
    agreement = _agreement(ballots, settings, _criteria(by_id, ratings, settings.resampling))
    qualities = rater_qualities(ballots, truth, settings.resampling.confidence)
    n_rated = len(np.unique(votes.comparison))
    return PrefsReport(
        n_comparisons=len(comparisons),
        n_rated=n_rated,
        n_ratings=ballots.n_ratings,
        n_votes=len(votes),
        n_repeats=len(ballots.repeats),
        n_adjudications=len(ballots.adjudications),
        raters_per_comparison=len(np.unique(votes.rating)) / n_rated,
        set_aside=ballots.set_aside,
        n_cannot_judge=sum(ballots.unjudged.values()),
        n_both_bad=sum(ballots.both_bad.values()),
        agreement=agreement,
        raters=qualities,
        suspicions=find_suspicions(
            ballots, truth, features(votes, by_id), agreement.without, settings.suspicion
        ),
        sources=_sources(ballots, qualities, settings.resampling.confidence),
        power=_power(ballots, truth, qualities, agreement, settings),
    )


def suspicions_of(
    ballots: Ballots,
    comparisons: Mapping[str, Comparison],
    settings: SuspicionSettings,
    resampling: Resampling,
) -> tuple[Suspicion, ...]:
    """Return the suspicions alone, without the rest of the report."""
    votes = ballots.votes
    table = votes.table(np.minimum(votes.outcome, TIE).astype(np.float64))
    left_out = alpha_without_each(table, groups=votes.pair_groups(), resampling=resampling)
    return find_suspicions(
        ballots,
        fit_truth(ballots),
        features(votes, comparisons),
        dict(zip(votes.raters, left_out, strict=True)),
        settings,
    )


def rater_weights(qualities: Sequence[RaterQuality]) -> Floats:
    """Return how much each rater counts, of (raters,): a coin or worse 0, one never wrong 1.

    A rater of whom nothing is known counts half.
    """
    return np.array(
        [max(0.0, 2 * one.accuracy.value - 1) if one.accuracy else 0.5 for one in qualities]
    )


def _agreement(
    ballots: Ballots, settings: MeasureSettings, criteria: dict[str, Estimate | None]
) -> Agreement:
    votes, resampling = ballots.votes, settings.resampling
    table = votes.table(np.minimum(votes.outcome, TIE).astype(np.float64))
    groups = votes.pair_groups()
    left_out = alpha_without_each(table, groups=groups, resampling=resampling)
    return Agreement(
        alpha=krippendorff_alpha(table, groups=groups, resampling=resampling),
        alpha_graded=krippendorff_alpha(
            votes.table(votes.graded()), "ordinal", groups=groups, resampling=resampling
        ),
        fleiss_kappa=fleiss_kappa(table, confidence=resampling.confidence),
        gwet_ac1=gwet_ac1(table, confidence=resampling.confidence),
        percent=percent_agreement(table, confidence=resampling.confidence),
        cohen_kappas=_kappas(table, votes.raters, settings),
        without=dict(zip(votes.raters, left_out, strict=True)),
        criteria=criteria,
    )


def _kappas(
    table: Floats, raters: Sequence[str], settings: MeasureSettings
) -> tuple[KappaOfTwo, ...]:
    rated = np.isfinite(table).astype(np.float64)
    common = rated @ rated.T
    found: list[KappaOfTwo] = []
    for one, other in combinations(range(len(raters)), 2):
        if common[one, other] < settings.min_common:
            continue
        kappa = cohen_kappa(table[one], table[other], confidence=settings.resampling.confidence)
        if kappa is not None:
            found.append(KappaOfTwo(raters=(raters[one], raters[other]), kappa=kappa))
    return tuple(found)


def _criteria(
    comparisons: Mapping[str, Comparison], ratings: Sequence[Rating], resampling: Resampling
) -> dict[str, Estimate | None]:
    """Return alpha of the scores of each criterion; each answer is an item."""
    cells: dict[str, dict[tuple[str, int], dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for rating in ratings:
        if rating.purpose not in ("work", "gold") or find_fault(rating, comparisons):
            continue
        n_candidates = len(comparisons[rating.comparison_id].candidates)
        for criterion, scores in rating.scores.items():
            if len(scores) != n_candidates:
                continue
            for place, score in enumerate(scores):
                cells[criterion][rating.comparison_id, place].setdefault(rating.rater, score)
    found: dict[str, Estimate | None] = {}
    for criterion, items in sorted(cells.items()):
        levels = {score for row in items.values() for score in row.values()}
        if len(levels) > MOST_LEVELS or max(abs(level) for level in levels) > MOST_SCORE:
            found[criterion] = None
            continue
        raters = sorted({rater for row in items.values() for rater in row})
        row_of = {rater: row for row, rater in enumerate(raters)}
        table = np.full((len(raters), len(items)), np.nan)
        groups = np.zeros(len(items), dtype=np.int64)
        group_of: dict[str, int] = {}
        for column, ((name, _), row) in enumerate(items.items()):
            groups[column] = group_of.setdefault(name, len(group_of))
            for rater, score in row.items():
                table[row_of[rater], column] = score
        found[criterion] = krippendorff_alpha(
            table, "interval", groups=groups, resampling=resampling
        )
    return found


def _sources(
    ballots: Ballots, qualities: Sequence[RaterQuality], confidence: float
) -> Ladder | None:
    contests = contests_of(ballots.votes, rater_weights(qualities))
    if not len(contests.left):
        return None
    return fit_bradley_terry(contests, confidence=confidence)


def _power(
    ballots: Ballots,
    truth: Truth,
    qualities: Sequence[RaterQuality],
    agreement: Agreement,
    settings: MeasureSettings,
) -> Power:
    left = truth.left[ballots.known < 0]
    accuracies = np.array([one.accuracy.value if one.accuracy else 0.5 for one in qualities])
    accuracy = float(accuracies.mean())
    further = further_ratings(left, accuracy, settings.certainty)
    in_all = float(further.sum())
    alpha, wanted = agreement.alpha, settings.alpha_half_width
    needed = simulated = now = None
    if alpha is not None and alpha.half_width > 0:
        now = alpha.half_width
        n_now = len(np.unique(ballots.votes.comparison))
        needed = items_for_half_width(now, n_now, wanted)
        simulated = simulate_alpha_half_width(
            ballots.votes.table(np.minimum(ballots.votes.outcome, TIE).astype(np.float64)),
            needed,
            groups=ballots.votes.pair_groups(),
            seed=settings.resampling.seed,
        )
    return Power(
        certainty=settings.certainty,
        n_pairs=len(left),
        n_uncertain=int((np.maximum(left, 1 - left) < settings.certainty).sum()),
        accuracy=accuracy,
        further_ratings=in_all if np.isfinite(in_all) else None,
        simulated=simulate_further(
            left, accuracies, settings.certainty, seed=settings.resampling.seed
        ),
        alpha_half_width=now,
        comparisons_needed=needed,
        simulated_half_width=simulated,
    )
