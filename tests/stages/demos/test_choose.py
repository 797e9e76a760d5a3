"""What is chosen is sound, worth most and apart; what is measured says why the rest is not."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stages.demos.demonstration_data import dataset, demonstration

from etude.errors import ConfigError
from etude.records import Demonstration
from etude.stages.demos.choose import ChooseRecipe, choose, select
from etude.stages.demos.difficulty import Score
from etude.stages.demos.measure import MeasureRecipe, measure
from etude.store import Dataset

THINGS = ["bread", "violins", "glaciers", "harbours", "walnuts", "lanterns", "copper", "bees"]


def rows() -> list[Demonstration]:
    made = [
        demonstration(
            f"Where do {thing} come from?",
            f"Of {thing} it is told that {' and '.join(THINGS[: number + 1])} were first.",
            number=number,
            tags={"grade": str(number)},
        )
        for number, thing in enumerate(THINGS)
    ]
    made.append(demonstration("Say nothing.", "", number=20))
    made.append(demonstration("Sing.", "La la la.", number=21, review="rejected"))
    twin = made[3]
    made.append(msgspec.structs.replace(twin, id="d22"))
    return made


def fixed(text: str, context: str) -> Score:
    longer = 1.2 if "bees" in text else 0.5
    return Score(logprob=-longer * 10 if context else -10.0, n_tokens=10)


def test_the_best_by_tag_are_chosen_in_their_order(tmp_path: Path) -> None:
    held = dataset(tmp_path / "ds", rows())
    recipe = ChooseRecipe(n=3, complexity="tag:grade", quality="none", embedder="", copy_share=0.9,
                          checks=("empty",))  # fmt: skip
    outcome = choose(held, recipe, tmp_path / "best")
    best = Dataset.open(tmp_path / "best")
    assert best.ids("demonstrations") == ["d7", "d6", "d5"]
    assert best.manifest.parents == (held.manifest.digest,)
    assert best.manifest.counts.dropped == outcome.dropped
    assert outcome.dropped == {
        "check empty": 1,
        "refused in review": 1,
        "near-copy of another": 1,
        "enough were chosen": 5,
    }
    assert sum(outcome.dropped.values()) + outcome.n_chosen == outcome.n_in


def test_instructions_that_mislead_are_dropped(tmp_path: Path) -> None:
    held = dataset(tmp_path / "ds", rows())
    recipe = ChooseRecipe(embedder="", copy_share=0, min_distance=0, quality="none")
    outcome = choose(held, recipe, tmp_path / "best", scorer=fixed)
    assert outcome.dropped["its instruction makes its answer less likely"] == 1
    assert "d7" not in Dataset.open(tmp_path / "best").ids("demonstrations")


def test_what_holds_an_item_of_a_benchmark_is_never_chosen(tmp_path: Path) -> None:
    held = dataset(tmp_path / "ds", rows())
    item = {"text": rows()[2].messages[1].content}
    (tmp_path / "bench.jsonl").write_bytes(msgspec.json.encode(item))
    recipe = ChooseRecipe(
        complexity="words", embedder="", benchmarks=(str(tmp_path / "bench.jsonl"),)
    )
    outcome = choose(held, recipe, tmp_path / "best")
    assert outcome.dropped["holds an item of a benchmark"] >= 1
    assert "d2" not in Dataset.open(tmp_path / "best").ids("demonstrations")


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        (ChooseRecipe(complexity="luck"), "complexity is ifd or words or none or tag:NAME"),
        (ChooseRecipe(n=-1), "cannot be that"),
        (ChooseRecipe(complexity="tag:none", embedder=""), "has no number in the tag 'none'"),
        (ChooseRecipe(reviews=("sent_back",), embedder=""), "none of 11 is left"),
    ],
)
def test_a_recipe_that_cannot_be_followed_writes_nothing(
    recipe: ChooseRecipe, message: str, tmp_path: Path
) -> None:
    held = dataset(tmp_path / "ds", rows())
    with pytest.raises(ConfigError, match=message):
        choose(held, recipe, tmp_path / "best")
    assert not (tmp_path / "best").exists()


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 1000),
    n=st.integers(0, 12),
    distance=st.sampled_from([0.0, 0.1, 0.5, 1.0]),
)
def test_chosen_ones_lie_apart_and_each_left_out_is_near_a_better_one(
    seed: int, n: int, distance: float
) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(12, 3)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    worth = [float(value) for value in rng.integers(0, 4, 12)]
    chosen, _ = select(worth, vectors, n=n, min_distance=distance)
    cosines = vectors @ vectors.T
    assert len(chosen) <= (n or 12)
    for place, one in enumerate(chosen):
        before = chosen[:place]
        if distance:
            assert all(cosines[one, other] <= 1 - distance + 1e-5 for other in before)
        assert all(worth[other] >= worth[one] for other in before)
    if not n and distance:
        for left in set(range(12)) - set(chosen):
            near = [c for c in chosen if cosines[left, c] > 1 - distance]
            assert any(worth[c] >= worth[left] for c in near)


def test_a_report_tells_of_every_side(tmp_path: Path) -> None:
    held = dataset(tmp_path / "ds", rows())
    report = measure(held, MeasureRecipe(embedder="", checks=("empty", "role_order")))
    assert (report.n, report.digest) == (11, held.manifest.digest)
    assert report.reviews == {"unreviewed": 10, "rejected": 1}
    assert [(count.check, count.n) for count in report.findings] == [("empty", 1)]
    assert report.copies.examples == ("d22 = d3",)
    assert report.benchmark_copies.n == 0
    assert report.turns is not None
    assert report.turns.median == 1
    assert report.difficulty is not None
    assert report.difficulty.n == 10
    assert report.diversity.verbs["where do"] == 9
    assert "n-grams" in report.scorer
    assert msgspec.json.decode(msgspec.json.encode(report), type=type(report)) == report


def test_a_data_set_of_something_else_is_refused(tmp_path: Path) -> None:
    held = dataset(tmp_path / "ds", [])
    with pytest.raises(ConfigError, match="holds no demonstrations"):
        measure(held)
