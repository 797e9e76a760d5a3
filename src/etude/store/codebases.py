"""Prepared codebases on this machine: one folder each, named after the digest of its content.

A codebase appears by one rename, so it is there whole or not at all, and two processes that
prepare the same one at the same time end up sharing it.
"""

import contextlib
import errno
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from etude.errors import ConfigError, RecordError
from etude.records import Codebase, Coverage
from etude.store._archive import FIXED_MTIME, leads_inside, pack_folder, unpack_folder, walk
from etude.store._atomic import write_whole

SOURCE_MTIME = FIXED_MTIME
"""Modification time of every file of a prepared codebase, in seconds since 1970.

One fixed time keeps the bytecode beside a file valid wherever the codebase is unpacked. A file
that is laid over one of these must carry another time, or its bytecode would still pass for it.
"""

_DIGEST = re.compile(r"[0-9a-f]{16,128}")
_CARD, _COVERAGE, _SOURCE, _ENV = "card.json", "coverage.msgpack", "source", "env"
_PYTEST, _BYTECODE = "pytest", "bytecode"
_STALE_S = 86_400.0
"""A draft this old belongs to no living process."""
_PARTS = {_CARD: Path.is_file, _COVERAGE: Path.is_file, _SOURCE: Path.is_dir, _ENV: Path.is_dir}


class Prepared(msgspec.Struct, frozen=True):
    """A codebase that is ready on this machine. Nothing in its folder is ever changed."""

    codebase: Codebase
    folder: Path

    @property
    def source(self) -> Path:
        """The healthy tree."""
        return self.folder / _SOURCE

    @property
    def env(self) -> Path:
        """What is installed beside it."""
        return self.folder / _ENV

    @property
    def pytest(self) -> Path:
        """A test runner that shares no module with the project; only some codebases have one."""
        return self.folder / _PYTEST

    @property
    def bytecode(self) -> Path:
        """What compiling the healthy tree gave: made on each machine, and never packed."""
        return self.folder / _BYTECODE

    def coverage(self) -> Coverage:
        """Read which tests run which lines.

        Raises:
            RecordError: The file is missing or damaged.
        """
        path = self.folder / _COVERAGE
        try:
            return msgspec.msgpack.decode(path.read_bytes(), type=Coverage)
        except (OSError, msgspec.DecodeError) as cause:
            raise RecordError(f"{path}: {cause}") from cause


def settle_times(folder: Path) -> None:
    """Give everything in `folder` the one fixed modification time; do so before compiling it."""
    for path in walk(folder):
        os.utime(path, (SOURCE_MTIME, SOURCE_MTIME), follow_symlinks=False)


def tree_digest(tree: Path, within: Path | None = None) -> str:
    """Return the sha256 of every file's path, execute bit and content, and every link's target.

    Links that lead out of `within` (the tree itself unless given) do not travel and do not count.
    """
    total = hashlib.sha256()
    for path in walk(tree):
        name = path.relative_to(tree).as_posix()
        if path.is_symlink() and not leads_inside(path, within or tree):
            continue
        if path.is_symlink():
            total.update(f"{name}\0link\0{path.readlink()}\0".encode())
        elif path.is_file():
            content = path.read_bytes()
            executable = int(bool(path.stat().st_mode & 0o100))
            total.update(f"{name}\0{executable}\0{len(content)}\0".encode())
            total.update(content)
    return total.hexdigest()


def codebase_digest(card: Codebase, folder: Path) -> str:
    """Return the digest of a prepared codebase: everything that decides a test run.

    Durations, which change from run to run, do not count.
    """
    timeless = msgspec.structs.replace(
        card,
        id="",
        suite_s=0.0,
        tests=tuple(msgspec.structs.replace(test, duration_s=0.0) for test in card.tests),
    )
    total = hashlib.sha256(msgspec.json.encode(timeless, order="deterministic"))
    for name in (_SOURCE, _ENV, _PYTEST):
        if (folder / name).is_dir():
            total.update(f"{name}\0{tree_digest(folder / name, folder)}\0".encode())
    return total.hexdigest()


class CodebaseStore:
    """The folder that holds the prepared codebases."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def home(cls) -> Path:
        """Return where codebases are kept unless someone says otherwise."""
        if home := os.environ.get("ETUDE_HOME"):
            return Path(home).expanduser().absolute() / "codebases"
        cache = os.environ.get("XDG_CACHE_HOME")
        return (Path(cache) if cache else Path.home() / ".cache") / "etude" / "codebases"

    def digests(self) -> list[str]:
        """Digests of all codebases that are ready, sorted."""
        if not self.root.is_dir():
            return []
        return sorted(p.parent.name for p in self.root.glob(f"*/{_CARD}") if _is_digest(p.parent))

    def find(self, digest: str) -> Prepared | None:
        """Return the codebase with that digest, or `None` when it is not here.

        Raises:
            RecordError: It is here and damaged.
        """
        folder = self.root / digest
        if not _is_digest(folder):
            return None
        return _read(folder) if folder.is_dir() else None

    @contextmanager
    def draft(self) -> Iterator[Path]:
        """Hold an empty folder to prepare a codebase in; what was not added is removed.

        Raises:
            ConfigError: The store cannot be written to.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix=".draft-", dir=self.root))
        except OSError as cause:
            raise ConfigError(
                f"cannot keep codebases in {self.root}: {cause.strerror}; "
                "set ETUDE_HOME to a folder you may write to"
            ) from cause
        folder.chmod(0o755)
        self._sweep()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _sweep(self) -> None:
        """Remove drafts whose process was killed long ago."""
        for left in self.root.glob(".draft-*"):
            with contextlib.suppress(FileNotFoundError):
                if left.stat().st_mtime < time.time() - _STALE_S:
                    shutil.rmtree(left, ignore_errors=True)

    def add(self, draft: Path) -> Prepared:
        """Move a finished draft into the store; when the codebase is there already, keep that.

        Raises:
            RecordError: The draft lacks its card, coverage, source or environment.
            ConfigError: The store cannot be written to.
        """
        digest = _read(draft).codebase.id
        if not _is_digest(Path(digest)):
            raise RecordError(f"{draft / _CARD}: id {digest!r} is not a digest in hexadecimal")
        settle_times(draft)
        target = self.root / digest
        try:
            draft.rename(target)
        except OSError as cause:
            if cause.errno == errno.EXDEV:
                return self._add_from_afar(draft)
            if cause.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                raise ConfigError(f"cannot write {target}: {cause.strerror}") from cause
            shutil.rmtree(draft, ignore_errors=True)
        return _read(target)

    def _add_from_afar(self, draft: Path) -> Prepared:
        """Add a draft that lies on another file system."""
        with self.draft() as near:
            shutil.copytree(draft, near, symlinks=True, dirs_exist_ok=True)
            prepared = self.add(near)
        shutil.rmtree(draft, ignore_errors=True)
        return prepared

    def pack(self, digest: str, target: Path) -> Path:
        """Write the codebase to `target` as a `.tar.zst`: the same bytes every time.

        Links that lead out of the codebase are left out. Returns `target`.

        Raises:
            ConfigError: There is no such codebase, or `target` cannot be written.
        """
        prepared = self.find(digest)
        if prepared is None:
            raise ConfigError(f"{self.root} holds no codebase {digest}; prepare it first")
        try:
            with tempfile.TemporaryDirectory(prefix=".draft-", dir=target.parent) as folder:
                draft = Path(folder) / target.name
                pack_folder(prepared.folder, draft, left_out=(_BYTECODE,))
                draft.replace(target)
        except OSError as cause:
            raise ConfigError(f"cannot write {target}: {cause.strerror}") from cause
        return target

    def unpack(
        self,
        archive: Path,
        digest: str,
        *,
        limit_bytes: int = 4 << 30,
        limit_files: int = 200_000,
    ) -> Prepared:
        """Add the codebase in `archive`, which may come from a stranger; find it if it is here.

        Args:
            archive: A file that `pack` wrote.
            digest: Which codebase it must hold.
            limit_bytes: Most that all unpacked files together may take.
            limit_files: Most files, folders and links it may hold.

        Raises:
            RecordError: The archive is damaged, hostile, too large, or holds something else.
            ConfigError: The archive is not there, or the store cannot be written to.
        """
        if (found := self.find(digest)) is not None:
            return found
        if not archive.is_file():
            raise ConfigError(f"there is no codebase archive {archive}")
        with self.draft() as folder:
            unpack_folder(archive, folder, limit_bytes, limit_files)
            card = _read(folder).codebase
            if strange := {p.name for p in folder.iterdir()} - {*_PARTS, _PYTEST}:
                raise RecordError(
                    f"{archive}: refused: {min(strange)!r} has no place in a codebase"
                )
            held = codebase_digest(card, folder)
            if held != digest:
                raise RecordError(f"{archive}: holds codebase {held}, not {digest}")
            return self.add(folder)

    def alias(self, key: str) -> str | None:
        """Return the digest that `key` was last given, if that codebase is here."""
        try:
            entry = json.loads(self._alias_path(key).read_bytes())
        except (OSError, ValueError):
            return None
        digest = entry.get("digest") if isinstance(entry, dict) else None
        if not isinstance(digest, str) or entry.get("key") != key:
            return None
        return digest if _is_digest(Path(digest)) and (self.root / digest).is_dir() else None

    def set_alias(self, key: str, digest: str) -> None:
        """Remember that `key`, such as `pypi:boltons==26.2.0`, means the codebase `digest`.

        Raises:
            ConfigError: The store cannot be written to.
        """
        path = self._alias_path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as cause:
            raise ConfigError(f"cannot write {path.parent}: {cause.strerror}") from cause
        write_whole(path, json.dumps({"key": key, "digest": digest}).encode() + b"\n")

    def _alias_path(self, key: str) -> Path:
        return self.root / "names" / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"


def _is_digest(folder: Path) -> bool:
    return _DIGEST.fullmatch(folder.name) is not None


def _read(folder: Path) -> Prepared:
    """Return the codebase in `folder`."""
    for name, is_there in _PARTS.items():
        if (folder / name).is_symlink() or not is_there(folder / name):
            raise RecordError(f"{folder}: a codebase without its {name}")
    try:
        card = msgspec.json.decode((folder / _CARD).read_bytes(), type=Codebase)
    except (OSError, msgspec.DecodeError) as cause:
        raise RecordError(f"{folder / _CARD}: {cause}") from cause
    return Prepared(card, folder)
