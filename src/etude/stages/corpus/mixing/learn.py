"""Weights learned from runs: how losses depend on the mixture, and the mixture that is best.

As in RegMix and Olmix, many small runs with different mixtures are regressed on, and the mixture
with the best predicted loss is chosen. The laws are log-linear: ln(loss - floor) is linear in the
weights (data-mixing laws, Ye et al., 2024), in the logarithms of the weights, or in weights and
their products. Linear or power, the floor and the ridge are chosen by leaving each run out in turn;
the mixture is the best one on average over fits to runs drawn anew, which no single fit's mistake
can move far.
"""

from collections.abc import Callable, Mapping

import msgspec
import numpy as np
import numpy.typing as npt

from etude.errors import ConfigError
from etude.stages.corpus.mixing.runs import Runs, caps_of
from etude.stages.corpus.mixing.weights import fill, natural

Numbers = npt.NDArray[np.float64]

_SAFE = ("linear", "power")
_FORMS = (*_SAFE, "quadratic")
_FLOORS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98)
_RIDGES = (1e-6, 1e-4, 1e-2, 1.0)
_SOFTEN = 0.01
"""Added to a weight before its logarithm is taken: what any text teaches of every other."""
_STEPS = 400
_RESAMPLES = 100
_BAGGED = 20


class TaskLaw(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the loss of one task depends on the weights: floor + exp(coefficients · features)."""

    task: str
    form: str
    """`linear`, `power` or `quadratic`."""
    floor: float
    ridge: float
    coefficients: tuple[float, ...]
    left_out_error: float
    """Root mean square error of the loss of runs that were left out of the fit."""
    left_out_r2: float
    """Share of the losses' variance that it explains of runs that were left out; may be < 0."""

    def predict(self, weights: Numbers) -> Numbers:
        """Return the loss of each mixture [runs]."""
        powers = _features(weights, self.form) @ np.asarray(self.coefficients)
        predicted: Numbers = self.floor + np.exp(np.clip(powers, -50, 50))
        return predicted


class MixtureLaw(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The laws of all tasks over the same domains."""

    domains: tuple[str, ...]
    tasks: tuple[TaskLaw, ...]

    def predict(self, weights: npt.ArrayLike) -> Numbers:
        """Return the losses of mixtures [runs, tasks]."""
        rows = np.atleast_2d(np.asarray(weights, dtype=float))
        return np.stack([law.predict(rows) for law in self.tasks], axis=1)


class Learned(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The mixture that is predicted to be best, and how sure that is."""

    weights: dict[str, float]
    predicted: dict[str, float]
    """Loss of each task with these weights."""
    natural: dict[str, float]
    """Predicted loss of each task with weights by size."""
    gain: float
    """By how much the mean loss over tasks is predicted to fall below that of natural weights."""
    gain_low: float
    """5th percentile of that gain, over fits to runs drawn anew from the same runs."""
    gain_high: float
    """95th percentile."""
    law: MixtureLaw


def fit(runs: Runs, form: str = "auto") -> MixtureLaw:
    """Return the laws that fit the runs; `auto` takes `linear` or `power`, whichever predicts best.

    `quadratic` has so many coefficients that it misleads with few runs, so it is only taken when it
    is asked for.

    Raises:
        ConfigError: There are fewer than four runs, or the form is unknown.
    """
    if len(runs.weights) < 4:
        raise ConfigError(f"a law needs at least four runs, and there are {len(runs.weights)}")
    if form != "auto" and form not in _FORMS:
        raise ConfigError(f"a law is {', '.join(_FORMS)} or auto, and not {form!r}")
    found = []
    for one in _SAFE if form == "auto" else (form,):
        laws = [
            min(
                (
                    _fit_task(task, runs.weights, runs.losses[:, i], (one, share, ridge))
                    for share in _FLOORS
                    for ridge in _RIDGES
                ),
                key=lambda law: law.left_out_error,
            )
            for i, task in enumerate(runs.tasks)
        ]
        found.append((sum(1 - law.left_out_r2 for law in laws), laws))
    _, best = min(found, key=lambda pair: pair[0])
    return MixtureLaw(domains=runs.domains, tasks=tuple(best))


def learn(
    runs: Runs,
    sizes: Mapping[str, float],
    *,
    budget: float = 0,
    max_epochs: float = 0,
    task_weights: Mapping[str, float] | None = None,
    form: str = "auto",
) -> Learned:
    """Return the mixture with the least predicted loss, and what it gains.

    Args:
        runs: What was tried.
        sizes: Unique size of each domain of the runs.
        budget: Size that the real run will read, in the same unit; needed with `max_epochs`.
        max_epochs: No domain may be read more often; 0 means no cap.
        task_weights: What each task's loss counts; none means all the same.
        form: Of the law; see `fit`.

    Raises:
        ConfigError: Sizes or tasks do not fit the runs, or the caps leave less than the budget.
    """
    if set(sizes) != set(runs.domains):
        raise ConfigError(
            f"sizes are of {', '.join(sorted(sizes))}, runs of {', '.join(sorted(runs.domains))}"
        )
    if unknown := sorted(set(task_weights or {}) - set(runs.tasks)):
        raise ConfigError(f"no run measured the task {unknown[0]!r}")
    ordered = {name: sizes[name] for name in runs.domains}
    caps = caps_of(ordered, budget, max_epochs)
    counts = np.array([(task_weights or {}).get(name, 0.0) for name in runs.tasks])
    counts = counts / counts.sum() if counts.sum() > 0 else np.full(len(counts), 1 / len(counts))
    law = fit(runs, form)
    by_size = fill(np.array(list(natural(ordered).values())), caps, 1.0)
    refits = _refits(runs, law)
    best = _optimum((law, *refits[:_BAGGED]), counts, caps, (by_size, *runs.weights))
    gains = [_gain(again, counts, best, by_size) for again in refits]
    predicted, before = law.predict(best)[0], law.predict(by_size)[0]
    return Learned(
        weights=dict(zip(runs.domains, best.tolist(), strict=True)),
        predicted=dict(zip(runs.tasks, predicted.tolist(), strict=True)),
        natural=dict(zip(runs.tasks, before.tolist(), strict=True)),
        gain=_gain(law, counts, best, by_size),
        gain_low=float(np.percentile(gains, 5)),
        gain_high=float(np.percentile(gains, 95)),
        law=law,
    )


def _features(weights: Numbers, form: str) -> Numbers:
    """Return what ln(loss - floor) is linear in; a constant is part of all of them."""
    if form == "power":
        logs = np.log(weights + _SOFTEN)
        return np.concatenate((np.ones((len(weights), 1)), logs), axis=1)
    if form == "quadratic":
        pairs = np.triu_indices(weights.shape[1])
        return np.concatenate((weights, weights[:, pairs[0]] * weights[:, pairs[1]]), axis=1)
    return weights


def _fit_task(
    task: str, weights: Numbers, losses: Numbers, choice: tuple[str, float, float]
) -> TaskLaw:
    form, share, ridge = choice
    floor = share * float(losses.min())
    if float(losses.min()) <= 0:
        raise ConfigError(f"losses must be above 0, and {task!r} has {losses.min():g}")
    coefficients, left_out = _ridge(_features(weights, form), np.log(losses - floor), ridge)
    errors = floor + np.exp(np.clip(left_out, -50, 50)) - losses
    error = float(np.sqrt(np.mean(errors**2)))
    spread = float(np.var(losses))
    return TaskLaw(
        task=task,
        form=form,
        floor=floor,
        ridge=ridge,
        coefficients=tuple(coefficients.tolist()),
        left_out_error=error,
        left_out_r2=1 - error**2 / spread if spread else 0.0,
    )


def _ridge(features: Numbers, values: Numbers, ridge: float) -> tuple[Numbers, Numbers]:
    """Return coefficients drawn towards the mean, and each value predicted from all others."""
    mean = values.mean()
    gram = features.T @ features + ridge * np.eye(features.shape[1])
    solved = np.linalg.solve(gram, features.T)
    # The mean is taken off, so that the ridge draws predictions to it and not to 0; on the simplex
    # the weights sum to 1, or a constant is among the features, so it can be put back.
    coefficients = solved @ (values - mean)
    reach = np.clip(np.einsum("ij,ji->i", features, solved), 0, 1 - 1e-6)
    left_out = values - (values - mean - features @ coefficients) / (1 - reach)
    return coefficients + mean * _constant(features), left_out


def _constant(features: Numbers) -> Numbers:
    """Return coefficients that give 1 for every row."""
    solution = np.linalg.lstsq(features, np.ones(len(features)), rcond=None)[0]
    return np.asarray(solution, dtype=np.float64)


def _optimum(
    laws: tuple[MixtureLaw, ...], counts: Numbers, caps: Numbers, starts: tuple[Numbers, ...]
) -> Numbers:
    """Return the best mixture under the caps, by exponentiated gradient from the best starts."""

    def losses(rows: Numbers) -> Numbers:
        mean: Numbers = np.mean([law.predict(rows) @ counts for law in laws], axis=0)
        return mean

    allowed = np.stack([fill(np.maximum(row, 1e-9), caps, 1.0) for row in starts])
    first = losses(allowed)
    best, least = allowed[0], np.inf
    for start in np.argsort(first, kind="stable")[:3]:
        row, loss, rate = allowed[start], float(first[start]), 1.0
        for _ in range(_STEPS):
            pull = _gradient(losses, row)
            pull = pull / max(float(np.abs(pull).max()), 1e-12)
            moved = fill(np.maximum(row, 1e-9) * np.exp(rate * (pull.min() - pull)), caps, 1.0)
            reached = float(losses(moved[None])[0])
            if reached < loss:
                row, loss = moved, reached
            else:
                rate /= 2
            if rate < 1e-4:
                break
        if loss < least:
            best, least = row, loss
    shares: Numbers = best / best.sum()
    return shares


def _gradient(losses: Callable[[Numbers], Numbers], row: Numbers) -> Numbers:
    width = 1e-5
    moves = np.eye(len(row)) * width
    both = losses(np.concatenate((row + moves, np.maximum(row - moves, 0))))
    gradient: Numbers = (both[: len(row)] - both[len(row) :]) / (width + np.minimum(row, width))
    return gradient


def _refits(runs: Runs, law: MixtureLaw) -> list[MixtureLaw]:
    """Fit the same forms to runs drawn with replacement, to see how far the laws can be trusted."""
    rng = np.random.Generator(np.random.PCG64(0))
    found = []
    for _ in range(_RESAMPLES):
        drawn = rng.integers(0, len(runs.weights), len(runs.weights))
        laws = []
        for i, task in enumerate(law.tasks):
            values = np.log(np.maximum(runs.losses[drawn, i] - task.floor, 1e-9))
            features = _features(runs.weights[drawn], task.form)
            coefficients, _ = _ridge(features, values, task.ridge)
            laws.append(msgspec.structs.replace(task, coefficients=tuple(coefficients.tolist())))
        found.append(MixtureLaw(domains=law.domains, tasks=tuple(laws)))
    return found


def _gain(law: MixtureLaw, counts: Numbers, best: Numbers, before: Numbers) -> float:
    losses = law.predict(np.stack((before, best))) @ counts
    return float(losses[0] - losses[1])
