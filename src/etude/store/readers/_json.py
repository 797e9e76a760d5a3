"""Lines of JSON to documents."""

import functools
import json
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any

import msgspec

from etude.errors import RecordError, blame
from etude.store.readers._base import Part
from etude.store.readers._dates import iso_date
from etude.store.readers._decode import decode
from etude.store.readers._fields import FieldReader, as_text, flat_tags, licences, walk
from etude.store.readers._files import File
from etude.store.readers._licences import spdx
from etude.store.readers._lines import lines
from etude.store.readers._rows import Aside, DamageError, Found
from etude.store.readers._whole import read_whole

Values = tuple[Any, ...]
"""Text, then the values at the places of a reader, then those of its tags."""


def json_documents(reader: FieldReader, file: File, part: Part, aside: Aside) -> Iterator[Found]:
    """Yield a document for each line of JSON, or each element of a file that is one array."""
    maker = _Maker(reader, file, aside)
    if file.stem().endswith(".json"):
        data = read_whole(file, aside, reader.max_document_bytes)
        if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"["):
            yield from maker.array(data)
            return
    for place, line in lines(file, aside, reader.max_document_bytes, part.start, part.stop):
        at = f"@{place}"
        if aside.asks and not aside.lets(file.name, at):
            continue
        if (found := maker.line(line, at)) is not None:
            yield found


class _Maker:
    """Makes documents of the records of one file."""

    def __init__(self, reader: FieldReader, file: File, aside: Aside) -> None:
        self.file = file
        self.aside = aside
        self.media_type = reader.media_type
        self.names = tuple(reader.places())
        self.paths = (reader.text_field, *reader.places().values(), *reader.tag_fields)
        self.tags = reader.tag_fields
        self.decoder, self.values = _typed(self.paths)

    def line(self, line: bytes, place: str) -> Found | None:
        """Return the document of a line; `None` when it is blank or was set aside."""
        try:
            return self.found(self.values(self.decoder.decode(line)), place, line, {})
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, AttributeError):
            # Rare: a line that is blank, of another shape, not UTF-8, or broken.
            return self.slow(line, place) if line.strip() else None

    def slow(self, line: bytes, place: str) -> Found | None:
        """Do as `line` does for whatever can be read in any way."""
        tags: dict[str, str] = {}
        try:
            if not _is_utf8(line):
                decoded = decode(line)
                line, tags = decoded.text.encode("utf-8", "replace"), decoded.tags()
            value = _loads(line)
        except DamageError as damage:
            self.broken(place, str(damage), line)
            return None
        return self.element(value, place, line, tags)

    def element(self, value: Any, place: str, shown: bytes, tags: dict[str, str]) -> Found | None:
        """Return the document of decoded JSON."""
        if not isinstance(value, dict):
            self.broken(place, "not a JSON object", shown)
            return None
        return self.found(tuple(walk(value, path) for path in self.paths), place, shown, tags)

    def array(self, data: bytes) -> Iterator[Found]:
        """Yield the documents of a file that is one array."""
        decoded = decode(data)
        values = _loads(decoded.text.encode("utf-8", "replace"))
        for number, value in enumerate(values):
            found = self.element(value, f":{number}", b"", decoded.tags())
            if found is not None:
                yield found

    def found(self, values: Values, place: str, shown: bytes, tags: dict[str, str]) -> Found | None:
        """Return the document of a record's values."""
        text = values[0]
        if not isinstance(text, str):
            reason = "text is missing" if text is None else "text is not a string"
            self.broken(place, reason, shown)
            return None
        said = dict(zip(self.names, values[1:], strict=False))
        if self.tags:
            held = values[-len(self.tags) :]
            tags |= {k: v for n, x in zip(self.tags, held, strict=True) for k, v in flat_tags(n, x)}
        licence = licences(said.get("licence"))
        return Found(
            id=as_text(said.get("id")) or self.file.name + place,
            text=text,
            source=self.file.path + place,
            media_type=self.media_type,
            url=as_text(said.get("url")),
            title=as_text(said.get("title")),
            date=iso_date(said.get("date")),
            language=as_text(said.get("language")),
            licence=_spdx(licence) if licence else "",
            tags=tags,
        )

    def broken(self, place: str, reason: str, shown: bytes) -> None:
        """Set a record aside."""
        self.aside(self.file.name + place, reason, shown)


_spdx = functools.lru_cache(maxsize=4096)(spdx)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _loads(data: bytes) -> Any:
    """Decode JSON as leniently as Python does: lone surrogates and NaN are let through."""
    try:
        # Also recursion that is too deep, and integers with too many digits.
        with blame(RecordError, "JSON"):
            return json.loads(data)
    except RecordError as error:
        if isinstance(error.__cause__, RecursionError):
            raise DamageError("JSON nested too deeply") from error
        raise DamageError("not JSON") from error


@functools.cache
def _typed(
    paths: tuple[str, ...],
) -> tuple[msgspec.json.Decoder[Any], Callable[[Any], Values]]:
    """Return a decoder that skips all but the values at some paths, and what picks them out."""
    tree: dict[str, Any] = {}
    for path in paths:
        node = tree
        *outer, last = path.split(".")
        for name in outer:
            inner = node.setdefault(name, {})
            if inner is None:
                break
            node = inner
        else:
            node[last] = None
    picks = []
    for path in paths:
        node, places = tree, []
        for name in path.split("."):
            if node is None:
                break
            places.append(f"f{list(node).index(name)}")
            node = node[name]
        picks.append(".".join(places))
    getter = attrgetter(*picks)
    pick = getter if len(picks) > 1 else lambda row: (getter(row),)
    return msgspec.json.Decoder(_struct(tree)), pick


def _struct(tree: dict[str, Any]) -> type[msgspec.Struct]:
    """Make a type with a field for each name; an object within has a type of its own."""
    fields: list[tuple[str, Any, Any]] = []
    for number, inner in enumerate(tree.values()):
        kind = _struct(inner) if inner else Any
        fields.append((f"f{number}", kind | None if inner else Any, None))
    renames = {f"f{number}": name for number, name in enumerate(tree)}
    return msgspec.defstruct("Record", fields, rename=renames, gc=False)
