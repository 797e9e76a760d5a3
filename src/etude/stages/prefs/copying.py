"""Copying: two raters who say the same more often than independent ones can.

Honest raters agree because both are right, so agreement alone shows nothing. Two things show it.

Raters who err independently agree at most as often as the worse of the two is right, however much
items differ in difficulty: with g and h the advantage of each over a coin on an item, they agree in
(1 + gh) / 2 of cases, and gh is at most the smaller of the two.

And on pairs where one rater chose against what all votes but the other's have as more likely, an
honest other would do the same in less than half of cases; a coin does so in half of them.
"""

import math
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from etude.stages.prefs.dawid_skene import Answers, Fitted, fit_dawid_skene, log_evidence
from etude.stages.prefs.habits import one_pair_a_rating
from etude.stages.prefs.intervals import Estimate, binomial_tail, normal_quantile, normal_tail
from etude.stages.prefs.quality import accuracy_of
from etude.stages.prefs.ratings import LEFT, RIGHT, Ballots
from etude.stages.prefs.truth import Truth, to_answers

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
CLOSE = 0.8
"""Share of equal choices from which it is asked whether two are more alike than they can be."""
MARGIN = 0.05
"""Share of equal choices beyond what is possible that is tolerated: accuracies are measured against
a consensus, which is surer of hard items than it should be."""


class Likeness(msgspec.Struct, frozen=True, kw_only=True):
    """How alike one rater answers to another who answered before."""

    later: int
    """The rater who may have copied."""
    earlier: int
    n_common: int
    """Pairs on which both chose a side, the later one after the earlier one."""
    n_same: int
    """Identical choices among them."""
    n_alone: int
    """Pairs among them on which one of the two stands against everyone else."""
    n_alone_same: int
    """Identical choices among those."""
    accuracy: float
    """Accuracy of the worse of the two on those pairs, by everyone else; 1 where they are not
    alike enough to ask, or nothing tells."""
    p_value: float
    """Chance of agreeing so often, or of standing together so often, for independent raters."""


def find_likenesses(ballots: Ballots, truth: Truth, *, min_common: int = 20) -> list[Likeness]:
    """Return how alike each rater is to each other one, on pairs that the other rated before.

    Copiers weigh each other's votes up, until everyone else looks right only where they agree with
    the two. So accuracies are measured by a truth that is fitted without the later one.
    """
    votes = ballots.votes
    keep = one_pair_a_rating(votes) & (votes.outcome <= RIGHT)
    keep &= ballots.known[votes.pair] < 0
    shape = (len(votes.raters), len(votes.pairs))
    choice, turn = np.full(shape, -1, dtype=np.int8), np.zeros(shape, dtype=np.int64)
    choice[votes.rater[keep], votes.pair[keep]] = votes.outcome[keep]
    turn[votes.rater, votes.pair] = votes.rating
    said = _said(truth.answers, truth.fitted, shape)
    total = said.sum(axis=0)
    found: list[Likeness] = []
    for later in range(shape[0]):
        without: Floats | None = None
        for earlier in range(shape[0]):
            common = (choice[later] >= 0) & (choice[earlier] >= 0) & (turn[later] > turn[earlier])
            if later == earlier or int(common.sum()) < min_common:
                continue
            mine, theirs = choice[later, common], choice[earlier, common]
            alone = (
                _stands_alone(mine, (total - said[earlier])[common]),
                _stands_alone(theirs, (total - said[later])[common]),
            )
            accuracies: list[Estimate | None] = []
            if float((mine == theirs).mean()) >= CLOSE:
                if without is None:
                    without = _said_without(ballots, later, shape)
                left = _chance((without.sum(axis=0) - without[earlier])[common])
                accuracies = [accuracy_of(one.astype(np.int64), left) for one in (mine, theirs)]
            found.append(_likeness((later, earlier), mine == theirs, alone, accuracies))
    return found


def _said(answers: Answers, fitted: Fitted, shape: tuple[int, int]) -> Floats:
    """Return the evidence for left in each rater's vote on each pair, of (raters, pairs)."""
    evidence = log_evidence(answers, fitted.confusion)
    said = np.zeros(shape)
    said[answers.rater, answers.item] = evidence[:, LEFT] - evidence[:, RIGHT]
    return said


def _said_without(ballots: Ballots, rater: int, shape: tuple[int, int]) -> Floats:
    """Return the same by a truth that is fitted without one rater."""
    answers = to_answers(ballots.votes.take(ballots.votes.rater != rater), ballots.known)
    return _said(answers, fit_dawid_skene(answers), shape)


def _chance(for_left: Floats) -> Floats:
    """Chance that left is better, from evidence for it in log-odds."""
    return np.asarray(1 / (1 + np.exp(-np.clip(for_left, -700, 700))), dtype=np.float64)


def _stands_alone(choice: NDArray[np.int8], for_left: Floats) -> NDArray[np.bool_]:
    """Whether each choice is against the evidence of all but the other rater, his own included."""
    return np.asarray(np.where(choice == LEFT, for_left < 0, for_left > 0), dtype=np.bool_)


def _likeness(
    raters: tuple[int, int],
    same: NDArray[np.bool_],
    alone: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    accuracies: Sequence[Estimate | None],
) -> Likeness:
    """Take whatever gives the two away most, and count that there were three ways."""
    sides = [(int(same[mask].sum()), int(mask.sum())) for mask in alone]
    tails = [binomial_tail(k, n, 0.5) for k, n in sides]
    best = tails.index(min(tails))
    return Likeness(
        later=raters[0],
        earlier=raters[1],
        n_common=len(same),
        n_same=int(same.sum()),
        n_alone=sides[best][1],
        n_alone_same=sides[best][0],
        accuracy=min((one.value if one else 1.0 for one in accuracies), default=1.0),
        p_value=min(1.0, 3 * min(*tails, _p_too_alike(same, accuracies))),
    )


def _p_too_alike(same: NDArray[np.bool_], accuracies: Sequence[Estimate | None]) -> float:
    """Chance of so many equal choices by independent raters of such accuracies (normal)."""
    known = [one for one in accuracies if one is not None]
    if len(known) < 2:
        return 1.0
    worse = min(known, key=lambda one: one.value)
    share = (float(same.sum()) + 0.5) / (len(same) + 1)
    error = math.hypot(
        math.sqrt(share * (1 - share) / len(same)), worse.half_width / normal_quantile(0.95)
    )
    return normal_tail((share - worse.value - MARGIN) / error)
