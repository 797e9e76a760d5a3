"""Tar archives of a box's files, read and made on this side, trusting nothing in them."""

import contextlib
import io
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from etude.errors import SandboxError

_MAX_DEPTH = 100


def plain_parts(path: str) -> list[str]:
    """Return the components of a path.

    Raises:
        SandboxError: It has `..`.
    """
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in parts or "\0" in path:
        raise SandboxError(f"{path!r} is not a plain path; leave out '..'")
    return parts


@contextlib.contextmanager
def archive_of(folder: Path) -> Iterator[IO[bytes]]:
    """Hold an archive of everything in a folder, as nobody's in particular."""
    with tempfile.TemporaryFile() as file:
        with tarfile.open(fileobj=file, mode="w:", format=tarfile.GNU_FORMAT) as archive:
            for child in sorted(folder.iterdir()):
                archive.add(child, arcname=child.name, filter=_disown)
        yield file


@contextlib.contextmanager
def archive_of_file(path: str, content: bytes, mode: int) -> Iterator[IO[bytes]]:
    """Hold an archive of one file."""
    with tempfile.TemporaryFile() as file:
        with tarfile.open(fileobj=file, mode="w:", format=tarfile.GNU_FORMAT) as archive:
            info = tarfile.TarInfo(path)
            info.size, info.mode = len(content), mode
            archive.addfile(info, io.BytesIO(content))
        yield file


def read_archive(packed: IO[bytes]) -> tarfile.TarFile:
    """Return the archive a file holds; it need not be closed.

    Raises:
        SandboxError: It holds none.
    """
    try:
        return tarfile.open(fileobj=packed, mode="r:")
    except tarfile.ReadError as cause:
        raise SandboxError("what was asked for is not there") from cause


def members_of(packed: IO[bytes]) -> list[tarfile.TarInfo]:
    """Return what is in an archive; nothing when there is none."""
    try:
        return read_archive(packed).getmembers()
    except SandboxError:
        return []


def extract(packed: IO[bytes], target: Path) -> None:
    """Write the files, folders and links of an archive into an empty folder.

    Raises:
        SandboxError: Folders are nested too deep.
    """
    # Links last: nothing can then be written through one.
    links: list[tuple[Path, str]] = []
    hard_links: list[tuple[Path, Path]] = []
    archive = read_archive(packed)
    for member in archive:
        parts = [part for part in member.name.split("/") if part not in ("", ".", "..")]
        if len(parts) > _MAX_DEPTH:
            raise SandboxError(f"folders are nested over {_MAX_DEPTH} deep")
        path = target.joinpath(*parts)
        if member.isdir():
            path.mkdir(exist_ok=True)
        elif member.issym():
            links.append((path, member.linkname))
        elif member.islnk():
            hard_links.append((path, target.joinpath(*plain_parts(member.linkname))))
        elif member.isreg():
            _write(archive, member, path)
    for path, source in hard_links:
        if source.is_file():
            path.write_bytes(source.read_bytes())
            path.chmod(source.stat().st_mode)
    for path, where in links:
        path.symlink_to(where)


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    content = archive.extractfile(member)
    if content is None:
        return
    with path.open("xb") as file:
        while chunk := content.read(1 << 20):
            # Holes stay holes, so that the copy is no larger on disk.
            if chunk.count(0) == len(chunk):
                file.seek(len(chunk), io.SEEK_CUR)
            else:
                file.write(chunk)
        file.truncate()
    path.chmod(member.mode & 0o777)


def _disown(info: tarfile.TarInfo) -> tarfile.TarInfo | None:
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info if info.isreg() or info.isdir() or info.issym() else None
