"""Quality of raters: accuracy against gold, against everyone else, and against themselves."""

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

from etude.stages.prefs.habits import one_pair_a_rating
from etude.stages.prefs.intervals import (
    Estimate,
    normal_quantile,
    normal_tail,
    wilson,
)
from etude.stages.prefs.mace import fit_mace
from etude.stages.prefs.ratings import LEFT, RIGHT, TIE, Ballots, Votes
from etude.stages.prefs.truth import Truth

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class RaterQuality(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one rater. Estimates are `None` where nothing tells."""

    rater: str
    n_ratings: int
    """First ratings of comparisons."""
    n_cannot_judge: int
    accuracy: Estimate | None
    """Chance of being right where a side is chosen: by gold items, else by what the others say,
    corrected for the others' own errors. One half is a coin."""
    gold: Estimate | None
    """Share of gold pairs that were judged as they are known to be; a tie is not. Wilson."""
    agreement: Estimate | None
    """Share of the other raters who say the same of a pair."""
    steadiness: Estimate | None
    """Share of repeats on which the rater says the same as before. Wilson."""
    competence: float
    """By MACE: share of answers that follow the truth; the rest follow a habit."""
    confusion: tuple[tuple[float, ...], ...]
    """By Dawid and Skene: chance of saying first, second or tie (columns) where the answer shown
    first is better, and where the one shown second is (rows)."""
    tie_share: float
    """Share of pairs called a tie or both bad."""
    median_s: float | None
    """Middle time of a rating; `None` where no time was recorded."""


def rater_qualities(
    ballots: Ballots, truth: Truth, confidence: float = 0.95
) -> tuple[RaterQuality, ...]:
    """Return the quality of each rater, in the order of their names."""
    votes = ballots.votes
    mace = fit_mace(truth.answers)
    agreeing = _share_agreeing(votes)
    single = one_pair_a_rating(votes)
    found: list[RaterQuality] = []
    for number, name in enumerate(votes.raters):
        own = votes.rater == number
        seconds = votes.seconds[own & single]
        seconds = seconds[np.isfinite(seconds)]
        found.append(
            RaterQuality(
                rater=name,
                n_ratings=int((own & single).sum()),
                n_cannot_judge=ballots.unjudged.get(name, 0),
                accuracy=accuracy_of(votes.outcome[own], truth.others_left[own], confidence),
                gold=_gold(votes, ballots.known, own, confidence),
                agreement=_mean(agreeing[own], votes.comparison[own], confidence),
                steadiness=_steadiness(ballots, number, confidence),
                competence=float(mace.competence[number]),
                confusion=tuple(
                    tuple(float(cell) for cell in row) for row in truth.fitted.confusion[number]
                ),
                tie_share=float((votes.outcome[own] >= TIE).mean()) if own.any() else 0.0,
                median_s=float(np.median(seconds)) if len(seconds) else None,
            )
        )
    return tuple(found)


def accuracy_of(outcome: Ints, others_left: Floats, confidence: float = 0.95) -> Estimate | None:
    """Return the chance of being right, from outcomes and what the others make of the same pairs.

    With s the sign of each choice times how sure the others are (from -1 to 1), the mean of s is
    2a - 1 times that of its square: so the others' doubts do not pull the estimate to one half. The
    interval is Wilson's for as many answers as the squares sum up to.

    Args:
        outcome: Of (votes,); ties are left out.
        others_left: Of (votes,): chance that the left side is better, without this rater.
        confidence: Of the interval.
    """
    sure = _signed(outcome, others_left)
    weight = float((sure**2).sum())
    if weight <= 0.5:
        return None
    value = min(1.0, max(0.0, (1 + float(sure.sum()) / weight) / 2))
    found = wilson(value * weight, weight, confidence)
    return msgspec.structs.replace(found, value=value)


def p_less_accurate(outcome: Ints, others_left: Floats, accuracy: float) -> float:
    """Return the chance of so many errors or more from one whose accuracy is as given (normal)."""
    sure = _signed(outcome, others_left)
    squares = sure**2
    gain = 2 * accuracy - 1
    variance = float((squares - gain**2 * squares**2).sum())
    if variance <= 0:
        return 1.0
    return normal_tail((gain * float(squares.sum()) - float(sure.sum())) / math.sqrt(variance))


def _signed(outcome: Ints, others_left: Floats) -> Floats:
    """How sure the others are, of each choice of a side: positive where they agree with it."""
    decided = outcome <= RIGHT
    sign = np.where(outcome[decided] == LEFT, 1.0, -1.0)
    return np.asarray(sign * (2 * others_left[decided] - 1), dtype=np.float64)


def steady(ballots: Ballots, rater: int) -> tuple[int, int]:
    """Return on how many repeated ratings a rater said the same as before, and of how many."""
    before = {
        pair: outcome
        for pair, outcome, own in zip(
            ballots.votes.pair.tolist(),
            ballots.votes.outcome.tolist(),
            (ballots.votes.rater == rater).tolist(),
            strict=True,
        )
        if own
    }
    again = ballots.repeats.take(one_pair_a_rating(ballots.repeats))
    mine = again.rater == rater
    both = [
        (before[pair], outcome)
        for pair, outcome in zip(
            again.pair[mine].tolist(), again.outcome[mine].tolist(), strict=True
        )
        if pair in before
    ]
    return sum(one == other for one, other in both), len(both)


def _steadiness(ballots: Ballots, rater: int, confidence: float) -> Estimate | None:
    same, n = steady(ballots, rater)
    return wilson(same, n, confidence) if n else None


def _gold(votes: Votes, known: Ints, own: NDArray[np.bool_], confidence: float) -> Estimate | None:
    tested = own & (known[votes.pair] >= 0)
    n = int(tested.sum())
    right = int((votes.outcome[tested] == known[votes.pair[tested]]).sum())
    return wilson(right, n, confidence) if n else None


def _share_agreeing(votes: Votes) -> Floats:
    """Share of the other raters who say the same, of (votes,); NaN where there is no other."""
    label = np.minimum(votes.outcome, TIE)
    counts = np.zeros((len(votes.pairs), TIE + 1))
    np.add.at(counts, (votes.pair, label), 1.0)
    others = counts.sum(axis=1)[votes.pair] - 1
    same = counts[votes.pair, label] - 1
    return np.where(others > 0, same / np.maximum(others, 1), np.nan)


def _mean(values: Floats, comparison: Ints, confidence: float) -> Estimate | None:
    """Return a mean of shares whose interval takes each comparison as one draw."""
    there = np.isfinite(values)
    if not there.any():
        return None
    _, place = np.unique(comparison[there], return_inverse=True)
    totals, sizes = np.bincount(place, values[there]), np.bincount(place)
    mean = float(values[there].mean())
    n = len(sizes)
    if n < 2:
        return Estimate(value=mean, low=0.0, high=1.0, n=n)
    error = math.sqrt(float(((totals - mean * sizes) ** 2).sum())) / float(sizes.sum())
    reach = normal_quantile(confidence) * error * math.sqrt(n / (n - 1))
    return Estimate(value=mean, low=max(0.0, mean - reach), high=min(1.0, mean + reach), n=n)
