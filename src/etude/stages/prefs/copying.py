"""Copying: two raters who say the same even where everyone else says otherwise.

Honest raters agree because both are right, so agreement alone shows nothing. What shows it is
agreement where both stand alone: on pairs where one rater chose against what all votes but the
other's have as more likely, an honest other would do the same in less than half of cases, however
skilled or careless. A coin does so in half of them.
"""

from itertools import permutations

import msgspec
import numpy as np
from numpy.typing import NDArray

from etude.stages.prefs.dawid_skene import log_evidence
from etude.stages.prefs.habits import one_pair_a_rating
from etude.stages.prefs.intervals import binomial_tail
from etude.stages.prefs.ratings import LEFT, RIGHT, Ballots
from etude.stages.prefs.truth import Truth

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


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
    p_value: float
    """Chance of standing together so often for one who flips a coin."""


def find_likenesses(ballots: Ballots, truth: Truth, *, min_common: int = 20) -> list[Likeness]:
    """Return how alike each rater is to each other one, on pairs that the other rated before.

    Copiers weigh each other's votes up. So where few others rated the same pairs nothing is found,
    rather than something that is not there.
    """
    votes = ballots.votes
    keep = one_pair_a_rating(votes) & (votes.outcome <= RIGHT)
    keep &= ballots.known[votes.pair] < 0
    shape = (len(votes.raters), len(votes.pairs))
    choice, turn = np.full(shape, -1, dtype=np.int8), np.zeros(shape, dtype=np.int64)
    choice[votes.rater[keep], votes.pair[keep]] = votes.outcome[keep]
    turn[votes.rater, votes.pair] = votes.rating
    evidence = log_evidence(truth.answers, truth.fitted.confusion)
    for_left = evidence[:, LEFT] - evidence[:, RIGHT]
    said = np.zeros(shape)
    said[votes.rater, votes.pair] = for_left
    total = np.bincount(votes.pair, for_left, shape[1])
    found: list[Likeness] = []
    for later, earlier in permutations(range(shape[0]), 2):
        common = (choice[later] >= 0) & (choice[earlier] >= 0) & (turn[later] > turn[earlier])
        if int(common.sum()) < min_common:
            continue
        same = choice[later, common] == choice[earlier, common]
        alone = (
            _stands_alone(choice[later, common], (total - said[earlier])[common]),
            _stands_alone(choice[earlier, common], (total - said[later])[common]),
        )
        found.append(_likeness((later, earlier), same, alone))
    return found


def _stands_alone(choice: NDArray[np.int8], for_left: Floats) -> NDArray[np.bool_]:
    """Whether each choice is against the evidence of all but the other rater, his own included."""
    return np.asarray(np.where(choice == LEFT, for_left < 0, for_left > 0), dtype=np.bool_)


def _likeness(
    raters: tuple[int, int],
    same: NDArray[np.bool_],
    alone: tuple[NDArray[np.bool_], NDArray[np.bool_]],
) -> Likeness:
    """Take whose standing alone gives the two away more."""
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
        p_value=min(1.0, 2 * tails[best]),
    )
