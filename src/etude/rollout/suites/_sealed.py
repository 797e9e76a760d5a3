"""The report of a run in a box: lines that our runner sealed, each later than the last."""

import hashlib
import secrets
from collections.abc import Iterator
from typing import TypeVar

import msgspec

LineT = TypeVar("LineT")


def sealed_lines(report: bytes, key: bytes, line_type: type[LineT]) -> Iterator[LineT]:
    """Yield the lines that our runner wrote; what others wrote between them is passed over."""
    decoder = msgspec.json.Decoder(line_type)
    last = -1
    for raw in report.split(b"\n"):
        seal, _, sealed = raw.partition(b" ")
        true = hashlib.blake2s(sealed, key=key, digest_size=16).hexdigest().encode()
        if not secrets.compare_digest(seal, true):
            continue
        number, _, said = sealed.partition(b" ")
        if int(number) > last:
            last = int(number)
            try:
                yield decoder.decode(said)
            except (msgspec.DecodeError, msgspec.ValidationError):
                continue
