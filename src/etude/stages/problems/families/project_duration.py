"""Finds how long a project takes when its tasks wait for each other."""

from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._graph import nodes_of
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import counted, listed, worded

TEMPLATES = (
    "A project consists of these tasks:\n\n{tasks}\n\nTasks that do not wait for each other can be "
    "done at the same time, by as many people as needed. In how many days can everything be done "
    "at the earliest?",
    "Here are the tasks of a building site, how long each takes, and what has to be finished "
    "before:\n\n{tasks}\n\nAny number of tasks may run side by side. What is the shortest time, in "
    "days, in which all of them can be completed?",
    "The steps of a recipe for a machine are:\n\n{tasks}\n\nEverything may happen in parallel, "
    "apart from what has to wait. Find the least number of days after which all steps are "
    "finished.",
)


class ProjectDurationFamily(Family, frozen=True, kw_only=True):
    """Critical paths."""

    topic = "graphs"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one project."""
        size = by_level(level, 3, 5, 7, 9, 12)
        top = by_level(level, 9, 9, 12, 20, 30)
        nodes = nodes_of(size)
        days = {node: rng.randint(1, top) for node in nodes}
        hidden = rng.sample(nodes, size)
        needs: dict[str, list[str]] = {}
        ends: dict[str, int] = {}
        for i, node in enumerate(hidden):
            count = min(i, rng.choice((0, 1, 1, 2, 2, 3)) if i > 1 else 1)
            needs[node] = sorted(rng.sample(hidden[:i], count))
            ends[node] = days[node] + max((ends[other] for other in needs[node]), default=0)
        answer = max(ends.values())
        last = max(hidden, key=lambda node: ends[node])
        path = [last]
        while needs[path[-1]]:
            path.append(max(needs[path[-1]], key=lambda node: ends[node]))
        longest = max(days.values())
        wrong = [sum(days.values()), longest, answer - days[last], answer + 1, answer - 1]
        wrong += [ends[node] for node in hidden[-2:]]
        lines = [_line(node, days[node], needs[node]) for node in nodes]
        return Posed(
            statement=worded(rng, TEMPLATES, tasks="\n".join(lines)),
            answer=str(answer),
            near_misses=slips(answer, *(w for w in wrong if w > 0)),
            solution=f"The longest chain of tasks that wait for each other is "
            f"{' → '.join(reversed(path))}; it takes "
            f"${' + '.join(str(days[node]) for node in reversed(path))} = {answer}$ days.",
        )


def _line(node: str, days: int, needs: list[str]) -> str:
    """Describe a task."""
    text = f"- {node} takes {counted(days, 'day')}"
    return (
        f"{text} and can start when {listed(needs)} {_be(needs)} finished." if needs else f"{text}."
    )


def _be(needs: list[str]) -> str:
    """Return the verb that fits."""
    return "is" if len(needs) == 1 else "are"
