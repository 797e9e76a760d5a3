"""Episodes made ready to be read turn by turn."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from etude.errors import RecordError
from etude.pages.text import Passage, passage
from etude.records import Episode, Grade, Task, ToolCall, Turn
from etude.stages.swe.report.text import Block, Diff, diff, prose, replacement

Verdict = Literal["solved", "unsolved", "fault"]


class Argument(msgspec.Struct, frozen=True):
    """One argument of a call."""

    name: str
    value: Passage


class CallView(msgspec.Struct, frozen=True, kw_only=True):
    """One call and what it gave back."""

    name: str
    short: tuple[Argument, ...]
    """Arguments that fit on the line of the call."""
    long: tuple[Argument, ...]
    edit: Diff | None
    """The change a replacement makes; its texts are then in no other field."""
    observation: Passage | None


class TurnView(msgspec.Struct, frozen=True, kw_only=True):
    """One turn."""

    number: int
    turn: Turn
    said: Passage
    calls: tuple[CallView, ...]
    unasked: tuple[Passage, ...]
    """Observations that answer no call."""


class EpisodeView(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt, from the statement to the verdict."""

    episode: Episode
    grade: Grade
    task: Task
    task_anchor: str
    """Place of the task in the page; empty when the task is not in it."""
    agent: str
    """Name of the agent without its settings."""
    statement: tuple[Block, ...]
    turns: tuple[TurnView, ...]
    patch: Diff
    verdict: Verdict
    n_tokens: int
    cost_usd: float


def episode_view(
    episode: Episode, grade: Grade, task: Task, anchors: Mapping[str, str]
) -> EpisodeView:
    """Return one episode made ready to be read; `anchors` gives tasks' places in the page.

    Raises:
        RecordError: The grade or the task belongs to another episode.
    """
    if grade.episode_id != episode.id or {grade.task_id, task.id} != {episode.task_id}:
        raise RecordError(
            f"report: episode {episode.id!r} of task {episode.task_id!r} came with the grade of "
            f"{grade.episode_id!r} and task {task.id!r}; give each episode its own"
        )
    return EpisodeView(
        episode=episode,
        grade=grade,
        task=task,
        task_anchor=anchors.get(task.id, ""),
        agent=_agent_name(episode.agent),
        statement=prose(task.statement),
        turns=tuple(_turn_view(number, turn) for number, turn in enumerate(episode.turns, start=1)),
        patch=diff(episode.patch),
        verdict="fault" if grade.score is None else "solved" if grade.solved else "unsolved",
        n_tokens=sum(turn.n_prompt_tokens + turn.n_completion_tokens for turn in episode.turns),
        cost_usd=sum(turn.cost_usd for turn in episode.turns),
    )


def _agent_name(spec: str) -> str:
    """Return the name out of an agent's settings, or the text itself when it is none."""
    try:
        table = msgspec.json.decode(spec, type=dict[str, msgspec.Raw])
        return msgspec.json.decode(table["use"], type=str)
    except (msgspec.DecodeError, KeyError):
        return spec


def _turn_view(number: int, turn: Turn) -> TurnView:
    seen = [passage(text) for text in turn.observations]
    answers: list[Passage | None] = [*seen[: len(turn.calls)]]
    answers += [None] * (len(turn.calls) - len(answers))
    return TurnView(
        number=number,
        turn=turn,
        said=passage(turn.text),
        calls=tuple(
            _call_view(call, answer) for call, answer in zip(turn.calls, answers, strict=True)
        ),
        unasked=tuple(seen[len(turn.calls) :]),
    )


def _call_view(call: ToolCall, observation: Passage | None) -> CallView:
    arguments = dict(call.arguments)
    edit = None
    if call.name == "edit_file" and {"old", "new"} <= arguments.keys():
        edit = replacement(arguments.pop("old"), arguments.pop("new"))
    views = [Argument(name, passage(value)) for name, value in arguments.items()]
    short = tuple(view for view in views if view.value.n_lines <= 1 and len(view.value.text) <= 100)
    return CallView(
        name=call.name,
        short=short,
        long=tuple(view for view in views if view not in short),
        edit=edit,
        observation=observation,
    )
