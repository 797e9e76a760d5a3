"""The recipe for the planted corpus finds what was planted and loses nothing."""

import random
from pathlib import Path

import pytest
from benchmarks.planted import Amounts, Line, build, score
from click.testing import CliRunner

from etude.cli import main
from etude.config import read_toml
from etude.stages.corpus.recipe import CorpusRecipe, plan

ROOT = Path(__file__).parents[2]
RECIPES = [*sorted(ROOT.glob("recipes/corpus-registry*.toml")), ROOT / "recipes" / "planted.toml"]


def texts(n: int) -> list[str]:
    """Return prose of made-up words, without two paragraphs alike."""
    rng = random.Random(11)
    letters = "abcdefghijklmnoprstuvw"
    words = ["".join(rng.choices(letters, k=rng.randint(2, 9))) for _ in range(4000)]

    def paragraph() -> str:
        lines = (" ".join(rng.choices(words, k=11)) for _ in range(rng.randint(3, 6)))
        return ",\n".join(lines).capitalize() + "."

    return ["\n\n".join(paragraph() for _ in range(rng.randint(4, 7))) for _ in range(n)]


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Line]:
    """The score of a small planted corpus after its recipe, by kind and what."""
    folder = tmp_path_factory.mktemp("planted-flow")
    amounts = Amounts(private_items=110, decoys=18, benchmark_items=40)
    build(folder / "planted", texts(400), seed=4, amounts=amounts)
    recipe = folder / "planted.toml"
    text = (ROOT / "recipes" / "planted.toml").read_text()
    recipe.write_text(text.replace('"planted/', f'"{folder}/planted/'))
    words = ["corpus", "build", str(recipe), "--out", str(folder / "made"), "--jobs", "1"]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    return {(line.kind, line.what): line for line in score(folder / "planted", folder / "made")}


def test_every_record_is_accounted_for(lines: dict[tuple[str, str], Line]) -> None:
    for (kind, _), line in lines.items():
        if kind in ("nothing lost", "file"):
            assert line.share == 1.0, line


def test_copies_are_found_and_one_of_each_stays(lines: dict[tuple[str, str], Line]) -> None:
    assert lines["exact copies", "recall"].share == 1.0
    assert lines["near copies", "Jaccard 0.95 to 1"].share == 1.0
    assert lines["near copies", "Jaccard 0.9 to 0.95"].share == 1.0
    assert lines["near copies", "upper-case"].share == 1.0
    assert lines["copies", "families of which one is left"].share == 1.0
    assert lines["copies", "precision, counting a Jaccard of 0.7"].share == 1.0


def test_benchmark_text_is_found_in_every_disguise(lines: dict[tuple[str, str], Line]) -> None:
    assert lines["benchmark text", "recall"].share == 1.0
    assert lines["benchmark text", "precision"].share == 1.0


def test_private_items_are_hidden_and_decoys_are_not(lines: dict[tuple[str, str], Line]) -> None:
    assert lines["private items", "all"].share >= 0.9
    assert lines["decoys left alone", "all"].share >= 0.9


def test_encodings_are_mended_and_spam_goes(lines: dict[tuple[str, str], Line]) -> None:
    assert lines["broken encoding", "mended latin-1"].share == 1.0
    assert lines["broken encoding", "mended cp1252"].share == 1.0
    assert lines["boilerplate", "repeated paragraphs removed"].share == 1.0
    assert lines["spam", "dropped"].share >= 0.9


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_recipes_are_valid(path: Path) -> None:
    made = plan(read_toml(path, CorpusRecipe))
    assert made.readers
    assert made.steps
