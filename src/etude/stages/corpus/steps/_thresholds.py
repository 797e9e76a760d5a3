"""How a filter judges by numbers: from a measurement, or from signals that documents carry."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from etude.errors import ConfigError
from etude.stages.corpus.batch import signal, with_signal
from etude.stages.corpus.kernel.columns import COLUMNS
from etude.stages.corpus.kernel.measure import measured

Numbers = Mapping[str, npt.NDArray[np.floating]]
Masks = dict[str, npt.NDArray[np.bool_]]


def numbers_of(batch: pa.RecordBatch, measurement: str) -> Numbers:
    """Return the columns of a measurement of the batch's texts as they are."""
    kind = measurement.partition(":")[0]
    table = measured(batch, measurement).numbers[measurement]
    return dict(zip(COLUMNS[kind], table.T, strict=True))


def stored_signals(batch: pa.RecordBatch, measurement: str, prefix: str = "") -> Numbers:
    """Return the columns of a measurement from the `signal_…` columns of the documents.

    Raises:
        ConfigError: One of them is not there.
    """
    found = {}
    for column in COLUMNS[measurement]:
        values = signal(batch, prefix + column)
        if values is None:
            raise ConfigError(
                f"stored_signals = true, but the documents have no signal_{prefix}{column}; "
                "measure them once without that setting"
            )
        found[column] = values
    return found


def with_signals(batch: pa.RecordBatch, numbers: Numbers, prefix: str = "") -> pa.RecordBatch:
    """Return the batch with each number as a signal of its documents."""
    for name, values in numbers.items():
        batch = with_signal(batch, prefix + name, values)
    return batch


def above(values: npt.NDArray[np.floating], most: float | None) -> npt.NDArray[np.bool_]:
    """Tell which values are greater; with `None` no one is, nor is what was not measured.

    The limit is rounded as the values were, so that a value at it never seems to be beyond it.
    """
    if most is None:
        return np.zeros(len(values), dtype=np.bool_)
    return np.asarray(values > values.dtype.type(most), dtype=np.bool_)


def below(values: npt.NDArray[np.floating], least: float | None) -> npt.NDArray[np.bool_]:
    """Tell which values are smaller; see `above`."""
    if least is None:
        return np.zeros(len(values), dtype=np.bool_)
    return np.asarray(values < values.dtype.type(least), dtype=np.bool_)
