"""Weights take a bias out, cost effective size, and are written down with their origin."""

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Literal

import msgspec
import numpy as np
import pytest

from etude.errors import ConfigError
from etude.records import Message, Origin, Preference
from etude.stages.prefs.bias import audit_bias
from etude.stages.prefs.choices import Choice, choice_of
from etude.stages.prefs.reweight import ReweightRecipe, imbalance, reweight, weigh
from etude.store import Dataset, DatasetWriter

LEVEL = ("length", "bold")
Method = Literal["balance", "propensity", "match"]


def biased(n: int = 300, seed: int = 0) -> list[Preference]:
    """Preferences that go to the longer answer twice in three, and to the bolder one a little."""
    rng = Random(seed)
    rows = []
    for number in range(n):
        long, short = "word " * rng.randint(30, 60), "word " * rng.randint(5, 29)
        long += "**bold** " * rng.choice([0, 1, 2])
        short += "**bold** " * rng.choice([0, 0, 1])
        chosen, rejected = (long, short) if rng.random() < 2 / 3 else (short, long)
        rows.append(
            Preference(
                id=f"p{number}",
                origin=Origin(source="made here", made_by="test", parents=(f"c{number}",)),
                prompt=(Message(role="user", content=f"{number}?"),),
                chosen=(Message(role="assistant", content=chosen),),
                rejected=(Message(role="assistant", content=rejected),),
                tags={"kept": "yes"},
            )
        )
    return rows


def choices(rows: Sequence[Preference]) -> list[Choice]:
    return [choice_of(row) for row in rows]


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    with DatasetWriter(tmp_path / "biased", record="preference") as writer:
        writer.write("preferences", biased())
        writer.finish(recipe="{}")
    return Dataset.open(tmp_path / "biased")


def test_balanced_weights_leave_no_mean_difference_at_all() -> None:
    rows = choices(biased())
    weights, size = weigh(rows, ReweightRecipe(features=LEVEL))
    assert weights.mean() == pytest.approx(1.0)
    assert (weights > 0).all()
    assert 150 < size < 300
    weighed = [
        msgspec.structs.replace(row, weight=float(weight))
        for row, weight in zip(rows, weights, strict=True)
    ]
    for value in imbalance(weighed, LEVEL).values():
        assert abs(value) < 1e-6


@pytest.mark.parametrize("method", ["balance", "propensity", "match"])
def test_every_method_lowers_the_bias_and_the_ruler_and_says_at_what_cost(
    method: Method, dataset: Dataset, tmp_path: Path
) -> None:
    outcome = reweight(dataset, ReweightRecipe(method=method, features=LEVEL), tmp_path / "level")
    for name in LEVEL:
        before, after = outcome.imbalance_before[name], outcome.imbalance_after[name]
        assert abs(after) < 0.35 * abs(before), (name, before, after)
    rulers = {
        when: next(one for one in report.rulers if one.name == "always longer").accuracy
        for when, report in (("before", outcome.before), ("after", outcome.after))
    }
    assert rulers["before"].low > 0.55
    assert rulers["after"].low < 0.5 < rulers["after"].high
    assert 50 < outcome.effective_size < 300
    assert outcome.after.effective_size == pytest.approx(outcome.effective_size, rel=1e-3)


def test_what_is_written_keeps_its_origin_its_tags_and_where_it_came_from(
    dataset: Dataset, tmp_path: Path
) -> None:
    outcome = reweight(dataset, ReweightRecipe(method="match", features=LEVEL), tmp_path / "level")
    made = Dataset.open(tmp_path / "level")
    rows = list(made.rows("preferences", Preference))
    old = {row.id: row for row in biased()}
    assert all(row.origin == old[row.id].origin and row.tags["kept"] == "yes" for row in rows)
    assert all(float(row.tags["weight"]) == 1.0 for row in rows)
    assert made.manifest.parents == (dataset.manifest.digest,)
    assert made.manifest.counts.dropped == {"no counterpart": 300 - outcome.n_kept}
    assert made.manifest.counts.n_kept == outcome.n_kept == len(rows)
    assert audit_bias(made) == outcome.after


def test_weights_that_are_there_already_are_multiplied_in() -> None:
    rows = choices(biased(100))
    once = weigh(rows, ReweightRecipe(features=LEVEL)).weights
    weighed = [
        msgspec.structs.replace(row, weight=float(weight))
        for row, weight in zip(rows, once, strict=True)
    ]
    assert weigh(weighed, ReweightRecipe(features=LEVEL)).weights == pytest.approx(once, rel=1e-4)


def test_no_weight_is_above_the_most() -> None:
    rows = choices(biased())
    weights = weigh(rows, ReweightRecipe(method="propensity", features=LEVEL, most=1.3)).weights
    assert weights.max() <= 1.3 * (1 + 1e-6)


def test_choices_without_bias_keep_their_size() -> None:
    rng = Random(1)
    rows = []
    for number in range(200):
        texts = ["word " * rng.randint(5, 60) for _ in range(2)]
        rows.append(
            Choice(
                id=str(number), group=str(number), prompt="?", chosen=texts[0], rejected=texts[1]
            )
        )
    assert weigh(rows, ReweightRecipe(features=("length",))).effective_size > 190
    assert np.isfinite(weigh(rows, ReweightRecipe(features=("refusal",))).weights).all()


def test_what_cannot_be_balanced_is_refused_with_advice() -> None:
    rows = [
        Choice(id=str(n), group=str(n), prompt="?", chosen="word " * 9, rejected="word")
        for n in range(30)
    ]
    with pytest.raises(ConfigError, match="no weights balance"):
        weigh(rows, ReweightRecipe(features=("length",)))
    with pytest.raises(ConfigError, match="no choice has a counterpart"):
        weigh(rows, ReweightRecipe(features=("length",), method="match"))
    with pytest.raises(ConfigError, match="no choices to weigh"):
        weigh([], ReweightRecipe())
    with pytest.raises(ConfigError, match="no feature is called 'size'"):
        ReweightRecipe(features=("size",))
    with pytest.raises(ConfigError, match="most is above 1"):
        ReweightRecipe(most=1.0)
