"""all_of: several graders judge the same response; what is paid is what the strictest pays.

Each reads the same reference. The first that pays nothing ends it, so put cheap ones first.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Literal

from etude.errors import ConfigError
from etude.plugins import Kind
from etude.records import Reference
from etude.rollout.graders._base import Grader, Judge, Means, Verdict

MAX_GRADERS = 16

graders = Kind("etude.rollout.graders", Grader, extra="problems")


class AllOfGrader(Grader, frozen=True, kw_only=True):
    """Pays for a response what its graders agree on."""

    of: tuple[dict[str, object], ...]
    """The graders, each as a table with its name under `use` and its settings."""
    pay: Literal["minimum", "mean", "maximum"] = "minimum"
    """`minimum`: every grader must pay. `mean`: the mean by `weights`. `maximum`: any one is
    enough."""
    weights: tuple[float, ...] = ()
    """Of each grader, for `mean`; empty weighs all the same."""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        if not 1 <= len(self.of) <= MAX_GRADERS:
            raise ValueError(f"`of` needs between 1 and {MAX_GRADERS} graders, got {len(self.of)}")
        if self.weights and self.pay != "mean":
            raise ValueError("`weights` have a meaning for `pay = 'mean'` only")
        if self.weights and len(self.weights) != len(self.of):
            raise ValueError(f"{len(self.weights)} weights for {len(self.of)} graders")
        if any(not 0 <= weight < float("inf") for weight in self.weights):
            raise ValueError("a weight is negative or no number")
        if self.weights and not sum(self.weights):
            raise ValueError("all weights are zero")

    def open(self, means: Means) -> AbstractAsyncContextManager[Judge]:
        """Hold a judge of each grader.

        Raises:
            ConfigError: One of them is unknown, or needs means that there are none of.
        """
        return self._hold([(made, made.open(means)) for made in self._made()])

    @asynccontextmanager
    async def _hold(
        self, opened: Sequence[tuple[Grader, AbstractAsyncContextManager[Judge]]]
    ) -> AsyncGenerator[Judge]:
        async with AsyncExitStack() as stack:
            judges = [
                (_name(grader), await stack.enter_async_context(held)) for grader, held in opened
            ]
            yield _Bench(judges, self)

    def present(self, answer: str) -> str:
        """Return the answer as the first grader wants it."""
        return self._made()[0].present(answer)

    @property
    def instruction(self) -> str:
        """What the graders want, each thing once."""
        return "\n".join(dict.fromkeys(g.instruction for g in self._made() if g.instruction))

    def _made(self) -> list[Grader]:
        made = []
        for table in self.of:
            if table.get("use") == "all_of":
                raise ConfigError("all_of cannot hold another all_of")
            made.append(graders.make(table))
        return made


class _Bench(Judge):
    """Asks every judge in turn."""

    def __init__(self, judges: Sequence[tuple[str, Judge]], settings: AllOfGrader) -> None:
        self._judges = judges
        self._settings = settings

    async def judge(self, response: str, reference: Reference) -> Verdict:
        found: list[tuple[str, Verdict]] = []
        for name, judge in self._judges:
            verdict = await judge.judge(response, reference)
            found.append((name, verdict))
            decided = {"minimum": 0.0, "maximum": 1.0}.get(self._settings.pay)
            if verdict.score == decided:
                break
        if self._settings.pay == "mean":
            weights = self._settings.weights or (1.0,) * len(found)
            paid = sum(w * v.score for w, (_, v) in zip(weights, found, strict=True))
            note = "; ".join(f"{name} pays {v.score:g}: {v.note}" for name, v in found)
            return Verdict(paid / sum(weights), note)
        choose = min if self._settings.pay == "minimum" else max
        name, verdict = choose(found, key=lambda pair: pair[1].score)
        return Verdict(verdict.score, f"{name}: {verdict.note}")


def _name(grader: Grader) -> str:
    return type(grader).__module__.rpartition(".")[2]
