import tomllib
from pathlib import Path

import numpy as np
import pytest

from etude.config import read_toml
from etude.errors import ConfigError
from etude.stages.corpus.mixing import Runs, design
from etude.stages.corpus.recipe import CorpusRecipe
from etude.stages.corpus.steps import steps
from etude.value.statistics.mixture import best_mixture

SIZES = {"books": 3e6, "code": 2e6, "web": 5e6}


def world(n: int, sigma: float, seed: int) -> Runs:
    """Runs of a world in which the best mixture is 0.5, 0.3, 0.2."""
    weights = design(SIZES, n, seed)
    chance = np.random.Generator(np.random.PCG64(seed))
    best = np.array([0.5, 0.3, 0.2])
    logs = 0.2 + ((weights - best) ** 2) @ np.array([0.6, 0.6, 0.6])
    noise = sigma * chance.normal(size=(n, 2))
    losses = np.exp(np.stack((logs, logs + 0.1), axis=1) + noise)
    return Runs(tuple(SIZES), ("one", "two"), weights, losses)


def test_the_best_mixture_is_found_within_its_bounds() -> None:
    found = best_mixture(world(40, 0.002, 1), against=SIZES, form="quadratic")
    values = [found.weights[name].value for name in SIZES]
    assert sum(values) == pytest.approx(1)
    assert values == pytest.approx([0.5, 0.3, 0.2], abs=0.05)
    for value, name in zip((0.5, 0.3, 0.2), SIZES, strict=True):
        assert found.weights[name].low - 0.03 <= value <= found.weights[name].high + 0.03
    assert 0 < found.gain.low <= found.gain.value <= found.gain.high
    assert found.doubts == ()


def test_a_straight_law_goes_to_the_edge_of_what_was_tried_and_says_so() -> None:
    weights = design(SIZES, 24, 2)
    losses = np.exp(weights @ np.array([0.1, 0.5, 0.9]))[:, None]
    runs = Runs(tuple(SIZES), ("all",), weights, losses)
    found = best_mixture(runs, against=SIZES)
    assert found.weights["books"].value <= weights[:, 0].max() + 1e-9
    assert found.weights["books"].value > 0.8 * weights[:, 0].max()
    assert any("books is at the edge" in doubt for doubt in found.doubts)
    coefficients = [one.value for one in found.fits[0].coefficients]
    assert coefficients == pytest.approx([0.1, 0.5, 0.9], abs=1e-6)


def test_the_coefficients_are_those_of_plain_least_squares() -> None:
    runs = world(30, 0.01, 3)
    found = best_mixture(runs)
    plain = np.linalg.lstsq(runs.weights, np.log(runs.losses), rcond=None)[0]
    for task, fit in enumerate(found.fits):
        assert [one.value for one in fit.coefficients] == pytest.approx(plain[:, task].tolist())


def test_runs_left_out_are_predicted_as_if_each_were_left_out_in_turn() -> None:
    runs = world(15, 0.02, 4)
    logs = np.log(runs.losses[:, 0])
    errors = []
    for i in range(15):
        kept = np.arange(15) != i
        solved = np.linalg.lstsq(runs.weights[kept], logs[kept], rcond=None)[0]
        errors.append(logs[i] - runs.weights[i] @ solved)
    r2 = 1 - np.sum(np.square(errors)) / np.sum((logs - logs.mean()) ** 2)
    assert best_mixture(runs).fits[0].left_out_r2 == pytest.approx(r2)


def test_the_interval_of_a_coefficient_holds_what_it_promises() -> None:
    weights = design(SIZES, 20, 0)
    true = np.array([0.1, 0.5, 0.9])
    held = 0
    for seed in range(60):
        chance = np.random.Generator(np.random.PCG64(seed))
        logs = weights @ true + 0.05 * chance.normal(size=20)
        runs = Runs(tuple(SIZES), ("all",), weights, np.exp(logs)[:, None])
        fit = best_mixture(runs, draws=2).fits[0]
        held += sum(one.low <= t <= one.high for one, t in zip(fit.coefficients, true, strict=True))
    assert held / 180 >= 0.9


def test_noise_alone_gains_nothing_for_sure() -> None:
    chance = np.random.Generator(np.random.PCG64(5))
    weights = design(SIZES, 24, 5)
    runs = Runs(tuple(SIZES), ("all",), weights, np.exp(0.02 * chance.normal(size=(24, 1)) + 1))
    assert best_mixture(runs, against=SIZES).doubts


def test_the_weights_are_a_step_that_a_corpus_recipe_reads(tmp_path: Path) -> None:
    found = best_mixture(world(30, 0.002, 1), against=SIZES)
    path = tmp_path / "mixture.toml"
    path.write_text(found.corpus_step(), "utf-8")
    recipe = read_toml(path, CorpusRecipe)
    steps.make(recipe.steps[0])
    assert tomllib.loads(path.read_text())["steps"][0]["weights"].keys() == SIZES.keys()


def test_too_few_or_too_similar_runs_are_refused() -> None:
    few = world(40, 0.01, 1)
    with pytest.raises(ConfigError, match="needs 8 runs, and there are 7"):
        best_mixture(few._replace(weights=few.weights[:7], losses=few.losses[:7]), form="quadratic")
    same = few._replace(weights=np.repeat(few.weights[:1], 40, axis=0))
    with pytest.raises(ConfigError, match="too alike"):
        best_mixture(same)
    with pytest.raises(ConfigError, match="films"):
        best_mixture(few, against={"films": 1.0})
