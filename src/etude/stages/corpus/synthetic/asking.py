"""Ask a model many questions side by side; every answer is safe on disk before the next counts."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence

import msgspec

from etude.errors import EtudeError, ModelError
from etude.models import models
from etude.records import Message
from etude.stages.corpus.synthetic.answers import clean
from etude.store import Journal

Setting = str | int | float | bool | tuple[str, ...] | None
ModelTable = dict[str, Setting]
"""A model as a table: `use` is its kind, the rest are its settings."""
_SILENT_IN_A_ROW = 5
_REACHING = frozenset({"base_url", "key_env", "timeout_s", "retries"})
"""Settings of a model that decide no answer."""


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What a model said to one question: a line of the journal."""

    key: str
    """Digest of the question and of the model's settings."""
    text: str
    cut_off: bool
    """Whether it reached the most tokens that the model's settings allow."""
    n_prompt_tokens: int
    n_completion_tokens: int
    cost_usd: float


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What came of all questions."""

    answers: tuple[Answered | None, ...]
    """`None` where there is none."""
    n_new: int
    """Answers that were not in the journal."""
    over_budget: bool
    last_error: str
    """Of the last question that had no answer; empty where all had."""


def ask_all(
    prompts: Sequence[str],
    model: ModelTable,
    journal: Journal,
    *,
    jobs: int = 2,
    max_cost_usd: float = 0.0,
    tell: Callable[[int, int, float], None] = lambda n_done, n_all, cost_usd: None,
) -> Asked:
    """Return an answer to each question; those in the journal are not asked for again.

    Args:
        prompts: The questions.
        model: Settings table; a `seed` in it grows by one with each question.
        journal: Where answers are kept.
        jobs: Questions at a time.
        max_cost_usd: No further question once so much was paid; 0 means no limit.
        tell: Hears how many are done, of how many, and what they cost.

    Raises:
        ConfigError: The model's settings are wrong, or the journal cannot be written.
        ModelError: Five questions in a row had no answer.
    """
    asking = _Asking(prompts, model, journal, max_cost_usd, tell)
    asyncio.run(asking.run(jobs))
    if asking.stopped is not None:
        raise asking.stopped
    return Asked(
        answers=tuple(asking.known.get(key) for key in asking.keys),
        n_new=asking.n_new,
        over_budget=asking.over_budget,
        last_error=asking.last_error,
    )


class _Asking:
    """Questions on their way."""

    def __init__(
        self,
        prompts: Sequence[str],
        model: ModelTable,
        journal: Journal,
        max_cost_usd: float,
        tell: Callable[[int, int, float], None],
    ) -> None:
        self.prompts = prompts
        self.model = models.make(dict(model))
        self.table = model
        self.journal = journal
        self.max_cost_usd = max_cost_usd
        self.tell = tell
        self.keys = [_key(model, number, prompt) for number, prompt in enumerate(prompts)]
        wanted = set(self.keys)
        self.known = {row.key: row for row in journal.read(Answered) if row.key in wanted}
        self.cost_usd = sum(row.cost_usd for row in self.known.values())
        self.n_new = 0
        self.n_silent = 0
        self.over_budget = False
        self.last_error = ""
        self.stopped: EtudeError | None = None

    async def run(self, jobs: int) -> None:
        """Ask what is not known."""
        waiting = iter([n for n, key in enumerate(self.keys) if key not in self.known])
        self.tell(len(self.known), len(self.keys), self.cost_usd)

        async def work() -> None:
            for number in waiting:
                if self.stopped is not None or self._spent():
                    return
                try:
                    await self._ask(number)
                except ModelError as error:
                    self._note_silence(error)
                except EtudeError as error:
                    self.stopped = error

        async with asyncio.TaskGroup() as group:
            for _ in range(jobs):
                group.create_task(work())

    def _spent(self) -> bool:
        if 0 < self.max_cost_usd <= self.cost_usd:
            self.over_budget = True
        return self.over_budget

    async def _ask(self, number: int) -> None:
        table = _seeded(self.table, number)
        model = self.model
        if table != self.table:
            model = msgspec.structs.replace(model, seed=table["seed"])
        said = await model.generate([Message(role="user", content=self.prompts[number])])
        most = table.get("max_tokens")
        row = Answered(
            key=self.keys[number],
            text=clean(said.text),
            cut_off=isinstance(most, int) and said.n_completion_tokens >= most,
            n_prompt_tokens=said.n_prompt_tokens,
            n_completion_tokens=said.n_completion_tokens,
            cost_usd=said.cost_usd,
        )
        self.journal.append(row)
        self.known[row.key] = row
        self.cost_usd += row.cost_usd
        self.n_new += 1
        self.n_silent = 0
        self.tell(len(self.known), len(self.keys), self.cost_usd)

    def _note_silence(self, error: ModelError) -> None:
        self.n_silent += 1
        self.last_error = str(error)
        if self.n_silent >= _SILENT_IN_A_ROW:
            self.stopped = ModelError(
                f"{self.n_silent} questions in a row had no answer; what was answered is kept, "
                f"and the same command goes on from there. The last one: {error}"
            )


def _key(model: ModelTable, number: int, prompt: str) -> str:
    table = {name: v for name, v in _seeded(model, number).items() if name not in _REACHING}
    # The number makes equal questions different ones where a model may answer them differently.
    text = msgspec.json.encode((sorted(table.items()), number, prompt))
    return hashlib.sha256(text).hexdigest()[:24]


def _seeded(model: ModelTable, number: int) -> ModelTable:
    table = dict(model)
    if isinstance(table.get("seed"), int):
        table["seed"] = int(str(table["seed"])) + number
    return table
