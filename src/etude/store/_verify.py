"""Checks a data set against its manifest, byte by byte and row by row."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec

from etude.errors import RecordError
from etude.store.columns import Columns
from etude.store.journal import JOURNAL
from etude.store.manifest import ID_FIELDS, TABLES, HeldFile, Manifest, Shard, digest_file

_SHOWN = 3
_NOTES = {"dropped", "duplicates"}
"""Tables of notes on documents: one document may have several, of several steps."""


def find_problems(folder: Path, manifest: Manifest) -> list[str]:
    """Return what is not as the manifest says, a line each."""
    check = _Check(folder, manifest)
    return [*check.tables(), *check.files(), *check.strays(), *check.ids()]


class _Check:
    """One pass over one data set."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self.manifest = manifest
        self.seen: dict[str, list[tuple[str, str]]] = {}
        """table -> (own id, codebase it refers to) of each row; damaged tables are left out."""

    def tables(self) -> Iterator[str]:
        """Check every shard of every table that is here."""
        for table, shards in self.manifest.tables.items():
            if table not in TABLES:
                yield f"manifest.json: no such table as {table!r}"
                continue
            if shards and not (self.folder / shards[0].name).parent.exists():
                continue
            self.seen[table] = []
            damage = [line for shard in shards for line in self._shard(shard, table)]
            if damage:
                # What hangs on rows that cannot be read would only be said twice.
                del self.seen[table]
            yield from damage
        main, n_kept = self.manifest.main_table, self.manifest.counts.n_kept
        n_rows = sum(shard.n_rows for shard in self.manifest.tables.get(main, ()))
        if n_rows != n_kept:
            yield f"manifest.json: {n_kept} records kept, but the table {main} has {n_rows}"

    def files(self) -> Iterator[str]:
        """Check every further file."""
        for file in self.manifest.files:
            yield from self._bytes(file)

    def strays(self) -> Iterator[str]:
        """Look for files that lie among the shards and files but do not belong to them."""
        shards = [shard.name for table in self.manifest.tables.values() for shard in table]
        named = {*shards, *(file.name for file in self.manifest.files)}
        for part in sorted({Path(name).parent for name in named}):
            for path in sorted((self.folder / part).glob("*")):
                name = path.relative_to(self.folder).as_posix()
                if name not in named and path.name not in (JOURNAL, f".{JOURNAL}.lock"):
                    yield f"{name}: not in the manifest"

    def ids(self) -> Iterator[str]:
        """Check that ids are unique and that rows refer to rows that exist."""
        for table, pairs in self.seen.items():
            if table in _NOTES:
                continue
            times = Counter(own for own, _ in pairs)
            if twice := sorted(own for own, n in times.items() if n > 1):
                yield f"{table}: ids there more than once: {_some(twice)}"
        if "tasks" in self.seen:
            tasks = {own for own, _ in self.seen["tasks"]}
            yield from self._match("workspaces", tasks)
            yield from self._match("keys", tasks)
            yield from self._codebases()
        if "problems" in self.seen:
            ids = {own for own, _ in self.seen["problems"]}
            yield from self._match("references", ids, "problems")
        if "episodes" in self.seen and "grades" in self.seen:
            episodes = {own for own, _ in self.seen["episodes"]}
            yield from _dangling("grades", {own for own, _ in self.seen["grades"]}, episodes)

    def _match(self, table: str, records: set[str], what: str = "tasks") -> Iterator[str]:
        if table not in self.seen:
            return
        ids = {own for own, _ in self.seen[table]}
        yield from _dangling(table, ids, records)
        if missing := sorted(records - ids):
            yield f"{what}: without a row in {table}: {_some(missing)}"

    def _codebases(self) -> Iterator[str]:
        held = {Path(file.name).name.split(".")[0] for file in self.manifest.files}
        if missing := sorted({codebase for _, codebase in self.seen["tasks"]} - held):
            yield f"tasks: set in codebases that are not here: {_some(missing)}"

    def _bytes(self, file: Shard | HeldFile) -> Iterator[str]:
        path = self.folder / file.name
        if not path.is_file():
            yield f"{file.name}: missing"
        elif path.stat().st_size != file.size_bytes:
            yield f"{file.name}: {path.stat().st_size} bytes, {file.size_bytes} were written"
        elif digest_file(path) != file.sha256:
            yield f"{file.name}: its content is not what was written"

    def _shard(self, shard: Shard, table: str) -> Iterator[str]:
        yield from self._bytes(shard)
        path = self.folder / shard.name
        if not path.is_file():
            return
        n_rows = 0
        try:
            for row in Columns(TABLES[table]).read(path):
                n_rows += 1
                self.seen[table].append(_ids(row))
        except RecordError as error:
            yield str(error).replace(f"{path}", shard.name)
            return
        if n_rows != shard.n_rows:
            yield f"{shard.name}: {n_rows} rows, {shard.n_rows} were written"


def _ids(row: msgspec.Struct) -> tuple[str, str]:
    """Return a row's own id, and the codebase it refers to if it does."""
    own = next(getattr(row, name) for name in ID_FIELDS if hasattr(row, name))
    return own, getattr(row, "codebase", "")


def _dangling(table: str, ids: set[str], known: set[str]) -> Iterator[str]:
    if strange := sorted(ids - known):
        yield f"{table}: rows that belong to nothing here: {_some(strange)}"


def _some(ids: list[str]) -> str:
    more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
    return ", ".join(ids[:_SHOWN]) + more
