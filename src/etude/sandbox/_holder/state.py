"""Carry what was written in a box over: to another box, or from many generations into one."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from . import kernel
from .layer import is_opaque, is_whiteout, set_opaque, walk
from .mounts import MERGED, TREES, Corner, add_generation
from .transfer import data_ranges, remove
from .tree import FILE
from .wire import Entries, Entry

_FRAME_BYTES = 4 << 20
_FRAME_ENTRIES = 2000


def dump(corner: Corner) -> Iterator[tuple[Entries, bytes]]:
    """Yield all that was written in the box, in parts; the last one says so."""
    entries: list[Entry] = []
    data: list[bytes] = []
    for entry, content in _everything(corner, corner.generations[0]):
        entries.append(entry)
        data.append(content)
        if len(entries) == _FRAME_ENTRIES or sum(map(len, data)) >= _FRAME_BYTES:
            yield Entries(entries, last=False), b"".join(data)
            entries, data = [], []
    yield Entries(entries, last=True), b"".join(data)


def load(corner: Corner, part: Entries, data: bytes) -> None:
    """Write a part of a dump, before the workspace is mounted."""
    start = 0
    for entry in part.entries:
        end = start + entry.size_bytes
        _apply(corner, entry, corner.written(entry.tree)[0] / entry.path, data[start:end])
        start = end


def flatten(corner: Corner) -> None:
    """Put what several generations hold into one, and let go of them.

    Raises:
        OSError: The kernel refused.
    """
    old = list(corner.generations)
    add_generation(corner, corner.disk_bytes, corner.n_files)
    try:
        for generation in reversed(old):
            for entry, data in _everything(corner, generation):
                _apply(corner, entry, corner.written(entry.tree)[0] / entry.path, data)
    except OSError:
        kernel.unmount(str(corner.base / corner.generations.pop(0)))
        raise
    for generation in old:
        kernel.unmount(str(corner.base / generation))
    del corner.generations[1:]


def _everything(corner: Corner, generation: str) -> Iterator[tuple[Entry, bytes]]:
    for tree in TREES:
        root = corner.base / generation / tree
        for path, found in walk(root):
            info = found.stat(follow_symlinks=False)
            yield from _entries(corner, root, path, info)


def _entries(
    corner: Corner, root: Path, path: str, info: os.stat_result
) -> Iterator[tuple[Entry, bytes]]:
    source = root / path
    mode = stat.S_IMODE(info.st_mode)

    def entry(kind: str, data: bytes = b"", offset: int = 0) -> tuple[Entry, bytes]:
        return Entry(root.name, path, kind, mode, info.st_mtime_ns, offset, len(data)), data

    if stat.S_ISDIR(info.st_mode):
        yield entry("opaque" if corner.overlay and is_opaque(corner, source) else "dir")
    elif stat.S_ISLNK(info.st_mode):
        yield entry("link", os.fsencode(source.readlink()))
    elif stat.S_ISREG(info.st_mode):
        yield entry("file", offset=info.st_size)
        for offset, data in _extents(source, info.st_size):
            yield entry("data", data, offset)
    elif corner.overlay and is_whiteout(info):
        yield entry("gone")


def _extents(path: Path, size_bytes: int) -> Iterator[tuple[int, bytes]]:
    """Yield the data of a file in parts, holes left out."""
    fd = os.open(path, FILE)
    try:
        for start, end in data_ranges(fd, size_bytes):
            for offset in range(start, end, _FRAME_BYTES):
                yield offset, os.pread(fd, min(_FRAME_BYTES, end - offset), offset)
    finally:
        os.close(fd)


def _apply(corner: Corner, entry: Entry, path: Path, data: bytes) -> None:
    if entry.kind == "data":
        with path.open("r+b") as file:
            file.seek(entry.offset)
            file.write(data)
        os.utime(path, ns=(entry.mtime_ns, entry.mtime_ns))
        return
    hides = _make_room(corner, entry, path)
    if entry.kind == "gone":
        if entry.tree == MERGED:
            os.mknod(path, stat.S_IFCHR, os.makedev(0, 0))
        return
    if entry.kind == "link":
        path.symlink_to(os.fsdecode(data))
    elif entry.kind == "file":
        with path.open("xb") as file:
            file.truncate(entry.offset)
        os.utime(path, ns=(entry.mtime_ns, entry.mtime_ns))
    else:
        path.mkdir(exist_ok=True)
        if hides:
            set_opaque(corner, path)
    corner.own(path)
    if entry.kind != "link":
        path.chmod(entry.mode)


def _make_room(corner: Corner, entry: Entry, path: Path) -> bool:
    """Take away what an older generation has in a place; return whether a folder there hides it.

    A folder that follows a deletion stands alone, though only the deletion said so.
    """
    if entry.kind == "dir" and path.is_dir() and not path.is_symlink():
        return False
    was_there = remove(path)
    return entry.tree == MERGED and corner.overlay and (entry.kind == "opaque" or was_there)
