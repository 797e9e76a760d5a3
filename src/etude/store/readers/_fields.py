"""Settings that say in which field of a structured record each part of a document lies."""

from collections.abc import Iterator
from typing import Any

import msgspec

from etude.store.readers._base import FileReader
from etude.store.readers._licences import all_of, spdx


class FieldReader(FileReader, frozen=True, kw_only=True):
    """Reads files of structured records. A dot in a field's name leads into an object."""

    text_field: str = "text"
    """Where the text lies."""
    id_field: str = "id"
    """Where a row's own id lies; a row without one is called by its place. Empty calls all so."""
    url_field: str = "url"
    """Where the URL lies, if it is there. So with the fields below; empty looks for none."""
    title_field: str = "title"
    """Where the title lies."""
    date_field: str = "date"
    """Where the date lies: ISO 8601, RFC 822, or seconds since 1970."""
    licence_field: str = "license"
    """Where the licence lies; a list stands for all of them at once."""
    language_field: str = "language"
    """Where the language's code lies."""
    tag_fields: tuple[str, ...] = ()
    """Fields to keep as tags under the same names; an object becomes one tag for each value."""
    media_type: str = "text/plain"
    """What the texts are: `text/plain`, `text/html`, `text/markdown` or `text/x-code`."""

    def places(self) -> dict[str, str]:
        """Return the settings that name a field: what it is for -> where it lies."""
        said = {
            "id": self.id_field,
            "url": self.url_field,
            "title": self.title_field,
            "date": self.date_field,
            "licence": self.licence_field,
            "language": self.language_field,
        }
        return {key: path for key, path in said.items() if path}


def walk(value: Any, path: str) -> Any:
    """Return what lies at a dotted path in decoded JSON; `None` when there is nothing."""
    for name in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def as_text(value: Any) -> str:
    """Return a value of a record as the text of a field."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, (dict, list, bool)):
        return msgspec.json.encode(value).decode()
    return str(value)


def flat_tags(name: str, value: Any, depth: int = 4) -> Iterator[tuple[str, str]]:
    """Yield tags for a value: itself, or those of the values in it."""
    if isinstance(value, dict) and depth:
        for key, inner in value.items():
            yield from flat_tags(f"{name}.{key}", inner, depth - 1)
    elif value is not None:
        yield name, as_text(value)


def licences(value: Any) -> str:
    """Return the licence, or all of a list, as one text."""
    if isinstance(value, list):
        return all_of(spdx(as_text(one)) for one in value)
    return as_text(value)
