"""Data of a life that is as small as can be."""

from pathlib import Path

import pytest
from tests.value.life._small import TINY, silent

from etude.train.run import Run
from etude.train.training import train
from etude.value.life.matter import Matter, make_matter
from etude.value.life.ratings import Judged, Sides, write_all_ratings


@pytest.fixture(scope="session")
def matter(tmp_path_factory: pytest.TempPathFactory) -> Matter:
    return make_matter(TINY, tmp_path_factory.mktemp("matter"), silent)


@pytest.fixture(scope="session")
def run(matter: Matter, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a model that knows nothing."""
    recipe = TINY.stage("read", {
        "data": (str(matter.texts.path),),
        "cloze": str(matter.cloze),
        "vocabulary": {"path": str(matter.vocabulary)},
        "steps": 2,
    })  # fmt: skip
    path: Path = tmp_path_factory.mktemp("runs") / "read"
    return train(recipe, path, tell=silent)


@pytest.fixture(scope="session")
def judged(matter: Matter, run: Run) -> Judged:
    sides = Sides(matter.problems, matter.held_out_problems)
    return write_all_ratings(matter.folder, TINY, sides, run)
