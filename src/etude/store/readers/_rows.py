"""Documents on their way into columns: what a reader found, and what could not be read."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence

import msgspec
import pyarrow as pa

from etude.errors import RecordError
from etude.records import BrokenRecord, Document
from etude.store.columns import Columns

SCHEMA: pa.Schema = Columns(Document).schema
"""Columns of a document."""
_EXCERPT_BYTES = 80
_SURROGATE = re.compile("[\ud800-\udfff]")


class DamageError(RecordError):
    """Something cannot be read on; its message is a reason as `BrokenRecord` has it."""


class Found(msgspec.Struct, kw_only=True, gc=False):
    """One document as a reader found it; empty fields are filled from the reader's settings."""

    id: str
    text: str | bytes
    """Bytes are UTF-8 that was checked."""
    source: str
    media_type: str = "text/plain"
    url: str = ""
    title: str = ""
    date: str = ""
    language: str = ""
    licence: str = ""
    opt_out: tuple[str, ...] = ()
    tags: Mapping[str, str] = {}


class Watcher(ABC):
    """Takes broken records, as any callable may, and is asked before each record is parsed."""

    @abstractmethod
    def __call__(self, record: BrokenRecord) -> None:
        """Take a record that cannot be read."""

    @abstractmethod
    def lets(self, place: str) -> bool:
        """Whether what lies at `place` is to be read; whoever says no tells of it."""


class Aside:
    """Takes what cannot be read, and sees to it that no file is read in vain without a word."""

    def __init__(self, broken: Callable[[BrokenRecord], None]) -> None:
        self._broken = broken
        self._watcher = broken if isinstance(broken, Watcher) else None
        self.asks = self._watcher is not None
        """Whether anybody wants to be asked; spares the question where records are many."""
        self._passed: dict[str, int] = {}
        self.gave = False
        """Whether the file at hand gave a document, or something that was set aside."""

    def __call__(self, place: str, reason: str, excerpt: str | bytes = b"") -> None:
        """Set aside what lies at `place`."""
        self.gave = True
        self._broken(
            BrokenRecord(id=printable(place), reason=printable(reason), excerpt=show(excerpt))
        )

    def lets(self, name: str, place: str = "") -> bool:
        """Whether to read what lies at a place of a file; asked before any of it is parsed."""
        if self._watcher is None or self._watcher.lets(name + place):
            return True
        self.gave = True
        return False

    def pass_over(self, reason: str) -> None:
        """Note what is whole but by choice no document, such as a redirect: it is not broken."""
        self._passed[reason] = self._passed.get(reason, 0) + 1

    def settle(self, name: str) -> None:
        """End a file; one that gave nothing is told of once, with what was passed over in it."""
        if self._passed and not self.gave:
            counts = sorted(self._passed.items(), key=lambda one: (-one[1], one[0]))
            shown = ", ".join(f"{reason} ({count})" for reason, count in counts)
            self(name, "passed over: holds no document", shown)
        self._passed = {}
        self.gave = False


class Rows:
    """Gathers documents until they make a batch."""

    def __init__(
        self, made_by: str, domain: str, licence: str, max_bytes: int, batch_bytes: int
    ) -> None:
        self.made_by = made_by
        self.domain = domain
        self.licence = licence
        self.max_bytes = max_bytes
        self.batch_bytes = batch_bytes
        self._texts: list[bytes] = []
        self._found: list[Found] = []
        self._size = 0

    def add(self, found: Found, aside: Aside) -> None:
        """Take one document, or set it aside when it is empty or too long."""
        text = found.text
        data = text if isinstance(text, bytes) else _encode(text)
        if not data or data.isspace():
            aside(found.id, "empty")
        elif len(data) > self.max_bytes:
            aside(found.id, "longer than max_document_bytes", data[:_EXCERPT_BYTES])
        else:
            found.text = b""
            self._texts.append(data)
            self._found.append(found)
            self._size += len(data)

    def full(self) -> bool:
        """Whether there is enough for a batch."""
        return self._size >= self.batch_bytes

    def take(self) -> pa.RecordBatch | None:
        """Return what was gathered as a batch and begin anew; `None` when there is nothing."""
        if not self._found:
            return None
        found = self._found
        columns = {
            "id": _strings([one.id for one in found]),
            "origin": self._origins(found),
            "text": pa.array(self._texts, type=pa.binary()).view(pa.string()),
            "media_type": _strings([one.media_type for one in found]),
            "url": _strings([one.url for one in found]),
            "title": _strings([one.title for one in found]),
            "date": _strings([one.date for one in found]),
            "language": _strings([one.language for one in found]),
            "domain": _strings([self.domain] * len(found)),
            "opt_out": _lists([one.opt_out for one in found]),
            "tags": pairs([one.tags for one in found]),
        }
        self._texts, self._found, self._size = [], [], 0
        return as_batch(columns)

    def _origins(self, found: Sequence[Found]) -> pa.StructArray:
        return origins(
            _strings([one.source for one in found]),
            _strings([one.licence or self.licence for one in found]),
            self.made_by,
        )


def as_batch(columns: Mapping[str, pa.Array]) -> pa.RecordBatch:
    """Return columns by name as a batch in the order of `SCHEMA`."""
    return pa.RecordBatch.from_arrays(
        [columns[name].cast(SCHEMA.field(name).type) for name in SCHEMA.names], schema=SCHEMA
    )


def origins(sources: pa.Array, licences: pa.Array, made_by: str) -> pa.StructArray:
    """Return the column `origin`."""
    count = len(sources)
    kind = SCHEMA.field("origin").type
    values = {
        "source": sources,
        "licence": licences,
        "made_by": pa.repeat(made_by, count),
        "parents": empty_lists(kind.field("parents").type, count),
    }
    fields = [kind.field(index) for index in range(kind.num_fields)]
    return pa.StructArray.from_arrays([values[field.name] for field in fields], fields=fields)


def empty_lists(kind: pa.ListType, count: int) -> pa.ListArray:
    """Return `count` empty lists."""
    offsets = pa.repeat(pa.scalar(0, pa.int32()), count + 1)
    return pa.ListArray.from_arrays(offsets, pa.array([], kind.value_type), type=kind)


def pairs(tags: Sequence[Mapping[str, str]]) -> pa.ListArray:
    """Return the column `tags`."""
    kind = SCHEMA.field("tags").type
    if not any(tags):
        return empty_lists(kind, len(tags))
    keys = _strings([key for one in tags for key in one])
    values = _strings([value for one in tags for value in one.values()])
    fields = [kind.value_type.field(0), kind.value_type.field(1)]
    items = pa.StructArray.from_arrays([keys, values], fields=fields)
    return pa.ListArray.from_arrays(_offsets([len(one) for one in tags]), items, type=kind)


def printable(text: str) -> str:
    """Return text that every file can hold: lone surrogates and control characters escaped."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode()
        for char in text
    )


def show(data: str | bytes) -> str:
    """Return the beginning of some bytes, printable."""
    if isinstance(data, str):
        data = _encode(data[:_EXCERPT_BYTES])
    return printable(data[:_EXCERPT_BYTES].decode("utf-8", "replace"))


def _encode(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", text).encode()


def _strings(values: list[str]) -> pa.StringArray:
    try:
        return pa.array(values, type=pa.string())
    except UnicodeEncodeError:
        return pa.array([_SURROGATE.sub(_escape, value) for value in values], type=pa.string())


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _lists(values: Sequence[Sequence[str]]) -> pa.ListArray:
    kind = SCHEMA.field("opt_out").type
    if not any(values):
        return empty_lists(kind, len(values))
    items = _strings([item for one in values for item in one])
    return pa.ListArray.from_arrays(_offsets([len(one) for one in values]), items, type=kind)


def _offsets(lengths: Sequence[int]) -> pa.Int32Array:
    total, offsets = 0, [0]
    for length in lengths:
        total += length
        offsets.append(total)
    return pa.array(offsets, type=pa.int32())
