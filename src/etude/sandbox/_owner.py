"""Whose the files of a box are, and how a folder becomes one that a box can work on."""

import os
from pathlib import Path

BOX_UID = 64127
"""User and group that boxes run as when Etude itself runs as root: the kernel does not limit
root's processes, and root may write every file."""
_SYS_ADMIN = 21


def box_owner() -> int | None:
    """Return the user that owns what a box writes; `None` when it is Etude's own."""
    return BOX_UID if _is_real_root() else None


def adopt(folder: Path) -> None:
    """Make a tree usable as a layer of a workspace: the box may then change its copy of it.

    Does nothing unless Etude runs as root. Links are not followed.

    Raises:
        OSError: The tree cannot be read or given away.
    """
    owner = box_owner()
    if owner is None:
        return
    todo = [folder]
    while todo:
        here = todo.pop()
        os.chown(here, owner, owner, follow_symlinks=False)
        with os.scandir(here) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    todo.append(Path(entry.path))
                else:
                    os.chown(entry.path, owner, owner, follow_symlinks=False)


def _is_real_root() -> bool:
    """Return whether this process may mount as it likes, in a container's sense of root or not."""
    if os.geteuid() != 0:
        return False
    whole_range = Path("/proc/self/uid_map")
    if not whole_range.exists() or whole_range.read_text().split() != ["0", "0", "4294967295"]:
        return False
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) >> _SYS_ADMIN & 1)
    return False
