"""life: one small model from its first text to its last practice. The door to this room."""

import hashlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import msgspec
import torch

from etude import __version__
from etude.config import read_toml
from etude.errors import ConfigError, RecordError, blame
from etude.rollout.graders import Means
from etude.rollout.reward import Reward
from etude.stages.prefs.measure import measure
from etude.store import Dataset, write_whole
from etude.train.loops import Loop, Tell
from etude.train.loops.grpo import GrpoLoop
from etude.train.manifest import Figure
from etude.train.metrics import SPEED, Metric
from etude.train.models import offline
from etude.train.run import Run
from etude.train.training import train
from etude.value.life.chapters import RATER
from etude.value.life.clock import Clock
from etude.value.life.exam import Exam, as_figure
from etude.value.life.gains import gains_of
from etude.value.life.matter import Matter, make_matter
from etude.value.life.outcome import Abilities, ByKind, Life, Line, Stage
from etude.value.life.page import write_page
from etude.value.life.ratings import Judged, Sides, share_right, write_all_ratings
from etude.value.life.recipe import LOOPS, LifeRecipe, Settings
from etude.value.life.verdicts import Runs, by_kind, look

RESULT = "life.json"
PAGE = "report.html"
_TIMES = "times.json"
_DATA, _MEASURED = "data", "measured"
_MOST_POINTS = 200


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    """Abilities, and the digest of all that decides them."""

    key: str
    abilities: Abilities


def read_recipe(path: Path) -> LifeRecipe:
    """Return the recipe in a TOML file.

    Raises:
        ConfigError: It cannot be read or does not fit.
    """
    recipe = read_toml(path, LifeRecipe)
    recipe.check()
    return recipe


def live(recipe: LifeRecipe, out: Path, *, tell: Tell = lambda what, done, total: None) -> Life:
    """Live a whole life in the folder `out`; go on where it was stopped.

    Args:
        recipe: The life.
        out: Folder to make.
        tell: Told what is being done, and how far it is.

    Raises:
        ConfigError: Something that was asked for cannot be, or `out` holds something else.
        RecordError: A data set is damaged.
    """
    recipe.check()
    _check_folder(out)
    if done := _finished(recipe, out):
        return done
    work = _Work(recipe, out, tell)
    stages = list(work.stages())
    last = stages[-1]
    with work.clock.of("report"):
        manifest = Run.open(out / last.name).manifest
        figures = _of_the_data(work.judged)
        kinds = work.by_kind()
    found = Life(
        recipe=recipe,
        parts=tuple(work.matter.parts(work.judged)),
        stages=tuple(stages),
        gains=(),
        kinds=kinds,
        figures=figures,
        spent=work.clock.spent,
        n_sittings=work.clock.n_sittings,
        machine=manifest.machine,
        packages=manifest.packages,
        code_version=__version__,
    )
    found = msgspec.structs.replace(found, gains=tuple(gains_of(found)))
    write_whole(out / RESULT, msgspec.json.format(msgspec.json.encode(found), indent=1))
    write_page(out / PAGE, found)
    return found


class _Work:
    """A life under way."""

    def __init__(self, recipe: LifeRecipe, out: Path, tell: Tell) -> None:
        self._recipe = recipe
        self._out = out
        self._tell = tell
        self._stage = "data"
        self.clock = Clock(out / _TIMES)
        with self.clock.of("data"):
            self.matter: Matter = make_matter(recipe, out / _DATA, self._told)
        practise = recipe.stage("practise", {"data": (), "model": ""})
        n_problems = practise.held_out_rows if isinstance(practise, GrpoLoop) else 0
        self._exam = Exam(recipe, self.matter.held_out_problems, n_problems)

    def stages(self) -> Iterator[Stage]:
        """Run every stage and yield what came of it."""
        yield self._run("read", "read", {
            "data": (str(self.matter.texts.path),),
            "cloze": str(self.matter.cloze),
            "vocabulary": {"path": str(self.matter.vocabulary)},
        })  # fmt: skip
        yield self._run("imitate", "imitate", {
            **self._pair(self.matter.chats, self.matter.held_out_chats),
            "model": self._model("read"),
        })  # fmt: skip
        judged = self.judged
        rated = judged.learned.preferences
        steered = self._pair(rated, judged.steering.preferences)
        measured = self._pair(rated, judged.held_out.preferences)
        yield self._run("judge", "judge", {**steered, "model": self._model("imitate")})
        yield self._run("prefer", "prefer", {
            **measured,
            "model": self._model("imitate"),
            "judge": self._model("judge"),
        })  # fmt: skip
        for number in range(self._recipe.practise_seeds):
            yield self._run("practise", f"practise-{number}", {
                **self._pair(self.matter.problems, self.matter.held_out_problems),
                "model": self._model("prefer"),
            }, number)  # fmt: skip

    @cached_property
    def judged(self) -> Judged:
        """What raters compare, once there is a model whose own answers they are shown too."""
        self._stage = "data"
        with self.clock.of("data"):
            self._told("writing ratings", 0, 0)
            run = Run.open(self._out / "imitate")
            sides = Sides(self.matter.problems, self.matter.held_out_problems)
            with offline():
                return write_all_ratings(self._out / _DATA, self._recipe, sides, run)

    def by_kind(self) -> tuple[ByKind, ...]:
        """Return how held-out pairs are judged, kind by kind, once all that judge have learned."""
        runs = Runs(*(Run.open(self._out / name) for name in ("imitate", "judge", "prefer")))
        held_out = self.judged.held_out.preferences
        with offline():
            seen = look(runs, held_out, self._recipe.seed, self._recipe.answer_tokens)
        return tuple(by_kind(seen))

    def _pair(self, learned: Dataset, held_out: Dataset) -> Settings:
        return {"data": (str(learned.path),), "held_out": (str(held_out.path),)}

    def _model(self, name: str) -> str:
        return str(self._out / name)

    def _run(self, stage: str, name: str, given: Settings, number: int = 0) -> Stage:
        seed = self._recipe.seed + number
        recipe: Loop = self._recipe.stage(stage, {**given, "seed": seed})
        self._stage = name
        with self.clock.of(name):
            self._told("beginning", 0, 0)
            probe = self._exam.glance if stage in ("imitate", "prefer") else None
            run = train(recipe, self._out / name, tell=self._told, probe=probe)
            abilities = None if stage == "judge" else self._abilities(run, name)
        made = run.manifest
        return Stage(
            name=name,
            stage=stage,
            loop=LOOPS[stage],
            seed=seed,
            digest=made.digest,
            ingredients=made.ingredients,
            n_steps=made.n_steps,
            ended=made.ended,
            figures=made.figures,
            curves=tuple(_lines(run.metrics())),
            samples=made.samples,
            reliability=made.reliability,
            abilities=abilities,
        )

    def _abilities(self, run: Run, name: str) -> Abilities:
        """Return what a model can do, from its folder where it was measured already."""
        recipe = self._recipe
        said = (
            run.manifest.digest,
            [file.sha256 for file in run.manifest.files if file.name.startswith("model/")],
            self.matter.held_out_problems.manifest.digest,
            (recipe.seed, recipe.attempts, recipe.answer_tokens, __version__),
            msgspec.to_builtins(recipe.practise).get("held_out_rows"),
        )
        key = hashlib.sha256(msgspec.json.encode(said)).hexdigest()
        path = self._out / _MEASURED / f"{name}.json"
        if path.exists():
            with blame(RecordError, f"reading {path}"):
                kept = msgspec.json.decode(path.read_bytes(), type=_Kept)
            if kept.key == key:
                return kept.abilities
        self._told("measuring", 0, 0)
        reward = Reward(Means(jobs=1))
        try:
            with offline(), torch.random.fork_rng():
                torch.manual_seed(recipe.seed)
                abilities = self._exam.sit(*run.model(), reward)
        finally:
            reward.close()
        path.parent.mkdir(exist_ok=True)
        write_whole(path, msgspec.json.encode(_Kept(key=key, abilities=abilities)))
        return abilities

    def _told(self, what: str, done: int, total: int) -> None:
        self.clock.tick()
        self._tell(f"{self._stage}: {what}", done, total)


def _lines(metrics: list[Metric]) -> Iterator[Line]:
    """Yield every curve, thinned to what a picture can show, its ends kept."""
    curves: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for row in metrics:
        if row.split != SPEED:
            curves.setdefault((row.split, row.name), []).append((row.step, row.value))
    for (split, name), points in curves.items():
        every = -(-len(points) // _MOST_POINTS)
        kept = [*points[:-1:every], points[-1]]
        yield Line(name=name, split=split, points=tuple(kept))


def _of_the_data(judged: Judged) -> dict[str, Figure]:
    """Return how far the raters agree, and how often what they say comes out right."""
    report = measure(judged.learned.ratings)
    found = {
        "raters agree (alpha)": as_figure(report.agreement.alpha),
        "preferences for what is better": Figure(value=share_right(judged.learned.preferences)),
        "the same, held out": Figure(value=share_right(judged.held_out.preferences)),
    }
    for one in report.raters:
        if one.accuracy is not None:
            found[f"{RATER}{one.rater}"] = as_figure(one.accuracy)
    return found


def _finished(recipe: LifeRecipe, out: Path) -> Life | None:
    """Return the life that is there already, if it is this one."""
    path = out / RESULT
    if not path.exists() or not (out / PAGE).exists():
        return None
    with blame(RecordError, f"reading {path}"):
        found = msgspec.json.decode(path.read_bytes(), type=Life)
    return found if (found.recipe, found.code_version) == (recipe, __version__) else None


def _check_folder(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise ConfigError(f"{out} is a file; a life needs a folder")
    names = [*LOOPS, *(f"practise-{number}" for number in range(100))]
    ours = {_DATA, _MEASURED, _TIMES, RESULT, PAGE, *names}
    if out.exists() and any(entry.name not in ours for entry in out.iterdir()):
        raise ConfigError(f"{out} holds something else; name a new folder")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as cause:
        raise ConfigError(f"cannot write {out}: {cause.strerror}") from cause
