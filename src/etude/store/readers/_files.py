"""Files to be read, wherever they lie: found in a settled order, named, grouped and opened."""

import fnmatch
import os
import posixpath
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

import fsspec
import msgspec

from etude.errors import ConfigError, blame

COMPRESSIONS = (".gz", ".zst", ".bz2", ".xz")
"""Endings that say how the file is compressed and nothing of what it holds."""
_GLOB = frozenset("*?[")
_ODD = re.compile("[\udc80-\udcff]")
"""Bytes of a name that are not UTF-8, as Python has them."""
_TOLD = re.compile(r"\\x([89a-f][0-9a-f])")


class File(msgspec.Struct, frozen=True):
    """One file: where it lies, and what documents in it are called by."""

    path: str
    """Local path, as `told_path` writes it, or fsspec URL."""
    name: str
    """The same for the same files wherever they are moved together."""

    def open(self) -> BinaryIO:
        """Open the bytes as they are stored.

        Raises:
            ConfigError: It cannot be opened.
        """
        with blame(ConfigError, f"cannot open {self.path}"):
            if is_local(self.path):
                return Path(stored_path(self.path)).open("rb")
            filesystem, inner = _filesystem(self.path)
            return cast(BinaryIO, filesystem.open(inner, "rb"))

    def stem(self) -> str:
        """The last part of the name, without what says how it is compressed."""
        return strip_compression(posixpath.basename(self.name))


class Listed(msgspec.Struct, frozen=True):
    """A file that was found, and its size in bytes."""

    path: str
    size: int
    named: bool = False
    """Whether the user named it, alone or by a glob, and not only a folder that it lies in."""


def is_local(path: str) -> bool:
    """Whether a path needs no fsspec."""
    return "://" not in path and "::" not in path


def strip_compression(name: str) -> str:
    """Return a file name without `.gz`, `.zst`, `.bz2` or `.xz`."""
    stem, ending = posixpath.splitext(name)
    return stem if ending.lower() in COMPRESSIONS else name


def find_files(paths: Sequence[str], endings: Sequence[str]) -> list[Listed]:
    """Find all files that `paths` name, each once, sorted by path.

    A file that is named, alone or by a glob, is taken as it is. Folders are searched through,
    links to folders left alone; of what lies in them only names with one of `endings` count
    (compression aside), or all when there are none.

    Raises:
        ConfigError: A path leads nowhere, cannot be listed, or a folder holds nothing to read.
    """
    found: dict[str, Listed] = {}
    for path in paths:
        with blame(ConfigError, f"cannot list {path}"):
            listed = list(_find_local(path) if is_local(path) else _find_remote(path))
        if not listed:
            raise ConfigError(f"{path}: there is no such file or folder")
        chosen = [one for one in listed if one.named or _ends(one.path, endings)]
        if not chosen:
            known = ", ".join(endings)
            raise ConfigError(f"{path}: holds no file to read (looked for {known})")
        for one in chosen:
            if one.named or one.path not in found:
                found[one.path] = one
    return [
        found[path]
        if path.isascii() or not is_local(path)
        else msgspec.structs.replace(found[path], path=told_path(path))
        for path in sorted(found)
    ]


def told_path(path: str) -> str:
    r"""Return a local path with bytes that are not UTF-8 written as `\xe9`, to be told and kept.

    Raises:
        ConfigError: It would be told as that of another file.
    """
    if not _ODD.search(path):
        return path
    told = _ODD.sub(lambda found: f"\\x{ord(found[0]) - 0xDC00:02x}", path)
    if os.path.lexists(told) or stored_path(told) != path:
        raise ConfigError(f"{told}: the name is not UTF-8 and looks like another one; rename it")
    return told


def stored_path(told: str) -> str:
    """Return the local path that `told_path` told of."""
    if "\\x" not in told or os.path.lexists(told):
        return told
    return _TOLD.sub(lambda found: chr(0xDC00 + int(found[1], 16)), told)


def root_of(paths: Sequence[str]) -> str:
    """Return the folder that names of documents are relative to, with its slash; may be empty."""
    heads = []
    for path in paths:
        parts = path.split("/")
        plain = next((n for n, part in enumerate(parts) if _GLOB & set(part)), len(parts))
        if plain == len(parts) and not _is_folder(path):
            plain -= 1
        heads.append([part for part in parts[:plain] if part] if plain else [])
    common = _common(heads)
    first = paths[0] if paths else ""
    lead = "/" if first.startswith("/") else ""
    head = "/".join(common)
    if not is_local(first) and common:
        # The empty part between the two slashes of a URL was left out above.
        head = f"{common[0]}//{'/'.join(common[1:])}"
    return f"{lead}{head}/" if head else lead


def _common(heads: Sequence[Sequence[str]]) -> list[str]:
    same = []
    for parts in zip(*heads, strict=False):
        if len(set(parts)) > 1:
            break
        same.append(parts[0])
    return same


def name_in(path: str, root: str) -> str:
    """Return the name of a file below `root`."""
    name = path.removeprefix(root) if root else path
    return name.lstrip("/") or posixpath.basename(path)


def group(
    files: Iterable[Listed], max_bytes: int, max_files: int
) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield paths that are read together, and their size, in order."""
    paths: list[str] = []
    size = 0
    for file in files:
        if paths and (size + file.size > max_bytes or len(paths) >= max_files):
            yield tuple(paths), size
            paths, size = [], 0
        paths.append(file.path)
        size += file.size
    if paths:
        yield tuple(paths), size


def _filesystem(url: str) -> tuple[Any, str]:
    opened: tuple[Any, str] = fsspec.url_to_fs(url)  # type: ignore[no-untyped-call]
    return opened


def _ends(path: str, endings: Sequence[str]) -> bool:
    name = posixpath.basename(path).lower()
    if not endings:
        return True
    return name.endswith(tuple(endings)) or strip_compression(name).endswith(tuple(endings))


def _is_folder(path: str) -> bool:
    if path.endswith("/"):
        return True
    if is_local(path):
        return Path(path).is_dir()
    with blame(ConfigError, f"cannot list {path}"):
        filesystem, inner = _filesystem(path)
        return bool(filesystem.isdir(inner))


def _find_local(path: str) -> Iterator[Listed]:
    if os.path.lexists(path):
        yield from _below(path)
    elif _GLOB & set(path):
        yield from _glob(path)


def _below(path: str) -> Iterator[Listed]:
    """Yield the file at `path`, or all regular files below the folder there."""
    state = Path(path).stat()
    if stat.S_ISREG(state.st_mode):
        yield Listed(path, state.st_size, named=True)
    elif stat.S_ISDIR(state.st_mode):
        with os.scandir(path) as entries:
            inner = sorted(entries, key=lambda entry: entry.name)
        for entry in inner:
            if entry.is_dir(follow_symlinks=False):
                yield from _below(posixpath.join(path, entry.name))
            elif entry.is_file():
                yield Listed(posixpath.join(path, entry.name), entry.stat().st_size)


def _glob(pattern: str) -> Iterator[Listed]:
    parts = pattern.split("/")
    first = next(n for n, part in enumerate(parts) if _GLOB & set(part))
    yield from _match("/".join(parts[:first]) + ("/" if first else ""), parts[first:])


def _match(folder: str, parts: Sequence[str]) -> Iterator[Listed]:
    """Yield what a glob matches below `folder`; `**` stands for any number of folders."""
    if not parts:
        yield from _below(folder.rstrip("/"))
        return
    if parts[0] == "**":
        yield from _match(folder, parts[1:] or ["*"])
    if not Path(folder or ".").is_dir():
        return
    for name in sorted(entry.name for entry in Path(folder or ".").iterdir()):
        path = folder + name
        inside = Path(path).is_dir()
        if parts[0] == "**":
            if inside and not Path(path).is_symlink():
                yield from _match(f"{path}/", parts)
        elif fnmatch.fnmatchcase(name, parts[0]) and (inside or len(parts) == 1):
            yield from _match(f"{path}/" if inside else path, parts[1:])


def _find_remote(path: str) -> Iterator[Listed]:
    filesystem, inner = _filesystem(path)
    if filesystem.isfile(inner):
        yield Listed(path, int(filesystem.size(inner) or 0), named=True)
        return
    names = filesystem.glob(inner) if _GLOB & set(inner) else [inner]
    head = path[: len(path) - len(inner.lstrip("/"))] if path.endswith(inner.lstrip("/")) else ""
    for name in sorted(names):
        for one, facts in sorted(filesystem.find(name, detail=True).items()):
            url = head + one.lstrip("/") if head else str(filesystem.unstrip_protocol(one))
            named = one.rstrip("/") == name.rstrip("/")
            yield Listed(url, int(facts.get("size") or 0), named)
