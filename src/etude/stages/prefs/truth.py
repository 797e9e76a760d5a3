"""Truth of pairs: how likely the left answer is the better one, as the votes have it."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from etude.stages.prefs.dawid_skene import (
    DEFAULT,
    Answers,
    EmSettings,
    Fitted,
    fit_dawid_skene,
    without_each,
)
from etude.stages.prefs.ratings import RIGHT, TIE, Ballots, Votes

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """What pairs come to, by Dawid and Skene."""

    answers: Answers
    fitted: Fitted
    """Confusions are of what was shown: truth and label 0 are the answer shown first, 1 the other,
    and label 2 is a tie or both bad."""
    left: Floats
    """Of (pairs,): chance that the left answer is better; one half where no vote tells."""
    others_left: Floats
    """Of (votes,): the same from the votes of everyone but whoever cast the vote."""


def to_answers(votes: Votes, known: Ints | None = None) -> Answers:
    """Return votes as answers about pairs, labelled by what was shown first.

    So a confusion tells a habit of position apart from skill. Where nobody knows what was shown
    first, the left answer counts as that.
    """
    mirrored = votes.first == RIGHT
    sides = np.where(mirrored, 1 - votes.outcome, votes.outcome)
    return Answers(
        item=votes.pair,
        rater=votes.rater,
        label=np.where(votes.outcome >= TIE, TIE, sides),
        n_items=len(votes.pairs),
        n_raters=len(votes.raters),
        n_truths=2,
        n_labels=3,
        mirrored=mirrored,
        known=known,
    )


def fit_truth(ballots: Ballots, settings: EmSettings = DEFAULT) -> Truth:
    """Estimate what is true of each pair, with gold items taken as known."""
    answers = to_answers(ballots.votes, ballots.known)
    fitted = fit_dawid_skene(answers, settings)
    return Truth(
        answers=answers,
        fitted=fitted,
        left=fitted.posterior[:, 0],
        others_left=without_each(answers, fitted)[:, 0],
    )
