"""Files read whole, and pieces read as if they were a file."""

from collections.abc import Iterator

from etude.store.readers._files import File
from etude.store.readers._rows import Aside, DamageError
from etude.store.readers._streams import pieces


def read_whole(file: File, aside: Aside, limit_bytes: int) -> bytes:
    """Return all bytes of a file, decompressed; what comes before damage, when there is some.

    Raises:
        ConfigError: The file cannot be opened.
        DamageError: The file is empty, or longer than `limit_bytes`, or nothing of it is left.
    """
    kept: list[bytes] = []
    size = 0
    for piece in pieces(file, aside):
        if piece is None:
            break
        kept.append(piece)
        size += len(piece)
        if size > limit_bytes:
            raise DamageError("longer than max_document_bytes")
    if not size:
        raise DamageError("empty")
    return b"".join(kept)


class Stream:
    """Pieces read as a file: forwards only, and gaps are an end."""

    def __init__(self, source: Iterator[bytes | None]) -> None:
        self.source = source
        self.buffer = b""
        self.at = 0
        self.ended = False

    def read(self, size: int = -1) -> bytes:
        """Return the next `size` bytes, fewer at the end; all that is left when negative."""
        kept = [self.buffer]
        have = len(self.buffer)
        while (size < 0 or have < size) and not self.ended:
            piece = next(self.source, None)
            if piece is None:
                self.ended = True
                break
            kept.append(piece)
            have += len(piece)
        data = b"".join(kept)
        if size >= 0:
            data, self.buffer = data[:size], data[size:]
        else:
            self.buffer = b""
        self.at += len(data)
        return data

    def tell(self) -> int:
        """Return how many bytes were read."""
        return self.at
