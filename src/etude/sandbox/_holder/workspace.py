"""Mount the places that a box may write to: overlays on what it started from and wrote before."""

import os

from . import kernel
from .mounts import (
    BASE,
    MERGED,
    TREES,
    Corner,
    add_generation,
    bind,
    room_left,
)
from .state import flatten
from .transfer import copy_tree

_FLAGS = kernel.NOSUID | kernel.NODEV
# A moved folder must be whole in the writable layer, or its changes would not be seen there.
_OPTIONS = "index=off,metacopy=off,xino=off,redirect_dir=nofollow"
_MAX_GENERATIONS = 32
"""The deeper an overlay, the longer it takes to find a file in it; the kernel ends at 500."""


def prepare(corner: Corner, *, loaded: bool) -> None:
    """Mount the layers as they were, and the places to write.

    Args:
        corner: The box's folders, with everything in place that was written earlier.
        loaded: Whether that is a whole workspace already, when it is to be a copy.

    Raises:
        OSError: The kernel refused, or the disk is full.
    """
    if len(corner.layers) == 1:
        bind(corner.layers[0], corner.part(BASE))
    elif corner.overlay:
        _overlay(corner, BASE, [layer.name for layer in corner.layers])
    else:
        for layer in reversed(corner.layers):
            copy_tree(corner, layer, corner.part(BASE))
    _attach(corner)
    if not corner.overlay and not loaded:
        copy_tree(corner, corner.part(BASE), corner.part(MERGED))


def freeze(corner: Corner) -> None:
    """Unmount the places to write; what they hold changes no more.

    Raises:
        OSError: A process still uses them.
    """
    for tree in TREES:
        kernel.unmount(str(corner.part(tree)))
    if len(corner.generations) >= _MAX_GENERATIONS:
        flatten(corner)


def resume(corner: Corner) -> None:
    """Mount the places to write again, on top of what is frozen.

    Raises:
        OSError: The kernel refused.
    """
    add_generation(corner, *room_left(corner))
    _attach(corner)


def _attach(corner: Corner) -> None:
    newest, *frozen = corner.generations
    for tree in TREES:
        below = [f"{old}/{tree}" for old in frozen if _holds_any(f"{corner.base}/{old}/{tree}")]
        if tree == MERGED and corner.overlay:
            below += [layer.name for layer in corner.layers]
        upper = f"{newest}/{tree}"
        if below:
            _overlay(corner, tree, below, upper)
        else:
            kernel.mount(f"{corner.base}/{upper}", f"{corner.base}/{tree}", flags=kernel.BIND)


def _holds_any(folder: str) -> bool:
    with os.scandir(folder) as entries:
        return any(entries)


def _overlay(corner: Corner, target: str, below: list[str], upper: str = "") -> None:
    options = f"lowerdir={':'.join(below)},{_OPTIONS}"
    if corner.owner < 0:
        options += ",userxattr"
    # Names are told from the private folder on: all must fit into one page.
    os.chdir(corner.base)
    try:
        if upper:
            work = f"{upper}-wk"
            os.mkdir(work)  # noqa: PTH102  # this is slower with paths
            options += f",upperdir={upper},workdir={work}"
        kernel.mount("overlay", target, "overlay", _FLAGS, options)
    finally:
        os.chdir("/")
