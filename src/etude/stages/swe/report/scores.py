"""Standing: how one agent did over all its tasks, with faults kept apart."""

from collections.abc import Mapping, Sequence
from statistics import fmean

import msgspec

from etude.records import Grade
from etude.stages.swe.report.estimates import pass_at_k, wilson_interval


class AgentScores(msgspec.Struct, frozen=True, kw_only=True):
    """Every grade of one agent on one data set."""

    agent: str
    """Name for readers, such as `search` or `chat qwen-1.5b`; no two entries share one."""
    grades: tuple[Grade, ...]
    """One for each attempt, in any order."""
    n_attempts: int = 1
    """How often the agent was to try each task."""


class Tally(msgspec.Struct, kw_only=True):
    """How one agent did on one task."""

    n_solved: int = 0
    n_verdicts: int = 0
    """Attempts that were graded; a fault is no verdict."""
    n_faults: int = 0


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """pass@k over the tasks that have at least `k` verdicts."""

    k: int
    share: float
    low: float
    """Lower bound of the 95 % Wilson interval with tasks as trials."""
    high: float
    n_tasks: int


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How one agent did on all tasks."""

    agent: str
    n_attempts: int
    n_tasks: int
    """Tasks with at least one verdict."""
    n_verdicts: int
    n_solved_once: int
    """Tasks solved in at least one attempt."""
    n_faults: int
    """Attempts without a verdict; they count neither for nor against the agent."""
    estimates: tuple[Estimate, ...]
    """For k = 1, 2, … as far as any task has verdicts; empty when there is none."""


def tally(scores: AgentScores) -> dict[str, Tally]:
    """Return what the agent did, by task id."""
    tallies: dict[str, Tally] = {}
    for grade in scores.grades:
        entry = tallies.setdefault(grade.task_id, Tally())
        if grade.score is None:
            entry.n_faults += 1
        else:
            entry.n_verdicts += 1
            entry.n_solved += grade.solved
    return tallies


def standing(scores: AgentScores) -> Standing:
    """Return how the agent did over all tasks it played."""
    tallies = tally(scores)
    most = max((entry.n_verdicts for entry in tallies.values()), default=0)
    return Standing(
        agent=scores.agent,
        n_attempts=scores.n_attempts,
        n_tasks=sum(entry.n_verdicts > 0 for entry in tallies.values()),
        n_verdicts=sum(entry.n_verdicts for entry in tallies.values()),
        n_solved_once=sum(entry.n_solved > 0 for entry in tallies.values()),
        n_faults=sum(entry.n_faults for entry in tallies.values()),
        estimates=tuple(_estimate(tallies, k) for k in range(1, most + 1)),
    )


def _estimate(tallies: Mapping[str, Tally], k: int) -> Estimate:
    judged: Sequence[Tally] = [entry for entry in tallies.values() if entry.n_verdicts >= k]
    share = fmean(pass_at_k(entry.n_verdicts, entry.n_solved, k) for entry in judged)
    # Attempts at one task resemble each other, so tasks are the trials, not attempts. A mean of
    # values in [0, 1] never varies more than a proportion does, so the interval errs on the wide
    # side when k < attempts.
    low, high = wilson_interval(min(share, 1.0), len(judged))
    return Estimate(k=k, share=share, low=low, high=high, n_tasks=len(judged))
