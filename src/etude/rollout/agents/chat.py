"""A language model that talks its way through a task, one tool call after the other."""

import asyncio
from importlib import resources

from etude.errors import ModelError
from etude.models import Completion, Model, models
from etude.records import Ending, Message, Task, Turn
from etude.rollout._base import Agent, Outcome, PlayLimits
from etude.rollout.agents._history import History
from etude.rollout.toolbox import TOOLS, Toolbox

Setting = str | int | float | bool | tuple[str, ...] | None

_REMINDER = (
    "That answer called no tool, so nothing was done. Call exactly one of the tools now; call "
    "submit when the repair is done."
)
_MAX_SILENT = 3
"""Answers in a row without any call after which the attempt ends."""


class ChatAgent(Agent, frozen=True, kw_only=True):
    """Plays with any model of `etude.models`."""

    model: dict[str, Setting]
    """Settings table of the model, with its kind under `use`. A `seed` in it grows by one with
    each attempt; without one, attempts differ only as the provider lets them."""
    system: str = ""
    """What the model is told first; empty for the prompt that comes with Etude."""
    context_tokens: int = 24_000
    """Room for the conversation; older observations are left out when it is full."""

    async def play(self, task: Task, tools: Toolbox, limits: PlayLimits, attempt: int) -> Outcome:
        """Let the model call tools until it submits or a limit is reached.

        Raises:
            ConfigError: The model's settings are wrong, or its key is missing.
            SandboxError: The box is gone.
        """
        table = dict(self.model)
        if isinstance(table.get("seed"), int):
            table["seed"] = int(str(table["seed"])) + attempt
        system = self.system or resources.files(__package__).joinpath("chat_system.md").read_text()
        history = History(
            [
                Message(role="system", content=system.strip()),
                Message(role="user", content=_request(task)),
            ],
            context_tokens=self.context_tokens,
        )
        return await _Attempt(models.make(table), tools, limits, history).play()


class _Attempt:
    """One conversation under way."""

    def __init__(self, model: Model, tools: Toolbox, limits: PlayLimits, history: History) -> None:
        self._model = model
        self._tools = tools
        self._limits = limits
        self._history = history
        self._turns: list[Turn] = []
        self._n_silent = 0
        self._ends_at = asyncio.get_running_loop().time() + limits.time_s

    async def play(self) -> Outcome:
        # Commands are bounded by this, never cancelled: the box must live on to be graded.
        self._tools.deadline = self._ends_at
        while (ending := self._ending()) is None:
            try:
                await self._turn()
            except TimeoutError:
                ending = "time_limit"
                break
            except ModelError as error:
                return self._outcome("error", str(error))
        silent = f"{_MAX_SILENT} answers in a row called no tool" if ending == "error" else ""
        return self._outcome(ending, silent)

    async def _turn(self) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        async with asyncio.timeout_at(self._ends_at):
            said = await self._model.generate(self._history.messages, TOOLS)
        observations = [await self._tools.call(call) for call in said.calls]
        self._n_silent = 0 if said.calls else self._n_silent + 1
        self._history.add(
            Message(role="assistant", content=said.text, calls=said.calls),
            *(
                Message(role="tool", content=observation, call_id=call.id)
                for call, observation in zip(said.calls, observations, strict=True)
            ),
            *(() if said.calls else (Message(role="user", content=_REMINDER),)),
        )
        self._turns.append(_turn(said, observations or [_REMINDER], loop.time() - started))

    def _ending(self) -> Ending | None:
        n_tokens = sum(turn.n_prompt_tokens + turn.n_completion_tokens for turn in self._turns)
        endings: tuple[tuple[bool, Ending], ...] = (
            (self._tools.submitted, "submitted"),
            (self._n_silent >= _MAX_SILENT, "error"),
            (len(self._turns) >= self._limits.n_turns, "turn_limit"),
            (asyncio.get_running_loop().time() >= self._ends_at, "time_limit"),
            (n_tokens >= self._limits.n_tokens, "token_limit"),
            (sum(turn.cost_usd for turn in self._turns) > self._limits.cost_usd, "cost_limit"),
        )
        return next((ending for reached, ending in endings if reached), None)

    def _outcome(self, ending: Ending, error: str = "") -> Outcome:
        return Outcome(turns=tuple(self._turns), ending=ending, model=self._model.name, error=error)


def _turn(said: Completion, observations: list[str], duration_s: float) -> Turn:
    return Turn(
        text=said.text,
        calls=said.calls,
        observations=tuple(observations),
        n_prompt_tokens=said.n_prompt_tokens,
        n_completion_tokens=said.n_completion_tokens,
        cost_usd=said.cost_usd,
        duration_s=duration_s,
    )


def _request(task: Task) -> str:
    tests = f" Its tests are run with `{task.test_command}`." if task.test_command else ""
    return (
        f"The project {task.project} is in {task.workdir}.{tests}\n\n"
        f"<report>\n{task.statement.strip()}\n</report>\n\n"
        "Find the cause and repair it."
    )
