"""Mixtures that were tried and the losses they led to: one table, whoever trained."""

import random
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from etude.errors import ConfigError, RecordError, blame
from etude.stages.corpus.mixing.weights import fill, natural
from etude.store import write_whole

Numbers = npt.NDArray[np.float64]
_WEIGHT, _LOSS = "weight:", "loss:"


class Runs(NamedTuple):
    """Runs of any trainer: a mixture each, and the loss of each task (lower is better)."""

    domains: tuple[str, ...]
    tasks: tuple[str, ...]
    weights: Numbers
    """[runs, domains], each row sums to 1."""
    losses: Numbers
    """[runs, tasks]"""

    def table(self) -> pa.Table:
        """Return the runs as columns `weight:DOMAIN` and `loss:TASK`."""
        columns = {_WEIGHT + name: self.weights[:, i] for i, name in enumerate(self.domains)}
        columns |= {_LOSS + name: self.losses[:, i] for i, name in enumerate(self.tasks)}
        return pa.table(columns)

    def save(self, path: Path) -> None:
        """Write the runs as Parquet, or as JSON (a list of rows) where the name ends so.

        Raises:
            ConfigError: The file cannot be written.
        """
        if path.suffix == ".json":
            write_whole(path, msgspec.json.format(msgspec.json.encode(self.table().to_pylist())))
            return
        sink = pa.BufferOutputStream()
        pq.write_table(self.table(), sink)
        write_whole(path, sink.getvalue().to_pybytes())

    @classmethod
    def load(cls, path: Path) -> "Runs":
        """Read runs that `save` wrote, or that another trainer wrote in the same columns.

        Raises:
            RecordError: There is no such file, or it holds no runs.
        """
        with blame(RecordError, f"cannot read the runs of {path}"):
            if path.suffix == ".json":
                rows = msgspec.json.decode(path.read_bytes(), type=list[dict[str, float]])
                table = pa.Table.from_pylist(rows)
            else:
                table = pq.read_table(path)
            return cls.of(table)

    @classmethod
    def of(cls, table: pa.Table) -> "Runs":
        """Return the runs of a table; rows need not sum to 1 exactly.

        Raises:
            RecordError: It lacks weights or losses, or holds what is no number.
        """
        names = table.column_names
        domains = [name.removeprefix(_WEIGHT) for name in names if name.startswith(_WEIGHT)]
        tasks = [name.removeprefix(_LOSS) for name in names if name.startswith(_LOSS)]
        if not domains or not tasks or not len(table):
            raise RecordError("runs have columns weight:DOMAIN and loss:TASK, and at least one row")
        with blame(RecordError, "weights and losses must be numbers"):
            weights = np.stack([_numbers(table, _WEIGHT + name) for name in domains], axis=1)
            losses = np.stack([_numbers(table, _LOSS + name) for name in tasks], axis=1)
        sums = weights.sum(axis=1, keepdims=True)
        if not np.isfinite(losses).all() or not (weights >= 0).all() or not (sums > 0).all():
            raise RecordError("weights must be 0 or more and not all 0, and losses finite")
        return cls(tuple(domains), tuple(tasks), weights / sums, losses)


def design(
    sizes: Mapping[str, float],
    n_runs: int,
    seed: int = 0,
    *,
    budget: float = 0,
    max_epochs: float = 0,
) -> Numbers:
    """Return mixtures to try, [runs, domains]: natural, uniform, and draws around them.

    Draws are from Dirichlet distributions about the natural weights and about even ones in turn,
    at strengths from scattered to close (as RegMix does), so that corners and middle are both seen.

    Args:
        sizes: Unique size of each domain.
        n_runs: How many; Olmix finds that as many runs are needed as a small multiple of domains.
        seed: Of the draws.
        budget: Size that a run would read, in the unit of `sizes`; needed with `max_epochs`.
        max_epochs: No mixture reads a domain more often; 0 means no cap.

    Raises:
        ConfigError: There are no runs or no sizes, or the caps leave less than the budget.
    """
    if n_runs < 1:
        raise ConfigError(f"there must be at least one run, and not {n_runs}")
    centre = np.array(list(natural(sizes).values()))
    even = np.full(len(centre), 1 / len(centre))
    caps = caps_of(sizes, budget, max_epochs)
    rng = random.Random(f"mixtures {seed}")
    rows = [centre, even]
    while len(rows) < n_runs:
        about = (centre + even) / 2 if len(rows) % 2 else even
        strength = len(centre) * 2.0 ** rng.uniform(-1.5, 3)
        drawn = np.array([rng.gammavariate(max(strength * a, 1e-2), 1.0) for a in about])
        if drawn.sum() > 0:
            rows.append(drawn / drawn.sum())
    return np.stack([fill(np.maximum(row, 1e-9), caps, 1.0) for row in rows[:n_runs]])


def caps_of(sizes: Mapping[str, float], budget: float, max_epochs: float) -> Numbers:
    """Return the most that each domain may weigh so that none is read more than `max_epochs` times.

    Raises:
        ConfigError: There is a cap and no budget, or all domains together cannot fill the budget.
    """
    if not max_epochs:
        return np.ones(len(sizes))
    if budget <= 0 or max_epochs < 0:
        raise ConfigError("a cap on epochs needs a budget to count them by")
    caps = np.minimum(np.array(list(sizes.values())) * max_epochs / budget, 1.0)
    if caps.sum() < 1:
        raise ConfigError(
            f"all domains read {max_epochs:g} times are less than the budget: "
            "lower the budget or let them be read more often"
        )
    return caps


def _numbers(table: pa.Table, name: str) -> Numbers:
    values: Numbers = table[name].to_numpy().astype(np.float64)
    return values
