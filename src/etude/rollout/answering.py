"""Let a model answer every problem of a data set, so many attempts each: graded, kept, resumed."""

import asyncio
import hashlib
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from etude import __version__
from etude.errors import ConfigError, ModelError
from etude.models import models
from etude.records import Episode, Grade, Message, Origin, Problem, Reference, Turn
from etude.rollout.bench import Bench, open_bench
from etude.rollout.graders import Means
from etude.store import JOURNAL, Counts, Dataset, DatasetWriter, Journal

MADE_BY = f"etude.rollout.answering {__version__}"
TRIES = 2
"""How often an attempt is begun before a failure that is not the answer's becomes a fault."""
Setting = str | int | float | bool | tuple[str, ...] | None


class AnswerPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who answers, and how often."""

    model: dict[str, Setting]
    """Settings table of the model, with its kind under `use`. A `seed` in it grows by one with each
    attempt; without one, attempts differ only as the provider lets them."""
    system: str = ""
    """What the model is told first; empty for nothing."""
    n_attempts: int = 4
    """Attempts at each problem."""


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """One graded attempt: a line of the journal."""

    plan: str
    """Digest of who answered, and of the problem as it was put."""
    episode: Episode
    grade: Grade


Tell = Callable[[Answered, int, int], None]
"""Told after every attempt: what was answered, how many are done, and of how many."""


async def answer_all(
    dataset: Dataset,
    plan: AnswerPlan,
    target: Path,
    means: Means,
    *,
    ids: Sequence[str] = (),
    tell: Tell = lambda answered, n_done, n_all: None,
) -> list[Answered]:
    """Put problems to a model and write its episodes, and their grades, to `target`; resumes.

    Args:
        dataset: A data set of problems.
        plan: Who answers, and how often.
        target: Folder of the data set of episodes.
        means: What judges may use; `jobs` is also how many questions are asked at a time.
        ids: Only these problems; empty for all.
        tell: Told after every attempt.

    Raises:
        ConfigError: The model's settings are wrong, an id is not there, or `target` holds something
            else.
        RecordError: The data set is damaged.
    """
    models.make(dict(plan.model))
    pairs = problem_pairs(dataset, ids)
    with DatasetWriter(target, record="episode") as writer:
        with Journal(target / JOURNAL) as journal:
            async with open_bench(means) as bench:
                asker = _Asker(plan, bench, journal, tell, len(pairs))
                gate = asyncio.Semaphore(means.jobs)
                try:
                    async with asyncio.TaskGroup() as group:
                        running = [group.create_task(asker.ask(*pair, gate)) for pair in pairs]
                except* ConfigError as several:
                    raise several.exceptions[0] from None
            answered = [row for task in running for row in task.result()]
        writer.write("episodes", [row.episode for row in answered])
        writer.write("grades", [row.grade for row in answered])
        faults = sum(row.grade.score is None for row in answered)
        writer.finish(
            recipe=msgspec.json.encode(plan, order="sorted").decode(),
            counts=Counts(n_in=len(answered), dropped={"fault": faults} if faults else {}),
            parents=(dataset.manifest.digest,),
        )
    return answered


def problem_pairs(dataset: Dataset, ids: Sequence[str] = ()) -> list[tuple[Problem, Reference]]:
    """Return the problems of a data set with their references, in order.

    Raises:
        ConfigError: It holds no problems, or no problem of an id, or its references were withheld.
        RecordError: The data set is damaged.
    """
    references = {r.problem_id: r for r in dataset.rows("references", Reference)}
    problems = {p.id: p for p in dataset.rows("problems", Problem)}
    if missing := [id_ for id_ in ids if id_ not in problems]:
        raise ConfigError(f"{dataset.path}: there is no problem {missing[0]!r}")
    if lost := [id_ for id_ in problems if id_ not in references]:
        raise ConfigError(f"{dataset.path}: the problem {lost[0]!r} has no reference")
    return [(problems[id_], references[id_]) for id_ in (ids or problems)]


class _Asker:
    """Asks one model many questions."""

    def __init__(
        self, plan: AnswerPlan, bench: Bench, journal: Journal, tell: Tell, n_problems: int
    ) -> None:
        self.plan = plan
        self.bench = bench
        self.journal = journal
        self.tell = tell
        self.name = str(plan.model.get("name", plan.model.get("use", "")))
        self.n_done = 0
        self.n_all = n_problems * plan.n_attempts
        self.known = {
            (row.plan, row.episode.attempt): row
            for row in journal.read(Answered)
            if row.grade.score is not None
        }

    async def ask(
        self, problem: Problem, reference: Reference, gate: asyncio.Semaphore
    ) -> list[Answered]:
        """Put one problem to the model as often as planned."""
        rows = []
        digest = self._digest(problem, reference)
        for attempt in range(self.plan.n_attempts):
            async with gate:
                row = self.known.get((digest, attempt))
                if row is None:
                    row = await self._attempt(problem, reference, attempt, digest)
                    self.journal.append(row)
            rows.append(row)
            self.n_done += 1
            self.tell(row, self.n_done, self.n_all)
        return rows

    def _digest(self, problem: Problem, reference: Reference) -> str:
        who = (self.plan.model, self.plan.system, problem.prompt, reference)
        return hashlib.sha256(msgspec.json.encode(who, order="sorted")).hexdigest()[:16]

    async def _attempt(
        self, problem: Problem, reference: Reference, attempt: int, digest: str
    ) -> Answered:
        id_ = f"{problem.id}-{re.sub(r'[^A-Za-z0-9._-]+', '-', self.name)}-{attempt}"
        failure = ""
        for _ in range(TRIES):
            started = time.monotonic()
            try:
                turn = await self._generate(problem, attempt)
            except ModelError as error:
                failure = f"{type(error).__name__}: {error}"
                continue
            grade = await self.bench.grade(turn.text, reference, episode_id=id_)
            if grade.score is None:
                failure = grade.fault
                continue
            episode = self._episode(id_, problem, attempt, time.monotonic() - started)
            episode = msgspec.structs.replace(episode, turns=(turn,))
            return Answered(plan=digest, episode=episode, grade=grade)
        episode = msgspec.structs.replace(
            self._episode(id_, problem, attempt, 0.0), ending="error", error=failure
        )
        grade = Grade(episode_id=id_, task_id=problem.id, score=None, fault=failure)
        return Answered(plan=digest, episode=episode, grade=grade)

    async def _generate(self, problem: Problem, attempt: int) -> Turn:
        table = dict(self.plan.model)
        if isinstance(table.get("seed"), int):
            table["seed"] = int(str(table["seed"])) + attempt
        messages = [Message(role="user", content=problem.prompt)]
        if self.plan.system:
            messages.insert(0, Message(role="system", content=self.plan.system))
        started = time.monotonic()
        said = await models.make(table).generate(messages)
        return Turn(
            text=said.text,
            calls=(),
            observations=(),
            n_prompt_tokens=said.n_prompt_tokens,
            n_completion_tokens=said.n_completion_tokens,
            cost_usd=said.cost_usd,
            duration_s=round(time.monotonic() - started, 3),
        )

    def _episode(self, id_: str, problem: Problem, attempt: int, duration_s: float) -> Episode:
        return Episode(
            id=id_,
            origin=Origin(
                source=f"problem:{problem.id}",
                licence=problem.origin.licence,
                made_by=MADE_BY,
                parents=(problem.id,),
            ),
            task_id=problem.id,
            agent=msgspec.json.encode(
                {"use": "answer", "model": self.plan.model, "system": self.plan.system}
            ).decode(),
            model=self.name,
            attempt=attempt,
            turns=(),
            patch="",
            ending="submitted",
            duration_s=round(duration_s, 3),
        )
