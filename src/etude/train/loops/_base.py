"""Loop: one way of training; its fields are its recipe."""

from abc import abstractmethod
from typing import Annotated

import msgspec

from etude.plugins import Spec
from etude.train.job import Job, Outcome

Count = Annotated[int, msgspec.Meta(ge=0)]
Positive = Annotated[int, msgspec.Meta(ge=1)]
Rate = Annotated[float, msgspec.Meta(gt=0, lt=1)]


class Loop(Spec, frozen=True, kw_only=True):
    """One way of training."""

    data: tuple[str, ...]
    """What to learn from: folders of data sets, or `world:PART` for a part of the small world."""
    held_out: tuple[str, ...] = ()
    """What to measure on and never learn from; empty keeps back a share of `data`."""
    held_out_share: Annotated[float, msgspec.Meta(ge=0, lt=1)] = 0.05
    """Share of `data` kept back where `held_out` is empty."""
    seed: int = 0
    """For every chance: weights, order, what is kept back, what is sampled."""
    device: str = "cpu"
    """Where to train, such as `cpu` or `cuda`; `auto` takes a GPU where there is one."""
    threads: Count = 0
    """Threads of the CPU; 0 leaves it to torch. Another number may change the last bits."""
    log_every: Positive = 10
    """Steps from one line of metrics to the next."""
    eval_every: Positive = 50
    """Steps from one measurement on what is held out to the next."""
    save_every: Positive = 100
    """Steps from one checkpoint to the next: what a crash can cost."""

    def needs(self) -> dict[str, tuple[str, ...]]:
        """Return the names of all that goes in, by role."""
        return {"data": self.data, "held_out": self.held_out}

    @abstractmethod
    def run(self, job: Job) -> Outcome:
        """Check everything, then train.

        Raises:
            ConfigError: The recipe or its data cannot be trained with; nothing was trained.
            RecordError: A data set is damaged.
        """
