"""Suspicion: raters whose answers look like habit, haste, copying or chance.

Each suspicion is a test that something is worse than what is tolerated, not that it is there at
all: everyone has some habit, and with enough ratings any would show. All tests of all raters are
corrected together, so that of what is flagged only the tolerated share is flagged wrongly. A flag
is a reason to look, never a verdict on a person.
"""

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

from etude.errors import ConfigError
from etude.stages.prefs.agreement import RaterLeftOut
from etude.stages.prefs.copying import Likeness, find_likenesses
from etude.stages.prefs.habits import AGREEING, FIRST, LONGER, measure_habit, one_pair_a_rating
from etude.stages.prefs.intervals import (
    Estimate,
    benjamini_hochberg,
    binomial_tail,
    exact_share,
    median_interval,
)
from etude.stages.prefs.quality import accuracy_of, p_less_accurate, steady
from etude.stages.prefs.ratings import RIGHT, TIE, Ballots
from etude.stages.prefs.speed import measure_speeds
from etude.stages.prefs.truth import Truth

Ints = NDArray[np.int64]
COPIES, HASTY, INVERTS, RANDOM, STRAIGHT, UNSTEADY = (
    "copies",
    "too fast",
    "inverts",
    "random",
    "straight line",
    "unsteady",
)


class SuspicionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is tolerated."""

    false_share: float = 0.05
    """Share of the flags that may be wrong, by Benjamini and Hochberg; 0 flags nothing."""
    min_votes: int = 20
    """Raters with fewer votes of the sort that a test needs are not tested by it."""
    fast_share: float = 1 / 3
    """Share of the usual time below which a rating is fast; more than half of them is too fast."""
    habit_margin: float = 0.1
    """Share of ratings that a habit may decide, towards the feature or against it."""
    coin_accuracy: float = 0.6
    """Accuracy below which a rater is as good as a coin, where alpha also rises without them."""
    copy_share: float = 0.7
    """Share of identical choices from which one may have copied."""
    min_steadiness: float = 0.5
    """Share of repeats that must be judged as before; a coin reaches one half."""

    def __post_init__(self) -> None:
        """Check what no type can say.

        Raises:
            ConfigError: A setting is out of its range.
        """
        shares = (self.false_share, self.habit_margin, self.copy_share, self.min_steadiness)
        if not all(0 <= share <= 1 for share in shares) or self.min_votes < 1:
            raise ConfigError("shares lie from 0 to 1, min_votes from 1 on")
        if not 0 < self.fast_share < 1 or not 0.5 <= self.coin_accuracy < 1:
            raise ConfigError("fast_share lies between 0 and 1, coin_accuracy from 0.5 to 1")


class Suspicion(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was tested of one rater."""

    rater: str
    kind: str
    """`copies`, `too fast`, `inverts`, `random`, `straight line`, `unsteady`, or the habit that is
    followed: `first`, `longer`, `agrees`."""
    value: float
    low: float
    high: float
    n: int
    """Ratings that the number rests on."""
    p_value: float
    """Chance of such a number from someone who is just tolerable."""
    q_value: float
    """The same after all tests of all raters are counted."""
    flagged: bool
    sentence: str
    """What was found, for whoever is to look into it."""


class _Test(msgspec.Struct, frozen=True):
    """A suspicion before all are corrected together."""

    rater: str
    kind: str
    estimate: Estimate
    p_value: float
    sentence: str


def find_suspicions(
    ballots: Ballots,
    truth: Truth,
    features: dict[str, Ints],
    left_out: dict[str, RaterLeftOut],
    settings: SuspicionSettings | None = None,
) -> tuple[Suspicion, ...]:
    """Test every rater for everything, most suspicious first.

    Args:
        ballots: What raters said.
        truth: What is true of each pair.
        features: Which side of each vote's pair has a feature, as `habits.features` returns it.
        left_out: Alpha without each rater.
        settings: What is tolerated.
    """
    settings = settings or SuspicionSettings()
    bench = _Bench(ballots, truth, settings)
    tests = bench.too_fast() + bench.copies()
    for rater in range(len(ballots.votes.raters)):
        tests += bench.position(rater) + bench.straight(rater) + bench.unsteady(rater)
        tests += bench.accuracy(rater, left_out)
        for name in (LONGER, AGREEING):
            if name in features:
                tests += bench.habit(rater, name, features[name])
    q_values = benjamini_hochberg([test.p_value for test in tests])
    found = [
        Suspicion(
            rater=test.rater,
            kind=test.kind,
            value=test.estimate.value,
            low=test.estimate.low,
            high=test.estimate.high,
            n=test.estimate.n,
            p_value=test.p_value,
            q_value=q_value,
            flagged=q_value < settings.false_share,
            sentence=test.sentence,
        )
        for test, q_value in zip(tests, q_values, strict=True)
    ]
    return tuple(sorted(found, key=lambda one: (one.q_value, one.p_value, one.rater, one.kind)))


class _Bench:
    """The tests, over one set of ballots."""

    def __init__(self, ballots: Ballots, truth: Truth, settings: SuspicionSettings) -> None:
        self._ballots = ballots
        self._truth = truth
        self._settings = settings
        self._single = one_pair_a_rating(ballots.votes)
        self._singles: dict[str, NDArray[np.bool_]] = {}

    def _chosen(self, rater: int, kind: str, feature: Ints) -> NDArray[np.bool_]:
        """Return which votes tell of a rater's habit: choices, one a rating, that it can sway."""
        votes = self._ballots.votes
        if kind not in self._singles:
            self._singles[kind] = one_pair_a_rating(votes, feature)
        own: NDArray[np.bool_] = self._singles[kind] & (votes.rater == rater)
        return own & (votes.outcome <= RIGHT) & (feature >= 0)

    def too_fast(self) -> list[_Test]:
        """Test whether more than half of a rater's ratings are fast."""
        speeds = measure_speeds(self._ballots.votes)
        tests: list[_Test] = []
        for rater, name in enumerate(self._ballots.votes.raters):
            ratios = speeds.ratio[speeds.rater == rater]
            if len(ratios) < self._settings.min_votes:
                continue
            n_fast = int((ratios < self._settings.fast_share).sum())
            found = median_interval(ratios.tolist())
            tests.append(
                _Test(
                    name,
                    HASTY,
                    found,
                    binomial_tail(n_fast, len(ratios), 0.5),
                    f"{name} takes {found.value:.2f} of the usual time ({_span(found)}), "
                    f"robust z of the pace {speeds.pace_z[rater]:.1f}; "
                    f"{n_fast} of {len(ratios)} ratings are fast",
                )
            )
        return tests

    def copies(self) -> list[_Test]:
        """Test whether a rater stands alone together with another, taking the most alike."""
        votes = self._ballots.votes
        n_others = max(1, len(votes.raters) - 1)
        best: dict[int, tuple[float, Likeness]] = {}
        for one in find_likenesses(self._ballots, self._truth, min_common=self._settings.min_votes):
            alike = one.n_same >= self._settings.copy_share * one.n_common
            p_value = min(1.0, one.p_value * n_others) if alike else 1.0
            if one.later not in best or p_value < best[one.later][0]:
                best[one.later] = (p_value, one)
        tests: list[_Test] = []
        for rater, (p_value, one) in sorted(best.items()):
            name, whom = votes.raters[rater], votes.raters[one.earlier]
            same = exact_share(one.n_same, one.n_common)
            sentence = (
                f"{name} chooses as {whom} did before in {_percent(same)}, where independent "
                f"raters of their accuracy would in {one.accuracy:.0%} at most, and in "
                f"{one.n_alone_same} of {one.n_alone} where one of them stands against everyone "
                "else: a copy, the same person, or the same rule"
            )
            tests.append(_Test(name, COPIES, same, p_value, sentence))
        return tests

    def position(self, rater: int) -> list[_Test]:
        """Test exactly whether the answer shown first, or the other, is chosen too often."""
        votes = self._ballots.votes
        own = self._chosen(rater, FIRST, votes.first)
        n = int(own.sum())
        if n < self._settings.min_votes:
            return []
        k = int((votes.outcome[own] == votes.first[own]).sum())
        tolerated = 0.5 + self._settings.habit_margin / 2
        p_value = min(1.0, 2 * binomial_tail(max(k, n - k), n, tolerated))
        found, name = exact_share(k, n), votes.raters[rater]
        sentence = f"{name} chooses the answer shown first in {_percent(found)}; half is no habit"
        return [_Test(name, FIRST, found, p_value, sentence)]

    def straight(self, rater: int) -> list[_Test]:
        """Test whether the same thing is said too often in a row: first, second, or tie."""
        votes = self._ballots.votes
        own = np.flatnonzero(self._single & (votes.rater == rater))
        if len(own) < self._settings.min_votes:
            return []
        side = np.where(votes.outcome[own] == votes.first[own], 0, 1)
        said = np.where(votes.outcome[own] >= TIE, TIE, side)
        other = self._single & (votes.rater != rater)
        ties = float((votes.outcome[other] >= TIE).mean()) if other.any() else 0.0
        usual = (0.5, 0.5, max(0.05, ties))
        p_values = [chance_of_run(_run(said, what), len(said), usual[what]) for what in range(3)]
        what = p_values.index(min(p_values))
        found, name = exact_share(int((said == what).sum()), len(said)), votes.raters[rater]
        label = ("the answer shown first", "the answer shown later", "a tie")[what]
        sentence = (
            f"{name} says {label} up to {_run(said, what)} times in a row, and in {_percent(found)}"
        )
        return [_Test(name, STRAIGHT, found, min(1.0, 3 * p_values[what]), sentence)]

    def unsteady(self, rater: int) -> list[_Test]:
        """Test whether repeats, shown in another order, are judged otherwise than before."""
        same, n = steady(self._ballots, rater)
        if n < self._settings.min_votes:
            return []
        found, name = exact_share(same, n), self._ballots.votes.raters[rater]
        p_value = binomial_tail(n - same, n, 1 - self._settings.min_steadiness)
        sentence = f"{name} judges repeats as before in {_percent(found)}"
        return [_Test(name, UNSTEADY, found, p_value, sentence)]

    def accuracy(self, rater: int, left_out: dict[str, RaterLeftOut]) -> list[_Test]:
        """Test whether a rater is worse than a coin, or no better than one."""
        votes = self._ballots.votes
        own = self._single & (votes.rater == rater)
        outcome, others = votes.outcome[own], self._truth.others_left[own]
        found, name = accuracy_of(outcome, others), votes.raters[rater]
        if found is None or len(outcome) < self._settings.min_votes:
            return []
        p_inverts = p_less_accurate(outcome, others, 0.5)
        worse = f"{name} is right in {_percent(found)}, where a coin is in half"
        tests = [_Test(name, INVERTS, found, p_inverts, worse)]
        rise = left_out[name].rise if name in left_out else None
        if rise is not None:
            p_value = p_less_accurate(outcome, others, self._settings.coin_accuracy)
            # Whoever inverts is no coin, and whoever the others agree better with is none either.
            if rise.low <= 0 or found.high < 0.5:
                p_value = 1.0
            sentence = f"alpha is {rise.value:.3f} higher without {name} ({_span(rise)}); {worse}"
            tests.append(_Test(name, RANDOM, rise, p_value, sentence))
        return tests

    def habit(self, rater: int, kind: str, feature: Ints) -> list[_Test]:
        """Test whether a feature decides more ratings than is tolerated, either way."""
        votes = self._ballots.votes
        own = self._chosen(rater, kind, feature)
        if int(own.sum()) < self._settings.min_votes:
            return []
        habit = measure_habit(votes.outcome[own], feature[own], self._truth.others_left[own])
        found, name = habit.estimate, votes.raters[rater]
        if found is None:
            return []
        margin = self._settings.habit_margin
        p_value = min(1.0, 2 * min(habit.p_above(margin), habit.p_below(-margin)))
        what = "the longer answer" if kind == LONGER else "the answer that agrees with the user"
        way = "for" if found.value >= 0 else "against"
        sentence = (
            f"{name} decides {abs(found.value):.0%} of ratings {way} {what}, whichever is better "
            f"({found.low:.0%} to {found.high:.0%}; 0 is no habit)"
        )
        return [_Test(name, kind, found, p_value, sentence)]


def chance_of_run(length: int, n: int, p: float) -> float:
    """Return the exact chance of a run of `length` or more successes in `n` trials of chance `p`.

    >>> round(chance_of_run(2, 3, 0.5), 3)
    0.375
    """
    if length <= 0:
        return 1.0
    none = [1.0] * min(length, n + 1)
    for trials in range(length, n + 1):
        if trials == length:
            none.append(1.0 - p**length)
        else:
            none.append(none[-1] - (1 - p) * p**length * none[trials - length - 1])
    # Differences of numbers near 1 lose what is below rounding; the union bound does not.
    bound = (1 + (1 - p) * max(0, n - length)) * p**length
    return min(max(1.0 - none[n], 0.0) or bound, bound, 1.0) if n >= length else 0.0


def _run(said: Ints, what: int) -> int:
    """Length of the longest run of one answer."""
    longest = run = 0
    for one in said.tolist():
        run = run + 1 if one == what else 0
        longest = max(longest, run)
    return longest


def _percent(found: Estimate) -> str:
    return f"{found.value:.0%} of {found.n} ({found.low:.0%} to {found.high:.0%})"


def _span(found: Estimate) -> str:
    return f"{found.low:.2f} to {found.high:.2f}" if math.isfinite(found.low) else "unknown"
