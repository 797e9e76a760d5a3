"""A model on disk: one file of a card (JSON) and arrays, with a digest over all of it."""

import hashlib
import math
import mmap
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from etude.errors import RecordError
from etude.stages.corpus.kernel.ngram import ENTRY
from etude.store import write_whole

_MAGIC = b"ETUDEMDL"
_VERSION = 1
_START = 64
"""Bytes before the header: magic, version, length of the header, digest of all that follows."""
_ALIGN = 64
_DTYPES: dict[str, np.dtype[Any]] = {
    "int32": np.dtype("<i4"),
    "float32": np.dtype("<f4"),
    "float64": np.dtype("<f8"),
    "ngram": ENTRY,
}

CardT = TypeVar("CardT", bound=msgspec.Struct)
Array = npt.NDArray[Any]


class _Held(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    dtype: str
    shape: tuple[int, ...]
    offset: int
    """Bytes after the header."""


class _Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: str
    card: msgspec.Raw
    arrays: tuple[_Held, ...]


def save(path: Path, kind: str, card: msgspec.Struct, arrays: Mapping[str, Array]) -> None:
    """Write a model, whole or not at all; the same model gives the same bytes.

    Raises:
        ConfigError: The file cannot be written.
    """
    held, parts, offset = [], [], 0
    for name, values in arrays.items():
        dtype = next(key for key, known in _DTYPES.items() if known == values.dtype)
        content = np.ascontiguousarray(values).tobytes()
        held.append(_Held(name, dtype, values.shape, offset))
        content += bytes(-len(content) % _ALIGN)
        parts.append(content)
        offset += len(content)
    raw = msgspec.Raw(msgspec.json.encode(card))
    header = msgspec.json.encode(_Header(kind, raw, tuple(held)))
    header += b" " * (-(len(header) + _START) % _ALIGN)
    body = b"".join((header, *parts))
    start = _MAGIC + _VERSION.to_bytes(8, "little") + len(header).to_bytes(8, "little")
    write_whole(path, start.ljust(32, b"\0") + hashlib.sha256(body).digest() + body)


def load(path: Path, kind: str, card: type[CardT]) -> tuple[CardT, dict[str, Array]]:
    """Read a model; its arrays are mapped from disk and not copied.

    Raises:
        RecordError: There is no such file, it is no model of this kind, or it is damaged.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
    except OSError as cause:
        raise RecordError(f"cannot read {path}: {cause.strerror}") from cause
    view = memoryview(data)
    if size < _START or view[:8] != _MAGIC:
        raise RecordError(f"{path} is no model of Etude")
    version, length = (int.from_bytes(view[at : at + 8], "little") for at in (8, 16))
    if version != _VERSION:
        raise RecordError(f"{path} is a model of format {version}; this Etude reads {_VERSION}")
    if hashlib.sha256(view[_START:]).digest() != view[32:_START] or length > size - _START:
        raise RecordError(f"{path} is damaged: its content does not match its digest")
    try:
        header = msgspec.json.decode(view[_START : _START + length], type=_Header)
        if header.kind != kind:
            raise RecordError(f"{path} holds a {header.kind} model, and no {kind} model")
        about = msgspec.json.decode(header.card, type=card)
    except msgspec.DecodeError as cause:
        raise RecordError(f"{path}: {cause}") from cause
    return about, {held.name: _array(path, view[_START + length :], held) for held in header.arrays}


def digest(path: Path) -> str:
    """Return the digest that a model's file states, without reading all of it.

    Raises:
        RecordError: There is no such file, or it is no model.
    """
    try:
        with path.open("rb") as file:
            start = file.read(_START)
    except OSError as cause:
        raise RecordError(f"cannot read {path}: {cause.strerror}") from cause
    if len(start) < _START or start[:8] != _MAGIC:
        raise RecordError(f"{path} is no model of Etude")
    return start[32:].hex()


def _array(path: Path, body: memoryview, held: _Held) -> Array:
    dtype = _DTYPES.get(held.dtype)
    count = math.prod(held.shape)
    if (
        dtype is None
        or min((held.offset, *held.shape)) < 0
        or held.offset + count * dtype.itemsize > len(body)
    ):
        raise RecordError(f"{path} is damaged: it cannot hold its array {held.name!r}")
    flat: Array = np.frombuffer(body, dtype=dtype, count=count, offset=held.offset)
    return flat.reshape(held.shape)
