"""MACE: raters either know the truth or answer by habit.

Where Dawid and Skene give each rater a whole table of errors, this gives them one competence and
one habit. It needs fewer ratings a rater, finds spammers well, and cannot see that someone inverts.

Source: Hovy, Berg-Kirkpatrick, Vaswani and Hovy 2013, "Learning whom to trust with MACE".
"""

import msgspec
import numpy as np
from numpy.typing import NDArray

from etude.stages.prefs.dawid_skene import Answers, expected_answers, first_guess, truths

Floats = NDArray[np.float64]


class Mace(msgspec.Struct, frozen=True, kw_only=True):
    """What is true and who knows it."""

    posterior: Floats
    """Of (items, truths)."""
    competence: Floats
    """Of (raters,): share of answers that follow the truth; the others follow the habit."""
    habit: Floats
    """Of (raters, labels): what a rater says when not following the truth."""


def fit_mace(
    answers: Answers, *, smoothing: float = 1.0, tolerance: float = 1e-6, max_rounds: int = 500
) -> Mace:
    """Fit truths, competences and habits, starting where Dawid and Skene do.

    Args:
        answers: See `Answers`; labels beyond the truths can only come from habit.
        smoothing: Imagined answers added to each side of a competence and to each habit.
        tolerance: Fitting ends when no posterior changes by more.
        max_rounds: Rounds at most.
    """
    n_raters, n_labels, n_truths = answers.n_raters, answers.n_labels, answers.n_truths
    posterior = first_guess(answers)
    competence = np.full(n_raters, 0.5)
    habit = np.full((n_raters, n_labels), 1.0 / n_labels)
    prior = np.full(n_truths, 1.0 / n_truths)
    for _ in range(max_rounds):
        expected = expected_answers(answers, posterior)
        right = np.stack([expected[:, truth, truth] for truth in range(n_truths)], axis=1)
        by_habit = (1 - competence)[:, None] * habit[:, :n_truths]
        knew = right * competence[:, None] / (competence[:, None] + by_habit)
        totals = expected.sum(axis=(1, 2))
        competence = (knew.sum(axis=1) + smoothing) / (totals + 2 * smoothing)
        unknowing = expected.sum(axis=1)
        unknowing[:, :n_truths] -= knew
        habit = unknowing + smoothing
        habit /= habit.sum(axis=1, keepdims=True)
        confusion = np.tile(((1 - competence)[:, None] * habit)[:, None, :], (1, n_truths, 1))
        for truth in range(n_truths):
            confusion[:, truth, truth] += competence
        before = posterior
        posterior, _ = truths(answers, confusion, prior)
        if np.abs(posterior - before).max(initial=0.0) <= tolerance:
            break
    return Mace(posterior=posterior, competence=competence, habit=habit)
