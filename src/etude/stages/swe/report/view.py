"""What the report says of codebases and tasks, worked out and ready to be set in type."""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec
from markupsafe import Markup

from etude.errors import RecordError
from etude.pages.charts import N_TONES, Bar, bar_chart, bins, histogram, tone
from etude.records import AnswerKey, Codebase, Task
from etude.stages.swe.report.scores import AgentScores, Tally, tally
from etude.stages.swe.report.text import Block, Diff, Span, diff, prose

_FILE_BARS = 20


class Solver(msgspec.Struct, frozen=True, kw_only=True):
    """How one agent did on one task."""

    agent: str
    tally: Tally


class TaskView(msgspec.Struct, frozen=True, kw_only=True):
    """One task with its answer."""

    anchor: str
    """Name of its place in the page, made by us."""
    task: Task
    key: AnswerKey
    tone: int
    """Colour of its project."""
    statement: tuple[Block, ...]
    headline: tuple[Span, ...]
    """First heading or paragraph of the statement."""
    solution: Diff
    solvers: tuple[Solver, ...]
    """Every agent that played it."""

    @property
    def kind(self) -> str:
        """Kind of bug in words."""
        return words(self.key.kind) or "unnamed"


class CodebaseView(msgspec.Struct, frozen=True, kw_only=True):
    """One codebase and the tasks set in it."""

    card: Codebase
    tone: int
    outcomes: tuple[tuple[str, int], ...]
    """Outcome of stable tests and how many, most first."""
    set_aside: tuple[tuple[str, int], ...]
    """Reason and how many, most first."""
    homepage: str
    """Address that may be linked; empty when it is none."""
    tasks: tuple[TaskView, ...]


class Legend(msgspec.Struct, frozen=True):
    """What a colour stands for."""

    label: str
    tone: int


class BugCharts(msgspec.Struct, frozen=True, kw_only=True):
    """Pictures of where and of what sort the bugs are."""

    by_kind: Markup
    n_kinds: int
    by_file: Markup
    n_files: int
    n_files_left_out: int
    n_bugs_left_out: int
    """Bugs in the files that are not drawn."""
    legend: tuple[Legend, ...]
    fail_to_pass: Markup
    patch_lines: Markup


def words(name: str) -> str:
    """Return a name of ours, such as `off_by_one`, in words."""
    return name.replace("_", " ").replace("-", " ").strip()


def codebase_views(
    codebases: Sequence[Codebase],
    tasks: Sequence[Task],
    keys: Sequence[AnswerKey],
    scores: Sequence[AgentScores],
) -> tuple[CodebaseView, ...]:
    """Return every codebase with its tasks and their answers.

    Raises:
        RecordError: A task has no answer key, or is set in a codebase that is not given.
    """
    by_task = {key.task_id: key for key in keys}
    tallies = {entry.agent: tally(entry) for entry in scores}
    homes: dict[str, list[tuple[str, Task]]] = {card.id: [] for card in codebases}
    for number, task in enumerate(tasks, start=1):
        if task.id not in by_task:
            raise RecordError(
                f"report: task {task.id!r} has no answer key; "
                "give the keys of the same data set as its tasks"
            )
        if task.codebase not in homes:
            raise RecordError(
                f"report: task {task.id!r} is set in codebase {task.codebase!r}, which is not "
                "given; give every codebase of the data set"
            )
        homes[task.codebase].append((f"task-{number}", task))
    views: list[CodebaseView] = []
    for place, card in enumerate(codebases):
        found = [
            _task_view(anchor, task, by_task[task.id], tallies, tone(place))
            for anchor, task in homes[card.id]
        ]
        found.sort(key=lambda view: (view.key.path, view.key.line, view.task.id))
        views.append(_codebase_view(card, tuple(found), tone(place)))
    return tuple(views)


def _task_view(
    anchor: str,
    task: Task,
    key: AnswerKey,
    tallies: Mapping[str, Mapping[str, Tally]],
    colour: int,
) -> TaskView:
    statement = prose(task.statement)
    return TaskView(
        anchor=anchor,
        task=task,
        key=key,
        tone=colour,
        statement=statement,
        headline=next((block.spans for block in statement if block.kind != "listing"), ()),
        solution=diff(key.oracle_patch),
        solvers=tuple(
            Solver(agent=agent, tally=by_task[task.id])
            for agent, by_task in tallies.items()
            if task.id in by_task
        ),
    )


def _codebase_view(card: Codebase, tasks: tuple[TaskView, ...], colour: int) -> CodebaseView:
    address = card.homepage.strip()
    return CodebaseView(
        card=card,
        tone=colour,
        outcomes=tuple(Counter(test.outcome for test in card.tests).most_common()),
        set_aside=tuple(Counter(test.reason for test in card.set_aside).most_common()),
        homepage=address if address.lower().startswith(("https://", "http://")) else "",
        tasks=tasks,
    )


def bug_charts(codebases: Sequence[CodebaseView]) -> BugCharts:
    """Draw the bugs of all codebases."""
    tasks = [view for home in codebases for view in home.tasks]
    kinds = Counter(view.kind for view in tasks).most_common()
    places = Counter((view.key.path, home) for home, view in _homes(codebases)).most_common()
    drawn = places[:_FILE_BARS]
    return BugCharts(
        by_kind=bar_chart([Bar(label=kind, value=n) for kind, n in kinds], "Bugs by kind"),
        n_kinds=len(kinds),
        by_file=bar_chart(
            [
                Bar(
                    label=path,
                    value=n,
                    tone=codebases[home].tone,
                    mono=True,
                    note=f"{codebases[home].card.name}: {path}",
                )
                for (path, home), n in drawn
            ],
            "Bugs by file",
        ),
        n_files=len(places),
        n_files_left_out=len(places) - len(drawn),
        n_bugs_left_out=sum(n for _, n in places[_FILE_BARS:]),
        legend=_legend(codebases),
        fail_to_pass=histogram(
            bins(len(view.key.fail_to_pass) for view in tasks), "Tasks by fail-to-pass tests"
        ),
        patch_lines=histogram(
            bins(view.solution.n_changed for view in tasks), "Tasks by lines in the solution"
        ),
    )


def _homes(codebases: Sequence[CodebaseView]) -> list[tuple[int, TaskView]]:
    return [(place, view) for place, home in enumerate(codebases) for view in home.tasks]


def _legend(codebases: Sequence[CodebaseView]) -> tuple[Legend, ...]:
    """Name the colours; the last one stands for every codebase beyond."""
    named = [Legend(home.card.name, home.tone) for home in codebases]
    n_rest = len(named) - (N_TONES - 1)
    if n_rest > 1:
        return (*named[: N_TONES - 1], Legend(f"{n_rest} others", N_TONES - 1))
    return tuple(named)
