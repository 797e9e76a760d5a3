"""Trainers of TRL, driven from outside: their numbers are kept, their checkpoints gone on from.

No trainer is subclassed. What we want of one goes through its public arguments: data sets, reward
functions, and the callback that stands here.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from transformers import (
    PreTrainedModel,
    PrinterCallback,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from etude.errors import ConfigError, blame
from etude.train.checkpoints import last_complete, mark_complete
from etude.train.job import Job
from etude.train.workshop import CHECKPOINTS

Measure = Callable[[int, PreTrainedModel], None]
"""Told after how many steps, and the model; logs what it measures."""
Reason = Callable[[], str]
"""Says why the training has no use any more, or nothing."""
_NO_METRIC = {"epoch", "total_flos", "num_tokens", "step_time"}
_TIMES = ("runtime", "per_second")


class Watch(TrainerCallback):  # type: ignore[misc]  # the package says nothing of its types
    """Keeps what a trainer logs, measures at set steps, and stops what has no use any more."""

    def __init__(
        self,
        job: Job,
        *,
        every: int,
        seed: int,
        measure: Measure,
        reason_to_stop: Reason = lambda: "",
    ) -> None:
        self._job = job
        self._every = every
        self._seed = seed
        self._measure = measure
        self._reason_to_stop = reason_to_stop
        self.ended = ""
        """Why it was stopped early; empty when it was not."""
        self.n_steps = 0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **more: Any
    ) -> None:
        """Measure what there is before the first step."""
        self.n_steps = state.global_step
        if not state.global_step:
            self._look(0, state.max_steps, more["model"])

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **more: Any
    ) -> None:
        """Say how far it is, and measure when it is time."""
        self.n_steps = done = state.global_step
        self._job.tell("training (steps)", done, state.max_steps)
        if done % self._every == 0 or done == state.max_steps:
            self._look(done, state.max_steps, more["model"])
        self._stop_if_useless(control)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **more: Any,
    ) -> None:
        """Keep the numbers of a trainer."""
        numbers = {name: value for name, value in (logs or {}).items() if _is_metric(name, value)}
        if "train_loss" in numbers:
            return  # the summary at the end, which says nothing new
        self._job.log.add(state.global_step, "train", numbers)
        self._stop_if_useless(control)

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **more: Any
    ) -> None:
        """Say that the checkpoint is whole."""
        mark_complete(self._job.work / CHECKPOINTS / f"checkpoint-{state.global_step}")

    def _stop_if_useless(self, control: TrainerControl) -> None:
        self.ended = self.ended or self._reason_to_stop()
        if self.ended:
            control.should_training_stop = True

    def _look(self, done: int, total: int, model: PreTrainedModel) -> None:
        """Measure, and take no chance away from the training."""
        self._job.tell("measuring", done, total)
        with torch.random.fork_rng():
            torch.manual_seed(self._seed)
            was_training = model.training
            model.eval()
            self._measure(done, model)
            model.train(was_training)


def _is_metric(name: str, value: object) -> bool:
    return (
        isinstance(value, int | float)
        and name not in _NO_METRIC
        and not name.endswith(_TIMES)
        and not any(f"{word}_" in name for word in _TIMES)
    )


@contextmanager
def quiet() -> Iterator[None]:
    """Keep TRL from telling the user of ours what it would have liked."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def run_trainer(trainer: Any, job: Job) -> PreTrainedModel:
    """Train from the beginning or from the last whole checkpoint; return the trained model.

    Raises:
        ConfigError: The trainer fails, for example for want of memory.
    """
    last = last_complete(job.work / CHECKPOINTS)
    job.log.rewind(int(last.name.partition("-")[2]) if last else -1)
    trainer.remove_callback(PrinterCallback)
    with quiet(), blame(ConfigError, "training"):
        trainer.train(resume_from_checkpoint=str(last) if last else None)
    return trainer.model


def build(make: Callable[..., Any], **given: Any) -> Any:
    """Return a trainer or its settings; what it refuses is a fault of the recipe.

    Raises:
        ConfigError: It refuses what it is given.
    """
    with quiet(), blame(ConfigError, f"setting up {make.__name__}"):
        return make(**given)
