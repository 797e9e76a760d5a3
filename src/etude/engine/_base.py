"""What an engine is: it calls one function for every part of the data, wherever it likes.

Work travels as the dotted name of a function and its settings in JSON, never as pickled code, so
that it runs the same in another process or on another machine, and so that what a data set says of
itself is what was run.
"""

import importlib
from abc import abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from etude.errors import EtudeError, blame
from etude.plugins import Spec


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What to do to each unit."""

    function: str
    """`module:function`; it takes `settings` and a unit, both JSON, and returns JSON."""
    settings: str


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a job is."""

    n_done: int
    n_units: int
    size_done: int
    """Size of the units that are done, in whatever they are measured."""
    size_all: int
    spent_s: float
    """Wall time spent in this run."""
    size_found: int = 0
    """Size of the units that an earlier run had done."""
    work_done: int = 0
    """What this run did, as `measure` reads it off the answers, such as bytes of text."""

    @property
    def work_per_s(self) -> float:
        """Throughput of this run."""
        return self.work_done / self.spent_s if self.spent_s > 0 else 0.0

    @property
    def left_s(self) -> float | None:
        """Time left at this rate, by the sizes of the units; `None` while there is no rate yet."""
        done = self.size_done - self.size_found
        return (self.size_all - self.size_done) * self.spent_s / done if done > 0 else None


Tell = Callable[[Progress], None]
Measure = Callable[[str], int]


class Engine(Spec, frozen=True, kw_only=True):
    """Does a job to many units."""

    @abstractmethod
    def map(
        self,
        job: Job,
        units: Sequence[str],
        folder: Path,
        *,
        sizes: Sequence[int],
        measure: Measure = lambda answer: 0,
        tell: Tell = lambda progress: None,
    ) -> list[str]:
        """Return what the job's function says of each unit, in the order of the units.

        Every answer is kept in `folder` as soon as it is there; a unit whose answer lies there
        already is not done again. When a process dies over a unit, that is noted in `folder`
        (see `deaths`) with the place that the function marked there, and the unit is given out
        again; the function may then do without what killed it.

        Args:
            job: The function and its settings.
            units: What each call gets, JSON.
            folder: Where answers are kept, one file a unit.
            sizes: Size of each unit, for the progress.
            measure: Reads off an answer how much work it was, for the progress.
            tell: Told after every unit.

        Raises:
            EtudeError: The function failed, or its process died again and again over the same
                unit at the same place.
        """


def call(job: Job, unit: str) -> str:
    """Call the job's function for one unit, here.

    Raises:
        EtudeError: As the function raises it, or it does not exist.
    """
    module, _, name = job.function.partition(":")
    function = getattr(importlib.import_module(module), name, None)
    if function is None:
        raise EtudeError(f"there is no {job.function}")
    with blame(EtudeError, f"{job.function} of {unit[:200]}"):
        answer: str = function(job.settings, unit)
    return answer


def answer_file(folder: Path, number: int) -> Path:
    """Where the answer of one unit is kept."""
    return folder / f"{number:05}.json"
