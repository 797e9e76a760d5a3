"""Parquet and Arrow tables to documents, column by column: texts are never made into objects."""

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from etude.errors import RecordError, blame
from etude.store.readers._dates import iso_date
from etude.store.readers._decode import decode
from etude.store.readers._fields import FieldReader, as_text, flat_tags, licences
from etude.store.readers._files import File
from etude.store.readers._licences import spdx
from etude.store.readers._rows import (
    SCHEMA,
    Aside,
    DamageError,
    as_batch,
    empty_lists,
    origins,
    pairs,
)


class Table:
    """Turns batches of one file's rows, with whatever columns they have, into documents."""

    def __init__(self, reader: FieldReader, file: File, aside: Aside) -> None:
        self.reader = reader
        self.file = file
        self.aside = aside
        self._told: set[int] = set()
        """Rows that were set aside when their texts were decoded."""

    def columns(self, schema: pa.Schema) -> list[str]:
        """Return the names of the columns that are needed.

        Raises:
            DamageError: There is no column of texts.
        """
        wanted = [self.reader.text_field, *self.reader.places().values(), *self.reader.tag_fields]
        tops = dict.fromkeys(path.split(".")[0] for path in wanted)
        tops |= dict.fromkeys(path for path in wanted if path in schema.names)
        if self.reader.text_field.split(".")[0] not in schema.names:
            raise DamageError("text is missing")
        return [name for name in tops if name in schema.names]

    def documents(self, batch: pa.RecordBatch, first_row: int) -> pa.RecordBatch:
        """Return the rows of a batch as documents; rows without a proper text are set aside."""
        numbers = pa.array(range(first_row, first_row + batch.num_rows), pa.int64())
        texts, tags = self._texts(batch, numbers)
        keep = self._judge(texts, numbers)
        if keep is not None:
            batch, texts, numbers = batch.filter(keep), texts.filter(keep), numbers.filter(keep)
            tags = tags.filter(keep) if tags is not None else None
        places = pc.cast(numbers, pa.string())
        own = {key: self._column(batch, path) for key, path in self.reader.places().items()}
        count = batch.num_rows
        blank = pa.repeat("", count)
        ids = _join(f"{self.file.name}:", places)
        if (said := own.pop("id", None)) is not None:
            said = _strings(said)
            ids = pc.if_else(pc.equal(said, ""), ids, said)
        columns: dict[str, pa.Array] = {
            "id": ids,
            "origin": origins(
                _join(f"{self.file.path}:", places),
                self._licences(own.pop("licence", None), count),
                self.reader.made_by(),
            ),
            "text": texts,
            "media_type": pa.repeat(self.reader.media_type, count),
            "domain": pa.repeat(self.reader.domain, count),
            "date": _dates(own.pop("date", None), count),
            "opt_out": empty_lists(SCHEMA.field("opt_out").type, count),
            "tags": tags if tags is not None else self._tags(batch),
        }
        for name in ("url", "title", "language"):
            value = own.get(name)
            columns[name] = blank if value is None else _strings(value)
        return as_batch(columns)

    def _texts(
        self, batch: pa.RecordBatch, numbers: pa.Array
    ) -> tuple[pa.StringArray, pa.Array | None]:
        """Return the texts, null where there is none, and tags where encodings were mended."""
        texts = self._column(batch, self.reader.text_field)
        if texts is None:
            raise DamageError("text is missing")
        if pa.types.is_dictionary(texts.type):
            texts = texts.dictionary_decode()
        if not _is_texts(texts.type):
            if not pa.types.is_null(texts.type):
                raise DamageError("text is not a string")
            return pa.nulls(len(texts), pa.string()), None
        try:
            checked = pc.cast(texts, pa.string())
            checked.validate(full=True)
        except pa.ArrowInvalid:
            return self._mended(pc.cast(texts, pa.binary()), numbers)
        return checked, None

    def _mended(
        self, texts: pa.BinaryArray, numbers: pa.Array
    ) -> tuple[pa.StringArray, pa.ListArray]:
        """Decode texts one by one, because some are not UTF-8."""
        strings: list[str | None] = []
        tags: list[Mapping[str, str]] = []
        for text, number in zip(texts, numbers, strict=True):
            data = text.as_py()
            try:
                decoded = decode(data or b"") if data is None or not _is_utf8(data) else None
            except DamageError as damage:
                self._broken(number.as_py(), str(damage), data or b"")
                self._told.add(number.as_py())
                strings.append(None)
                tags.append({})
                continue
            strings.append(decoded.text if decoded and data is not None else _text(data))
            tags.append(decoded.tags() if decoded else {})
        return pa.array(strings, pa.string()), pairs(tags)

    def _judge(self, texts: pa.StringArray, numbers: pa.Array) -> pa.BooleanArray | None:
        """Set rows aside and return which stay; `None` when all do."""
        sizes = pc.fill_null(pc.binary_length(texts), -1)
        bad = pc.or_(pc.less(sizes, 1), pc.greater(sizes, self.reader.max_document_bytes))
        if not bad.true_count:
            return None
        for index in pc.indices_nonzero(bad).to_pylist():
            size, number = sizes[index].as_py(), numbers[index].as_py()
            if number in self._told:
                continue
            if size > 0:
                self._broken(number, "longer than max_document_bytes", b"")
            else:
                self._broken(number, "text is missing" if size < 0 else "empty", b"")
        return pc.invert(bad)

    def _broken(self, number: int, reason: str, shown: bytes) -> None:
        self.aside(f"{self.file.name}:{number}", reason, shown)

    def _column(self, batch: pa.RecordBatch, path: str) -> pa.Array | None:
        """Return the values at a dotted path; `None` when there is no such column."""
        if path in batch.schema.names:
            return batch.column(path)
        first, *inner = path.split(".")
        if first not in batch.schema.names:
            return None
        values = batch.column(first)
        for name in inner:
            kind = values.type
            if not pa.types.is_struct(kind) or kind.get_field_index(name) < 0:
                return None
            values = pc.struct_field(values, [name])
        return values

    def _licences(self, values: pa.Array | None, count: int) -> pa.Array:
        if values is None:
            return pa.repeat(self.reader.licence, count)
        known: dict[str, str] = {"": self.reader.licence}
        said = [licences(value) for value in values.to_pylist()]
        for one in set(said) - {""}:
            known[one] = spdx(one)
        return pa.array([known[one] for one in said], pa.string())

    def _tags(self, batch: pa.RecordBatch) -> pa.Array:
        if not self.reader.tag_fields:
            return empty_lists(SCHEMA.field("tags").type, batch.num_rows)
        columns = {name: self._column(batch, name) for name in self.reader.tag_fields}
        values = {n: c.to_pylist() for n, c in columns.items() if c is not None}
        return pairs(
            [
                {k: v for name, all_of in values.items() for k, v in flat_tags(name, all_of[row])}
                for row in range(batch.num_rows)
            ]
        )


def _is_texts(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_binary_view(kind)
    )


def _strings(values: pa.Array) -> pa.Array:
    """Return a column as strings, empty where null."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    try:
        checked = pc.cast(values, pa.string())
        checked.validate(full=True)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.array([_plain(value) for value in values], pa.string())
    return pc.fill_null(checked, "")


def _plain(value: pa.Scalar) -> str:
    if isinstance(value, (pa.StringScalar, pa.BinaryScalar)):
        buffer = value.as_buffer()
        return buffer.to_pybytes().decode("utf-8", "replace") if buffer is not None else ""
    with blame(RecordError, "a value"):
        return as_text(value.as_py())


def _dates(values: pa.Array | None, count: int) -> pa.Array:
    if values is None:
        return pa.repeat("", count)
    kind = values.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        pattern = "%Y-%m-%d" if pa.types.is_date(kind) else "%Y-%m-%dT%H:%M:%SZ"
        seconds = values if pa.types.is_date(kind) else pc.cast(values, pa.timestamp("s"), False)
        return pc.fill_null(pc.strftime(seconds, pattern), "")
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return pa.array([iso_date(value) for value in values.to_pylist()], pa.string())
    return pa.array([iso_date(value) for value in _strings(values).to_pylist()], pa.string())


def _join(prefix: str, values: pa.Array) -> pa.Array:
    try:
        start = pa.scalar(prefix, pa.string())
    except UnicodeEncodeError:
        start = pa.scalar(prefix.encode("utf-8", "backslashreplace").decode(), pa.string())
    return pc.binary_join_element_wise(start, values, "")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _text(data: Any) -> str | None:
    return data.decode() if data is not None else None


def batches(
    table: Table, source: Iterator[pa.RecordBatch], first_row: int
) -> Iterator[pa.RecordBatch]:
    """Yield the documents of the batches of a file, whose first row has that number."""
    for batch in source:
        documents = table.documents(batch, first_row)
        first_row += batch.num_rows
        if documents.num_rows:
            yield documents
