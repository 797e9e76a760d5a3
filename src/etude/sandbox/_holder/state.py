"""Carry what one box wrote over to another."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from .layer import is_opaque, is_whiteout, set_opaque, walk
from .mounts import MERGED, SHM, TMP, UPPER, Corner
from .transfer import data_ranges
from .tree import FILE
from .wire import Entries, Entry

_FRAME_BYTES = 4 << 20
_FRAME_ENTRIES = 2000


def dump(corner: Corner) -> Iterator[tuple[Entries, bytes]]:
    """Yield all that was written in the box, in parts; the last one says so."""
    entries: list[Entry] = []
    data: list[bytes] = []
    for entry, content in _everything(corner):
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
        _apply(corner, entry, corner.part(entry.tree) / entry.path, data[start:end])
        start = end


def _everything(corner: Corner) -> Iterator[tuple[Entry, bytes]]:
    for tree in (UPPER if corner.overlay else MERGED, TMP, SHM):
        root = corner.part(tree)
        for path, found in walk(root):
            info = found.stat(follow_symlinks=False)
            yield from _entries(corner, tree, path, info)


def _entries(
    corner: Corner, tree: str, path: str, info: os.stat_result
) -> Iterator[tuple[Entry, bytes]]:
    source = corner.part(tree) / path
    mode = stat.S_IMODE(info.st_mode)

    def entry(kind: str, data: bytes = b"", offset: int = 0) -> tuple[Entry, bytes]:
        return Entry(tree, path, kind, mode, info.st_mtime_ns, offset, len(data)), data

    if stat.S_ISDIR(info.st_mode):
        yield entry("opaque" if tree == UPPER and is_opaque(corner, source) else "dir")
    elif stat.S_ISLNK(info.st_mode):
        yield entry("link", os.fsencode(source.readlink()))
    elif stat.S_ISREG(info.st_mode):
        yield entry("file", offset=info.st_size)
        for offset, data in _extents(source, info.st_size):
            yield entry("data", data, offset)
    elif tree == UPPER and is_whiteout(info):
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
    if entry.kind == "gone":
        os.mknod(path, stat.S_IFCHR, os.makedev(0, 0))
        return
    if entry.kind == "link":
        path.symlink_to(os.fsdecode(data))
    elif entry.kind == "file":
        with path.open("xb") as file:
            file.truncate(entry.offset)
        os.utime(path, ns=(entry.mtime_ns, entry.mtime_ns))
    else:
        path.mkdir()
        if entry.kind == "opaque":
            set_opaque(corner, path)
    corner.own(path)
    if entry.kind != "link":
        path.chmod(entry.mode)
