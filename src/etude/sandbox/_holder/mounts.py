"""The box's own corner of the file system: a sized tmpfs that only the holder can see."""

import errno
import os
from pathlib import Path
from typing import NamedTuple

from . import kernel
from .wire import Open

UPPER, WORK, MERGED, BASE, TMP, SHM = "up", "wk", "ws", "lo", "tmp", "shm"
EMPTY, ETC = "empty", "etc"
_ETC = {
    "passwd": (
        "root:x:0:0:root:/root:/bin/sh\n"
        "user:x:1000:1000:user:/tmp:/bin/bash\n"
        "nobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n"
    ),
    "group": "root:x:0:\nuser:x:1000:\nnogroup:x:65534:\n",
    "hosts": "127.0.0.1 localhost sandbox\n::1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\nservices: files\n",
    "hostname": "sandbox\n",
}
_PAGE_BYTES = 4096
_ETC_OF_MACHINE = ("ld.so.cache", "alternatives", "services", "protocols")


class Corner(NamedTuple):
    """Where the parts of one box are."""

    base: Path
    owner: int
    """-1 for the holder's own user."""
    layers: list[Path]
    overlay: bool

    def part(self, name: str) -> Path:
        """Return the folder of one part."""
        return self.base / name

    def own(self, path: Path | str) -> None:
        """Give a file to the box."""
        if self.owner >= 0:
            os.chown(path, self.owner, self.owner, follow_symlinks=False)


def enter_namespaces(owner: int) -> None:
    """Leave the machine's view of mounts, with the right to make more.

    Raises:
        OSError: The kernel refused; as an ordinary user it may not allow user namespaces.
    """
    uid, gid = os.geteuid(), os.getegid()
    if owner >= 0:
        kernel.unshare(kernel.NEWNS)
    else:
        kernel.unshare(kernel.NEWUSER | kernel.NEWNS)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1\n")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1\n")
    kernel.mount("none", "/", flags=kernel.REC | kernel.PRIVATE)


def mount_corner(order: Open) -> Corner:
    """Mount the tmpfs, its folders, and everything of this machine that the box may see.

    Raises:
        OSError: The kernel refused, or a source is missing.
    """
    base = Path(order.base)
    _mount_tmpfs(order, size_bytes=order.disk_bytes, n_files=order.n_files)
    layers = [base / f"l{n}" for n in range(len(order.layers))]
    overlay = order.overlay and (order.owner >= 0 or _takes_attributes(base))
    if not overlay:
        size_bytes, n_files = _size_of([Path(layer) for layer in order.layers])
        _mount_tmpfs(
            order, size_bytes=order.disk_bytes + size_bytes, n_files=order.n_files + n_files
        )
    corner = Corner(base, order.owner, layers, overlay)
    for name in (UPPER, WORK, MERGED, BASE, TMP, SHM, EMPTY, ETC):
        corner.part(name).mkdir()
    for name in (UPPER, MERGED, TMP, SHM):
        corner.own(corner.part(name))
        corner.part(name).chmod(0o1777 if name in (TMP, SHM) else 0o755)
    for source, layer in zip(order.layers, layers, strict=True):
        bind(Path(source), layer)
    for source, name in order.binds:
        bind(Path(source), base / name)
    _fill_etc(corner.part(ETC))
    return corner


def bind(source: Path, target: Path) -> None:
    """Show a file or folder at another place too.

    Raises:
        OSError: The kernel refused, or there is no source.
    """
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    kernel.mount(str(source), str(target), flags=kernel.BIND | kernel.REC)


def _mount_tmpfs(order: Open, *, size_bytes: int, n_files: int) -> None:
    options = f"size={size_bytes},nr_inodes={n_files},mode=711"
    kernel.mount("tmpfs", order.base, "tmpfs", kernel.NOSUID | kernel.NODEV, options)


def _takes_attributes(folder: Path) -> bool:
    """Return whether an ordinary user's overlay can keep its marks here: Linux 6.6 or newer."""
    try:
        os.setxattr(folder, "user.etude", b"1")
    except OSError as error:
        if error.errno == errno.EOPNOTSUPP:
            return False
        raise
    return True


def _size_of(layers: list[Path]) -> tuple[int, int]:
    """Return how much room a copy of the layers takes at most: bytes, and files and folders."""
    size_bytes = n_files = 0
    for layer in layers:
        for folder, folders, files in os.walk(layer):
            n_files += len(folders) + len(files)
            for name in files:
                n_blocks = -(-Path(folder, name).lstat().st_size // _PAGE_BYTES)
                size_bytes += n_blocks * _PAGE_BYTES
    return size_bytes, n_files


def _fill_etc(folder: Path) -> None:
    for name, text in _ETC.items():
        (folder / name).write_text(text)
    for name in _ETC_OF_MACHINE:
        source = Path("/etc", name)
        if source.exists():
            bind(source, folder / name)
