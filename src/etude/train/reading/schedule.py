"""Schedule: how the learning rate goes over a run."""

import math
from typing import Annotated, Literal

import msgspec


class Schedule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the learning rate goes over a run."""

    shape: Literal["cosine", "wsd", "constant"] = "cosine"
    """`wsd` is warm-up, stable, decay (Hu et al. 2024, arXiv:2404.06395): it decays as the root,
    and can be decayed from any checkpoint before that."""
    warmup: Annotated[int, msgspec.Meta(ge=0)] = 30
    """Steps in which it rises from 0."""
    decay: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.2
    """Of `wsd`: the last share of all steps, in which it falls."""
    final: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0
    """What is left of it at the end, as a share."""

    def at(self, step: int, n_steps: int) -> float:
        """Return the share of the full rate in a step, counted from 0."""
        rise = min(1.0, (step + 1) / self.warmup) if self.warmup else 1.0
        if self.shape == "constant":
            return rise
        if self.shape == "cosine":
            fall = 0.5 * (1 + math.cos(math.pi * step / n_steps))
        else:
            begin = n_steps * (1 - self.decay)
            done = max(0.0, (step - begin) / max(n_steps - begin, 1.0))
            fall = 1 - math.sqrt(min(done, 1.0))
        return rise * (self.final + (1 - self.final) * fall)
