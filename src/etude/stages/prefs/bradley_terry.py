"""Bradley, Terry and Davidson: how strong each source of answers is, with ties and position.

The chance that one answer beats another grows with the difference of their sources' log-strengths.
Davidson's extension gives ties a chance of their own, largest between equals. An answer that is
shown first may have an advantage, which is estimated with the rest and so does not count for
anyone. It is one multinomial logit, so its optimum is unique and Newton's method finds it.

Sources: Bradley and Terry 1952; Davidson 1970, "On extending the Bradley-Terry model to accommodate
ties in paired comparison experiments"; Davidson and Beaver 1977 for the order of presentation.
"""

import math
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from etude.stages.prefs.intervals import Estimate, normal_quantile
from etude.stages.prefs.ratings import LEFT, RIGHT, TIE, Votes

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Contests(msgspec.Struct, frozen=True, kw_only=True):
    """Outcomes of pairs of sources, one row a contest; all arrays are of (contests,)."""

    sources: tuple[str, ...]
    left: Ints
    """Place in `sources`."""
    right: Ints
    outcome: Ints
    """`LEFT`, `RIGHT` or `TIE`."""
    first: Ints
    """Which was shown first: `LEFT`, `RIGHT`, or -1."""
    weight: Floats
    """How much each contest counts; 0 leaves it out."""
    group: Ints
    """Contests of one number are not independent, such as votes on one comparison."""


class Strength(msgspec.Struct, frozen=True, kw_only=True):
    """How strong one source is."""

    source: str
    log_strength: Estimate
    """Natural logarithm, so that all of a group of connected sources add up to 0; a difference of
    1 is odds of 2.7 to 1. `n` counts the source's contests."""
    group: int
    """Sources of different groups never met, not even through others: strengths of different
    groups cannot be compared."""


class Ladder(msgspec.Struct, frozen=True, kw_only=True):
    """Strengths of all sources, strongest first, and what else decides."""

    strengths: tuple[Strength, ...]
    tie: Estimate | None
    """Davidson's parameter: odds of a tie between equals are this to 2; `None` without any tie."""
    first_advantage: Estimate | None
    """What being shown first adds to a source's log-strength; `None` where it is not known."""
    settled: bool
    """Whether the fit converged."""


def contests_of(votes: Votes, rater_weight: Floats | None = None) -> Contests:
    """Return votes as contests of sources; both bad is a tie. Answers of one source do not meet.

    Args:
        votes: What raters said.
        rater_weight: Of (raters,); all count the same if not given.
    """
    names = sorted({name for pair in votes.pairs for name in (pair.left_source, pair.right_source)})
    place = {name: number for number, name in enumerate(names)}
    left = np.array([place[pair.left_source] for pair in votes.pairs], dtype=np.int64)[votes.pair]
    right = np.array([place[pair.right_source] for pair in votes.pairs], dtype=np.int64)[votes.pair]
    weight = np.ones(len(votes)) if rater_weight is None else rater_weight[votes.rater]
    meet = (left != right) & (weight > 0)
    return Contests(
        sources=tuple(names),
        left=left[meet],
        right=right[meet],
        outcome=np.minimum(votes.outcome, TIE)[meet],
        first=votes.first[meet],
        weight=weight[meet],
        group=votes.comparison[meet],
    )


def fit_bradley_terry(
    contests: Contests,
    *,
    ridge: float = 0.01,
    confidence: float = 0.95,
    max_rounds: int = 100,
) -> Ladder:
    """Fit strengths, ties and the advantage of being shown first.

    Intervals are of the sandwich that takes each group of contests as one draw, so several votes on
    one comparison do not pass for as many comparisons.

    Args:
        contests: Who met whom.
        ridge: Precision of a normal prior around 0 on every parameter, so that a source that always
            wins stays finite. 0.01 is a standard deviation of 10; 0 is the maximum likelihood.
        confidence: Of the intervals.
        max_rounds: Of Newton's method.
    """
    model = _Logit(contests, ridge)
    settled = model.fit(max_rounds)
    covariance = model.covariance()
    n_sources = len(contests.sources)
    groups = connected(contests)
    centre = _centring(groups, model.n_parameters)
    values = centre @ model.beta
    errors = np.sqrt(np.maximum(0.0, np.diag(centre @ covariance @ centre.T)))
    reach = normal_quantile(confidence) * errors
    met = np.bincount(contests.left, minlength=n_sources)
    met += np.bincount(contests.right, minlength=n_sources)

    def estimate(place: int, n: int) -> Estimate:
        value = float(values[place])
        return Estimate(
            value=value, low=value - float(reach[place]), high=value + float(reach[place]), n=n
        )

    strengths = [
        Strength(
            source=name, log_strength=estimate(place, int(met[place])), group=int(groups[place])
        )
        for place, name in enumerate(contests.sources)
    ]
    n = len(contests.left)
    tie = estimate(model.tie_at, n) if model.tie_at is not None else None
    return Ladder(
        strengths=tuple(
            sorted(strengths, key=lambda one: (one.group, -one.log_strength.value, one.source))
        ),
        tie=_exponential(tie) if tie else None,
        first_advantage=estimate(model.first_at, n) if model.first_at is not None else None,
        settled=settled,
    )


def win_chance(ladder: Ladder, better: str, worse: str) -> float:
    """Return the chance that one source beats another where there is no tie and no order.

    Raises:
        KeyError: The ladder has no such source.
    """
    strength = {one.source: one.log_strength.value for one in ladder.strengths}
    return 1 / (1 + math.exp(strength[worse] - strength[better]))


def connected(contests: Contests) -> Ints:
    """Return the group of each source, of (sources,): those that met, also through others."""
    parent = list(range(len(contests.sources)))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    edges = np.unique(np.stack([contests.left, contests.right], axis=1), axis=0)
    for one, other in edges.tolist():
        a, b = root(one), root(other)
        parent[max(a, b)] = min(a, b)
    roots = [root(node) for node in range(len(parent))]
    order = {node: number for number, node in enumerate(dict.fromkeys(roots))}
    return np.array([order[node] for node in roots], dtype=np.int64)


class _Logit:
    """Three outcomes with logits u/2, -u/2 and t; u is strength left less right, and position."""

    def __init__(self, contests: Contests, ridge: float) -> None:
        n, n_sources = len(contests.left), len(contests.sources)
        self._contests = contests
        has_ties = bool((contests.outcome == TIE).any())
        knows_first = bool((contests.first == LEFT).any() and (contests.first == RIGHT).any())
        self.first_at = n_sources if knows_first else None
        self.tie_at = n_sources + knows_first if has_ties else None
        self.n_parameters = n_sources + knows_first + has_ties
        self.beta = np.zeros(self.n_parameters)
        self._ridge = np.full(self.n_parameters, max(ridge, 1e-9))
        self._n_sources = n_sources
        self._position = np.zeros(n)
        if knows_first:
            self._position = np.select(
                [contests.first == LEFT, contests.first == RIGHT], [1.0, -1.0], 0.0
            )

    def fit(self, max_rounds: int) -> bool:
        """Climb to the optimum; whether it was reached."""
        value = self._objective(self.beta)
        for _ in range(max_rounds):
            of_side, of_tie, information = self._slope()
            gradient = self._collect(of_side) - self._ridge * self.beta
            if self.tie_at is not None:
                gradient[self.tie_at] += float(of_tie.sum())
            step = np.linalg.solve(information, gradient)
            if float(np.abs(step).max(initial=0.0)) < 1e-10:
                return True
            scale = 1.0
            while scale > 1e-8 and self._objective(self.beta + scale * step) < value - 1e-12:
                scale /= 2
            self.beta = self.beta + scale * step
            value = self._objective(self.beta)
        return False

    def covariance(self) -> Floats:
        """Return the sandwich covariance of the parameters, clustered by group."""
        of_side, of_tie, information = self._slope()
        _, place = np.unique(self._contests.group, return_inverse=True)
        n_groups = int(place.max(initial=-1)) + 1
        scores = np.zeros((n_groups, self.n_parameters))
        np.add.at(scores, (place, self._contests.left), of_side)
        np.add.at(scores, (place, self._contests.right), -of_side)
        if self.first_at is not None:
            scores[:, self.first_at] = np.bincount(place, of_side * self._position, n_groups)
        if self.tie_at is not None:
            scores[:, self.tie_at] = np.bincount(place, of_tie, n_groups)
        bread = np.linalg.inv(information)
        few = n_groups / (n_groups - 1) if n_groups > 1 else 1.0
        return np.asarray(bread @ (scores.T @ scores) @ bread * few, dtype=np.float64)

    def _chances(self, beta: Floats) -> tuple[Floats, Floats]:
        """Chances of left, right and tie, of (contests, 3), and the log of the denominator."""
        half = (beta[self._contests.left] - beta[self._contests.right]) / 2
        if self.first_at is not None:
            half = half + self._position * beta[self.first_at] / 2
        tie = beta[self.tie_at] if self.tie_at is not None else -np.inf
        logits = np.stack([half, -half, np.full(len(half), tie)], axis=1)
        top = logits.max(axis=1, keepdims=True)
        weights = np.exp(logits - top)
        total = weights.sum(axis=1, keepdims=True)
        return weights / total, logits - top - np.log(total)

    def _objective(self, beta: Floats) -> float:
        _, logs = self._chances(beta)
        said = logs[np.arange(len(logs)), self._contests.outcome]
        return float(self._contests.weight @ said - (self._ridge * beta**2).sum() / 2)

    def _slope(self) -> tuple[Floats, Floats, Floats]:
        """Score of each contest towards the left side, and towards a tie; and the information."""
        chances, _ = self._chances(self.beta)
        left, right = self._contests.left, self._contests.right
        weight, outcome = self._contests.weight, self._contests.outcome
        side = np.select([outcome == LEFT, outcome == RIGHT], [0.5, -0.5], 0.0)
        mean, tie = (chances[:, 0] - chances[:, 1]) / 2, chances[:, 2]
        spread = weight * ((chances[:, 0] + chances[:, 1]) / 4 - mean**2)
        information = np.diag(self._ridge)
        np.add.at(information, (left, left), spread)
        np.add.at(information, (right, right), spread)
        np.add.at(information, (left, right), -spread)
        np.add.at(information, (right, left), -spread)
        if self.first_at is not None:
            column = self._collect(spread * self._position)
            information[self.first_at, :] += column
            information[: self._n_sources, self.first_at] += column[: self._n_sources]
        if self.tie_at is not None:
            column = self._collect(-weight * mean * tie)
            information[self.tie_at, :] += column
            information[:, self.tie_at] += column
            information[self.tie_at, self.tie_at] += float((weight * tie * (1 - tie)).sum())
        return weight * (side - mean), weight * ((outcome == TIE) - tie), information

    def _collect(self, of_side: Floats) -> Floats:
        """Sum of what each contest adds to the strengths and to the advantage of the first."""
        total = np.zeros(self.n_parameters)
        total[: self._n_sources] = np.bincount(self._contests.left, of_side, self._n_sources)
        total[: self._n_sources] -= np.bincount(self._contests.right, of_side, self._n_sources)
        if self.first_at is not None:
            total[self.first_at] = float(of_side @ self._position)
        return total


def _centring(groups: Ints, n_parameters: int) -> Floats:
    """Matrix that makes the strengths of each group add up to 0 and leaves the rest alone."""
    centre = np.eye(n_parameters)
    size = len(groups)
    same = (groups[:, None] == groups[None, :]).astype(np.float64)
    centre[:size, :size] -= same / same.sum(axis=1, keepdims=True)
    return centre


def _exponential(found: Estimate) -> Estimate:
    return Estimate(
        value=math.exp(found.value), low=math.exp(found.low), high=math.exp(found.high), n=found.n
    )


def named_contests(sources: Sequence[str], results: Sequence[tuple[str, str, str]]) -> Contests:
    """Return contests from plain results, for what is not a data set of ratings.

    Args:
        sources: Names of all sources.
        results: Left source, right source, and `left`, `right` or `tie`.
    """
    place = {name: number for number, name in enumerate(sources)}
    outcomes = {"left": LEFT, "right": RIGHT, "tie": TIE}
    n = len(results)
    return Contests(
        sources=tuple(sources),
        left=np.array([place[one] for one, _, _ in results], dtype=np.int64),
        right=np.array([place[other] for _, other, _ in results], dtype=np.int64),
        outcome=np.array([outcomes[what] for _, _, what in results], dtype=np.int64),
        first=np.full(n, -1, dtype=np.int64),
        weight=np.ones(n),
        group=np.arange(n, dtype=np.int64),
    )
