"""The page of synthetic text tells of everything there is, and the recipe is one."""

import re
from pathlib import Path

import pytest

from etude.config import read_toml
from etude.stages.corpus.synthetic import Gate, SynthesisRecipe
from etude.stages.corpus.synthetic.diversity.measures import measures
from etude.stages.corpus.synthetic.generators import generators

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs" / "corpus-synthetic.md").read_text("utf-8")


@pytest.mark.parametrize("name", [*generators.names(), *measures.names(), "rare_facts"])
def test_every_generator_and_measure_is_on_the_page(name: str) -> None:
    assert f"| `{name}` |" in PAGE


def test_the_limits_on_the_page_are_those_of_the_gate() -> None:
    for name, limit in Gate().limits.items():
        assert f"| `{name}` | {limit.weigh:g} | {limit.refuse:g} |" in PAGE


def test_the_example_on_the_page_is_refused_or_weighed(capsys: pytest.CaptureFixture[str]) -> None:
    found = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    exec(compile(found[1], "page.py", "exec"), {})  # noqa: S102 - the code of our own page
    assert "distinct_3 keeps" in capsys.readouterr().out


@pytest.mark.parametrize(
    "path", sorted((ROOT / "recipes" / "synthetic").glob("*.toml")), ids=lambda path: path.name
)
def test_every_recipe_can_be_run_as_it_stands(path: Path) -> None:
    recipe = read_toml(path, SynthesisRecipe)
    assert generators.make(recipe.generator).asks_model == bool(recipe.model)
    assert f"recipes/synthetic/{path.name}" in path.read_text("utf-8")
