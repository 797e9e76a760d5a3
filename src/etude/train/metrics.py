"""Metrics: every number of a run with its step, kept line by line and shipped as Parquet."""

import math
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from etude.errors import ConfigError, RecordError, blame

SPEED = "machine"
"""Split of metrics that tell of the machine; these alone differ from one run to the next."""
_SCHEMA = pa.schema(
    [("step", pa.int64()), ("name", pa.string()), ("value", pa.float64()), ("split", pa.string())]
)


class Metric(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One number."""

    step: int
    """Steps done when it was measured; 0 is before the training."""
    name: str
    value: float
    split: str
    """What it was measured on: `train`, `held_out`, `probe`, or `machine`."""


class MetricLog:
    """The metrics of a run under way: one file of lines that survives a crash."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, step: int, split: str, values: Mapping[str, float]) -> None:
        """Add numbers of one step; those that are no number are left out.

        Raises:
            ConfigError: The disk takes no more.
        """
        rows = [
            Metric(step=step, name=name, value=float(value), split=split)
            for name, value in values.items()
            if math.isfinite(value)
        ]
        lines = b"".join(msgspec.json.encode(row) + b"\n" for row in rows)
        with blame(ConfigError, f"cannot write {self._path}"), self._path.open("ab") as file:
            file.write(lines)

    def rewind(self, step: int) -> None:
        """Forget what was measured after a step: the training goes on from there."""
        kept = [row for row in self.read() if row.step <= step]
        draft = self._path.with_suffix(".draft")
        with blame(ConfigError, f"cannot write {self._path}"):
            draft.write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in kept))
            draft.replace(self._path)

    def read(self) -> list[Metric]:
        """Return the numbers so far; a last line that was never finished is left out."""
        if not self._path.exists():
            return []
        lines = self._path.read_bytes().split(b"\n")[:-1]
        return [msgspec.json.decode(line, type=Metric) for line in lines]


def write_metrics(path: Path, metrics: Iterable[Metric]) -> None:
    """Write metrics as Parquet: step, name, value, split."""
    rows = [msgspec.structs.asdict(metric) for metric in metrics]
    pq.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA), path, compression="zstd")


def read_metrics(path: Path) -> list[Metric]:
    """Read metrics from Parquet.

    Raises:
        RecordError: The file is damaged.
    """
    with blame(RecordError, f"reading {path}"):
        return msgspec.convert(pq.read_table(path).to_pylist(), list[Metric])
