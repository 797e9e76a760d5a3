"""The few system calls the standard library does not offer."""

import ctypes
import os
import signal
from pathlib import Path

NEWNS = 0x00020000
NEWUSER = 0x10000000
NOSUID, NODEV, BIND, REC, PRIVATE = 2, 4, 4096, 16384, 1 << 18
_PDEATHSIG, _SUBREAPER = 1, 36

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, doing: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{doing}: {os.strerror(number)}")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Mount something.

    Raises:
        OSError: The kernel refused.
    """
    result = _libc.mount(
        os.fsencode(source),
        os.fsencode(target),
        kind.encode() or None,
        ctypes.c_ulong(flags),
        os.fsencode(options) or None,
    )
    _check(result, f"mount {kind or 'bind'} on {target}")


def unmount(target: str) -> None:
    """Unmount what was mounted last on a folder.

    Raises:
        OSError: It is in use, or nothing is mounted there.
    """
    _check(_libc.umount2(os.fsencode(target), 0), f"unmount {target}")


def enter(pid: int, kind: str, flag: int, inode: int = 0) -> None:
    """Move this process into a namespace of another one.

    Args:
        pid: The other process.
        kind: Name of the namespace in `/proc`.
        flag: The same as a flag.
        inode: Number that the namespace must have; 0 for any.

    Raises:
        OSError: The kernel refused, or the process is gone.
    """
    fd = os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        if inode not in (0, os.fstat(fd).st_ino):
            raise ProcessLookupError(f"process {pid} is another one by now")
        _check(_libc.setns(fd, flag), f"enter the {kind} namespace of {pid}")
    finally:
        os.close(fd)


def unshare(flags: int) -> None:
    """Move this process into new namespaces.

    Raises:
        OSError: The kernel refused.
    """
    _check(_libc.unshare(flags), "unshare")


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when `parent`, which started it, ends.

    Raises:
        ProcessLookupError: It has ended already.
    """
    _check(_libc.prctl(_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0), "prctl")
    if os.getppid() != parent:
        raise ProcessLookupError("the process that started this one is gone")


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends."""
    _check(_libc.prctl(_SUBREAPER, 1, 0, 0, 0), "prctl")


def children(pid: int) -> list[int]:
    """Return the living and dead children of a process; none when it is gone."""
    found: list[int] = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208  # ten times a second
            found += map(int, Path(f"/proc/{pid}/task/{task}/children").read_bytes().split())
    except (FileNotFoundError, ProcessLookupError):
        if Path(f"/proc/{pid}").exists() and not Path(f"/proc/{pid}/task/{pid}/children").exists():
            return _children_by_parent(pid)
    return found


def _children_by_parent(pid: int) -> list[int]:
    """Do the same where the kernel keeps no list of children."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                after_name = (folder / "stat").read_bytes().rpartition(b")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(after_name[1]) == pid:
                found.append(int(folder.name))
    return found


def descendants(pid: int) -> list[int]:
    """Return all processes below `pid`."""
    found: list[int] = []
    todo = [pid]
    while todo:
        below = children(todo.pop())
        found += below
        todo += below
    return found


def memory_bytes(pid: int, limit_bytes: int) -> int:
    """Return the memory of all processes below `pid`.

    Pages that processes share count once, but telling costs time: only when the quick sum, which
    counts them several times, is over `limit_bytes`.
    """
    processes = descendants(pid)
    quick = sum(_fields_kb(each, "status", (b"RssAnon:", b"RssShmem:")) for each in processes)
    if quick * 1024 <= limit_bytes:
        return quick * 1024
    exact = (_fields_kb(each, "smaps_rollup", (b"Pss:",)) for each in processes)
    return sum(exact) * 1024


def _fields_kb(pid: int, name: str, fields: tuple[bytes, ...]) -> int:
    try:
        text = Path(f"/proc/{pid}/{name}").read_bytes()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0
    return sum(
        int(line.split()[1])
        for line in text.splitlines()
        if line.partition(b"\t")[0] in fields or line.partition(b" ")[0] in fields
    )
