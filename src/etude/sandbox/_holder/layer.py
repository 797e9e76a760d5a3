"""What the box wrote: the writable layer compared with what lies under it."""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from .mounts import BASE, MERGED, Corner
from .tree import RefusedError, open_folder, open_parent, read

_MAX_PATH_BYTES = 3500
_TEXT_BYTES = 1 << 20
_DIFF_BYTES = 64 << 20
_SKIPPED = frozenset({"__pycache__", ".git", ".pytest_cache"})
"""Folders, in whatever case, whose content is by-product or not to be patched."""
_UNPRINTABLE = frozenset(map(chr, (*range(32), 127, ord("\\"))))


class _UnfitError(Exception):
    """What lies there is no text that a diff could show."""


def changes(corner: Corner) -> Iterator[tuple[str, bytes | None, bytes | None]]:
    """Yield text files of the workspace that differ: path, before, after; `None` is absent.

    Raises:
        RefusedError: There is too much to tell.
    """
    base, merged = corner.part(BASE), corner.part(MERGED)
    n_bytes = 0
    for path in sorted(filter(_belongs_in_diff, set(_touched(corner)))):
        try:
            before, after = _text(base, path), _text(merged, path)
        except _UnfitError:
            continue
        if before == after:
            continue
        n_bytes += len(before or b"") + len(after or b"")
        if n_bytes > _DIFF_BYTES:
            raise RefusedError(f"more than {_DIFF_BYTES} bytes of text changed in the workspace")
        yield path, before, after


def _touched(corner: Corner) -> Iterator[str]:
    """Yield every file that may have changed, and perhaps some that did not."""
    base = corner.part(BASE)
    if not corner.overlay:
        yield from _files(base, "")
        yield from _files(corner.part(MERGED), "")
        return
    for upper in corner.written(MERGED):
        for path, entry in walk(upper):
            # A folder may stand where a file was; anything else, where a whole folder was.
            yield path
            if not entry.is_dir(follow_symlinks=False) or is_opaque(corner, upper / path):
                yield from _files(base, path)


def is_opaque(corner: Corner, folder: Path) -> bool:
    """Return whether a folder of the writable layer hides the ones below it."""
    try:
        return os.getxattr(folder, _opaque(corner), follow_symlinks=False) == b"y"
    except OSError as error:
        if error.errno in (errno.ENODATA, errno.EOPNOTSUPP):
            return False
        raise


def set_opaque(corner: Corner, folder: Path) -> None:
    """Make a folder of the writable layer hide the ones below it."""
    os.setxattr(folder, _opaque(corner), b"y")


def _opaque(corner: Corner) -> str:
    return "trusted.overlay.opaque" if corner.owner >= 0 else "user.overlay.opaque"


def is_whiteout(info: os.stat_result) -> bool:
    """Return whether this is how an overlay marks something as deleted."""
    return stat.S_ISCHR(info.st_mode) and info.st_rdev == 0


def walk(root: Path, below: str = "") -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield everything below a folder, parents first. Links are not followed.

    What lies so deep that the kernel takes no path to it is left out.
    """
    todo = [below]
    while todo:
        here = todo.pop()
        with os.scandir(root / here) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
        for entry in found:
            path = f"{here}/{entry.name}" if here else entry.name
            if len(os.fsencode(path)) > _MAX_PATH_BYTES:
                continue
            yield path, entry
            if entry.is_dir(follow_symlinks=False):
                todo.append(path)


def _files(root: Path, below: str) -> Iterator[str]:
    """Yield the files in a folder, if it is one and no link leads to it."""
    try:
        os.close(open_folder(root, below))
    except (FileNotFoundError, NotADirectoryError):
        return
    for path, entry in walk(root, below):
        if entry.is_file(follow_symlinks=False):
            yield path


def _belongs_in_diff(path: str) -> bool:
    if path.endswith(".pyc") or not _UNPRINTABLE.isdisjoint(path):
        return False
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return _SKIPPED.isdisjoint(path.lower().split("/"))


def _text(root: Path, path: str) -> bytes | None:
    """Return a file's text; `None` when there is no file.

    No link on the way is followed: what it leads to is not the workspace's.
    """
    try:
        folder, name = open_parent(root, path, make=None)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        info = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    finally:
        os.close(folder)
    if stat.S_ISDIR(info.st_mode):
        return None
    if not stat.S_ISREG(info.st_mode) or info.st_size > _TEXT_BYTES:
        raise _UnfitError
    content = read(root, path, _TEXT_BYTES)
    try:
        content.decode()
    except UnicodeDecodeError:
        raise _UnfitError from None
    return content
