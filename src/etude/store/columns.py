"""Records as Parquet columns: one column per field, nested as Parquet nests, and back.

A `dict` becomes a list of `key` and `value` pairs and not a Parquet map, because
`datasets.load_dataset` refuses maps.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Generic, TypeAlias, TypeVar

import msgspec
import msgspec.inspect as kinds
import pyarrow as pa
import pyarrow.parquet as pq

from etude.errors import RecordError

RecordT = TypeVar("RecordT", bound=msgspec.Struct)
Plain = object
"""A value as JSON knows it, or bytes."""
Batch: TypeAlias = pa.RecordBatch
"""Rows in Arrow columns."""

SIGNAL = "signal_"
"""Prefix of float32 columns beside those of documents: numbers that were measured of each."""

_SCALARS: dict[type[kinds.Type], pa.DataType] = {
    kinds.StrType: pa.string(),
    kinds.IntType: pa.int64(),
    kinds.FloatType: pa.float64(),
    kinds.BoolType: pa.bool_(),
    kinds.BytesType: pa.binary(),
}
_BATCH_ROWS = 64


class Columns(Generic[RecordT]):
    """How records of one type lie in columns.

    Raises:
        TypeError: A field is of a type that has no column.
    """

    def __init__(self, record: type[RecordT]) -> None:
        info = kinds.type_info(record)
        if not isinstance(info, kinds.StructType):
            raise TypeError(f"{record!r} is not a struct")
        self.record = record
        self.info = info
        self.schema = pa.schema(list(_arrow(info)))
        self._folds = _holds_dict(info)

    def write(self, rows: Sequence[RecordT], path: Path) -> None:
        """Write `rows` to a Parquet file at `path`.

        Raises:
            RecordError: A row does not fit its type, or cannot be kept in Parquet.
        """
        pq.write_table(self.table(rows, path.name), path, compression="zstd")

    def table(self, rows: Sequence[RecordT], name: str) -> pa.Table:
        """Return `rows` in columns; `name` is what messages call them.

        Raises:
            RecordError: A row does not fit its type, or cannot be kept in Parquet.
        """
        plain = [self._to_plain(row, f"{name}:{n}") for n, row in enumerate(rows, start=1)]
        try:
            return pa.Table.from_pylist(plain, schema=self.schema)
        except (pa.ArrowException, UnicodeError, OverflowError) as cause:
            raise self._misfit(plain, name) from cause

    def read(self, path: Path) -> Iterator[RecordT]:
        """Yield the rows of the Parquet file at `path`, in order.

        Columns that are no fields of the record, such as a document's signals, are left out.

        Raises:
            RecordError: The file cannot be read, or a row does not fit the type.
        """
        number = 0
        for batch in read_batches(path, self.schema.names, _BATCH_ROWS):
            for plain in batch.to_pylist():
                number += 1
                yield self._from_plain(plain, f"{path}:{number}")

    def read_row(self, path: Path, index: int) -> RecordT:
        """Return one row of the Parquet file at `path`, counted from 0.

        Raises:
            RecordError: The file cannot be read, or the row does not fit the type.
        """
        for batch in read_batches(path, self.schema.names, _BATCH_ROWS):
            if index < batch.num_rows:
                return self._from_plain(batch.slice(index, 1).to_pylist()[0], f"{path}:{index + 1}")
            index -= batch.num_rows
        raise RecordError(f"{path}: ends {index + 1} rows early")

    def _to_plain(self, row: RecordT, where: str) -> Plain:
        plain = msgspec.to_builtins(row, builtin_types=(bytes,))
        try:
            # Structs are not checked when they are made; what is written must be.
            msgspec.convert(plain, self.record)
        except msgspec.ValidationError as cause:
            raise RecordError(f"{where}: {cause}") from cause
        return _fold(plain, self.info) if self._folds else plain

    def _from_plain(self, plain: Plain, where: str) -> RecordT:
        try:
            return msgspec.convert(_unfold(plain, self.info) if self._folds else plain, self.record)
        except (msgspec.ValidationError, TypeError, KeyError) as cause:
            raise RecordError(f"{where}: {cause}") from cause

    def _misfit(self, plain: Sequence[Plain], name: str) -> RecordError:
        """Name the first row that Parquet cannot hold."""
        for number, row in enumerate(plain, start=1):
            try:
                pa.Table.from_pylist([row], schema=self.schema)
            except (pa.ArrowException, UnicodeError, OverflowError) as cause:
                return RecordError(
                    f"{name}:{number}: cannot be kept in Parquet: {_in_one_line(cause)}"
                )
        return RecordError(f"{name}: rows are too large for one shard; write fewer in each")


def read_column(path: Path, name: str) -> list[str]:
    """Return one column of text of the Parquet file at `path`.

    Raises:
        RecordError: The file cannot be read or has no such column.
    """
    try:
        values: list[str] = pq.read_table(path, columns=[name]).column(name).to_pylist()
    except (OSError, pa.ArrowException, KeyError) as cause:
        raise RecordError(f"{path}: {_in_one_line(cause)}") from cause
    return values


def read_batches(
    path: Path, columns: Sequence[str] | None = None, rows: int = 8192
) -> Iterator[Batch]:
    """Yield the Parquet file at `path` in batches of at most so many rows.

    Args:
        path: The file.
        columns: Only these columns, as far as the file has them; all of them when `None`.
        rows: Rows of one batch.

    Raises:
        RecordError: The file cannot be read.
    """
    try:
        with pq.ParquetFile(path) as file:
            there = set(file.schema_arrow.names)
            names = None if columns is None else [name for name in columns if name in there]
            yield from file.iter_batches(batch_size=rows, columns=names)
    except (OSError, pa.ArrowException) as cause:
        raise RecordError(f"{path}: {_in_one_line(cause)}") from cause


def column_names(path: Path) -> list[str]:
    """Return the names of the columns of the Parquet file at `path`.

    Raises:
        RecordError: The file cannot be read.
    """
    try:
        return [str(name) for name in pq.read_schema(path).names]
    except (OSError, pa.ArrowException) as cause:
        raise RecordError(f"{path}: {_in_one_line(cause)}") from cause


def count_rows(path: Path) -> int:
    """Return how many rows the Parquet file at `path` says it has.

    Raises:
        RecordError: The file cannot be read.
    """
    try:
        return int(pq.read_metadata(path).num_rows)
    except (OSError, pa.ArrowException) as cause:
        raise RecordError(f"{path}: {_in_one_line(cause)}") from cause


def _in_one_line(cause: Exception) -> str:
    return " ".join(str(cause).split())


def _arrow(info: kinds.StructType) -> Iterator[pa.Field]:
    for field in info.fields:
        try:
            inner, nullable = _without_none(field.type)
            yield pa.field(field.encode_name, _arrow_type(inner), nullable=nullable)
        except TypeError as cause:
            raise TypeError(f"{info.cls.__name__}.{field.name}: {cause}") from cause


def _arrow_type(info: kinds.Type) -> pa.DataType:
    if type(info) in _SCALARS:
        return _SCALARS[type(info)]
    if isinstance(info, kinds.LiteralType) and all(isinstance(v, str) for v in info.values):
        return pa.string()
    if isinstance(info, kinds.StructType):
        return pa.struct(list(_arrow(info)))
    if isinstance(info, (kinds.VarTupleType, kinds.ListType)):
        inner, nullable = _without_none(info.item_type)
        return pa.list_(pa.field("element", _arrow_type(inner), nullable=nullable))
    if isinstance(info, kinds.DictType):
        value, nullable = _without_none(info.value_type)
        key_field = pa.field("key", _arrow_type(info.key_type), nullable=False)
        value_field = pa.field("value", _arrow_type(value), nullable=nullable)
        return pa.list_(pa.field("element", pa.struct([key_field, value_field]), nullable=False))
    raise TypeError(f"no column holds a {type(info).__name__}")


def _without_none(info: kinds.Type) -> tuple[kinds.Type, bool]:
    """Return the type beside `None`, and whether `None` is allowed."""
    if not isinstance(info, kinds.UnionType):
        return info, False
    others = [kind for kind in info.types if not isinstance(kind, kinds.NoneType)]
    if len(others) != 1:
        raise TypeError("no column holds values of several types")
    return others[0], len(others) < len(info.types)


def _holds_dict(info: kinds.Type) -> bool:
    info, _ = _without_none(info)
    if isinstance(info, kinds.StructType):
        return any(_holds_dict(field.type) for field in info.fields)
    if isinstance(info, (kinds.VarTupleType, kinds.ListType)):
        return _holds_dict(info.item_type)
    return isinstance(info, kinds.DictType)


def _fold(value: Plain, info: kinds.Type) -> Plain:
    """Turn every dict field in `value` into pairs."""
    info, _ = _without_none(info)
    if isinstance(info, kinds.StructType) and isinstance(value, dict):
        return {f.encode_name: _fold(value[f.encode_name], f.type) for f in info.fields}
    if isinstance(info, (kinds.VarTupleType, kinds.ListType)) and isinstance(value, (list, tuple)):
        return [_fold(item, info.item_type) for item in value]
    if isinstance(info, kinds.DictType) and isinstance(value, dict):
        return [
            {"key": _fold(k, info.key_type), "value": _fold(v, info.value_type)}
            for k, v in value.items()
        ]
    return value


def _unfold(value: Plain, info: kinds.Type) -> Plain:
    """Turn the pairs of every dict field in `value` into dicts again."""
    info, _ = _without_none(info)
    if isinstance(info, kinds.StructType) and isinstance(value, dict):
        types = {field.encode_name: field.type for field in info.fields}
        return {k: _unfold(v, types[k]) if k in types else v for k, v in value.items()}
    if isinstance(info, (kinds.VarTupleType, kinds.ListType)) and isinstance(value, list):
        return [_unfold(item, info.item_type) for item in value]
    if isinstance(info, kinds.DictType) and isinstance(value, list):
        return {
            _unfold(pair["key"], info.key_type): _unfold(pair["value"], info.value_type)
            for pair in value
        }
    return value
