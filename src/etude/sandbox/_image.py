"""What an image means: refuse one that no box could be opened on, and hide what must be."""

import glob
import os
import posixpath
from collections.abc import Iterator, Sequence
from pathlib import Path

from etude.errors import SandboxError
from etude.sandbox._base import Image

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


def check_image(image: Image, *, owner: int | None) -> None:
    """Make sure that everything an image names is there and fits.

    Args:
        image: What a box is to be opened on.
        owner: User that its workspace must belong to; `None` when anyone's will do.

    Raises:
        SandboxError: Something does not; the message says what and where.
    """
    _check_workspace(image, owner)
    for mount in image.mounts:
        if not mount.source.exists():
            raise SandboxError(f"{mount.source}, to be mounted at {mount.target}, does not exist")
    for place in (image.workdir, *(mount.target for mount in image.mounts)):
        if not place.startswith("/") or place != posixpath.normpath(place) or place == "/":
            raise SandboxError(f"{place!r} is no absolute path of a place in a box")
    for name, value in image.env.items():
        if not name or "=" in name or "\0" in name + value:
            raise SandboxError(f"{name!r}={value!r} cannot be an environment variable")


def hidden_folders(image: Image) -> list[str]:
    """Return the folders of a box that must be covered with an empty one.

    They hold Python packages of this machine or of the interpreter: one may be a healthy copy of
    the code under test.
    """
    found = set(_matches(Path("/usr"), "/usr", _PACKAGE_FOLDERS))
    for mount in image.mounts:
        if mount.target == _INTERPRETER:
            found.update(_matches(mount.source.resolve(), mount.target, _INTERPRETER_FOLDERS))
    return sorted(found)


def _matches(source: Path, target: str, patterns: Sequence[str]) -> Iterator[str]:
    for pattern in patterns:
        for folder in glob.iglob(pattern, root_dir=source):  # noqa: PTH207  # faster
            path = f"{source}/{folder}"
            if os.path.isdir(path) and not os.path.islink(path):  # noqa: PTH112, PTH114  # faster
                yield f"{target}/{folder}"


def _check_workspace(image: Image, owner: int | None) -> None:
    if not image.workspace:
        raise SandboxError("a box needs at least one folder as its workspace")
    for folder in image.workspace:
        if not folder.is_dir():
            raise SandboxError(f"the workspace folder {folder} does not exist")
        if owner is not None and folder.stat().st_uid != owner:
            raise SandboxError(
                f"the workspace folder {folder} does not belong to the user that boxes run as; "
                "call etude.sandbox.adopt on it first"
            )
