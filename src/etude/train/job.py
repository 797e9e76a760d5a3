"""Job: one run of a loop under way. Outcome: what came of it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from etude.train.ingredients import Pantry
from etude.train.manifest import Bin, Figure, Sample
from etude.train.metrics import SPEED, MetricLog

Tell = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how much."""
Probe = Callable[[Any, Any], Mapping[str, float]]
"""Told a model and its tokenizer; returns numbers, which become metrics of the split `probe`."""


class Job(msgspec.Struct, kw_only=True):
    """One run under way."""

    pantry: Pantry
    draft: Path
    """Folder whose files become the run's; it is empty at first."""
    work: Path
    """Folder for what is only needed until the run is finished, such as checkpoints."""
    log: MetricLog
    tell: Tell
    probe: Probe | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a run, beside its metrics and the files in its draft."""

    n_steps: int
    ended: str
    figures: dict[str, Figure] = {}
    samples: tuple[Sample, ...] = ()
    reliability: tuple[Bin, ...] = ()


def last_figures(log: MetricLog) -> dict[str, Figure]:
    """Return the last value of everything that was measured on what is held out."""
    return {
        row.name: Figure(value=row.value) for row in log.read() if row.split not in ("train", SPEED)
    }
