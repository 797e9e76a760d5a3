"""Problems: posed by a family, audited, and shared out by the numbers in them."""

import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple, Self

from etude.engine import engines
from etude.errors import ConfigError
from etude.records import Problem, Reference
from etude.stages.problems.pose import PoseRecipe, pose
from etude.store import Dataset
from etude.store.manifest import NAME as MANIFEST
from etude.train.ingredients import share_of
from etude.value.life.keeping import Tables, keep
from etude.value.life.recipe import World

HELD_OUT = 0.2
_NUMBER = re.compile(r"\d+")


class Posed(NamedTuple):
    """One problem with its answer."""

    statement: str
    prompt: str
    """The statement, and the form that an answer must have."""
    right: str
    wrong: tuple[str, ...]
    """What the usual slips give."""

    @classmethod
    def of(cls, held: Dataset) -> Iterator[Self]:
        """Yield the problems of a data set."""
        references = {one.problem_id: one for one in held.rows("references", Reference)}
        for problem in held.rows("problems", Problem):
            reference = references[problem.id]
            yield cls(problem.statement, problem.prompt, reference.answer, reference.near_misses)


def said(one: Posed, wrong: float, rng: Random) -> str:
    """Return an answer that is wrong in a share of all cases, as the usual slips are."""
    return rng.choice(one.wrong) if one.wrong and rng.random() < wrong else one.right


def write_problems(folder: Path, world: World, seed: int) -> tuple[Dataset, Dataset]:
    """Pose problems; return those that are practised and those that are held out.

    Problems with the same numbers in the same order are on the same side, in whatever words.

    Raises:
        ConfigError: There is no such family, or too few problems.
    """
    recipe = PoseRecipe(families=(world.family,), each=world.problems, levels=(1,), seed=seed)
    target = folder / "posed"
    if not (target / MANIFEST).exists():
        pose(recipe, target, engines.make({"use": "local", "jobs": 1}))
    posed = Dataset.open(target)
    settings = {"held_out": HELD_OUT, "problems": world.problems, "seed": seed}
    sides = [
        keep(
            folder / name,
            "problem",
            {**settings, "family": world.family},
            (posed,),
            lambda is_held=is_held: _side(posed, seed, is_held=is_held),  # type: ignore[misc]
        )
        for name, is_held in (("problems", False), ("problems-held-out", True))
    ]
    if not all(one.n_rows("problems") for one in sides):
        raise ConfigError("world: problems: too few to hold any out")
    return sides[0], sides[1]


def _side(posed: Dataset, seed: int, *, is_held: bool) -> Tables:
    rows = [
        row
        for row in posed.rows("problems", Problem)
        if (share_of(_numbers(row.statement), seed) < HELD_OUT) == is_held
    ]
    ids = {row.id for row in rows}
    references = [r for r in posed.rows("references", Reference) if r.problem_id in ids]
    return {"problems": rows, "references": references}


def _numbers(statement: str) -> str:
    return " ".join(_NUMBER.findall(statement))
