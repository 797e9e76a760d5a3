"""What a reader is: settings that say where documents lie, and how their bytes become batches."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import ClassVar, TypeVar

import msgspec
import pyarrow as pa

from etude import __version__
from etude.errors import ConfigError, RecordError, blame
from etude.plugins import Spec
from etude.records import BrokenRecord
from etude.store.readers._files import File, Listed, find_files, group, name_in, root_of
from etude.store.readers._rows import Aside, DamageError, Found, Rows

ItemT = TypeVar("ItemT")


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One unit of reading, such as a file or a range of files; read again whole when retried."""

    paths: tuple[str, ...]
    """Local paths or fsspec URLs."""
    size_bytes: int = 0
    """As stored; 0 when it cannot be known beforehand."""
    start: int = 0
    """Where to begin in the one file that is split; meaning is the reader's own."""
    stop: int = 0
    """Where to stop; 0 means the end."""


class Reader(Spec, frozen=True, kw_only=True):
    """Reads one kind of source. Yields batches; hands what it cannot read to `broken`."""

    paths: tuple[str, ...]
    """Files, folders or globs: local, or fsspec URLs such as `s3://bucket/*.jsonl.zst`."""
    domain: str = ""
    """The part of the mixture that these documents belong to."""
    licence: str = ""
    """SPDX expression for all of them, where the source does not say it for each."""
    max_document_bytes: int = 64_000_000
    """A longer document is set aside as broken: nothing downstream holds more at once."""
    batch_bytes: int = 8_000_000
    """A batch is handed on when its texts reach this size."""

    @abstractmethod
    def parts(self) -> list[Part]:
        """Find what there is to read, in a settled order.

        Raises:
            ConfigError: A path leads nowhere or cannot be listed.
        """

    @abstractmethod
    def read(self, part: Part, broken: Callable[[BrokenRecord], None]) -> Iterator[pa.RecordBatch]:
        """Yield the documents of a part, in order, in the columns of `Document` and its signals.

        Never raises for what a source holds: what cannot be read goes to `broken`, with its
        place. What is whole but by choice no document, such as a redirect or a picture in an
        archive, is not broken: only a file that gives nothing else is told of, once, for a
        reason that begins with `passed over: `. A reader asks `broken` before it parses a record
        where that is a `Watcher`; those built on `FileReader` ask at least before each file.

        Raises:
            ConfigError: A file cannot be opened.
        """

    def beside(self) -> list[Listed]:
        """Return the files that hold no documents but decide what is said of them.

        Raises:
            ConfigError: A path leads nowhere or cannot be listed.
        """
        return []

    def made_by(self) -> str:
        """Return what `Origin.made_by` says of these documents."""
        return f"{type(self).__module__} {__version__}"


class FileReader(Reader, frozen=True, kw_only=True):
    """A reader whose documents are found file by file."""

    endings: ClassVar[tuple[str, ...]] = ()
    """Names with these endings are read from a folder, compression aside; none means all."""
    part_bytes: ClassVar[int] = 16_000_000
    """Small files are read together up to this size, as stored."""
    part_files: ClassVar[int] = 1000
    """Most files that are read together."""

    def parts(self) -> list[Part]:
        """Find the files and group small ones.

        Raises:
            ConfigError: A path leads nowhere or cannot be listed.
        """
        return [
            Part(paths=paths, size_bytes=size)
            for paths, size in group(self.files(), self.part_bytes, self.part_files)
        ]

    def files(self) -> list[Listed]:
        """Find the files.

        Raises:
            ConfigError: A path leads nowhere or cannot be listed.
        """
        if not self.paths:
            raise ConfigError(f"{type(self).__module__}: paths is empty")
        return find_files(self.paths, self.endings)

    def read(self, part: Part, broken: Callable[[BrokenRecord], None]) -> Iterator[pa.RecordBatch]:
        """Yield the documents of a part, in order.

        Raises:
            ConfigError: A file cannot be opened.
        """
        aside = Aside(broken)
        yield from self.batched(self._all(part, aside), aside)

    def batched(self, source: Iterable[Found], aside: Aside) -> Iterator[pa.RecordBatch]:
        """Yield documents in batches."""
        rows = self.rows()
        for found in source:
            rows.add(found, aside)
            if rows.full() and (batch := rows.take()) is not None:
                yield batch
        if (batch := rows.take()) is not None:
            yield batch

    def _all(self, part: Part, aside: Aside) -> Iterator[Found]:
        for file in self.named(part):
            yield from self.guarded(file, self.documents(file, part, aside), aside)

    @abstractmethod
    def documents(self, file: File, part: Part, aside: Aside) -> Iterator[Found]:
        """Yield what one file holds and set aside what is broken.

        Raises:
            ConfigError: The file cannot be opened.
            DamageError: Nothing more of it can be read.
        """

    def named(self, part: Part) -> list[File]:
        """Return the files of a part with the names that documents are called by."""
        root = root_of(self.paths)
        return [File(path, name_in(path, root)) for path in part.paths]

    def rows(self) -> Rows:
        """Return an empty builder of batches."""
        return Rows(
            self.made_by(), self.domain, self.licence, self.max_document_bytes, self.batch_bytes
        )

    def guarded(self, file: File, source: Iterator[ItemT], aside: Aside) -> Iterator[ItemT]:
        """Yield what a file gives until it ends or nothing more can be read from it."""
        if not aside.lets(file.name):
            return
        try:
            # Parsers fail in ways that nobody foresaw; a file is lost then, and not the run.
            with blame(RecordError, "unreadable"):
                for n_given, item in enumerate(source, start=1):
                    aside.gave = True
                    yield item
                    if aside.asks and not aside.lets(
                        file.name, f", after document {n_given} of it"
                    ):
                        break
        except DamageError as damage:
            aside(file.name, str(damage))
        except RecordError as error:
            aside(file.name, f"unreadable ({type(error.__cause__).__name__})")
        aside.settle(file.name)
