"""Layout: how others write conversations, answers side by side, and votes."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator
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
        ids = Ids()
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
                yield from ids.once_each(items)

    @abstractmethod
    def items(self, row: Row, origin: Origin) -> list[Item]:
        """Return what one row holds.

        Raises:
            UnfitError: It is no record; says why.
        """
        raise NotImplementedError


class Ids:
    """Ids that were given, so that each is given once."""

    def __init__(self) -> None:
        self._n_given: dict[str, int] = {}

    def is_new(self, id_: str) -> bool:
        """Whether an id was not given before; from now on it was."""
        self._n_given[id_] = self._n_given.get(id_, 0) + 1
        return self._n_given[id_] == 1

    def another(self, id_: str) -> str:
        """Return an id like one that was given already, but new."""
        while not self.is_new(new := f"{id_}-{self._n_given[id_]}"):
            self._n_given[id_] += 1
        return new

    def once_each(self, items: Iterable[Item | BrokenRecord]) -> Iterator[Item | BrokenRecord]:
        """Yield a comparison once only; give anything else whose id was given another one."""
        for item in items:
            if self.is_new(item.id):
                yield item
            elif not isinstance(item, Comparison):
                fields = {name: getattr(item, name) for name in item.__struct_fields__}
                yield type(item)(**{**fields, "id": self.another(item.id)})
