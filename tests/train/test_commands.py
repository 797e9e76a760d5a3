"""The commands: a recipe becomes a run, and faults are told in a line."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from etude.cli import main
from etude.errors import ConfigError
from etude.train.loops import loops
from etude.train.run import Run
from etude.train.training import read_recipe

RECIPES = Path(__file__).parents[2] / "recipes"


def etude(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def recipe(shelf: Path, tmp_path: Path) -> Path:
    path = tmp_path / "recipe.toml"
    path.write_text(
        f"data = ['{shelf / 'texts'}']\nsteps = 4\nlength = 16\nthreads = 1\n"
        "[model]\nhidden = 16\nlayers = 1\nheads = 2\nkv_heads = 1\nmlp = 32\n"
        "[vocabulary]\nsize = 300\n"
    )
    return path


def test_a_recipe_becomes_a_run_that_can_be_shown(recipe: Path, tmp_path: Path) -> None:
    done = etude("train", "pretrain", recipe, "--out", tmp_path / "run", "--set", "model.hidden=32")
    assert done.exit_code == 0, done.output
    assert "4 steps of pretrain, all steps were done" in done.output
    run = Run.open(tmp_path / "run")
    assert json.loads(run.manifest.recipe)["model"]["hidden"] == 32
    assert "<svg" in run.page.read_text()
    shown = etude("train", "show", tmp_path / "run", "--json")
    assert json.loads(shown.stdout)["loop"] == "pretrain"
    (tmp_path / "run" / "metrics.parquet").write_bytes(b"")
    assert etude("train", "show", tmp_path / "run").exit_code == 1


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--set", "colour=1"), "unknown field `colour`"),
        (("--set", "model.colour=1"), "unknown field `colour`"),
        (("--set", "vocabulary.size.of=1"), "has no setting 'vocabulary.size.of'"),
        (("--set", "steps=-1"), "$.steps"),
        (("--set", "model.hidden=30"), "hidden / heads must be even"),
        (("--set", 'data=["world:nothing"]'), "the small world has no 'nothing'"),
    ],
)
def test_a_wrong_setting_is_told_in_a_line(
    recipe: Path, tmp_path: Path, words: tuple[str, ...], complaint: str
) -> None:
    done = etude("train", "pretrain", recipe, "--out", tmp_path / "run", *words)
    assert done.exit_code == 2
    assert complaint in done.output
    assert "Traceback" not in done.output
    assert not (tmp_path / "run").exists()


def test_a_loop_that_is_not_there_is_answered_with_the_nearest() -> None:
    done = etude("train", "pretrian", "x.toml", "--out", "y")
    assert done.exit_code == 2
    assert "did you mean 'pretrain'" in done.output


def test_every_loop_has_a_recipe_that_goes_larger_with_two_settings() -> None:
    for name in loops.names():
        larger = "model.path" if name == "pretrain" else "model"
        made = read_recipe(
            name, RECIPES / f"train-{name}.toml", {larger: "models/large", "device": "cuda"}
        )
        assert made.device == "cuda"
        assert "models/large" in made.needs()["model"]


def test_a_recipe_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text("data = 3\n")
    with pytest.raises(ConfigError, match=r"recipe.toml: .*\$\.data"):
        read_recipe("sft", tmp_path / "recipe.toml")
    with pytest.raises(ConfigError, match="did you mean 'sft'"):
        read_recipe("stf", tmp_path / "recipe.toml")


def test_the_small_world_can_be_written_out(tmp_path: Path) -> None:
    done = etude("train", "world", "--out", tmp_path / "world")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "world" / "text" / "manifest.json").exists()
