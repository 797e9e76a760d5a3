"""Layout: how others write conversations, answers side by side, and votes."""

from abc import abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from etude import __version__
from etude.errors import ConfigError
from etude.plugins import Spec
from etude.records import BrokenRecord, Comparison, Demonstration, Origin, Preference, Rating
from etude.store._chat import UnfitError
from etude.store.conversations._rows import Row, broken, read_rows
from etude.store.manifest import digest_file

Item = Demonstration | Comparison | Rating | Preference
"""What a file can hold. A comparison comes before its ratings."""


class Layout(Spec, frozen=True, kw_only=True):
    """Reads files of one layout. Its fields are its settings."""

    fields: ClassVar[tuple[str, ...]]
    """A file none of these fields is in is of another layout."""

    licence: str = ""
    """SPDX expression that holds where a row states none; empty when nobody said."""

    def read(self, path: Path) -> Iterator[Item | BrokenRecord]:
        """Yield what a file holds, in order, and what of it could not be read, with why.

        JSON, JSON Lines, CSV and Parquet are read, plain or as `.gz` or `.zst`. A comparison is
        told apart by its content: one that several people voted on comes once, with all votes.

        Raises:
            ConfigError: The file cannot be read at all, or is of another layout.
        """
        seen: set[str] = set()
        known = False
        digest = ""
        for row in read_rows(path):
            if isinstance(row, BrokenRecord):
                yield row
                continue
            if not known and not any(name in row.fields for name in self.fields):
                raise ConfigError(
                    f"{path} is of another layout: its first row has the fields "
                    f"{', '.join(sorted(row.fields)[:12]) or '(none)'}, and this layout needs "
                    f"{' or '.join(self.fields)}"
                )
            known = True
            digest = digest or digest_file(path)
            origin = Origin(
                source=f"file:{path.name}#{row.place}, sha256 {digest}",
                licence=row.maybe("licence", "license") or self.licence,
                made_by=f"{type(self).__module__} {__version__}",
            )
            try:
                items = self.items(row, origin)
            except UnfitError as why:
                yield broken(path, row.place, str(why), ", ".join(row.fields))
            except RecursionError:
                yield broken(path, row.place, "nested too deeply", ", ".join(row.fields))
            else:
                yield from _once_each(items, seen)

    @abstractmethod
    def items(self, row: Row, origin: Origin) -> list[Item]:
        """Return what one row holds.

        Raises:
            UnfitError: It is no record; says why.
        """
        raise NotImplementedError


def _once_each(items: list[Item], seen: set[str]) -> Iterator[Item]:
    """Yield a comparison once only; give anything else whose id was seen another one."""
    for item in items:
        if item.id not in seen:
            seen.add(item.id)
            yield item
        elif not isinstance(item, Comparison):
            yield renamed(item, seen)


def renamed(item: Item, seen: set[str]) -> Item:
    """Return an item under an id that was not seen, and note that."""
    number = 2
    while (id_ := f"{item.id}-{number}") in seen:
        number += 1
    seen.add(id_)
    fields = {name: getattr(item, name) for name in item.__struct_fields__}
    return type(item)(**{**fields, "id": id_})
