"""Dawid and Skene: what is true and how each rater errs, estimated together.

Each rater has a confusion: the chance of each answer given each truth. Expectation-maximisation
weighs raters by it, so that one who is often wrong counts for little, and one who is always wrong
counts against what they say. Errors of raters are taken as independent given the truth; where items
differ in difficulty, the posterior is surer than it should be.

Source: Dawid and Skene 1979, "Maximum likelihood estimation of observer error-rates using the EM
algorithm".
"""

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_LEAST = 1e-12
"""Chances are never less than this, so that their logarithm exists."""


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """What raters answered, one row an answer."""

    item: Ints
    """Of (answers,)."""
    rater: Ints
    """Of (answers,)."""
    label: Ints
    """Of (answers,): what was said, counted from 0. The first labels name the truths; further
    ones, such as a tie, commit to none."""
    n_items: int
    n_raters: int
    n_truths: int
    n_labels: int
    mirrored: NDArray[np.bool_] | None = None
    """Of (answers,), for two truths: whether the rater saw them swapped, so that label 0 speaks
    for truth 1. Confusions are then of what raters saw, and show a habit of position."""
    known: Ints | None = None
    """Of (items,): the truth where it is known, else -1."""


class EmSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How confusions are fitted."""

    shrinkage: float = 4.0
    """Imagined answers by which each row of a confusion is drawn towards that of all raters
    together; 0 is the classical estimate, which trusts three answers as much as three hundred."""
    even_prior: bool = True
    """Whether all truths are as likely beforehand; else their shares are estimated."""
    tolerance: float = 1e-6
    """Fitting ends when no posterior changes by more."""
    max_rounds: int = 500


class Fitted(msgspec.Struct, frozen=True, kw_only=True):
    """What is true, as far as answers tell."""

    posterior: Floats
    """Of (items, truths): chance of each truth."""
    confusion: Floats
    """Of (raters, truths, labels): chance of each label given each truth."""
    expected: Floats
    """Of (raters, truths, labels): expected number of such answers, without shrinkage."""
    log_likelihood: float
    settled: bool
    """Whether fitting ended before `max_rounds`."""


DEFAULT = EmSettings()


def fit_dawid_skene(answers: Answers, settings: EmSettings = DEFAULT) -> Fitted:
    """Fit truths and confusions, starting from what gold items say, else from shares of votes."""
    posterior = first_guess(answers)
    settled = False
    for _ in range(settings.max_rounds):
        expected = expected_answers(answers, posterior)
        confusion = _shrunk(expected, settings.shrinkage)
        prior = _prior(posterior, settings.even_prior)
        before = posterior
        posterior, log_likelihood = truths(answers, confusion, prior)
        settled = bool(np.abs(posterior - before).max(initial=0.0) <= settings.tolerance)
        if settled:
            break
    return Fitted(
        posterior=posterior,
        confusion=confusion,
        expected=expected_answers(answers, posterior),
        log_likelihood=log_likelihood,
        settled=settled,
    )


def first_guess(answers: Answers) -> Floats:
    """Return the posterior to start from, of (items, truths).

    Where truths are known, each rater is first judged by them alone: a crowd that is mostly wrong
    would else be believed, for the fit ends at the optimum next to where it starts.
    """
    shares = vote_shares(answers)
    if answers.known is None or not (answers.known >= 0).any():
        return shares
    told = (answers.known >= 0)[:, None]
    expected = expected_answers(answers, np.where(told, shares, 0.0))
    believed = np.full(expected.shape[1:], 1.0 / answers.n_labels)
    believed[range(answers.n_truths), range(answers.n_truths)] += 1.0
    posterior, _ = truths(
        answers,
        _shrunk_to(expected, believed, 4.0),
        np.full(answers.n_truths, 1.0 / answers.n_truths),
    )
    return posterior


def vote_shares(answers: Answers) -> Floats:
    """Return the share of votes for each truth, of (items, truths); even where there are none."""
    label = answers.label
    if answers.mirrored is not None:
        label = np.where(answers.mirrored & (label < 2), 1 - label, label)
    counts = np.zeros((answers.n_items, answers.n_truths))
    commits = label < answers.n_truths
    np.add.at(counts, (answers.item[commits], label[commits]), 1.0)
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.where(totals > 0, counts / np.maximum(totals, 1), 1.0 / answers.n_truths)
    return _clamped(np.asarray(shares, dtype=np.float64), answers.known)


def truths(answers: Answers, confusion: Floats, prior: Floats) -> tuple[Floats, float]:
    """Return the posterior of (items, truths) under given confusions, and its log-likelihood."""
    evidence = log_evidence(answers, confusion)
    summed = np.tile(np.log(np.maximum(prior, _LEAST)), (answers.n_items, 1))
    for truth in range(answers.n_truths):
        summed[:, truth] += np.bincount(answers.item, evidence[:, truth], answers.n_items)
    top = summed.max(axis=1, keepdims=True)
    weights = np.exp(summed - top)
    totals = weights.sum(axis=1, keepdims=True)
    log_likelihood = float((np.log(totals) + top).sum())
    return _clamped(weights / totals, answers.known), log_likelihood


def log_evidence(answers: Answers, confusion: Floats) -> Floats:
    """Return what each answer says of each truth: its log chance, of (answers, truths)."""
    evidence = np.log(np.maximum(confusion, _LEAST))[answers.rater, :, answers.label]
    return _as_seen(evidence, answers.mirrored)


def expected_answers(answers: Answers, posterior: Floats) -> Floats:
    """Return how often each rater gave each label to each truth, of (raters, truths, labels)."""
    weights = _as_seen(posterior[answers.item], answers.mirrored)
    cell = answers.rater * answers.n_labels + answers.label
    size = answers.n_raters * answers.n_labels
    return np.stack(
        [
            np.bincount(cell, weights[:, truth], size)
            .astype(np.float64)  # without any answer numpy counts in whole numbers
            .reshape(answers.n_raters, answers.n_labels)
            for truth in range(answers.n_truths)
        ],
        axis=1,
    )


def without_each(answers: Answers, fitted: Fitted) -> Floats:
    """Return for each answer the posterior of its item from everyone else's, of (answers, truths).

    Confusions stay as fitted, so one answer of few still has a small say in them.
    """
    logs = np.log(np.maximum(fitted.posterior, 1e-300))[answers.item]
    if answers.known is not None:
        fixed = answers.known[answers.item] >= 0
    else:
        fixed = np.zeros(len(answers.item), dtype=np.bool_)
    logs = logs - np.where(fixed[:, None], 0.0, log_evidence(answers, fitted.confusion))
    weights = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float64)


def _as_seen(columns: Floats, mirrored: NDArray[np.bool_] | None) -> Floats:
    """Swap the two truths where a rater saw them swapped."""
    if mirrored is None:
        return columns
    return np.where(mirrored[:, None], columns[:, ::-1], columns)


def _clamped(posterior: Floats, known: Ints | None) -> Floats:
    """Set what is known."""
    if known is not None and (known >= 0).any():
        sure = np.flatnonzero(known >= 0)
        posterior[sure] = 0.0
        posterior[sure, known[sure]] = 1.0
    return posterior


def _prior(posterior: Floats, even: bool) -> Floats:
    """Chance of each truth beforehand, of (truths,)."""
    size = posterior.shape[1]
    if even or not len(posterior):
        return np.full(size, 1.0 / size)
    return np.asarray(posterior.mean(axis=0), dtype=np.float64)


def _shrunk(expected: Floats, shrinkage: float) -> Floats:
    """Return confusions, each row drawn towards that of all raters together."""
    return _shrunk_to(expected, expected.sum(axis=0), shrinkage)


def _shrunk_to(expected: Floats, centre: Floats, shrinkage: float) -> Floats:
    """Return confusions, each row drawn towards the same row of a table of (truths, labels)."""
    centre = centre / np.maximum(centre.sum(axis=1, keepdims=True), _LEAST)
    raised = expected + shrinkage * centre[None]
    totals = raised.sum(axis=2, keepdims=True)
    even = 1.0 / expected.shape[2]
    return np.asarray(np.where(totals > 0, raised / np.maximum(totals, _LEAST), even))
