"""Aggregate: from ratings to preferences, each with how sure it is and what it rests on."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from etude import __version__
from etude.errors import ConfigError
from etude.records import Comparison, Origin, Preference, Rating
from etude.stages.prefs.agreement import Resampling
from etude.stages.prefs.dawid_skene import EmSettings
from etude.stages.prefs.habits import AGREES, agreeing_places
from etude.stages.prefs.mace import fit_mace
from etude.stages.prefs.measure import suspicions_of
from etude.stages.prefs.ratings import LEFT, RIGHT, TIE, Ballots, read_ballots
from etude.stages.prefs.suspicion import SuspicionSettings
from etude.stages.prefs.truth import fit_truth, to_answers
from etude.store import Counts, Dataset, DatasetWriter

MADE_BY = f"etude.stages.prefs.aggregate {__version__}"
ADJUDICATED = "adjudicated"
"""Tag of a preference that an adjudicator decided."""
BOTH_BAD, FEW, GOLD, INNER, RULED_TIE, UNDECIDED, UNRATED = (
    "both bad",
    "too few ratings",
    "gold item",
    "not the extremes",
    "ruled a tie",
    "undecided",
    "not rated",
)
Method = Literal["dawid_skene", "mace", "majority"]
Floats = NDArray[np.float64]


class AggregateRecipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How ratings become preferences."""

    method: Method = "dawid_skene"
    """What weighs raters: confusions of each (`dawid_skene`), a competence of each (`mace`), or
    nothing (`majority`)."""
    em: EmSettings = EmSettings()
    """Of `dawid_skene`."""
    min_probability: float = 0.5
    """Pairs whose better side is no likelier than this are undecided and left out."""
    min_ratings: int = 1
    """Pairs with fewer first ratings are left out, unless an adjudicator decided them."""
    pairs: Literal["all", "extremes"] = "all"
    """Of comparisons of more than two answers: all pairs, or only the best with the worst."""
    most_bad: float = 0.5
    """Comparisons that a greater share of raters finds bad on all sides are left out."""
    gold: bool = False
    """Whether gold items, which test raters, become preferences too."""
    leave_out: tuple[str, ...] = ()
    """Raters whose ratings do not count."""
    leave_out_flagged: bool = False
    """Whether those whom the tests of suspicion flag do not count either."""
    suspicion: SuspicionSettings = SuspicionSettings()
    """What these tests tolerate."""
    adjudicated: float = 0.95
    """Least probability of what an adjudicator decided."""
    keep_ratings: bool = True
    """Whether comparisons and every single rating stand beside the preferences."""

    def __post_init__(self) -> None:
        """Check what no type can say.

        Raises:
            ConfigError: A setting is out of its range.
        """
        if not 0.5 <= self.min_probability < 1 or not 0.5 < self.adjudicated <= 1:
            raise ConfigError("min_probability is from 0.5 and below 1, adjudicated above 0.5")
        if self.min_ratings < 1 or not 0 <= self.most_bad <= 1:
            raise ConfigError("min_ratings is from 1 on, most_bad from 0 to 1")


class AggregateOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the pairs."""

    path: str
    n_pairs: int
    n_kept: int
    dropped: dict[str, int]
    """Pairs that are no preference, by reason."""
    left_out: tuple[str, ...]
    """Raters whose ratings did not count."""
    set_aside: dict[str, int]
    """Ratings that cannot be used, by reason."""
    mean_probability: float
    n_adjudicated: int


class SoftLabel(msgspec.Struct, frozen=True, kw_only=True):
    """What the ratings of one pair come to."""

    left: float
    """Chance that the left answer is better."""
    ratings: tuple[str, ...]
    """Ids of the ratings that it rests on: first ratings, and rulings."""
    n_ratings: int
    """First ratings among them."""
    ruling: int = -1
    """`LEFT`, `RIGHT` or `TIE` as the last adjudicator decided; -1 where none did."""


def majority_left(ballots: Ballots) -> Floats:
    """Return the chance that the left answer of each pair is better, all raters counted alike.

    Ties count half for each side, and one imagined rating is split evenly (the Jeffreys prior), so
    that a single rating does not make certainty.
    """
    votes = ballots.votes
    n_pairs = len(votes.pairs)
    for_left = np.select([votes.outcome == LEFT, votes.outcome == RIGHT], [1.0, 0.0], 0.5)
    k = np.bincount(votes.pair, for_left, n_pairs)
    n = np.bincount(votes.pair, minlength=n_pairs)
    return np.asarray((k + 0.5) / (n + 1), dtype=np.float64)


def soft_labels(
    ballots: Ballots, method: Method = "dawid_skene", em: EmSettings | None = None
) -> tuple[SoftLabel, ...]:
    """Return what the ratings of each pair come to, in the order of the pairs."""
    votes = ballots.votes
    if method == "majority":
        left = majority_left(ballots)
    elif method == "mace":
        left = fit_mace(to_answers(votes, ballots.known)).posterior[:, 0]
    else:
        left = fit_truth(ballots, em or EmSettings()).left
    behind: dict[int, list[int]] = defaultdict(list)
    for pair, rating in zip(votes.pair.tolist(), votes.rating.tolist(), strict=True):
        behind[pair].append(rating)
    rulings = ballots.adjudications
    ruled: dict[int, int] = {}
    ruled_by: dict[int, list[int]] = defaultdict(list)
    for pair, rating, outcome in zip(
        rulings.pair.tolist(), rulings.rating.tolist(), rulings.outcome.tolist(), strict=True
    ):
        ruled[pair] = min(outcome, TIE)
        ruled_by[pair].append(rating)
    return tuple(
        SoftLabel(
            left=float(chance),
            ratings=tuple(ballots.rating_ids[n] for n in (*behind[pair], *ruled_by[pair])),
            n_ratings=len(behind[pair]),
            ruling=ruled.get(pair, -1),
        )
        for pair, chance in enumerate(left)
    )


def aggregate_dataset(dataset: Dataset, recipe: AggregateRecipe, target: Path) -> AggregateOutcome:
    """Write the preferences that a data set of comparisons and ratings comes to.

    Raises:
        ConfigError: It holds no comparisons or ratings, a rater to leave out is not among them, or
            nothing is left.
        RecordError: The data set is damaged.
    """
    comparisons = {one.id: one for one in dataset.rows("comparisons", Comparison)}
    ratings = list(dataset.rows("ratings", Rating))
    ballots = read_ballots(comparisons.values(), ratings)
    left_out = _left_out(ballots, comparisons, ratings, recipe)
    counted = [one for one in ratings if one.rater not in left_out or one.purpose == "adjudication"]
    if left_out:
        ballots = read_ballots(comparisons.values(), counted)
    labels = soft_labels(ballots, recipe.method, recipe.em)
    kept, dropped = _decide(ballots, labels, comparisons, recipe)
    n_pairs = len(kept) + sum(dropped.values())
    if not kept:
        reasons = ", ".join(f"{n} {why}" for why, n in dropped.most_common()) or "there is none"
        raise ConfigError(f"{dataset.path}: no preference is left of {n_pairs} pairs: {reasons}")
    with DatasetWriter(target, record="preference") as writer:
        writer.write("preferences", kept)
        if recipe.keep_ratings:
            writer.write("comparisons", comparisons.values())
            writer.write("ratings", ratings)
        writer.finish(
            recipe=msgspec.json.encode(recipe, order="sorted").decode(),
            counts=Counts(n_in=n_pairs, dropped=dict(sorted(dropped.items()))),
            parents=(dataset.manifest.digest,),
        )
    return AggregateOutcome(
        path=str(target),
        n_pairs=n_pairs,
        n_kept=len(kept),
        dropped=dict(dropped.most_common()),
        left_out=tuple(sorted(left_out)),
        set_aside=ballots.set_aside,
        mean_probability=sum(one.probability for one in kept) / len(kept),
        n_adjudicated=sum(ADJUDICATED in one.tags for one in kept),
    )


def _left_out(
    ballots: Ballots,
    comparisons: dict[str, Comparison],
    ratings: Sequence[Rating],
    recipe: AggregateRecipe,
) -> set[str]:
    """Return the raters who do not count.

    Raises:
        ConfigError: One of them never rated anything.
    """
    there = {rating.rater for rating in ratings}
    if unknown := set(recipe.leave_out) - there:
        known = ", ".join(sorted(there)[:10]) or "nobody"
        raise ConfigError(f"cannot leave out {min(unknown)!r}, who rated nothing (did: {known})")
    flagged: set[str] = set()
    if recipe.leave_out_flagged and len(ballots.votes):
        found = suspicions_of(ballots, comparisons, recipe.suspicion, Resampling(n_draws=200))
        flagged = {one.rater for one in found if one.flagged}
    return set(recipe.leave_out) | flagged


def _decide(
    ballots: Ballots,
    labels: Sequence[SoftLabel],
    comparisons: dict[str, Comparison],
    recipe: AggregateRecipe,
) -> tuple[list[Preference], Counter[str]]:
    """Return the preferences, and why other pairs are none."""
    kept: list[Preference] = []
    dropped: Counter[str] = Counter()
    votes = ballots.votes
    n_raters = Counter(
        votes.comparisons[place]
        for place, _ in {*zip(votes.comparison.tolist(), votes.rating.tolist(), strict=True)}
    )
    by_comparison: dict[str, list[int]] = defaultdict(list)
    for number, pair in enumerate(votes.pairs):
        by_comparison[pair.comparison_id].append(number)
    for name, comparison in comparisons.items():
        numbers = by_comparison.get(name, [])
        if not numbers:
            dropped[UNRATED] += 1
        elif comparison.gold is not None and not recipe.gold:
            dropped[GOLD] += len(numbers)
        elif ballots.both_bad.get(name, 0) > recipe.most_bad * n_raters[name]:
            dropped[BOTH_BAD] += len(numbers)
        else:
            if recipe.pairs == "extremes" and len(numbers) > 1:
                dropped[INNER] += len(numbers) - 1
                numbers = [_extremes(ballots, labels, numbers)]
            found = _preferences(ballots, labels, comparison, numbers, recipe)
            kept += [one for one in found if isinstance(one, Preference)]
            dropped.update(one for one in found if isinstance(one, str))
    return kept, dropped


def _preferences(
    ballots: Ballots,
    labels: Sequence[SoftLabel],
    comparison: Comparison,
    numbers: Sequence[int],
    recipe: AggregateRecipe,
) -> list[Preference | str]:
    """Return for each pair of one comparison a preference, or why it is none."""
    found: list[Preference | str] = []
    for number in numbers:
        pair, label = ballots.votes.pairs[number], labels[number]
        left = label.left
        if label.ruling == TIE:
            found.append(RULED_TIE)
            continue
        if label.ruling in (LEFT, RIGHT):
            sided = left if label.ruling == LEFT else 1 - left
            sided = max(sided, recipe.adjudicated)
            left = sided if label.ruling == LEFT else 1 - sided
        elif label.n_ratings < recipe.min_ratings:
            found.append(FEW)
            continue
        probability = max(left, 1 - left)
        if probability <= recipe.min_probability:
            found.append(UNDECIDED)
            continue
        better, worse = (pair.left, pair.right) if left > 0.5 else (pair.right, pair.left)
        found.append(_preference(comparison, (better, worse), probability, label))
    return found


def _preference(
    comparison: Comparison, order: tuple[int, int], probability: float, label: SoftLabel
) -> Preference:
    better, worse = (comparison.candidates[place] for place in order)
    low, high = sorted(order)
    tags = {name: text for name, text in comparison.tags.items() if name != AGREES}
    agreeing = agreeing_places(comparison) & {*order}
    if len(agreeing) == 1:
        tags[AGREES] = "chosen" if order[0] in agreeing else "rejected"
    if label.ruling >= 0:
        tags[ADJUDICATED] = "yes"
    return Preference(
        id=f"{comparison.id}/{low}-{high}",
        origin=Origin(
            source=comparison.origin.source,
            licence=comparison.origin.licence,
            made_by=MADE_BY,
            parents=(comparison.id, *label.ratings),
        ),
        prompt=comparison.prompt,
        chosen=better.messages,
        rejected=worse.messages,
        probability=probability,
        n_ratings=label.n_ratings,
        comparison_id=comparison.id,
        chosen_source=better.source,
        rejected_source=worse.source,
        tags=tags,
    )


def _extremes(ballots: Ballots, labels: Sequence[SoftLabel], numbers: Sequence[int]) -> int:
    """Return the pair of one comparison's best and worst answer, by chances of beating the others.

    Where the two never met in one rating, it is the surest pair.
    """
    score: dict[int, float] = defaultdict(float)
    pairs = ballots.votes.pairs
    for number in numbers:
        score[pairs[number].left] += labels[number].left - 0.5
        score[pairs[number].right] += 0.5 - labels[number].left
    best, worst = max(score, key=lambda one: score[one]), min(score, key=lambda one: score[one])
    wanted = (min(best, worst), max(best, worst))
    for number in numbers:
        if (pairs[number].left, pairs[number].right) == wanted:
            return number
    return max(numbers, key=lambda number: abs(labels[number].left - 0.5))
