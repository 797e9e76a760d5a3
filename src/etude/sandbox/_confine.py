"""The bubblewrap command line of a box: what it sees, and nothing else."""

from collections.abc import Iterator
from pathlib import Path

from etude.sandbox._base import Image
from etude.sandbox._holder import mounts
from etude.sandbox._holder.command import SECCOMP_FD, STATUS_FD
from etude.sandbox._image import hidden_folders

TOOL = "tool"
"""Where below a box's private folder the bubblewrap program is, when it is not the system's."""
TMP = "/tmp"  # noqa: S108  # the box's own
_ROOT_NAMES = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")


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
        *_mounts(base, image),
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


def _mounts(base: Path, image: Image) -> Iterator[str]:
    for n, mount in enumerate(image.mounts):
        yield from ("--ro-bind", str(base / f"m{n}"), mount.target)
    for folder in hidden_folders(image):
        yield from ("--ro-bind", str(base / mounts.EMPTY), folder)
