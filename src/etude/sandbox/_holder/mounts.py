"""The box's own corner of the file system: a sized tmpfs that only the holder can see."""

import contextlib
import errno
import os
import stat
from pathlib import Path
from typing import NamedTuple, Self

from . import kernel
from .wire import Frozen, Open

MERGED, BASE, TMP, SHM = "ws", "lo", "tmp", "shm"
TREES = (MERGED, TMP, SHM)
"""Where a box may write."""
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
_ROOT_BYTES = 4 << 20
_SPARE_BYTES, _SPARE_FILES = 64 << 10, 32
"""What a generation of files takes beyond what the box writes."""
_ETC_OF_MACHINE = ("ld.so.cache", "services", "protocols")
_ETC_FOLDER = "alternatives"


class Corner(NamedTuple):
    """Where the parts of one box are."""

    base: Path
    owner: int
    """-1 for the holder's own user."""
    layers: list[Path]
    overlay: bool
    disk_bytes: int
    n_files: int
    generations: list[str]
    """Names of the folders that hold what the box wrote, newest first; only the newest changes."""

    @classmethod
    def plain(cls, base: Path) -> Self:
        """Return a folder of this user without anything mounted in it."""
        return cls(base, -1, [], overlay=False, disk_bytes=0, n_files=0, generations=[])

    def part(self, name: str) -> Path:
        """Return the folder of one part, as the box sees it."""
        return self.base / name

    def written(self, tree: str) -> list[Path]:
        """Return the folders that hold what was written in one tree, newest first."""
        return [self.base / generation / tree for generation in self.generations]

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


def join_namespaces(origin: Frozen, owner: int) -> None:
    """Begin with a copy of what another holder has mounted.

    Raises:
        OSError: The kernel refused, or the other holder is gone.
    """
    if owner < 0:
        kernel.enter(origin.pid, "user", kernel.NEWUSER)
    kernel.enter(origin.pid, "mnt", kernel.NEWNS, origin.namespace)
    kernel.unshare(kernel.NEWNS)


def mount_corner(order: Open) -> Corner:
    """Mount the private folder, and everything of this machine that the box may see.

    Raises:
        OSError: The kernel refused, or a source is missing.
    """
    base = Path(order.base)
    _mount_tmpfs(base, f"size={_ROOT_BYTES},mode=711")
    corner = _corner(order, order.overlay and (order.owner >= 0 or _takes_attributes(base)))
    for name in (*TREES, BASE, EMPTY, ETC):
        corner.part(name).mkdir()
    for source, layer in zip(order.layers, corner.layers, strict=True):
        bind(Path(source), layer)
    for source, name in order.binds:
        bind(Path(source), base / name)
    _fill_etc(corner.part(ETC))
    if corner.overlay:
        add_generation(corner, order.disk_bytes, order.n_files)
    else:
        size_bytes, n_files = _size_of(corner.layers)
        add_generation(corner, order.disk_bytes + size_bytes, order.n_files + n_files)
    return corner


def join_corner(order: Open, origin: Frozen) -> Corner:
    """Take over what another holder has mounted, while the places to write are not."""
    corner = _corner(order, overlay=True)
    corner.generations[:] = origin.generations
    return corner


def _after(generations: list[str]) -> str:
    return f"g{int(generations[0][1:]) + 1}" if generations else "g0"


def _corner(order: Open, overlay: bool) -> Corner:
    base = Path(order.base)
    layers = [base / f"l{n}" for n in range(len(order.layers))]
    return Corner(base, order.owner, layers, overlay, order.disk_bytes, order.n_files, [])


def add_generation(corner: Corner, size_bytes: int, n_files: int) -> None:
    """Mount a folder that takes what the box writes from now on.

    Raises:
        OSError: The kernel refused.
    """
    before = corner.generations[:1]
    folder = corner.base / _after(before)
    folder.mkdir(exist_ok=True)
    size_bytes, n_files = max(size_bytes, _SPARE_BYTES), max(n_files, _SPARE_FILES)
    _mount_tmpfs(folder, f"size={size_bytes},nr_inodes={n_files},mode=711")
    corner.generations.insert(0, folder.name)
    for tree in TREES:
        new, mode = f"{folder}/{tree}", 0o755 if tree == MERGED else 0o1777
        os.mkdir(new)  # noqa: PTH102  # as all here: ten times as fast as with paths
        corner.own(new)
        if before:
            info = os.stat(f"{corner.base}/{before[0]}/{tree}")  # noqa: PTH116
            mode = stat.S_IMODE(info.st_mode)
            os.utime(new, ns=(info.st_atime_ns, info.st_mtime_ns))
        os.chmod(new, mode)  # noqa: PTH101


def room_left(corner: Corner) -> tuple[int, int]:
    """Return how much the box may still write: bytes, and files and folders."""
    size_bytes, n_files = corner.disk_bytes, corner.n_files
    for generation in corner.generations:
        found = os.statvfs(corner.base / generation)
        size_bytes -= (found.f_blocks - found.f_bfree) * found.f_frsize
        n_files -= found.f_files - found.f_ffree
    return size_bytes, n_files


def bind(source: Path, target: Path) -> None:
    """Show a file or folder at another place too.

    Raises:
        OSError: The kernel refused, or there is no source.
    """
    place = str(target)
    if source.is_dir():
        os.makedirs(place, exist_ok=True)  # noqa: PTH103
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    kernel.mount(str(source), place, flags=kernel.BIND | kernel.REC)


def _mount_tmpfs(folder: Path, options: str) -> None:
    kernel.mount("tmpfs", str(folder), "tmpfs", kernel.NOSUID | kernel.NODEV, options)


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
        _write(f"{folder}/{name}", text.encode())
    for name in _ETC_OF_MACHINE:
        with contextlib.suppress(FileNotFoundError):
            _write(f"{folder}/{name}", Path("/etc", name).read_bytes())
    if Path("/etc", _ETC_FOLDER).is_dir():
        bind(Path("/etc", _ETC_FOLDER), folder / _ETC_FOLDER)


def _write(path: str, content: bytes) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    with os.fdopen(fd, "wb", buffering=0) as file:
        file.write(content)
