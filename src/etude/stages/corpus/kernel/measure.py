"""Everything that published filters want to know of a text, in one pass over a batch.

Measurements are named "repetition", "quality", "c4", "fineweb" and "redpajama"; settings that
change what is measured are part of the name (`C4Rules.name`, `fineweb_name`, `repetition_name`).
The numbers of one
measurement are float64 [texts, columns]; a row is NaN where the text is empty. Beside the numbers
`c4` has the text that C4 leaves, and FineWeb's numbers of that text.
"""

import ctypes
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from etude.errors import ConfigError, RecordError
from etude.stages.corpus.batch import DROP, texts, with_column
from etude.stages.corpus.kernel._library import library
from etude.stages.corpus.kernel._texts import Texts
from etude.stages.corpus.kernel.columns import COLUMNS, SHORT_LINE, C4Rules, fineweb_name
from etude.stages.corpus.kernel.reference import filters

Floats = npt.NDArray[np.float64]

_GROUPS = {"repetition": 1, "quality": 2, "c4": 4, "fineweb": 8, "after": 16, "redpajama": 32}
_PREFIX = "_measured_"
_KEY = "_measured_key"
_MAX_BYTES = 2**31 - 1


class Limit(NamedTuple):
    """A document whose number lies outside is measured no further; what follows stays NaN.

    The order of measuring is repetition, quality, fineweb, redpajama, c4.
    """

    measurement: str
    column: str
    least: float = -np.inf
    most: float = np.inf


class Measured(NamedTuple):
    """What was measured of some texts."""

    numbers: dict[str, Floats]
    """By the name of the measurement: [texts, columns], columns as in `COLUMNS`."""
    c4_texts: pa.StringArray | None
    """What C4 leaves of each text; empty where it drops the document. `None` if not wanted."""
    c4_fineweb: Floats | None
    """FineWeb's numbers of those texts, short lines being of at most 30 characters."""

    def column(self, measurement: str, column: str) -> Floats:
        """Return one column; settings in the measurement's name may be left out."""
        kind = measurement.partition(":")[0]
        name = next(name for name in self.numbers if name.partition(":")[0] == kind)
        return self.numbers[name][:, COLUMNS[kind].index(column)]


class _Limit(ctypes.Structure):
    _fields_ = (
        ("group", ctypes.c_int32),
        ("column", ctypes.c_int32),
        ("least", ctypes.c_double),
        ("most", ctypes.c_double),
    )


class _Rules(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_int32) for name in C4Rules.__struct_fields__[:6]),
        *((name, ctypes.c_int64) for name in C4Rules.__struct_fields__[6:]),
    )


class _Request(ctypes.Structure):
    """struct request of measure.c."""

    _fields_ = (
        ("rows", ctypes.c_int64),
        ("text", ctypes.c_void_p),
        ("offsets", ctypes.c_void_p),
        ("wants", ctypes.c_int64),
        ("short_line", ctypes.c_int64),
        ("rules", _Rules),
        *((name, ctypes.c_void_p) for name in ("repetition", "quality", "c4", "fineweb")),
        *((name, ctypes.c_void_p) for name in ("after", "redpajama", "new_text", "new_offsets")),
        ("most", ctypes.c_void_p),
        ("limits", ctypes.c_void_p),
        ("n_limits", ctypes.c_int64),
    )


class _Wants(NamedTuple):
    """Names of measurements, read."""

    names: dict[str, str]
    """Kind of measurement -> its name."""
    rules: C4Rules
    short_line: int
    most: Floats | None
    """Limits of the repetition."""

    @property
    def bits(self) -> int:
        bits = sum(_GROUPS[kind] for kind in self.names)
        return bits | _GROUPS["after"] if "c4" in self.names else bits


def measure(
    values: pa.StringArray, wants: Iterable[str], *, limits: Sequence[Limit] = ()
) -> Measured:
    """Measure some texts.

    Raises:
        ConfigError: There is no such measurement, or one is wanted twice with other settings.
        RecordError: A text has 2^31 bytes or more.
        MemoryError: There is none for what a text is cut into.
    """
    read = _read(wants)
    data = Texts.of(values)
    if len(data) and int(data.sizes().max()) > _MAX_BYTES:
        raise RecordError("a text of 2 GiB or more cannot be measured; split it first")
    arrays = {
        kind: np.full((len(data), len(COLUMNS[kind])), np.nan) for kind in [*read.names, "after"]
    }
    if library() is None:
        new = filters.measure(data, arrays, read.rules, read.short_line)
        left: pa.StringArray | None = pa.array(new, type=pa.string())
    else:
        left = _call(data, read, arrays, limits)
    after = arrays.pop("after")
    numbers = {read.names[kind]: numbers for kind, numbers in arrays.items()}
    return Measured(numbers, *((left, after) if "c4" in read.names else (None, None)))


def add_measurements(batch: pa.RecordBatch, wants: Iterable[str]) -> pa.RecordBatch:
    """Measure a batch for the steps that follow; what is known of its texts stays.

    The columns begin with an underscore. They tell by a key of each text whether it was changed
    meanwhile, so that a step never goes by the numbers of another text.
    """
    fresh = is_fresh(batch)
    if not fresh:
        batch = without_measurements(batch)
    missing, kinds = set(), set()
    for name in sorted(set(wants)):
        # A second kind of C4, with other settings, is measured by its own step.
        if _PREFIX + name in batch.schema.names or (kind := name.partition(":")[0]) in kinds:
            continue
        kinds.add(kind)
        missing.add(name)
    if not missing:
        return batch
    measured = measure(texts(batch), missing)
    for name, numbers in measured.numbers.items():
        batch = with_numbers(batch, name, numbers)
    if measured.c4_texts is not None and measured.c4_fineweb is not None:
        batch = with_column(batch, _PREFIX + "c4 text", measured.c4_texts)
        batch = with_numbers(batch, "c4 fineweb", measured.c4_fineweb)
    return batch if fresh else with_keys(batch)


def measured(batch: pa.RecordBatch, name: str) -> Measured:
    """Return a measurement of a batch's texts as they are; take it if the batch has it not."""
    if not is_fresh(batch):
        return measure(texts(batch), [name])
    if name.startswith("repetition:") and _PREFIX + "repetition" in batch.schema.names:
        # What was measured to its end has the same numbers, and more.
        return Measured({name: _numbers(batch, "repetition")}, None, None)
    if _PREFIX + name not in batch.schema.names:
        return measure(texts(batch), [name])
    numbers = {name: _numbers(batch, name)}
    if not name.startswith("c4"):
        return Measured(numbers, None, None)
    return Measured(numbers, batch.column(_PREFIX + "c4 text"), _numbers(batch, "c4 fineweb"))


def is_fresh(batch: pa.RecordBatch) -> bool:
    """Tell whether a batch has measurements, and they are of its texts as they are.

    Documents that are marked as dropped do not count.
    """
    if _KEY not in batch.schema.names:
        return False
    same = batch.column(_KEY).to_numpy() == text_keys(texts(batch))
    if DROP in batch.schema.names:
        same |= batch.column(DROP).is_valid().to_numpy(zero_copy_only=False)
    return bool(same.all())


def without_measurements(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the batch without any measurement."""
    return batch.drop_columns([name for name in batch.schema.names if name.startswith(_PREFIX)])


def with_numbers(batch: pa.RecordBatch, name: str, numbers: Floats) -> pa.RecordBatch:
    """Return the batch with the numbers of one measurement; its keys must be right."""
    flat = pa.array(numbers.reshape(-1))
    column = pa.FixedSizeListArray.from_arrays(flat, numbers.shape[1])
    return with_column(batch, _PREFIX + name, column)


def with_keys(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the batch with the keys of its texts as they are."""
    return with_column(batch, _KEY, pa.array(text_keys(texts(batch))))


def text_keys(values: pa.StringArray) -> npt.NDArray[np.uint64]:
    """Return xxHash64 of each text, uint64 [texts]."""
    data = Texts.of(values)
    kernel = library()
    if kernel is None:
        return filters.text_keys(data)
    keys = np.zeros(len(data), dtype=np.uint64)
    kernel.etude_text_keys(_at(data.data), _at(data.offsets), ctypes.c_int64(len(data)), _at(keys))
    return keys


def _numbers(batch: pa.RecordBatch, name: str) -> Floats:
    column = batch.column(_PREFIX + name)
    numbers: Floats = column.flatten().to_numpy().reshape(len(column), column.type.list_size)
    return numbers


def _read(wants: Iterable[str]) -> _Wants:
    names: dict[str, str] = {}
    rules, short_line, most = C4Rules(), SHORT_LINE, None
    for name in wants:
        kind, _, settings = name.partition(":")
        if kind not in COLUMNS or kind == "after":
            raise ConfigError(f"there is no measurement {name!r}")
        if names.setdefault(kind, name) != name:
            raise ConfigError(f"{names[kind]!r} and {name!r} cannot be measured at once")
        if kind == "c4" and settings:
            rules = msgspec.json.decode(settings, type=C4Rules)
        if kind == "fineweb" and settings:
            short_line = int(settings)
        if kind == "repetition" and settings:
            limits = msgspec.json.decode(settings, type=dict[str, float])
            most = np.array([limits.get(column, np.inf) for column in COLUMNS[kind]])
    return _Wants(names, rules, short_line, most)


def _call(
    data: Texts, read: _Wants, arrays: Mapping[str, Floats], limits: Sequence[Limit]
) -> pa.StringArray | None:
    kernel = library()
    assert kernel is not None  # noqa: S101 - asked before
    new_text = new_offsets = None
    if "c4" in read.names:
        # C4 only ever shortens a text; pages that it does not write to take no memory.
        total = int(data.offsets[-1] - data.offsets[0])
        new_text = np.empty(total + 64, dtype=np.uint8)
        new_offsets = np.zeros(len(data) + 1, dtype=np.int64)
    at = {kind: _at(numbers) for kind, numbers in arrays.items()}
    bounds = (_Limit * len(limits))(*map(_limit, limits))
    request = _Request(
        rows=len(data),
        text=_at(data.data),
        offsets=_at(data.offsets),
        wants=read.bits,
        short_line=read.short_line,
        rules=_Rules(*msgspec.structs.astuple(read.rules)),
        new_text=None if new_text is None else _at(new_text),
        new_offsets=None if new_offsets is None else _at(new_offsets),
        most=None if read.most is None else _at(read.most),
        limits=ctypes.cast(bounds, ctypes.c_void_p),
        n_limits=len(limits),
        **at,
    )
    if kernel.etude_measure(ctypes.byref(request)):
        raise MemoryError
    if new_text is None or new_offsets is None:
        return None
    if new_offsets[-1] > _MAX_BYTES:
        raise RecordError("a batch with 2 GiB or more of text cannot be rewritten; make it smaller")
    buffers = [None, pa.py_buffer(new_offsets.astype(np.int32)), pa.py_buffer(new_text)]
    return pa.Array.from_buffers(pa.string(), len(data), buffers)


def _limit(limit: Limit) -> _Limit:
    column = COLUMNS[limit.measurement].index(limit.column)
    return _Limit(_GROUPS[limit.measurement], column, limit.least, limit.most)


def _at(values: npt.NDArray[np.generic]) -> ctypes.c_void_p:
    return ctypes.c_void_p(values.ctypes.data)


__all__ = ["COLUMNS", "C4Rules", "Limit", "Measured", "add_measurements", "fineweb_name", "measure"]
