"""Play a whole data set: every task, so many attempts each, graded, kept and resumed."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import msgspec

from etude.errors import ConfigError, EtudeError, RecordError
from etude.records import AnswerKey, Episode, Grade, Origin
from etude.rollout._base import Agent, PlayLimits
from etude.rollout.environment import Environment, open_environments
from etude.rollout.episode import MADE_BY, agent_name, describe, run_episode
from etude.rollout.grading import grade, warm
from etude.sandbox import Sandbox
from etude.store import JOURNAL, CodebaseStore, Counts, Dataset, DatasetWriter, Journal

TRIES = 2
"""How often an attempt is begun before a failure of ours is written down as a fault."""


class PlayPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to play, and how long."""

    n_attempts: int = 1
    """Attempts at each task."""
    stop_when_solved: bool = False
    """Whether a solved task is not attempted again; pass@k for smaller k stays exact only for
    agents whose attempts come in a fixed order."""
    limits: PlayLimits = PlayLimits()


class Arena(msgspec.Struct, frozen=True, kw_only=True):
    """A data set opened to be played."""

    environments: tuple[Environment, ...]
    keys: dict[str, AnswerKey]
    digest: str
    """Digest of the data set."""

    @classmethod
    def open(cls, dataset: Dataset, store: CodebaseStore, ids: Sequence[str] = ()) -> Self:
        """Open all tasks of a data set, or those with the given ids.

        Raises:
            ConfigError: An id is not there, or the answer keys were withheld.
            RecordError: The data set is damaged.
        """
        return cls(
            environments=tuple(open_environments(dataset, store, ids or None)),
            keys={key.task_id: key for key in dataset.keys()},
            digest=dataset.manifest.digest,
        )


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """One graded attempt: a line of the journal."""

    agent: str
    episode: Episode
    grade: Grade


Tell = Callable[[Played, int, int], None]
"""Told after every attempt: what was played, how many attempts are done, and of how many."""


async def play(
    arena: Arena,
    agent: Agent,
    target: Path,
    sandbox: Sandbox,
    *,
    plan: PlayPlan | None = None,
    jobs: int = 2,
    tell: Tell = lambda played, n_done, n_all: None,
) -> list[Played]:
    """Let `agent` play a data set and write episodes and grades to `target`; resumes.

    Raises:
        ConfigError: `target` holds something else.
    """
    plan = plan or PlayPlan()
    sandbox.check()
    for prepared in {e.task.codebase: e.prepared for e in arena.environments}.values():
        await warm(prepared, sandbox)
    with DatasetWriter(target, record="episode") as writer:
        with Journal(target / JOURNAL) as journal:
            player = _Player(agent, sandbox, plan, journal, tell)
            player.n_all = len(arena.environments) * plan.n_attempts
            gate = asyncio.Semaphore(jobs)

            async def one(environment: Environment) -> list[Played]:
                async with gate:
                    return await player.attempts(environment, arena.keys[environment.task.id])

            async with asyncio.TaskGroup() as group:
                running = [group.create_task(one(e)) for e in arena.environments]
            played = [row for task in running for row in task.result()]
        writer.write("episodes", [row.episode for row in played])
        writer.write("grades", [row.grade for row in played])
        writer.finish(
            recipe=msgspec.json.encode({"agent": describe(agent), "plan": plan}).decode(),
            counts=_counts(played),
            parents=(arena.digest,),
        )
    return played


def _counts(played: Sequence[Played]) -> Counts:
    faults = sum(row.grade.score is None for row in played)
    return Counts(n_in=len(played), dropped={"fault": faults} if faults else {})


class _Player:
    """One agent at work on many tasks."""

    def __init__(
        self, agent: Agent, sandbox: Sandbox, plan: PlayPlan, journal: Journal, tell: Tell
    ) -> None:
        self.agent = agent
        self.sandbox = sandbox
        self.plan = plan
        self.journal = journal
        self.tell = tell
        self.n_done = 0
        self.n_all = 0
        mine = describe(agent)
        self.known = {
            (row.episode.task_id, row.episode.attempt): row
            for row in journal.read(Played)
            if row.agent == mine and row.grade.score is not None
        }

    async def attempts(self, environment: Environment, key: AnswerKey) -> list[Played]:
        """Play one task as often as planned, one attempt after the other."""
        rows = []
        for attempt in range(self.plan.n_attempts):
            row = self.known.get((environment.task.id, attempt))
            if row is None:
                row = await self._attempt(environment, key, attempt)
                self.journal.append(row)
            rows.append(row)
            self.n_done += 1
            self.tell(row, self.n_done, self.n_all)
            if row.grade.solved and self.plan.stop_when_solved:
                self.n_all -= self.plan.n_attempts - attempt - 1
                break
        return rows

    async def _attempt(self, environment: Environment, key: AnswerKey, attempt: int) -> Played:
        failure: EtudeError = RecordError("")
        for _ in range(TRIES):
            try:
                episode = await run_episode(
                    environment, self.agent, self.sandbox, limits=self.plan.limits, attempt=attempt
                )
                verdict = await grade(
                    environment, key, episode.patch, self.sandbox, episode_id=episode.id
                )
            except ConfigError:
                raise
            except EtudeError as error:
                failure = error
                continue
            if verdict.score is None:
                failure = EtudeError(verdict.fault)
                continue
            return Played(agent=describe(self.agent), episode=episode, grade=verdict)
        return self._fault(environment, attempt, f"{type(failure).__name__}: {failure}")

    def _fault(self, environment: Environment, attempt: int, reason: str) -> Played:
        task_id = environment.task.id
        id_ = f"{task_id}-{agent_name(self.agent)}-{attempt}"
        episode = Episode(
            id=id_,
            origin=Origin(source=f"task:{task_id}", made_by=MADE_BY, parents=(task_id,)),
            task_id=task_id,
            agent=describe(self.agent),
            attempt=attempt,
            turns=(),
            patch="",
            ending="error",
            error=reason,
        )
        verdict = Grade(episode_id=id_, task_id=task_id, score=None, fault=reason)
        return Played(agent=describe(self.agent), episode=episode, grade=verdict)
