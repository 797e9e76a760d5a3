"""A file's bytes, expanded where it is compressed."""

import contextlib
import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import zstandard

from etude.errors import ConfigError, blame


@contextlib.contextmanager
def expanded(path: Path) -> Iterator[BinaryIO]:
    """Hold the bytes of a file, expanded by the ending `.gz` or `.zst` of its name.

    Raises:
        ConfigError: The file cannot be opened. Damage within it shows when it is read.
    """
    with contextlib.ExitStack() as stack:
        with blame(ConfigError, f"cannot read {path}"):
            stored = stack.enter_context(path.open("rb"))
            if path.name.lower().endswith(".gz"):
                file: object = stack.enter_context(gzip.GzipFile(fileobj=stored))
            elif path.name.lower().endswith(".zst"):
                reader = zstandard.ZstdDecompressor().stream_reader(stored, read_across_frames=True)
                file = io.BufferedReader(cast("io.RawIOBase", reader))
            else:
                file = stored
        yield cast("BinaryIO", file)
