"""Copy whole trees, into a box and out of it: files, folders and links as links."""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from .mounts import Corner
from .tree import FILE, RefusedError, open_folder

_CHUNK_BYTES = 1 << 20
_MAX_DEPTH = 100
_MAX_PATH_BYTES = 3500
"""Folders that go deeper were made to choke whoever has to delete them."""


def save(corner: Corner, root: Path, path: str, target: Path) -> None:
    """Copy a folder to `target`, whole or not at all.

    Raises:
        RefusedError: It is no folder, or the target exists.
        OSError: It cannot be copied.
    """
    if target.exists() or target.is_symlink():
        raise RefusedError(f"{target} exists already")
    os.close(open_folder(root, path))
    part = target.with_name(f".{target.name}.{os.urandom(8).hex()}")
    try:
        copy_tree(corner, root / path.lstrip("/"), part)
        part.rename(target)
    except (OSError, RefusedError):
        with contextlib.suppress(OSError):
            remove(part)
        raise


def copy_tree(corner: Corner, source: Path, target: Path) -> None:
    """Copy a folder over another, which need not exist; the copies belong to the box.

    Raises:
        RefusedError: Folders are nested too deep.
        OSError: Something cannot be copied.
    """
    todo = [(source, target, 0)]
    while todo:
        here, there, depth = todo.pop()
        if depth > _MAX_DEPTH or len(os.fsencode(there)) > _MAX_PATH_BYTES:
            raise RefusedError(f"folders are nested too deep to copy: {str(here)[:80]}...")
        if not there.is_dir() or there.is_symlink():
            there.unlink(missing_ok=True)
            there.mkdir()
        with os.scandir(here) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    todo.append((here / entry.name, there / entry.name, depth + 1))
                else:
                    _copy_entry(corner, entry, there / entry.name)
        there.chmod(stat.S_IMODE(here.stat().st_mode) & 0o777 | 0o700)
        corner.own(there)


def remove(path: Path) -> bool:
    """Remove a file, link or whole folder; return whether anything was there."""
    if not os.path.lexists(path):
        return False
    if path.is_symlink() or not path.is_dir():
        path.unlink()
        return True
    todo = [path]
    while todo:
        here = todo[-1]
        with os.scandir(here) as entries:
            found = list(entries)
        folders = [here / entry.name for entry in found if entry.is_dir(follow_symlinks=False)]
        todo += folders
        for entry in found:
            if not entry.is_dir(follow_symlinks=False):
                os.unlink(entry)  # noqa: PTH108  # an entry is no path
        if not folders:
            here.rmdir()
            todo.pop()
    return True


def _copy_entry(corner: Corner, entry: os.DirEntry[str], target: Path) -> None:
    if not entry.is_symlink() and not entry.is_file(follow_symlinks=False):
        return
    remove(target)
    if entry.is_symlink():
        target.symlink_to(os.readlink(entry))  # noqa: PTH115  # an entry is no path
    else:
        _copy_file(entry, target)
    corner.own(target)


def _copy_file(entry: os.DirEntry[str], target: Path) -> None:
    info = entry.stat(follow_symlinks=False)
    source = os.open(entry.path, FILE)
    try:
        with target.open("xb", buffering=0) as copy:
            _copy_data(source, copy.fileno())
            os.fchmod(copy.fileno(), stat.S_IMODE(info.st_mode) & 0o777)
            os.utime(copy.fileno(), ns=(info.st_atime_ns, info.st_mtime_ns))
    finally:
        os.close(source)


def data_ranges(fd: int, size_bytes: int) -> Iterator[tuple[int, int]]:
    """Yield start and end of each part of a file that is no hole."""
    end = 0
    while end < size_bytes:
        try:
            start = os.lseek(fd, end, os.SEEK_DATA)
            end = os.lseek(fd, start, os.SEEK_HOLE)
        except OSError as error:
            if error.errno == errno.ENXIO:
                return
            raise
        yield start, end


def _copy_data(source: int, target: int) -> None:
    """Copy a file with its holes, so that the copy is no larger on disk."""
    size_bytes = os.fstat(source).st_size
    os.ftruncate(target, size_bytes)
    for start, end in data_ranges(source, size_bytes):
        for offset in range(start, end, _CHUNK_BYTES):
            os.pwrite(target, os.pread(source, min(_CHUNK_BYTES, end - offset), offset), offset)
