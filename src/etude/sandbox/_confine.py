"""The bubblewrap command line of a box: what it sees, and nothing else."""

import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from etude.sandbox._base import Image, Limits, Mount
from etude.sandbox._command import words_of
from etude.sandbox._holder import mounts
from etude.sandbox._holder.command import SECCOMP_FD, STATUS_FD

TOOL = "tool"
"""Where below a box's private folder the bubblewrap program is, when it is not the system's."""
TMP = "/tmp"  # noqa: S108  # the box's own
_ROOT_NAMES = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_PACKAGE_FOLDERS = (
    "lib/python3/dist-packages",
    "lib/python3*/site-packages",
    "lib/python3*/dist-packages",
    "lib64/python3*/site-packages",
    "share/python-wheels",
    "local/lib/python*/dist-packages",
    "local/lib/python*/site-packages",
)
_INTERPRETER = "/python"
_INTERPRETER_FOLDERS = (
    "lib/python3*/site-packages",
    "lib/python3*/ensurepip/_bundled",
)
# Set inside the box: outside, the processes of all boxes would count together.
_LIMIT_AND_RUN = 'ulimit -u "$1"; shift; exec "$@"'


def command_line(command: str | Sequence[str], limits: Limits) -> list[str]:
    """Return the program and arguments that run `command` within `limits`.

    Raises:
        SandboxError: There is no program, or a zero byte.
    """
    wrapper = ["/bin/bash", "-c", _LIMIT_AND_RUN, "box", str(limits.n_processes)]
    return [*wrapper, *words_of(command)]


def options(base: Path, image: Image) -> list[str]:
    """Return what bubblewrap is told about every command of a box.

    Args:
        base: The box's private folder, as its holder sees it.
        image: What the box is opened on.
    """
    return [
        *("--unshare-user", "--unshare-all", "--disable-userns"),
        *("--uid", "1000", "--gid", "1000", "--hostname", "sandbox"),
        *("--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"),
        *_environment(image),
        *("--size", str(16 << 20), "--tmpfs", "/"),
        *_system(base),
        *("--proc", "/proc", "--dev", "/dev"),
        *("--bind", str(base / mounts.SHM), "/dev/shm", "--remount-ro", "/dev"),  # noqa: S108
        *("--bind", str(base / mounts.TMP), TMP),
        *("--dir", "/var", "--symlink", TMP, f"/var{TMP}"),
        *("--bind", str(base / mounts.MERGED), image.workdir),
        *_mounts(base, image.mounts),
        *("--remount-ro", "/", "--chdir", image.workdir),
        *("--seccomp", str(SECCOMP_FD), "--json-status-fd", str(STATUS_FD)),
    ]


def staged(image: Image) -> list[tuple[Path, str]]:
    """Return what the holder binds below the private folder: source and name there."""
    return [(mount.source.resolve(), f"m{n}") for n, mount in enumerate(image.mounts)]


def _environment(image: Image) -> Iterator[str]:
    own = {"PATH": "/usr/bin:/bin", "HOME": TMP, "LANG": "C.UTF-8"}
    for name, value in (own | image.env).items():
        yield from ("--setenv", name, value)


def _system(base: Path) -> Iterator[str]:
    yield from ("--ro-bind", "/usr", "/usr")
    for name in _ROOT_NAMES:
        path = Path("/", name)
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), str(path))
        elif path.is_dir():
            yield from ("--ro-bind", str(path), str(path))
    yield from ("--ro-bind", str(base / mounts.ETC), "/etc")
    yield from _hide(base, Path("/usr"), "/usr", _PACKAGE_FOLDERS)


def _mounts(base: Path, of_image: Sequence[Mount]) -> Iterator[str]:
    for n, mount in enumerate(of_image):
        yield from ("--ro-bind", str(base / f"m{n}"), mount.target)
        if mount.target == _INTERPRETER:
            yield from _hide(base, mount.source.resolve(), mount.target, _INTERPRETER_FOLDERS)


def _hide(base: Path, source: Path, target: str, patterns: Sequence[str]) -> Iterator[str]:
    """Cover folders of Python packages: one may hold a healthy copy of the code under test."""
    folders = {found for pattern in patterns for found in source.glob(pattern)}
    for found in sorted(folders):
        if stat.S_ISDIR(found.lstat().st_mode):
            where = f"{target}/{found.relative_to(source)}"
            yield from ("--ro-bind", str(base / mounts.EMPTY), where)
