"""A page that robots.txt closes to crawlers for training is dropped by the recipe's choice."""

from pathlib import Path

import pytest

from etude import Dataset
from etude.engine import engines
from etude.errors import ConfigError
from etude.stages.corpus.build import build
from etude.stages.corpus.recipe import CorpusRecipe


def recipe(tmp_path: Path, *allow: str) -> CorpusRecipe:
    source: dict[str, object] = {
        "use": "html",
        "paths": [str(tmp_path / "pages")],
        "base_url": "https://a.org/",
        "robots": [str(tmp_path / "a.org.txt")],
    }
    return CorpusRecipe(sources=(source,), steps=({"use": "opt_out", "allow": list(allow)},))


def made(recipe: CorpusRecipe, target: Path) -> dict[str, int]:
    engine = engines.make({"use": "local", "least_size": 1_000_000})
    return build(recipe, target, engine).dropped


def test_closed_pages_are_dropped_unless_they_are_allowed(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    for name in ("open", "closed", "private"):
        (tmp_path / "pages" / f"{name}.html").write_text(f"<p>{name}", "utf-8")
    told = tmp_path / "a.org.txt"
    told.write_text("User-agent: GPTBot\nDisallow: /closed\nUser-agent: *\nDisallow: /private\n")
    assert made(recipe(tmp_path), tmp_path / "ds") == {
        "opt_out: opted out by robots.txt:GPTBot": 1,
        "opt_out: opted out by robots.txt:*": 1,
    }
    assert [one.text for one in Dataset.open(tmp_path / "ds").documents()] == ["<p>open"]
    kept = made(recipe(tmp_path, "robots.txt:*"), tmp_path / "more")
    assert kept == {"opt_out: opted out by robots.txt:GPTBot": 1}
    told.write_text("User-agent: *\nDisallow: /\n")
    with pytest.raises(ConfigError, match="sources have changed"):
        made(recipe(tmp_path), tmp_path / "ds")
    told.unlink()
    with pytest.raises(ConfigError, match="there is no such file"):
        made(recipe(tmp_path), tmp_path / "other")
