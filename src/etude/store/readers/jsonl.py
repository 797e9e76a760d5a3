"""JSON Lines, plain or compressed, with the fields named in the settings."""

from collections.abc import Iterator
from typing import ClassVar

from etude.store.readers._base import Part
from etude.store.readers._fields import FieldReader
from etude.store.readers._files import COMPRESSIONS, File, Listed, group
from etude.store.readers._json import json_documents
from etude.store.readers._rows import Aside, Found


class JsonlReader(FieldReader, frozen=True, kw_only=True):
    """Reads a document from each line that is a JSON object, or from each element of an array."""

    endings: ClassVar[tuple[str, ...]] = (".jsonl", ".ndjson", ".json")

    split_bytes: int = 256_000_000
    """Files that are not compressed are read in ranges of this size; 0 never splits."""

    def parts(self) -> list[Part]:
        """Find the files; group small ones, split large ones.

        Raises:
            ConfigError: A path leads nowhere or cannot be listed.
        """
        parts: list[Part] = []
        small: list[Listed] = []
        for file in self.files():
            if self._splits(file):
                parts += self._grouped(small)
                small = []
                parts += self._ranges(file)
            else:
                small.append(file)
        return parts + self._grouped(small)

    def documents(self, file: File, part: Part, aside: Aside) -> Iterator[Found]:
        """Yield the documents of a file or range."""
        yield from json_documents(self, file, part, aside)

    def _splits(self, file: Listed) -> bool:
        plain = not file.path.lower().endswith((*COMPRESSIONS, ".json"))
        if not plain or not 0 < self.split_bytes < file.size:
            return False
        # A range of bytes of a compressed file means nothing, whatever the file is called.
        with File(file.path, file.path).open() as stored:
            return stored.read(1) in (b"{", b" ", b"\n", b"\t")

    def _grouped(self, files: list[Listed]) -> list[Part]:
        grouped = group(files, self.part_bytes, self.part_files)
        return [Part(paths=paths, size_bytes=size) for paths, size in grouped]

    def _ranges(self, file: Listed) -> list[Part]:
        starts = range(0, file.size, self.split_bytes)
        return [
            Part(
                paths=(file.path,),
                size_bytes=min(self.split_bytes, file.size - start),
                start=start,
                stop=min(start + self.split_bytes, file.size),
            )
            for start in starts
        ]
