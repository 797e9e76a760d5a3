"""Files of a box, seen from outside: no link is followed, whatever the box planted.

Nothing of the box runs while the holder looks, so nothing changes underneath.
"""

import contextlib
import os
import stat
from pathlib import Path

from .mounts import Corner

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class RefusedError(Exception):
    """What was asked for is not allowed or not there; the message says which."""


def read(root: Path, path: str, limit_bytes: int) -> bytes:
    """Return a regular file's content.

    Raises:
        RefusedError: It is not a regular file, or too large, or the path is not plain.
        OSError: It cannot be opened.
    """
    folder, name = open_parent(root, path, make=None)
    try:
        fd = os.open(name, FILE, dir_fd=folder)
    finally:
        os.close(folder)
    with os.fdopen(fd, "rb") as file:
        info = os.fstat(fd)
        # A hard link may stand: it can only lead to another file of the same box.
        if not stat.S_ISREG(info.st_mode):
            raise RefusedError(f"{path} is not a regular file")
        if info.st_size > limit_bytes:
            raise RefusedError(f"{path} holds {info.st_size} bytes, over {limit_bytes}")
        return file.read(limit_bytes)


def write(corner: Corner, root: Path, path: str, content: bytes) -> None:
    """Write a file whole or not at all, making its folders.

    Raises:
        RefusedError: The path is not plain, or holds something else than a regular file.
        OSError: It cannot be written.
    """
    folder, name = open_parent(root, path, make=corner)
    part = f".{os.urandom(8).hex()}"
    try:
        mode = _mode_of(folder, name, path)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            with os.fdopen(os.open(part, flags, 0o600, dir_fd=folder), "wb") as file:
                file.write(content)
                file.flush()
                if corner.owner >= 0:
                    os.fchown(file.fileno(), corner.owner, corner.owner)
                os.fchmod(file.fileno(), mode)
            os.rename(part, name, src_dir_fd=folder, dst_dir_fd=folder)
        except OSError:
            _unlink(part, folder)
            raise
    finally:
        os.close(folder)


def _mode_of(folder: int, name: str, path: str) -> int:
    """Return the mode a file has, or what a new one gets."""
    try:
        info = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return 0o644
    if not stat.S_ISREG(info.st_mode):
        raise RefusedError(f"{path} is not a regular file")
    return stat.S_IMODE(info.st_mode) & 0o777


def _unlink(name: str, folder: int) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)


def _parts(path: str) -> list[str]:
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in parts or "\0" in path:
        raise RefusedError(f"{path!r} is not a plain path: leave out '..'")
    return parts


def open_folder(root: Path, path: str) -> int:
    """Open a folder, component by component."""
    folder = os.open(root, _FOLDER)
    for part in _parts(path):
        try:
            below = os.open(part, _FOLDER, dir_fd=folder)
        finally:
            os.close(folder)
        folder = below
    return folder


def open_parent(root: Path, path: str, make: Corner | None) -> tuple[int, str]:
    """Open the folder of a file, making it when `make` says whose it will be."""
    *parents, name = _parts(path) or [""]
    if not name:
        raise RefusedError(f"{path!r} names no file")
    folder = os.open(root, _FOLDER)
    for part in parents:
        try:
            below = _enter(folder, part, make)
        finally:
            os.close(folder)
        folder = below
    return folder, name


def _enter(folder: int, name: str, make: Corner | None) -> int:
    try:
        return os.open(name, _FOLDER, dir_fd=folder)
    except FileNotFoundError:
        if make is None:
            raise
    os.mkdir(name, 0o755, dir_fd=folder)
    below = os.open(name, _FOLDER, dir_fd=folder)
    if make.owner >= 0:
        os.fchown(below, make.owner, make.owner)
    return below
