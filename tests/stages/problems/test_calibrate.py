"""Problems are kept when models sometimes solve them, once each, and none of a benchmark."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from etude.errors import ConfigError
from etude.records import Episode, Grade, Origin, Problem, Reference, SolveRate
from etude.stages.problems.calibrate import CalibrateRecipe, calibrate
from etude.store import Dataset, DatasetWriter

ORIGIN = Origin(source="test", made_by="test")


def problems(folder: Path, statements: Sequence[str]) -> Dataset:
    with DatasetWriter(folder, record="problem") as writer:
        for number, statement in enumerate(statements):
            id_ = f"p{number}"
            writer.write("problems", [Problem(id=id_, origin=ORIGIN, statement=statement)])
            writer.write("references", [Reference(problem_id=id_, answer="1")])
        writer.finish(recipe="{}")
    return Dataset.open(folder)


def episodes(folder: Path, scores: dict[str, Sequence[float | None]], model: str = "m") -> Dataset:
    with DatasetWriter(folder, record="episode") as writer:
        for task_id, several in scores.items():
            for attempt, score in enumerate(several):
                id_ = f"{task_id}-{model}-{attempt}"
                writer.write(
                    "episodes",
                    [
                        Episode(
                            id=id_,
                            origin=ORIGIN,
                            task_id=task_id,
                            agent="{}",
                            model=model,
                            attempt=attempt,
                            turns=(),
                            patch="",
                            ending="submitted",
                        )
                    ],
                )
                fault = "" if score is not None else "the box was gone"
                grade = Grade(episode_id=id_, task_id=task_id, score=score, fault=fault)
                writer.write("grades", [grade])
        writer.finish(recipe="{}")
    return Dataset.open(folder)


def ids(path: Path) -> list[str]:
    return [problem.id for problem in Dataset.open(path).rows("problems", Problem)]


def test_what_is_always_or_never_solved_is_dropped_and_the_rest_sorted_into_bins(
    tmp_path: Path,
) -> None:
    held = problems(tmp_path / "in", ["first", "second", "third", "fourth", "fifth"])
    played = episodes(
        tmp_path / "ep",
        {"p0": [1, 1, 1, 1], "p1": [0, 0, 0, 0], "p2": [1, 1, 1, 0], "p3": [0, 0, 0.5, 1]},
    )
    done = calibrate(held, [played], CalibrateRecipe(bins=4), tmp_path / "out")
    assert done.dropped == {"always solved": 1, "never solved": 1, "never attempted": 1}
    kept = list(Dataset.open(tmp_path / "out").rows("problems", Problem))
    assert [(p.id, p.tags["bin"]) for p in kept] == [("p2", "2"), ("p3", "4")]
    assert done.bins == {"2": 1, "4": 1}
    assert done.pass_at["m"]["1"] == pytest.approx((1 + 0 + 0.75 + 0.25) / 4)
    assert done.pass_at["m"]["4"] == pytest.approx(0.75)
    rates = list(Dataset.open(tmp_path / "out").rows("solve_rates", SolveRate))
    assert [(r.problem_id, r.n_attempts, r.n_solved) for r in rates] == [("p2", 4, 3), ("p3", 4, 1)]
    references = list(Dataset.open(tmp_path / "out").rows("references", Reference))
    assert [r.problem_id for r in references] == ["p2", "p3"]
    assert not Dataset.open(tmp_path / "out").verify()


def test_a_fault_is_no_attempt(tmp_path: Path) -> None:
    held = problems(tmp_path / "in", ["first", "second"])
    played = episodes(tmp_path / "ep", {"p0": [None, 1, 0], "p1": [None, None, None]})
    done = calibrate(held, [played], CalibrateRecipe(), tmp_path / "out")
    assert done.dropped == {"never attempted": 1}
    [rate] = Dataset.open(tmp_path / "out").rows("solve_rates", SolveRate)
    assert (rate.n_attempts, rate.n_solved) == (2, 1)


def test_what_one_model_solves_and_another_does_not_is_worth_keeping(tmp_path: Path) -> None:
    held = problems(tmp_path / "in", ["first"])
    weak = episodes(tmp_path / "weak", {"p0": [0, 0]}, "weak")
    strong = episodes(tmp_path / "strong", {"p0": [1, 1]}, "strong")
    done = calibrate(held, [weak, strong], CalibrateRecipe(), tmp_path / "out")
    assert done.n_kept == 1
    assert done.pass_at == {"strong": {"1": 1.0, "2": 1.0}, "weak": {"1": 0.0, "2": 0.0}}


def test_without_episodes_only_copies_and_items_of_benchmarks_go(tmp_path: Path) -> None:
    item = "a long enough item of a benchmark that has more than eight words in it"
    held = problems(tmp_path / "in", ["What is 1?", "what is  1?", f"Well: {item}", "Other."])
    bench = problems(tmp_path / "bench", [item])
    recipe = CalibrateRecipe(benchmarks=(str(bench.path),))
    done = calibrate(held, [], recipe, tmp_path / "out")
    assert ids(tmp_path / "out") == ["p0", "p3"]
    assert done.dropped == {"holds a benchmark's item": 1, "same words as another": 1}
    assert Dataset.open(tmp_path / "out").manifest.counts.dropped == done.dropped
    assert Dataset.open(tmp_path / "out").n_rows("tallies") == 1


def test_what_is_asked_for_stays(tmp_path: Path) -> None:
    held = problems(tmp_path / "in", ["first", "second", "third"])
    played = episodes(tmp_path / "ep", {"p0": [1, 1], "p1": [0, 0]})
    recipe = CalibrateRecipe(keep=("always", "unattempted"))
    calibrate(held, [played], recipe, tmp_path / "out")
    assert ids(tmp_path / "out") == ["p0", "p2"]


def test_nothing_is_written_when_nothing_is_left(tmp_path: Path) -> None:
    held = problems(tmp_path / "in", ["first"])
    played = episodes(tmp_path / "ep", {"p0": [0, 0]})
    with pytest.raises(ConfigError, match="no problem is left of 1: 1 never solved"):
        calibrate(held, [played], CalibrateRecipe(), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_episodes_at_other_problems_are_refused(tmp_path: Path) -> None:
    held = problems(tmp_path / "in", ["first"])
    played = episodes(tmp_path / "ep", {"elsewhere": [1]})
    with pytest.raises(ConfigError, match="none of its episodes"):
        calibrate(held, [played], CalibrateRecipe(), tmp_path / "out")


@pytest.mark.parametrize("wrong", [{"keep": ("easy",)}, {"bins": 0}, {"share": 0.0}])
def test_a_recipe_out_of_range_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        CalibrateRecipe(**wrong)  # type: ignore[arg-type]


def test_pass_at_k_is_the_unbiased_estimate() -> None:
    rate = SolveRate(id="p/m", problem_id="p", model="m", n_attempts=4, n_solved=1)
    assert [rate.pass_at(k) for k in (1, 2, 4)] == pytest.approx([0.25, 0.5, 1.0])
    with pytest.raises(ValueError, match="needs at least 5 attempts"):
        rate.pass_at(5)
