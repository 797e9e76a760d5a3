"""Pose problems by families, and keep a family only when its grader tells right from wrong."""

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random

import msgspec

from etude import __version__
from etude.engine import Engine, Job, Progress
from etude.errors import ConfigError, EtudeError, TaskError
from etude.records import FamilyAudit, Origin, Problem, Reference
from etude.rollout import open_bench
from etude.rollout.graders import Grader, Means, graders
from etude.stages.problems.audit import audit
from etude.stages.problems.families import Family, Posed, families
from etude.store import WORK, Counts, Dataset, DatasetWriter
from etude.store.manifest import NAME as MANIFEST

MADE_BY = f"etude.stages.problems.pose {__version__}"
MAX_TRIES = 5
"""Problems posed for each one wanted, at most: a small family repeats itself."""
LICENCE = "Apache-2.0"
"""Of the wording, which comes from the families."""
REPEATED = "same statement as another"
CANNOT_POSE = "cannot be posed"
REFUSED = "family refused by its audit"


class PoseRecipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to pose: the settings that decide a data set's content."""

    families: tuple[str, ...] = ()
    """Names of families. `reasoning_gym` alone stands for all of its data sets, as does the name of
    any family with variants; empty stands for every family there is."""
    without: tuple[str, ...] = ()
    """Families to leave out, by the same names."""
    each: int = 200
    """Problems wanted of each family."""
    levels: tuple[int, ...] = (1, 2, 3, 4, 5)
    """Levels of difficulty, in turn; one that a family does not have is its hardest."""
    seed: int = 0


class FamilyMade(msgspec.Struct, frozen=True, kw_only=True):
    """What one family gave."""

    name: str
    problems: tuple[Problem, ...] = ()
    references: tuple[Reference, ...] = ()
    audit: FamilyAudit
    n_posed: int = 0
    dropped: dict[str, int] = {}


class PoseOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a run made."""

    path: str
    audits: tuple[FamilyAudit, ...]
    n_problems: int
    counts: Counts


class _Named(msgspec.Struct, frozen=True, kw_only=True):
    """One family by its full name, and how it is made."""

    name: str
    spec: dict[str, object]


class _Order(msgspec.Struct, frozen=True, kw_only=True):
    """What each family is asked for."""

    each: int
    levels: tuple[int, ...]
    seed: int


def find_families(names: Sequence[str] = (), without: Sequence[str] = ()) -> list[str]:
    """Return the full names of families, in order: `name`, or `name/variant` where it has several.

    Args:
        names: Families, or families with all their variants; empty stands for every one.
        without: Families to leave out, in the same way.

    Raises:
        ConfigError: There is no such family.
    """
    gone = {named.name for name in without for named in _expand(name)}
    found = [named.name for name in names or families.names() for named in _expand(name)]
    return [name for name in dict.fromkeys(found) if name not in gone]


def make_family(name: str) -> Family:
    """Return the family with that full name.

    Raises:
        ConfigError: There is no such family.
    """
    (named,) = _expand(name) if "/" in name else [*_expand(name)][:1]
    return families.make(named.spec)


def _expand(name: str) -> Iterator[_Named]:
    use, _, variant = name.partition("/")
    variants = families.load(use).variants()
    if variant and variant not in variants:
        known = ", ".join(sorted(variants)[:8])
        raise ConfigError(f"the family {use!r} has no variant {variant!r} (it has {known}, …)")
    for key, settings in variants.items():
        if not variant or key == variant:
            full = f"{use}/{key}" if key else use
            yield _Named(name=full, spec={"use": use, **settings})


def pose(
    recipe: PoseRecipe,
    target: Path,
    engine: Engine,
    *,
    tell: Callable[[Progress], None] = lambda progress: None,
) -> PoseOutcome:
    """Pose what `recipe` describes and write it to `target`, or go on with it.

    Raises:
        ConfigError: There is no such family, no problem was left, or `target` holds something else.
    """
    if recipe.each < 1 or not recipe.levels:
        raise ConfigError("a family must be asked for at least one problem of at least one level")
    named = [n for name in find_families(recipe.families, recipe.without) for n in _expand(name)]
    if not named:
        raise ConfigError("no family is left to pose problems")
    text = _encode(recipe)
    with DatasetWriter(target, record="problem") as writer:
        _refuse_other_recipe(target, text)
        digest = hashlib.sha256(f"{MADE_BY} {text}".encode()).hexdigest()[:16]
        order = _Order(each=recipe.each, levels=recipe.levels, seed=recipe.seed)
        answers = engine.map(
            Job(
                function="etude.stages.problems.pose:pose_family",
                settings=msgspec.json.encode(order).decode(),
            ),
            [msgspec.json.encode(n).decode() for n in named],
            target / WORK / digest,
            sizes=[recipe.each] * len(named),
            tell=tell,
        )
        made = [msgspec.json.decode(answer, type=FamilyMade) for answer in answers]
        counts = _write(writer, made)
        if not any(m.problems and not m.audit.refused for m in made):
            raise ConfigError(f"no problem was left: {made[0].name}: {made[0].audit.refused}")
        manifest = writer.finish(recipe=text, counts=counts)
    _clear(target / WORK)
    return PoseOutcome(
        path=str(target),
        audits=tuple(m.audit for m in made),
        n_problems=manifest.counts.n_kept,
        counts=manifest.counts,
    )


def _encode(recipe: PoseRecipe) -> str:
    return msgspec.json.encode(recipe, order="sorted").decode()


def _refuse_other_recipe(target: Path, text: str) -> None:
    if (target / MANIFEST).is_file() and Dataset.open(target).manifest.recipe != text:
        raise ConfigError(
            f"{target} holds a data set made with other settings; choose another folder"
        )


def _clear(work: Path) -> None:
    for path in sorted(work.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    if work.is_dir():
        work.rmdir()


def _write(writer: DatasetWriter, made: Sequence[FamilyMade]) -> Counts:
    dropped: Counter[str] = Counter()
    for family in made:
        dropped.update(family.dropped)
        if family.audit.refused:
            dropped[REFUSED] += len(family.problems)
        else:
            writer.write("problems", family.problems)
            writer.write("references", family.references)
    writer.write("audits", [family.audit for family in made])
    n_in = sum(family.n_posed for family in made)
    return Counts(n_in=n_in, dropped=dict(sorted(dropped.items())))


def pose_family(settings: str, unit: str) -> str:
    """Pose and audit one family: a job of the engine. Takes and returns JSON.

    A family that cannot be posed, or whose grader cannot be opened, is refused and says why.
    """
    order = msgspec.json.decode(settings, type=_Order)
    named = msgspec.json.decode(unit, type=_Named)
    try:
        made = asyncio.run(_pose_and_audit(named, order))
    except EtudeError as error:
        refused = FamilyAudit(
            family=named.name,
            n_problems=0,
            n_spellings=0,
            n_false_rejects=0,
            n_near_misses=0,
            n_false_accepts=0,
            refused=str(error),
        )
        made = FamilyMade(name=named.name, audit=refused)
    return msgspec.json.encode(made).decode()


async def _pose_and_audit(named: _Named, order: _Order) -> FamilyMade:
    family = families.make(named.spec)
    spec = dict(family.grader)
    poser = _Poser(named.name, family, graders.make(spec))
    poser.run(order)
    pairs = list(zip(poser.problems, poser.references, strict=True))
    if not pairs:
        raise TaskError("none of its problems can be posed")
    async with open_bench(Means(jobs=1)) as bench:
        told = await audit(named.name, pairs, bench, seed=order.seed)
    return FamilyMade(
        name=named.name,
        problems=tuple(poser.problems),
        references=tuple(poser.references),
        audit=told,
        n_posed=poser.n_posed,
        dropped=dict(poser.dropped),
    )


class _Poser:
    """Poses the problems of one family, each statement once."""

    def __init__(self, name: str, family: Family, grader: Grader) -> None:
        self.name = name
        self.family = family
        self.grader = grader
        self.grader_spec = msgspec.json.encode(dict(type(family).grader), order="sorted").decode()
        self.problems: list[Problem] = []
        self.references: list[Reference] = []
        self.dropped: Counter[str] = Counter()
        self.n_posed = 0

    def run(self, order: _Order) -> None:
        """Pose until there are as many as wanted, or the family has no more to say."""
        seen: set[str] = set()
        top = self.family.levels
        for number in range(order.each * MAX_TRIES):
            if len(self.problems) >= order.each:
                return
            level = min(order.levels[self.n_posed % len(order.levels)], top)
            rng = Random(f"{order.seed}:{self.name}:{number}")
            self.n_posed += 1
            try:
                posed = self.family.pose(rng, level)
            except TaskError:
                self.dropped[CANNOT_POSE] += 1
                continue
            key = " ".join(posed.statement.split())
            if key in seen:
                self.dropped[REPEATED] += 1
                continue
            seen.add(key)
            self._keep(posed, level, f"seed {order.seed}, number {number}")

    def _keep(self, posed: Posed, level: int, place: str) -> None:
        stem = re.sub(r"[^a-z0-9_]+", ".", self.name.lower())
        problem_id = f"{stem}-{len(self.problems):05}"
        self.problems.append(
            Problem(
                id=problem_id,
                origin=Origin(
                    source=f"family:{self.name}, {place}", licence=LICENCE, made_by=MADE_BY
                ),
                statement=posed.statement,
                instruction=self.grader.instruction,
                topic=self.family.topic,
                family=self.name,
                level=level,
            )
        )
        self.references.append(reference_of(problem_id, posed, self.grader_spec))


def reference_of(problem_id: str, posed: Posed, grader: str) -> Reference:
    """Return what the grader may see of a problem that was posed."""
    fields: Mapping[str, object] = {
        name: getattr(posed, name)
        for name in Posed.__struct_fields__
        if name in Reference.__struct_fields__
    }
    return msgspec.convert(
        {"problem_id": problem_id, "grader": grader, **fields}, Reference, from_attributes=True
    )
