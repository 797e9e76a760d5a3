"""Mixture: the weights that many small runs say are best, with bounds, as the corpus reads them.

As in RegMix (Liu et al., 2024) losses are regressed on mixtures, and the best of many drawn
mixtures are averaged; unlike there every prediction has its interval, and no weight goes where no
run was.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from etude.errors import ConfigError
from etude.stages.corpus.mixing import Runs, natural
from etude.value.statistics.curve import Range
from etude.value.statistics.student import quantile

Numbers = npt.NDArray[np.float64]
Form = Literal["linear", "quadratic"]
_CANDIDATES = 4000
_BEST = 20
_LEAST_FREEDOM = 2


class MixtureFit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one loss depends on the mixture: its logarithm is linear in weights, or quadratic."""

    task: str
    form: Form
    terms: tuple[str, ...]
    """What each coefficient belongs to: a domain, or two of them with a `*`."""
    coefficients: tuple[Range, ...]
    left_out_r2: float
    """Share of the variance explained of runs that were left out of the fit; may be below 0."""


class BestMixture(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The mixture that is predicted to be best."""

    weights: dict[str, Range]
    """Of each domain; bounds are those of the best mixtures of fits to runs drawn anew."""
    predicted: dict[str, Range]
    """Loss of each task with these weights; the interval is of the mean, not of one run."""
    natural: dict[str, float]
    """Predicted loss of each task with the weights it is compared with."""
    gain: Range
    """By how much the mean loss falls against those weights."""
    fits: tuple[MixtureFit, ...]
    n: int
    level: float
    doubts: tuple[str, ...] = ()

    def corpus_step(self) -> str:
        """Return the weights as a step of a corpus recipe, in TOML."""
        lines = ["[[steps]]", 'use = "mix"', 'scheme = "weights"', "", "[steps.weights]"]
        for name, share in self.weights.items():
            lines.append(f"{msgspec.json.encode(name).decode()} = {share.value:.6f}")
        return "\n".join(lines) + "\n"


class _Model(NamedTuple):
    """A fit of all tasks."""

    coefficients: Numbers
    """[terms, tasks]"""
    inverse: Numbers
    """Inverse of the matrix of squares [terms, terms]."""
    error: Numbers
    """Standard deviation of the logarithm of a loss, by task."""
    freedom: int


def best_mixture(
    runs: Runs,
    *,
    against: Mapping[str, float] | None = None,
    form: Form = "linear",
    level: float = 0.95,
    draws: int = 200,
    seed: int = 0,
) -> BestMixture:
    """Return the mixture with the least mean loss over all tasks.

    Args:
        runs: What was tried; no weight goes beyond the least and the most that were tried.
        against: Weights it is compared with, such as by size; none means all the same.
        form: `quadratic` can find a best mixture within; it needs many more runs.
        level: Of the intervals.
        draws: How often runs are drawn anew for them.
        seed: Of the mixtures that are looked at and of the runs drawn anew.

    Raises:
        ConfigError: There are too few runs for the form, a loss is not positive, or a domain of
            `against` is none of the runs.
    """
    features = _features(runs.weights, form)
    _check(runs, features, form)
    other = _other(runs, against)
    model = _solve(features, np.log(runs.losses))
    chance = np.random.Generator(np.random.PCG64(seed))
    candidates = _candidates(runs.weights, chance)
    looked = _features(candidates, form)
    best = _choose(model, looked, candidates)
    drawn = _drawn(runs, features, chance, draws)
    bests = np.stack([_choose(one, looked, candidates) for one in drawn])
    at = _features(np.stack((best, other)), form)
    gains = np.array([_gain(one, at) for one in drawn])
    tails = ((1 - level) / 2, (1 + level) / 2)
    lows, highs = np.quantile(bests, tails, axis=0)
    gain_low, gain_high = np.quantile(gains, tails)
    gain = _gain(model, at)
    losses, before = np.exp(at[0] @ model.coefficients), np.exp(at[1] @ model.coefficients)
    half = (
        quantile((1 + level) / 2, model.freedom)
        * model.error
        * np.sqrt(at[0] @ model.inverse @ at[0])
    )
    found = BestMixture(
        weights={
            name: Range(value=float(best[i]), low=min(float(lows[i]), float(best[i])),
                        high=max(float(highs[i]), float(best[i])))
            for i, name in enumerate(runs.domains)
        },
        predicted={
            name: Range(value=float(losses[i]), low=float(losses[i] * np.exp(-half[i])),
                        high=float(losses[i] * np.exp(half[i])))
            for i, name in enumerate(runs.tasks)
        },
        natural={name: float(before[i]) for i, name in enumerate(runs.tasks)},
        gain=Range(value=gain, low=min(float(gain_low), gain), high=max(float(gain_high), gain)),
        fits=tuple(_fits(runs, features, model, form, level)),
        n=len(runs.weights),
        level=level,
    )  # fmt: skip
    return msgspec.structs.replace(found, doubts=tuple(_doubts(found, runs)))


def _features(weights: Numbers, form: Form) -> Numbers:
    """Return what the logarithm of a loss is linear in; weights sum to 1, so no constant is needed.

    The quadratic form is that of mixtures (Scheffé, 1958): weights and products of two different.
    """
    if form == "linear":
        return weights
    one, two = np.triu_indices(weights.shape[1], 1)
    return np.concatenate((weights, weights[:, one] * weights[:, two]), axis=1)


def _terms(domains: Sequence[str], form: Form) -> list[str]:
    terms = list(domains)
    if form == "quadratic":
        pairs = np.transpose(np.triu_indices(len(domains), 1)).tolist()
        terms += [f"{domains[i]} * {domains[j]}" for i, j in pairs]
    return terms


def _check(runs: Runs, features: Numbers, form: Form) -> None:
    n, n_terms = features.shape
    if n < n_terms + _LEAST_FREEDOM:
        raise ConfigError(
            f"a {form} law of {len(runs.domains)} domains has {n_terms} unknowns: it needs "
            f"{n_terms + _LEAST_FREEDOM} runs, and there are {n}"
        )
    if not (runs.losses > 0).all():
        raise ConfigError("losses of mixtures must be above 0")
    if np.linalg.matrix_rank(features) < n_terms:
        raise ConfigError(f"the mixtures that were tried are too alike for a {form} law")


def _other(runs: Runs, against: Mapping[str, float] | None) -> Numbers:
    if against is None:
        return np.full(len(runs.domains), 1 / len(runs.domains))
    if set(against) != set(runs.domains):
        known, tried = ", ".join(sorted(against)), ", ".join(sorted(runs.domains))
        raise ConfigError(f"weights are of {known}, runs of {tried}")
    return np.array([natural(against)[name] for name in runs.domains])


def _solve(features: Numbers, logs: Numbers) -> _Model:
    inverse = np.asarray(np.linalg.pinv(features.T @ features), dtype=np.float64)
    coefficients = inverse @ features.T @ logs
    freedom = max(len(features) - features.shape[1], 1)
    rest = ((logs - features @ coefficients) ** 2).sum(axis=0)
    return _Model(coefficients, inverse, np.asarray(np.sqrt(rest / freedom), np.float64), freedom)


def _candidates(weights: Numbers, chance: np.random.Generator) -> Numbers:
    """Return mixtures within what was tried: the tried ones, and draws between few of them."""
    least, most = weights.min(axis=0), weights.max(axis=0)
    corners = chance.dirichlet(np.full(weights.shape[1], 0.7), _CANDIDATES) * (most - least) + least
    corners /= corners.sum(axis=1, keepdims=True)
    among = chance.dirichlet(np.full(len(weights), 3 / len(weights)), _CANDIDATES) @ weights
    inside = ((corners >= least - 1e-9) & (corners <= most + 1e-9)).all(axis=1)
    return np.concatenate((weights, among, corners[inside]))


def _choose(model: _Model, looked: Numbers, candidates: Numbers) -> Numbers:
    """Return the mean of the best few candidates, which no single fit's mistake moves far."""
    losses = np.exp(looked @ model.coefficients).mean(axis=1)
    best = np.argsort(losses, kind="stable")[:_BEST]
    mixture: Numbers = candidates[best].mean(axis=0)
    mixture /= mixture.sum()
    return mixture


def _drawn(runs: Runs, features: Numbers, chance: np.random.Generator, draws: int) -> list[_Model]:
    """Fit again to runs drawn with replacement; draws that leave a term open are drawn again."""
    found: list[_Model] = []
    n, n_terms = features.shape
    for _ in range(draws * 20):
        chosen = chance.integers(0, n, n)
        if np.linalg.matrix_rank(features[chosen]) == n_terms:
            found.append(_solve(features[chosen], np.log(runs.losses[chosen])))
        if len(found) == draws:
            return found
    raise ConfigError("the mixtures that were tried are too few or too alike to draw them anew")


def _gain(model: _Model, at: Numbers) -> float:
    losses = np.exp(at @ model.coefficients).mean(axis=1)
    return float(losses[1] - losses[0])


def _fits(
    runs: Runs, features: Numbers, model: _Model, form: Form, level: float
) -> list[MixtureFit]:
    reach = quantile((1 + level) / 2, model.freedom)
    errors = np.sqrt(np.diag(model.inverse))
    leverage = np.clip(np.einsum("ij,jk,ik->i", features, model.inverse, features), 0, 1 - 1e-9)
    logs = np.log(runs.losses)
    left = (logs - features @ model.coefficients) / (1 - leverage)[:, None]
    spread = ((logs - logs.mean(axis=0)) ** 2).sum(axis=0)
    found = []
    for i, task in enumerate(runs.tasks):
        half = reach * model.error[i] * errors
        found.append(
            MixtureFit(
                task=task,
                form=form,
                terms=tuple(_terms(runs.domains, form)),
                coefficients=tuple(
                    Range(value=float(value), low=float(value - off), high=float(value + off))
                    for value, off in zip(model.coefficients[:, i], half, strict=True)
                ),
                left_out_r2=float(1 - (left[:, i] ** 2).sum() / spread[i]) if spread[i] else 0.0,
            )
        )
    return found


def _doubts(found: BestMixture, runs: Runs) -> list[str]:
    said = []
    if found.gain.low <= 0:
        said.append("no gain over the weights it is compared with is shown")
    said += [
        f"runs left out are badly predicted for {fit.task} (R2 {fit.left_out_r2:.2f})"
        for fit in found.fits
        if fit.left_out_r2 < 0.5
    ]
    most, least = runs.weights.max(axis=0), runs.weights.min(axis=0)
    for i, (name, weight) in enumerate(found.weights.items()):
        edge = 0.1 * (most[i] - least[i])
        if weight.value > most[i] - edge or weight.value < least[i] + edge:
            said.append(f"the weight of {name} is at the edge of what was tried")
    return said
