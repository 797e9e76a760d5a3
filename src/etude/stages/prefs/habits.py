"""Habits: what a rater follows besides the truth, as a number that does not depend on skill.

A rater who follows a habit in a share h of ratings, and else is right with chance a, chooses the
answer that has the feature with chance h + (1 - h) a where it is better, and h + (1 - h) (1 - a)
where it is worse. The two add up to 1 + h, whatever a is. So h is the sum of the two shares less
one. Where the truth is only a consensus of others, h stays right as long as that consensus errs
as often towards the feature as away from it.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from etude.records import Comparison
from etude.stages.prefs.intervals import Estimate, normal_tail, wilson
from etude.stages.prefs.ratings import LEFT, RIGHT, Pair, Votes

AGREES = "agrees_with_user"
"""Tag of a comparison: places of the candidates that agree with a view which the user stated,
separated by commas. Comparisons without it say nothing of sycophancy. A preference has it too,
where one of its answers agrees and the other does not: `chosen` or `rejected`."""
FIRST, LONGER, AGREEING = "first", "longer", "agrees"
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def answer_length(comparison: Comparison, place: int) -> int:
    """Return the characters that a candidate adds to the prompt."""
    return sum(len(message.content) for message in comparison.candidates[place].messages)


def features(votes: Votes, comparisons: Mapping[str, Comparison]) -> dict[str, Ints]:
    """Return which side of each vote's pair has each feature, of (votes,): a side, or -1.

    -1 stands where both sides have it, neither has, or nobody knows.
    """
    longer = np.array([_longer(pair, comparisons[pair.comparison_id]) for pair in votes.pairs])
    agrees = np.array([_agreeing(pair, comparisons[pair.comparison_id]) for pair in votes.pairs])
    return {
        FIRST: votes.first,
        LONGER: longer.astype(np.int64)[votes.pair],
        AGREEING: agrees.astype(np.int64)[votes.pair],
    }


def _longer(pair: Pair, comparison: Comparison) -> int:
    left, right = (answer_length(comparison, place) for place in (pair.left, pair.right))
    return -1 if left == right else LEFT if left > right else RIGHT


def agreeing_places(comparison: Comparison) -> set[int]:
    """Return which candidates agree with what the user said, as the tag of a comparison has it."""
    named = {place.strip() for place in comparison.tags.get(AGREES, "").split(",")}
    return {place for place in range(len(comparison.candidates)) if str(place) in named}


def _agreeing(pair: Pair, comparison: Comparison) -> int:
    named = agreeing_places(comparison)
    left, right = pair.left in named, pair.right in named
    return -1 if left == right else LEFT if left else RIGHT


def one_pair_a_rating(votes: Votes, feature: Ints | None = None) -> NDArray[np.bool_]:
    """Return which votes to keep so that no two stem from one rating: of (votes,).

    Pairs of one ranking are not independent. The one kept does not depend on what was said: it is
    one of those whose answers differ most in the feature, as longest and shortest do, else it is
    drawn by the number of the rating.

    Args:
        votes: Of any number of ratings, those of one rating in a row.
        feature: Which side has the feature, or -1, of (votes,).
    """
    keep = np.zeros(len(votes), dtype=np.bool_)
    if not len(votes):
        return keep
    new = np.diff(votes.rating, prepend=-1) != 0
    starts, number = np.flatnonzero(new), np.cumsum(new) - 1
    sizes = np.diff(np.append(starts, len(votes)))[number]
    turn = (np.arange(len(votes)) - starts[number] + votes.rating * 7 + 3) % sizes
    contrast = np.zeros(len(votes)) if feature is None else _contrast(votes, number, feature)
    order = np.lexsort((turn, -contrast, number))
    keep[order[np.flatnonzero(np.diff(number[order], prepend=-1))]] = True
    return keep


def _contrast(votes: Votes, number: Ints, feature: Ints) -> Floats:
    """How far two answers lie apart in the order that a feature gives all answers of a rating."""
    places = np.array([(pair.left, pair.right) for pair in votes.pairs])[votes.pair]
    has = np.select([feature == LEFT, feature == RIGHT], [1.0, -1.0], 0.0)
    score = np.zeros((int(number[-1]) + 1, int(places.max()) + 1))
    np.add.at(score, (number, places[:, 0]), has)
    np.add.at(score, (number, places[:, 1]), -has)
    apart = score[number, places[:, 0]] - score[number, places[:, 1]]
    return np.abs(np.where(feature >= 0, apart, 0.0))


class Habit:
    """How strongly one rater follows one feature."""

    def __init__(self, counts: Floats, confidence: float = 0.95) -> None:
        """Estimate the strength from weighted counts.

        Args:
            counts: Of (2, 2): rows are where the feature's side is truly better, and worse; columns
                how often it was chosen, and how often there was a choice.
            confidence: Of the interval.
        """
        self._chosen, self._n = counts[:, 0], counts[:, 1]
        self._shares = [
            wilson(float(min(k, n)), float(n), confidence) if n >= 0.5 else None
            for k, n in zip(self._chosen, self._n, strict=True)
        ]

    @property
    def estimate(self) -> Estimate | None:
        """Strength from -1 to 1, by Newcombe's hybrid of two Wilson intervals.

        1 is always with the feature, -1 always against it, 0 not moved by it. `None` where it was
        not half a time better, or not half a time worse. Source: Newcombe 1998, method 10.
        """
        better, worse = self._shares
        if better is None or worse is None:
            return None
        value = better.value + worse.value - 1
        down = np.hypot(better.value - better.low, worse.value - worse.low)
        up = np.hypot(better.high - better.value, worse.high - worse.value)
        return Estimate(
            value=value, low=value - float(down), high=value + float(up), n=better.n + worse.n
        )

    def p_above(self, margin: float) -> float:
        """Return the chance of such a strength or more where it truly is `margin` (normal)."""
        return normal_tail(self._z(margin))

    def p_below(self, margin: float) -> float:
        """Return the chance of such a strength or less where it truly is `margin` (normal)."""
        return normal_tail(-self._z(margin))

    def _z(self, margin: float) -> float:
        if self._shares[0] is None or self._shares[1] is None:
            return 0.0
        # Half an answer each way keeps the error above zero where all answers are alike.
        shares = (self._chosen + 0.5) / (self._n + 1)
        error = float(np.sqrt((shares * (1 - shares) / (self._n + 1)).sum()))
        return (float(shares.sum()) - 1 - margin) / error


def measure_habit(chosen: Ints, feature: Ints, better: Floats, confidence: float = 0.95) -> Habit:
    """Measure a habit from choices, all of (votes,).

    Args:
        chosen: `LEFT` or `RIGHT`; other outcomes and unknown features are left out.
        feature: Which side has the feature, or -1.
        better: Chance that the left side is truly better.
        confidence: Of the interval.
    """
    decided = (chosen <= RIGHT) & (feature >= 0)
    with_feature = chosen[decided] == feature[decided]
    chance = np.where(feature[decided] == LEFT, better[decided], 1 - better[decided])
    counts = np.array(
        [
            [(chance * with_feature).sum(), chance.sum()],
            [((1 - chance) * with_feature).sum(), (1 - chance).sum()],
        ]
    )
    return Habit(counts, confidence)
