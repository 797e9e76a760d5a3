"""Practising: problems with checkable answers, rewards by our graders, and when it has no use."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from etude.errors import ConfigError, EtudeError
from etude.records import Message, Problem, Reference
from etude.rollout.graders import Means, graders
from etude.rollout.reward import Completion, Reward, text_of
from etude.train.intervals import mean
from etude.train.job import Job
from etude.train.manifest import Figure, Sample
from etude.train.speaking import Turn, answers, without_marks

Posed = tuple[Problem, Reference]
SAME_REWARD = "frac_reward_zero_std"
"""As TRL calls the share of groups all of whose answers got the same reward."""
TOOL_CALLS = "tools/call_frequency"
"""As TRL calls the calls of tools in an answer, on average."""
_ALL = 0.99


def prompt_of(problem: Problem) -> list[Turn]:
    """Return what is put to a model."""
    return [{"role": "user", "content": problem.prompt}]


class Practice(NamedTuple):
    """How answers are asked for; fields as the recipe of `grpo` has them."""

    attempts: int
    answer_tokens: int
    temperature: float
    length: int
    sandbox: str
    jobs: int
    turns: int


class Ground(ABC):
    """Where a model practises: rows to try, what they pay, and what is measured on the way."""

    rows: list[dict[str, Any]]
    """Prompts with what their reward needs."""
    environments: Callable[[], object] | None = None
    """Makes what tools act on; `None` where there are no tools."""
    figures: dict[str, Figure]
    n_long: int
    """Left out as too long."""

    @abstractmethod
    def reward(self) -> Callable[..., list[float | None]]:
        """Return the rewards as TRL's trainers ask for them."""

    @abstractmethod
    def sit(self, done: int, model: PreTrainedModel) -> None:
        """Measure what is held out."""

    def say(self, model: PreTrainedModel, n: int) -> list[str]:
        """Return the likeliest answers to the first held-out prompts."""
        return []

    def samples(self, before: list[str], after: list[str]) -> tuple[Sample, ...]:
        """Return the first held-out prompts with both answers."""
        return ()

    @abstractmethod
    def close(self) -> None:
        """Close whatever judges."""


class ProblemGround(Ground):
    """Problems with checkable answers, judged by their graders."""

    def __init__(
        self,
        job: Job,
        tokenizer: PreTrainedTokenizerFast,
        learned: Sequence[Posed],
        held_out: Sequence[Posed],
        practice: Practice,
    ) -> None:
        """Open the graders, and let each kind judge one answer that is right.

        Raises:
            ConfigError: No problem is left, or a grader cannot be had here.
        """
        self._job = job
        self._tokenizer = tokenizer
        self._held_out = held_out
        self._practice = practice
        self.figures = {}
        learned, n_marked = without_marks(
            learned, lambda posed: [Message(role="user", content=posed[0].prompt)], tokenizer
        )
        self.figures["left out for special tokens"] = Figure(value=n_marked)
        self.rows = [
            {"prompt": prompt_of(problem), "reference": msgspec.json.encode(reference).decode()}
            for problem, reference in learned
            if self._size(problem) + practice.answer_tokens <= practice.length
        ]
        self.n_long = len(learned) - len(self.rows)
        if not self.rows:
            raise ConfigError(
                f"data: no problem to practise is left; {self.n_long} are longer than "
                f"{practice.length} tokens with their answer"
            )
        self._reward = Reward(Means.here(practice.sandbox, jobs=practice.jobs))
        try:
            self._check([*learned, *held_out])
        except EtudeError:
            self.close()
            raise

    def reward(self) -> Callable[..., list[float | None]]:
        """Return the rewards as TRL's trainers ask for them."""

        def correct(
            completions: Sequence[Completion], reference: Sequence[str], **_columns: object
        ) -> list[float | None]:
            return self._reward([text_of(one) for one in completions], reference)

        return correct

    def sit(self, done: int, model: PreTrainedModel) -> None:
        """Measure pass@1, and how many of the likeliest answers are right."""
        if self._held_out:
            self.figures |= {
                "pass@1": self._rate(model, self._practice.attempts, self._practice.temperature),
                "greedy": self._rate(model, 1, 0.0),
            }
            values = {name: self.figures[name].value for name in ("pass@1", "greedy")}
            self._job.log.add(done, "held_out", values)
        if self._job.probe is not None:
            self._job.log.add(done, "probe", self._job.probe(model, self._tokenizer))

    def say(self, model: PreTrainedModel, n: int) -> list[str]:
        """Return the likeliest answers to the first held-out problems."""
        return self._ask(model, [prompt_of(problem) for problem, _ in self._held_out[:n]], 0.0)

    def samples(self, before: list[str], after: list[str]) -> tuple[Sample, ...]:
        """Return the first held-out problems with both answers."""
        return tuple(
            Sample(prompt=problem.prompt, before=old, after=new, wanted=reference.answer)
            for (problem, reference), old, new in zip(self._held_out, before, after, strict=False)
        )

    def close(self) -> None:
        """Close the graders."""
        self._reward.close()

    def _check(self, posed: Sequence[Posed]) -> None:
        first = {reference.grader: reference for _, reference in reversed(posed)}
        for reference in first.values():
            grader = graders.make(msgspec.json.decode(reference.grader))
            right = reference.solution or grader.present(reference.answer)
            grade = self._reward.grades([right], [reference])[0]
            if grade.score is None:
                raise ConfigError(
                    f"problem {reference.problem_id}: its grader gives no verdict: {grade.fault}"
                )

    def _size(self, problem: Problem) -> int:
        text = self._tokenizer.apply_chat_template(
            prompt_of(problem), tokenize=False, add_generation_prompt=True
        )
        return len(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def _rate(self, model: PreTrainedModel, k: int, temperature: float) -> Figure:
        """Return the mean over problems of the share of attempts that were right.

        The interval is over problems: attempts at one of them depend on each other.
        """
        prompts = [prompt_of(problem) for problem, _ in self._held_out for _ in range(k)]
        references = [reference for _, reference in self._held_out for _ in range(k)]
        said = self._ask(model, prompts, temperature)
        scores = [grade.score for grade in self._reward.grades(said, references)]
        rates = []
        for at in range(0, len(scores), k):
            judged = [score for score in scores[at : at + k] if score is not None]
            if judged:
                rates.append(sum(score == 1.0 for score in judged) / len(judged))
        found = mean(rates)
        if found.low is None or found.high is None:
            return found
        return msgspec.structs.replace(found, low=max(found.low, 0.0), high=min(found.high, 1.0))

    def _ask(self, model: PreTrainedModel, prompts: list[list[Turn]], t: float) -> list[str]:
        n_tokens = self._practice.answer_tokens
        return answers(model, self._tokenizer, prompts, n_tokens=n_tokens, temperature=t)


def reason_to_stop(job: Job, patience: int, *, with_tools: bool) -> str:
    """Say why the last lines of the log leave nothing to learn from; empty while they do not.

    Args:
        job: The run.
        patience: Lines in a row that must say so.
        with_tools: Whether tools are there to be called.
    """
    rows = [row for row in job.log.read() if row.split == "train"]

    def last(name: str) -> list[float]:
        return [row.value for row in rows if row.name == name][-patience:]

    same, reward, calls = last(SAME_REWARD), last("reward"), last(TOOL_CALLS)
    step = rows[-1].step if rows else 0
    if len(same) == patience and min(same) >= _ALL:
        middle = sum(reward) / max(len(reward), 1)
        if middle >= _ALL:
            return f"stopped at step {step}: every answer is right, so nothing is left to learn"
        return (
            f"stopped at step {step}: learning is dead: all answers to a problem get the same "
            f"reward, {middle:.2f} on average, {patience} times in a row; pose easier problems, "
            "or raise temperature or group"
        )
    if with_tools and len(calls) == patience and max(calls) <= 0:
        return (
            f"stopped at step {step}: learning is dead: no tool was called, {patience} times in a "
            "row; show the model tools in demonstrations first, or lower lr"
        )
    return ""
