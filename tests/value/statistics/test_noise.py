import numpy as np
import pytest

from etude.errors import ConfigError
from etude.value.statistics.noise import NoiseLaw, fit_noise

AMOUNTS = [200.0, 400.0, 800.0, 1600.0, 3200.0]
WORTH = {0.0: 1.0, 0.1: 0.64, 0.2: 0.36, 0.4: 0.04}  # (1 - 2p)²: flipped labels of two classes


def runs(sigma: float, seed: int) -> tuple[list[float], list[float], list[float]]:
    chance = np.random.Generator(np.random.PCG64(seed))
    rows = [(n, p) for p in WORTH for n in AMOUNTS for _ in range(2)]
    losses = [0.1 + 3 * (n * WORTH[p]) ** -0.5 + sigma * chance.normal() for n, p in rows]
    return [n for n, _ in rows], [p for _, p in rows], losses


def worths(found: NoiseLaw) -> list[float]:
    return [level.worth.value for level in found.levels]


def test_what_noise_costs_is_found_exactly_where_nothing_else_disturbs() -> None:
    found = fit_noise(*runs(0.0, 0))
    assert worths(found) == pytest.approx([1.0, 0.64, 0.36, 0.04], rel=0.05)
    assert found.exponent.value == pytest.approx(0.5, rel=0.02)
    assert found.floor == pytest.approx(0.1, rel=0.05)
    forty = found.levels[-1]
    assert forty.instead.value == pytest.approx(25, rel=0.1)
    # 60 right ones of a hundred teach as 4 do: the 40 wrong ones undo 56.
    assert forty.wrong_worth.value == pytest.approx((0.04 - 0.6) / 0.4, rel=0.05)


def test_the_law_that_is_found_leaves_least_over() -> None:
    x, p, y = runs(0.01, 2)
    found = fit_noise(x, p, y)
    known = sorted(WORTH)
    best = np.inf
    for a in np.geomspace(0.02, 3.0, 240):
        columns = np.zeros((len(x), 1 + len(known)))
        columns[:, 0] = 1
        for row, (n, noise) in enumerate(zip(x, p, strict=True)):
            columns[row, 1 + known.index(noise)] = n**-a
        solved = np.linalg.lstsq(columns, np.array(y), rcond=None)[0]
        rest = float(((columns @ solved - y) ** 2).sum())
        if rest < best:
            best, exponent, scales = rest, a, solved[1:]
    assert found.exponent.value == pytest.approx(exponent, rel=0.02)
    assert worths(found) == pytest.approx(
        ((scales / scales[0]) ** (-1 / exponent)).tolist(), rel=1e-3
    )


def covered(trials: int) -> float:
    held = 0
    for seed in range(trials):
        found = fit_noise(*runs(0.005, seed))
        held += sum(one.worth.low <= WORTH[one.noise] <= one.worth.high for one in found.levels[1:])
    return held / trials / 3


def test_the_interval_of_what_a_noisy_example_is_worth_holds_what_it_promises() -> None:
    assert covered(25) >= 0.85


@pytest.mark.slow
def test_the_interval_holds_what_it_promises_many_times() -> None:
    assert 0.9 <= covered(300) <= 0.985


def test_noise_that_no_amount_makes_up_for_shows_as_a_floor_of_its_own() -> None:
    x, p, y = runs(0.005, 1)
    assert fit_noise(x, p, y).one_floor_p > 0.01
    higher = [loss + noise for loss, noise in zip(y, p, strict=True)]
    assert fit_noise(x, p, higher).one_floor_p < 0.01


def test_runs_that_cannot_tell_noise_apart_are_refused() -> None:
    for amounts, noises, losses, reason in (
        ([1.0, 2.0], [0.1, 0.1], [1.0, 1.0], "without noise"),
        ([1.0, 2.0, 1.0], [0.0, 0.0, 0.5], [1.0] * 3, "two amounts at each level; 0.5"),
        ([1.0, 2.0, 1.0, 2.0], [0.0, 0.0, 0.5, 0.5], [1.0] * 4, "at least 6 runs"),
        ([1.0], [1.0], [1.0], "from 0 to below 1"),
        ([1.0, 2.0], [0.0], [1.0], "for each run"),
    ):
        with pytest.raises(ConfigError, match=reason):
            fit_noise(amounts, noises, losses)
