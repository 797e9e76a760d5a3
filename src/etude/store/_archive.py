"""Archives of a folder: the same bytes for the same folder, and safe to unpack from a stranger."""

import io
import os
import stat
import tarfile
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath

import zstandard

from etude.errors import RecordError, blame

FIXED_MTIME = 946_684_800
"""Modification time of every file in a prepared codebase: 2000-01-01, in seconds since 1970."""
_HEADER_BYTES = 1 << 20
"""Most that may stand between two files of an archive."""
_LEVEL = 6


def pack_folder(folder: Path, target: Path, left_out: Collection[str] = ()) -> None:
    """Write the files, folders and inner links of `folder` to `target`, a `.tar.zst`.

    What `left_out` names at the top of the folder is left out, and so are links that lead out of
    it and special files: they mean nothing elsewhere.
    """
    packer = zstandard.ZstdCompressor(level=_LEVEL)
    with (
        target.open("wb") as file,
        packer.stream_writer(file, closefd=False) as stream,
        tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path in walk(folder):
            member = _member(path, folder)
            if member is None or path.relative_to(folder).parts[0] in left_out:
                continue
            if member.isreg():
                with path.open("rb") as content:
                    archive.addfile(member, content)
            else:
                archive.addfile(member)


def walk(folder: Path) -> Iterator[Path]:
    """Yield all that lies below `folder`, each folder before its content, following no link."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        path = Path(entry.path)
        yield path
        if entry.is_dir(follow_symlinks=False):
            yield from walk(path)


def _member(path: Path, folder: Path) -> tarfile.TarInfo | None:
    state = path.lstat()
    member = tarfile.TarInfo(path.relative_to(folder).as_posix())
    member.mtime = FIXED_MTIME
    if stat.S_ISLNK(state.st_mode):
        if not leads_inside(path, folder):
            return None
        member.type, member.linkname, member.mode = tarfile.SYMTYPE, str(path.readlink()), 0o777
    elif stat.S_ISDIR(state.st_mode):
        member.type, member.mode = tarfile.DIRTYPE, 0o755
    elif stat.S_ISREG(state.st_mode):
        member.size = state.st_size
        member.mode = 0o755 if state.st_mode & 0o111 else 0o644
    else:
        return None
    return member


def leads_inside(link: Path, folder: Path) -> bool:
    """Whether a link is relative and ends up in `folder`, also when its target is not there."""
    if link.readlink().is_absolute():
        return False
    try:
        return link.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):
        # A ring of links.
        return False


def unpack_folder(archive: Path, folder: Path, limit_bytes: int, limit_files: int) -> None:
    """Unpack `archive` into the empty `folder`, which the caller discards on failure.

    Raises:
        RecordError: It is no such archive, is damaged or too large, or holds an absolute path, a
            path with `..`, a path given twice or below a link, a link that leads outside, or
            anything but files, folders and symbolic links.
    """
    with blame(RecordError, f"unpacking {archive}"), archive.open("rb") as file:
        stream = _Metered(zstandard.ZstdDecompressor().stream_reader(file))
        with tarfile.open(fileobj=stream, mode="r|") as members:
            _Unpacking(archive, folder, limit_bytes, limit_files).run(members, stream)


class _Metered(io.RawIOBase):
    """A stream that gives at most `allowance` further bytes."""

    def __init__(self, inner: zstandard.ZstdDecompressionReader) -> None:
        self.inner = inner
        self.allowance = _HEADER_BYTES

    def read(self, size: int = -1) -> bytes:
        """Read on.

        Raises:
            RecordError: The allowance is spent.
        """
        data = self.inner.read(size)
        self.allowance -= len(data)
        if self.allowance < 0:
            raise RecordError("an archive entry has an overlong header")
        return data


class _Unpacking:
    """One archive on its way into one folder."""

    def __init__(self, archive: Path, folder: Path, limit_bytes: int, limit_files: int) -> None:
        self.archive = archive
        self.folder = folder
        self.left_bytes = limit_bytes
        self.left_files = limit_files
        self.links: list[tuple[Path, str]] = []
        self.seen: set[PurePosixPath] = set()

    def run(self, members: tarfile.TarFile, stream: _Metered) -> None:
        """Unpack everything; links come last, so that nothing is written through one."""
        for member in members:
            self._spend(member)
            path = self._place(member)
            if member.issym():
                self.links.append((path, member.linkname))
            elif member.isdir():
                path.mkdir(parents=True, exist_ok=True)
            else:
                stream.allowance = member.size + _HEADER_BYTES
                self._file(members, member, path)
            stream.allowance = _HEADER_BYTES
        self._make_links()

    def _spend(self, member: tarfile.TarInfo) -> None:
        self.left_files -= 1
        self.left_bytes -= member.size
        if self.left_files < 0:
            raise self._error(member.name, "is one file more than is allowed")
        if self.left_bytes < 0 or member.size < 0:
            raise self._error(member.name, "makes the archive larger than is allowed")

    def _place(self, member: tarfile.TarInfo) -> Path:
        name = PurePosixPath(member.name)
        if name.is_absolute() or ".." in name.parts or "\0" in member.name or not name.parts:
            raise self._error(member.name, "does not name a place inside the archive")
        plain = member.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and member.sparse is None
        if not (plain or member.isdir() or member.issym()):
            raise self._error(member.name, "is neither a file, a folder nor a symbolic link")
        if name in self.seen:
            raise self._error(member.name, "is there twice")
        self.seen.add(name)
        return self.folder / name

    def _file(self, members: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        content = members.extractfile(member)
        n_left = member.size
        with path.open("xb") as target:
            while content is not None and (piece := content.read(min(n_left, 1 << 20))):
                target.write(piece)
                n_left -= len(piece)
        if n_left:
            raise self._error(member.name, "ends early")
        path.chmod(0o755 if member.mode & 0o111 else 0o644)

    def _make_links(self) -> None:
        for path, target in self.links:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(target)
        for path, target in self.links:
            beside = path.parent.resolve() == self.folder.resolve() / path.parent.relative_to(
                self.folder
            )
            if not beside or not leads_inside(path, self.folder):
                raise self._error(str(path.relative_to(self.folder)), f"links to {target!r}")

    def _error(self, name: str, reason: str) -> RecordError:
        return RecordError(f"{self.archive}: refused: {name[:200]!r} {reason}")
