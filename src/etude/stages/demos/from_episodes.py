"""Make demonstrations of episodes that solved their task or problem."""

from collections import Counter
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path

import msgspec

from etude import __version__
from etude.errors import ConfigError
from etude.models import Tool
from etude.records import Demonstration, Episode, Grade, Message, Origin, Problem, Task
from etude.rollout.toolbox import TOOLS
from etude.store import Counts, Dataset, DatasetWriter

MADE_BY = f"etude.stages.demos.from_episodes {__version__}"
NOT_SOLVED = "not solved"
NO_VERDICT = "no verdict"
TAMPERED = "it reached into the test run"
NOT_HANDED_IN = "it never handed in"
NO_TURNS = "no turns to imitate"
OTHER_MODEL = "of another model"
PROGRAM = "played by a program"
SAME = "same as another"
ENOUGH = "enough of this task"


class EpisodesRecipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which episodes to take, and how."""

    models: tuple[str, ...] = ()
    """Names of the models whose episodes are taken; empty for all."""
    programs: bool = False
    """Take what programs played as well, such as `search`, or `oracle`, which knows the answers.
    They were never asked as a model is, and say nothing beside their calls."""
    per_task: int = 4
    """At most so many of one task or problem, those with the fewest turns first; 0 for all."""
    only_handed_in: bool = True
    """Leave out episodes that a limit ended, though what they left behind was right."""
    system: str = ""
    """System prompt of every demonstration; empty for the one that was played with."""
    licence: str = ""
    """SPDX expression for the answers; empty takes that of the episode or of its task."""


class EpisodesOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What was made."""

    path: str
    n_in: int
    n_demonstrations: int
    n_tasks: int
    """Tasks or problems that they are of."""
    dropped: dict[str, int]


class _Settings(msgspec.Struct):
    """What an episode says of its agent."""

    use: str = ""
    system: str = ""


def from_episodes(
    episodes: Dataset,
    asked: Dataset,
    target: Path,
    recipe: EpisodesRecipe | None = None,
) -> EpisodesOutcome:
    """Write a demonstration for each episode that solved its task, and is not like another one.

    Args:
        episodes: A data set of episodes with their grades.
        asked: The data set of tasks or of problems that they were played on.
        target: Folder of the new data set.
        recipe: Which to take.

    Raises:
        ConfigError: The episodes were played on other tasks, none is left, or `target` holds
            something else.
        RecordError: A data set is damaged.
    """
    recipe = recipe or EpisodesRecipe()
    # Digests are not compared: tasks may have been sampled or validated again since.
    prompts = _prompts(asked)
    grades = {grade.episode_id: grade for grade in episodes.grades()}
    dropped: Counter[str] = Counter()
    fit: list[Episode] = []
    n_in = 0
    for episode in episodes.episodes():
        n_in += 1
        reason = _reason_to_drop(episode, grades.get(episode.id), recipe)
        if reason:
            dropped[reason] += 1
        elif episode.task_id not in prompts:
            raise ConfigError(
                f"{asked.path}: has no {episode.task_id!r}, which the episode {episode.id!r} was "
                "played on; name the data set that the episodes were played on"
            )
        else:
            fit.append(episode)
    rows = [*_once_each(fit, prompts, recipe, dropped)]
    if not rows:
        raise ConfigError(f"{episodes.path}: none of {n_in} episodes is left: {dict(dropped)}")
    with DatasetWriter(target, record="demonstration") as writer:
        writer.write("demonstrations", rows)
        writer.finish(
            recipe=msgspec.json.encode({"from_episodes": recipe}, order="sorted").decode(),
            counts=Counts(n_in=n_in, dropped=dict(sorted(dropped.items()))),
            parents=(episodes.manifest.digest, asked.manifest.digest),
        )
    return EpisodesOutcome(
        path=str(target),
        n_in=n_in,
        n_demonstrations=len(rows),
        n_tasks=len({row.tags["task"] for row in rows}),
        dropped=dict(dropped.most_common()),
    )


def _prompts(asked: Dataset) -> Mapping[str, Task | Problem]:
    there = asked.tables()
    if "tasks" in there:
        return {task.id: task for task in asked.tasks()}
    if "problems" in there:
        return {problem.id: problem for problem in asked.rows("problems", Problem)}
    raise ConfigError(f"{asked.path}: holds neither tasks nor problems")


def _reason_to_drop(episode: Episode, grade: Grade | None, recipe: EpisodesRecipe) -> str:
    if grade is None or grade.score is None:
        return NO_VERDICT
    reasons = (
        (grade.tampered, TAMPERED),
        (not grade.solved, NOT_SOLVED),
        (recipe.only_handed_in and episode.ending != "submitted", NOT_HANDED_IN),
        (not any(turn.text.strip() or turn.calls for turn in episode.turns), NO_TURNS),
        (not episode.model and not recipe.programs, PROGRAM),
        (bool(recipe.models) and episode.model not in recipe.models, OTHER_MODEL),
    )
    return next((reason for holds, reason in reasons if holds), "")


def _once_each(
    fit: list[Episode],
    prompts: Mapping[str, Task | Problem],
    recipe: EpisodesRecipe,
    dropped: Counter[str],
) -> Iterator[Demonstration]:
    """Yield demonstrations, the shortest of each task first, without those that were given."""
    seen: set[bytes] = set()
    n_of: Counter[str] = Counter()
    for episode in sorted(fit, key=lambda one: len(one.turns)):
        made = _demonstration(episode, prompts[episode.task_id], recipe)
        # Ids of calls differ between attempts that are otherwise the same.
        key = msgspec.msgpack.encode([_without_ids(message) for message in made.messages])
        if key in seen:
            dropped[SAME] += 1
        elif recipe.per_task and n_of[episode.task_id] == recipe.per_task:
            dropped[ENOUGH] += 1
        else:
            seen.add(key)
            n_of[episode.task_id] += 1
            yield made


def _demonstration(
    episode: Episode, asked: Task | Problem, recipe: EpisodesRecipe
) -> Demonstration:
    settings = _settings(episode)
    system = recipe.system or settings.system
    if isinstance(asked, Task) and not system:
        agents = resources.files("etude.rollout.agents")
        system = agents.joinpath("chat_system.md").read_text("utf-8").strip()
    prompt = _request(asked) if isinstance(asked, Task) else asked.prompt
    messages = [Message(role="user", content=prompt), *_said(episode)]
    if system:
        messages.insert(0, Message(role="system", content=system))
    has_calls = any(message.calls for message in messages)
    tags = {"task": asked.id, "model": episode.model or settings.use}
    if has_calls:
        tags["tools"] = _tools_json(TOOLS)
    return Demonstration(
        id=episode.id,
        origin=Origin(
            source=f"episode:{episode.id}",
            licence=recipe.licence or episode.origin.licence or asked.origin.licence,
            made_by=MADE_BY,
            parents=(episode.id, asked.id),
        ),
        messages=tuple(messages),
        tags=tags,
    )


def _said(episode: Episode) -> Iterator[Message]:
    """Yield the turns of an episode, up to the last thing that the agent said."""
    for number, turn in enumerate(episode.turns, start=1):
        yield Message(role="assistant", content=turn.text, calls=turn.calls)
        if number == len(episode.turns):
            # Nothing was said to what the last call gave back.
            return
        for place, observation in enumerate(turn.observations):
            if turn.calls:
                call_id = turn.calls[place].id if place < len(turn.calls) else ""
                yield Message(role="tool", content=observation, call_id=call_id)
            else:
                # A turn without any call was answered in words.
                yield Message(role="user", content=observation)


def _request(task: Task) -> str:
    """Return what the agent `chat` is asked, in the same words."""
    tests = f" Its tests are run with `{task.test_command}`." if task.test_command else ""
    return (
        f"The project {task.project} is in {task.workdir}.{tests}\n\n"
        f"<report>\n{task.statement.strip()}\n</report>\n\n"
        "Find the cause and repair it."
    )


def _settings(episode: Episode) -> _Settings:
    try:
        return msgspec.json.decode(episode.agent, type=_Settings)
    except (msgspec.MsgspecError, RecursionError):
        return _Settings()


def _without_ids(message: Message) -> Message:
    calls = tuple(msgspec.structs.replace(call, id="") for call in message.calls)
    return msgspec.structs.replace(message, calls=calls, call_id="")


def _tools_json(tools: tuple[Tool, ...]) -> str:
    """Return definitions of tools as chat templates take them."""
    return msgspec.json.encode(
        [
            {
                "type": "function",
                "function": {
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": {
                        "type": "object",
                        "properties": {
                            name: {"type": "string", "description": meaning}
                            for name, meaning in tool.parameters.items()
                        },
                        "required": list(tool.required),
                    },
                },
            }
            for tool in tools
        ]
    ).decode()
