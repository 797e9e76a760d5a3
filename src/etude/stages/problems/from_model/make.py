"""Ask a model for problems, and keep those on whose answer programs and solutions agree.

What a model says is never trusted by itself: the answer is what its program prints in a sandbox,
and enough independent solutions, each from the statement alone, must come to the same.
"""

import asyncio
import contextlib
import hashlib
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import msgspec

from etude import __version__
from etude.errors import ConfigError, ModelError
from etude.models import models
from etude.records import Message, Origin, Problem, Reference
from etude.rollout import Bench, open_bench
from etude.rollout.graders import Means, graders
from etude.rollout.machine import PYTHON_TARGET, interpreter_mounts
from etude.sandbox import Image, Pool, Sandbox, adopt
from etude.stages.problems.from_model.proposal import Proposal, read_answer, read_proposal, request
from etude.stages.problems.likeness import likenesses
from etude.store import JOURNAL_OF_ANSWERS, Counts, DatasetWriter, Journal

MADE_BY = f"etude.stages.problems.from_model {__version__}"
PROGRAM_S = 10.0
"""Wall time of one run of a program."""
MAX_TRIES = 20
"""Proposals for each problem wanted, at most."""
Setting = str | int | float | bool | tuple[str, ...] | None
NO_FORM = "not in the form asked for"
NO_ANSWER = "its program prints no number"
UNSTABLE = "its program prints something else each time"
DISAGREE = "solutions do not agree with its program"
SILENT = "the model did not answer"


class InventRecipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to ask for, and what must agree."""

    model: dict[str, Setting]
    """Settings table of the model that makes problems up, with its kind under `use`. A `seed` in it
    grows by one with each call."""
    solver: dict[str, Setting] = {}
    """Settings table of the model that solves them; empty for the same one."""
    topics: tuple[str, ...] = (
        "arithmetic in everyday life",
        "fractions and percentages",
        "divisibility and remainders",
        "counting and combinations",
        "probability with few cases",
        "areas, lengths and angles",
        "time, dates and speed",
        "sequences and sums",
    )
    limit: int = 20
    """Problems wanted."""
    n_solutions: int = 5
    """Independent solutions of each."""
    agree: float = 0.6
    """Share of them that must come to the program's answer, above one half: a majority."""
    seed: int = 0

    def __post_init__(self) -> None:
        """Check what no type can say.

        Raises:
            ConfigError: A setting is out of its range.
        """
        if not 0.5 < self.agree <= 1:
            raise ConfigError("agree is a majority: above 0.5 and up to 1")
        if min(self.limit, self.n_solutions) < 1 or not self.topics:
            raise ConfigError("limit and n_solutions are from 1 on, and there must be a topic")


class Invented(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one proposal: a line of the journal."""

    recipe: str
    """Digest of the settings that decide it."""
    number: int
    reason: str
    """Why it was refused; empty when it was kept."""
    problem: Problem | None = None
    reference: Reference | None = None
    n_agree: int = 0
    """Solutions that came to the program's answer."""


class InventOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a run made."""

    path: str
    n_problems: int
    n_proposed: int
    reasons: dict[str, int]


async def invent(
    recipe: InventRecipe,
    target: Path,
    sandbox: Sandbox,
    *,
    jobs: int = 2,
    tell: Callable[[int, int], None] = lambda n_kept, n_proposed: None,
) -> InventOutcome:
    """Make problems up until there are as many as wanted, and write them to `target`; resumes.

    Raises:
        ConfigError: The model's settings are wrong, `target` holds something else, or of twenty
            proposals for each problem wanted none could be kept.
        SandboxError: A box failed.
    """
    models.make(dict(recipe.model))
    models.make(dict(recipe.solver or recipe.model))
    sandbox.check()
    with DatasetWriter(target, record="problem") as writer:
        with contextlib.closing(Journal(target / JOURNAL_OF_ANSWERS)) as journal:
            async with (
                open_bench(Means(jobs=jobs)) as bench,
                _folder() as folder,
                Pool(sandbox, n_ready=jobs) as pool,
            ):
                maker = _Maker(recipe, pool, bench, journal, folder)
                kept, reasons = await maker.run(jobs, tell)
        n_proposed = len(kept) + sum(reasons.values())
        if not kept:
            raise ConfigError(f"no problem could be kept of {n_proposed}: {dict(reasons)}")
        writer.write("problems", [row.problem for row in kept if row.problem])
        writer.write("references", [row.reference for row in kept if row.reference])
        writer.finish(
            recipe=msgspec.json.encode(recipe, order="sorted").decode(),
            counts=Counts(n_in=n_proposed, dropped=dict(sorted(reasons.items()))),
        )
    return InventOutcome(
        path=str(target), n_problems=len(kept), n_proposed=n_proposed, reasons=dict(reasons)
    )


@asynccontextmanager
async def _folder() -> AsyncGenerator[Path]:
    with tempfile.TemporaryDirectory(prefix="etude-") as name:
        folder = Path(name) / "workspace"
        folder.mkdir()
        adopt(folder)
        yield folder


class _Maker:
    """Proposals judged side by side and taken in order."""

    def __init__(
        self, recipe: InventRecipe, pool: Pool, bench: Bench, journal: Journal, folder: Path
    ) -> None:
        self.recipe = recipe
        self.pool = pool
        self.bench = bench
        self.journal = journal
        self.grader = msgspec.json.encode({"use": "maths"}).decode()
        self.instruction = graders.make("maths").instruction
        self.image = Image(
            workspace=(folder,),
            mounts=interpreter_mounts(f"{sys.version_info.major}.{sys.version_info.minor}"),
        )
        # How many are wanted decides no verdict, so a run can be made longer.
        settings = msgspec.structs.replace(recipe, limit=1)
        text = msgspec.json.encode((MADE_BY, settings), order="sorted")
        self.digest = hashlib.sha256(text).hexdigest()[:16]
        self.known = {
            row.number: row for row in journal.read(Invented) if row.recipe == self.digest
        }

    async def run(
        self, jobs: int, tell: Callable[[int, int], None]
    ) -> tuple[list[Invented], Counter[str]]:
        """Return what is kept, and why the rest was refused."""
        kept: list[Invented] = []
        reasons: Counter[str] = Counter()
        exact = likenesses.make("exact")
        for first in range(0, self.recipe.limit * MAX_TRIES, jobs):
            numbers = range(first, min(first + jobs, self.recipe.limit * MAX_TRIES))
            for row in await asyncio.gather(*(self._settle(n) for n in numbers)):
                if len(kept) == self.recipe.limit:
                    break
                statements = [k.problem.statement for k in (*kept, row) if k.problem]
                reason = row.reason
                if not reason and exact.copies(statements)[-1] >= 0:
                    reason = exact.reason
                if reason:
                    reasons[reason] += 1
                else:
                    kept.append(row)
                tell(len(kept), len(kept) + sum(reasons.values()))
            if len(kept) == self.recipe.limit:
                break
        return kept, reasons

    async def _settle(self, number: int) -> Invented:
        if (row := self.known.get(number)) is None:
            row = await self._judge(number)
            self.journal.path.parent.mkdir(exist_ok=True)
            if row.reason != SILENT:
                self.journal.append(row)
        return row

    async def _judge(self, number: int) -> Invented:
        rng = Random(f"{self.recipe.seed}:{number}")
        prompt, topic, level = request(self.recipe.topics, rng)
        row = Invented(recipe=self.digest, number=number, reason=SILENT)
        try:
            said = await self._ask(self.recipe.model, prompt, number * 1000)
            proposal = read_proposal(said)
            if proposal is None:
                return msgspec.structs.replace(row, reason=NO_FORM)
            answer, reason = await self._compute(proposal)
            if reason:
                return msgspec.structs.replace(row, reason=reason)
            problem, reference = self._records(proposal, answer, number, topic, level)
            n_agree = await self._solve(problem, reference, number)
        except ModelError:
            return row
        enough = n_agree >= self.recipe.agree * self.recipe.n_solutions
        return Invented(
            recipe=self.digest,
            number=number,
            reason="" if enough else DISAGREE,
            problem=problem,
            reference=reference,
            n_agree=n_agree,
        )

    async def _ask(self, model: dict[str, Setting], prompt: str, count: int) -> str:
        table = dict(model)
        if isinstance(table.get("seed"), int):
            table["seed"] = int(str(table["seed"])) + count
        completion = await models.make(table).generate([Message(role="user", content=prompt)])
        return completion.text

    async def _compute(self, proposal: Proposal) -> tuple[str, str]:
        """Return what the program prints, or why that is no answer."""
        printed = []
        for seed in ("1", "2"):
            async with self.pool.open(self.image) as box:
                found = await box.run(
                    ["/usr/bin/env", f"PYTHONHASHSEED={seed}", f"{PYTHON_TARGET}/bin/python3", "-"],
                    timeout_s=PROGRAM_S,
                    stdin=proposal.program.encode("utf-8", errors="replace"),
                )
            printed.append(read_answer(found.stdout) if found.exit == 0 else "")
        if not all(printed):
            return "", NO_ANSWER
        if printed[0] != printed[1]:
            return "", UNSTABLE
        return printed[0], ""

    def _records(
        self, proposal: Proposal, answer: str, number: int, topic: str, level: int
    ) -> tuple[Problem, Reference]:
        name = str(self.recipe.model.get("name", self.recipe.model.get("use", "")))
        problem = Problem(
            id=f"invented-{self.digest[:6]}-{number:05}",
            origin=Origin(source=f"model:{name}", made_by=MADE_BY),
            statement=proposal.statement,
            instruction=self.instruction,
            topic=topic,
            family=f"model:{name}",
            level=level,
        )
        reference = Reference(
            problem_id=problem.id, answer=answer, grader=self.grader, solution=proposal.program
        )
        return problem, reference

    async def _solve(self, problem: Problem, reference: Reference, number: int) -> int:
        """Return how many independent solutions come to the program's answer."""
        n_agree = 0
        for attempt in range(self.recipe.n_solutions):
            model = self.recipe.solver or self.recipe.model
            said = await self._ask(model, problem.prompt, number * 1000 + attempt + 1)
            grade = await self.bench.grade(said, reference)
            n_agree += grade.solved
            left = self.recipe.n_solutions - attempt - 1
            if n_agree + left < self.recipe.agree * self.recipe.n_solutions:
                break
        return n_agree
