"""Make the workspace: an overlay on the layers of the image, or else a copy of them."""

from . import kernel
from .mounts import BASE, MERGED, UPPER, WORK, Corner, bind
from .transfer import copy_tree

_FLAGS = kernel.NOSUID | kernel.NODEV
# A moved folder must be whole in the writable layer, or its changes would not be seen there.
_OPTIONS = "index=off,metacopy=off,xino=off,redirect_dir=nofollow"


def prepare(corner: Corner, *, loaded: bool) -> None:
    """Mount the layers as they were, and the workspace.

    Args:
        corner: The box's folders, with everything in place that was written earlier.
        loaded: Whether that is a whole workspace already, when it is to be a copy.

    Raises:
        OSError: The kernel refused, or the disk is full.
    """
    options = f"lowerdir={':'.join(map(str, corner.layers))},{_OPTIONS}"
    if corner.owner < 0:
        options += ",userxattr"
    if len(corner.layers) == 1:
        bind(corner.layers[0], corner.part(BASE))
    elif corner.overlay:
        kernel.mount("overlay", str(corner.part(BASE)), "overlay", _FLAGS, options)
    else:
        for layer in reversed(corner.layers):
            copy_tree(corner, layer, corner.part(BASE))
    if corner.overlay:
        options += f",upperdir={corner.part(UPPER)},workdir={corner.part(WORK)}"
        kernel.mount("overlay", str(corner.part(MERGED)), "overlay", _FLAGS, options)
    elif not loaded:
        copy_tree(corner, corner.part(BASE), corner.part(MERGED))
