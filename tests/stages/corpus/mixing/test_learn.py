from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from etude.errors import ConfigError, RecordError
from etude.stages.corpus.mixing import Proxy, Runs, design, fit, learn, run_proxies

SIZES = {"web": 900.0, "code": 80.0, "books": 20.0}


def made_runs(n_runs: int, noise: float, seed: int) -> Runs:
    """Losses that follow a known law: each task falls with the weight of a domain or two."""
    weights = design(SIZES, n_runs, seed)
    rng = np.random.default_rng(seed)
    code = 2 + np.exp(0.3 - 2.5 * weights[:, 1])
    books = 2.5 + np.exp(0.1 - 1.5 * weights[:, 2] - 0.3 * weights[:, 0])
    losses = np.stack((code, books), axis=1)
    return Runs(
        tuple(SIZES),
        ("code", "books"),
        weights,
        losses + noise * rng.normal(size=losses.shape),
    )


def true_loss(weights: dict[str, float]) -> float:
    code = 2 + np.exp(0.3 - 2.5 * weights["code"])
    books = 2.5 + np.exp(0.1 - 1.5 * weights["books"] - 0.3 * weights["web"])
    return float((code + books) / 2)


def test_a_design_holds_mixtures_that_are_the_same_for_the_same_seed() -> None:
    rows = design(SIZES, 24, seed=3)
    assert rows.shape == (24, 3)
    np.testing.assert_allclose(rows.sum(axis=1), 1)
    assert (rows >= 0).all()
    np.testing.assert_allclose(rows[0], [0.9, 0.08, 0.02])
    np.testing.assert_allclose(rows[1], 1 / 3)
    assert rows.tolist() == design(SIZES, 24, seed=3).tolist()
    assert rows.tolist() != design(SIZES, 24, seed=4).tolist()
    assert rows[:, 1].max() > 0.7
    assert rows[:, 1].min() < 0.05


def test_a_design_keeps_to_the_cap_on_epochs() -> None:
    rows = design(SIZES, 30, budget=500, max_epochs=2)
    assert (rows[:, 2] <= 0.08 + 1e-9).all()
    assert (rows[:, 1] <= 0.32 + 1e-9).all()
    with pytest.raises(ConfigError, match="less than the budget"):
        design(SIZES, 30, budget=5000, max_epochs=2)
    with pytest.raises(ConfigError, match="needs a budget"):
        design(SIZES, 30, max_epochs=2)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_known_law_is_found_again_through_noise(seed: int) -> None:
    runs = made_runs(40, 0.01, seed)
    law = fit(runs)
    assert all(task.left_out_r2 > 0.9 for task in law.tasks)
    fresh = made_runs(50, 0.0, seed + 10)
    assert np.abs(law.predict(fresh.weights) - fresh.losses).mean() < 0.03


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_learned_weights_beat_natural_and_even_ones(seed: int) -> None:
    found = learn(made_runs(40, 0.01, seed), SIZES)
    assert sum(found.weights.values()) == pytest.approx(1)
    by_size = true_loss({"web": 0.9, "code": 0.08, "books": 0.02})
    gain = by_size - true_loss(found.weights)
    assert true_loss(found.weights) < true_loss(dict.fromkeys(SIZES, 1 / 3)) < by_size
    assert found.gain == pytest.approx(gain, abs=0.1)
    assert found.gain_low <= found.gain_high
    assert found.gain_low > 0


def test_learned_weights_keep_to_the_cap_on_epochs() -> None:
    found = learn(made_runs(30, 0.01, 0), SIZES, budget=500, max_epochs=2)
    assert found.weights["code"] <= 0.32 + 1e-6
    assert found.weights["books"] <= 0.08 + 1e-6


def test_only_the_tasks_that_count_are_served() -> None:
    runs = made_runs(40, 0.005, 0)
    code = learn(runs, SIZES, task_weights={"code": 1.0})
    books = learn(runs, SIZES, task_weights={"books": 1.0})
    assert code.weights["code"] > 0.8
    assert books.weights["code"] < 0.2


@pytest.mark.parametrize("name", ["runs.json", "runs.parquet"])
def test_runs_come_back_from_disk(tmp_path: Path, name: str) -> None:
    runs = made_runs(6, 0.01, 0)
    runs.save(tmp_path / name)
    read = Runs.load(tmp_path / name)
    assert (read.domains, read.tasks) == (runs.domains, runs.tasks)
    np.testing.assert_allclose(read.weights, runs.weights)
    np.testing.assert_allclose(read.losses, runs.losses)


def test_what_are_no_runs_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("[1]")
    with pytest.raises(RecordError, match="cannot read the runs"):
        Runs.load(tmp_path / "x.json")
    with pytest.raises(RecordError, match="weight:DOMAIN"):
        Runs.of(pa.table({"weight:a": [1.0]}))
    with pytest.raises(RecordError, match="not all 0"):
        Runs.of(pa.table({"weight:a": [0.0], "loss:t": [1.0]}))
    with pytest.raises(RecordError, match="must be numbers"):
        Runs.of(pa.table({"weight:a": ["x"], "loss:t": [1.0]}))


def test_what_cannot_be_learned_is_refused() -> None:
    runs = made_runs(3, 0.01, 0)
    with pytest.raises(ConfigError, match="at least four runs"):
        fit(runs)
    with pytest.raises(ConfigError, match="auto, and not 'cubic'"):
        fit(made_runs(8, 0.01, 0), "cubic")
    with pytest.raises(ConfigError, match="sizes are of"):
        learn(made_runs(8, 0.01, 0), {"web": 1.0})
    with pytest.raises(ConfigError, match="measured the task 'law'"):
        learn(made_runs(8, 0.01, 0), SIZES, task_weights={"law": 1.0})


def domain(words: str, n: int, seed: int) -> pa.Array:
    rng = np.random.default_rng(seed)
    choices = words.split()
    return pa.array([" ".join(rng.choice(choices, 40)) for _ in range(n)])


def test_a_proxy_learns_what_it_reads_most() -> None:
    texts = {
        "code": domain("def return self import class for in if else None", 40, 1),
        "law": domain("party clause shall whereas hereby agreement term the of", 40, 2),
    }
    held_out = {"code": domain("def return self import class for in if else None", 9, 3)}
    mixtures = [[0.9, 0.1], [0.5, 0.5], [0.02, 0.98]]
    settings = Proxy(budget_bytes=6_000)
    runs = run_proxies(texts, held_out, mixtures, settings)
    assert runs.domains == ("code", "law")
    assert runs.losses[:, 0].tolist() == sorted(runs.losses[:, 0])
    again = run_proxies(texts, held_out, mixtures, settings)
    assert again.losses.tolist() == runs.losses.tolist()


def test_a_proxy_reads_a_small_domain_again() -> None:
    texts = {"small": domain("a b c d", 2, 1), "large": domain("e f g h", 90, 2)}
    runs = run_proxies(texts, texts, [[0.5, 0.5]], Proxy(budget_bytes=9_000))
    assert np.isfinite(runs.losses).all()
    with pytest.raises(ConfigError, match="mixtures are of 1 domains"):
        run_proxies(texts, texts, [[1.0]])
    with pytest.raises(ConfigError, match="'none' holds no text"):
        run_proxies({"none": pa.array([""])}, texts, [[1.0]])
