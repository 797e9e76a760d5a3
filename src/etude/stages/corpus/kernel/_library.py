"""The compiled kernel, loaded once; without it the same functions run in Python, far slower.

`ETUDE_KERNEL=reference` in the environment leaves the library out, as tests of the reference do.
"""

import ctypes
import functools
import logging
import os
import sys
from pathlib import Path

logger = logging.getLogger(__name__)

PATH = Path(__file__).with_name("_kernel.dylib" if sys.platform == "darwin" else "_kernel.so")
"""Where the build puts the library."""


@functools.cache
def library() -> ctypes.CDLL | None:
    """Return the library; `None` where there is none, which is said once."""
    if os.environ.get("ETUDE_KERNEL") == "reference":
        return None
    try:
        return ctypes.CDLL(str(PATH))
    except OSError as error:
        logger.warning(
            "The text kernel is not compiled (%s); Python does its work, some hundred times "
            "slower. With a C compiler installed, install Etude again.",
            error,
        )
        return None


def available() -> bool:
    """Whether the compiled kernel is there."""
    return library() is not None
