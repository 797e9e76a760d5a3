"""Plain values as bytes and back: the only thing that crosses from a program to who judges it.

A value is a letter, what it needs and its items. Reading it builds objects of exact built-in types
and nothing else, whatever the bytes are; a value of another type is named by a number at most.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

LIMIT_DEPTH = 200
"""Deepest nesting of values."""
LIMIT_DRAINED = 100_000
"""Most items that are taken out of an iterator."""
_LETTERS: dict[type[Any], bytes] = {list: b"l", tuple: b"t", set: b"S", frozenset: b"Z"}
_BUILD: dict[str, type[Any]] = {"l": list, "t": tuple, "S": set, "Z": frozenset}
_TABLES = (
    ("collections", "Counter"),
    ("collections", "OrderedDict"),
    ("collections", "defaultdict"),
)
"""Kinds of tables of the standard library, which are equal to a plain one."""
_VIEWS: tuple[Any, ...] = ((), [], {}, set(), {}.keys(), {}.values(), {}.items(), "", b"", range(0))
_ITERATORS: tuple[type[Any], ...] = (
    *(type(iter(view)) for view in _VIEWS),
    *(type({}.keys()), type({}.values()), type({}.items()), type(_ for _ in ())),
    *(map, filter, zip, reversed, enumerate, type(reversed([]))),
)


class PlainError(Exception):
    """A value is not plain, or too large, or its bytes are malformed."""


class Drained(list):  # type: ignore[type-arg]
    """What an iterator gave; it stands for one, and is a list only to hold them."""


def pack(value: object, limit_bytes: int, hold: Callable[[object], int] | None = None) -> bytes:
    """Return a value as bytes.

    Args:
        value: Anything; only exact built-in types are plain.
        limit_bytes: How long the bytes may be.
        hold: Asked for the number of an object that is not plain; without it there is none.

    Raises:
        PlainError: The value is not plain, or too large.
    """
    packer = _Packer(limit_bytes, hold)
    try:
        packer.add(value, 0)
    except RecursionError:
        raise PlainError("is nested too deeply") from None
    return b"".join(packer.parts)


class _Packer:
    """Collects the parts of one value."""

    def __init__(self, limit_bytes: int, hold: Callable[[object], int] | None) -> None:
        self.parts: list[bytes] = []
        self._room = limit_bytes
        self._hold = hold

    def put(self, part: bytes) -> None:
        self._room -= len(part)
        if self._room < 0:
            raise PlainError("is too large")
        self.parts.append(part)

    def add(self, value: Any, depth: int) -> None:
        if depth > LIMIT_DEPTH:
            raise PlainError("is nested too deeply")
        kind = type(value)
        if (simple := _simple(value)) is not None:
            self.put(simple)
        elif kind in _LETTERS:
            self._items(_LETTERS[kind], value, depth)
        elif kind is dict or (kind.__module__, kind.__qualname__) in _TABLES:
            pairs = list(dict.items(value))
            self.put(b"d%d;" % len(pairs))
            for key, item in pairs:
                self.add(key, depth + 1)
                self.add(item, depth + 1)
        elif kind in _ITERATORS:
            drained = [item for _, item in zip(range(LIMIT_DRAINED), value, strict=False)]
            self._items(b"g", drained, depth)
        elif self._hold is not None:
            self.put(b"h%d;" % self._hold(value))
        else:
            raise PlainError(f"is a {kind.__name__[:60]}, which is no plain value")

    def _items(self, letter: bytes, items: Any, depth: int) -> None:
        self.put(b"%b%d;" % (letter, len(items)))
        for item in items:
            self.add(item, depth + 1)


def _simple(value: Any) -> bytes | None:
    """Return a value without items as bytes; nothing for any other."""
    kind = type(value)
    if value is None:
        return b"N"
    if kind is bool:
        return b"T" if value else b"F"
    if kind is int:
        # Not in decimals: turning long ones takes time that grows with the square of the length.
        return f"i{value:x};".encode()
    if kind is float:
        return f"f{value.hex()};".encode()
    if kind is str:
        text = value.encode("utf-8", "surrogatepass")
        return b"s%d;%b" % (len(text), text)
    return _rarer(value)


def _rarer(value: Any) -> bytes | None:
    kind = type(value)
    if kind is bytes or kind is bytearray:
        return b"%b%d;%b" % (b"b" if kind is bytes else b"a", len(value), bytes(value))
    if kind is complex:
        return f"c{value.real.hex()},{value.imag.hex()};".encode()
    if kind is range:
        return f"r{value.start:x},{value.stop:x},{value.step:x};".encode()
    return None


def unpack(
    packed: bytes,
    held: Callable[[int], object] | None = None,
    iterator: Callable[[list[object]], object] = Drained,
) -> object:
    """Return the value that bytes tell of, whatever they are.

    Args:
        packed: What a program claims; untrusted.
        held: Gives the object that stands for one which is not plain.
        iterator: Gives what stands for an iterator over the items.

    Raises:
        PlainError: They tell of none.
    """
    try:
        reader = _Reader(packed, held, iterator)
        value = reader.value(0)
    except (ValueError, IndexError, OverflowError, TypeError, MemoryError, RecursionError):
        raise PlainError("is malformed") from None
    if reader.place != len(packed):
        raise PlainError("is malformed")
    return value


class _Reader:
    """A place in the bytes of a value."""

    def __init__(
        self,
        packed: bytes,
        held: Callable[[int], object] | None,
        iterator: Callable[[list[object]], object],
    ) -> None:
        self.place = 0
        self._packed = packed
        self._held = held
        self._iterator = iterator

    def value(self, depth: int) -> object:
        if depth > LIMIT_DEPTH:
            raise PlainError("is nested too deeply")
        letter = chr(self._packed[self.place])
        self.place += 1
        if letter in "NTF":
            return {"N": None, "T": True, "F": False}[letter]
        head = self._head()
        if letter in "ltSZdg":
            return self._container(letter, int(head), depth + 1)
        return self._leaf(letter, head)

    def _container(self, letter: str, n_items: int, depth: int) -> object:
        if letter == "d":
            return {self.value(depth): self.value(depth) for _ in range(n_items)}
        items = [self.value(depth) for _ in range(n_items)]
        return self._iterator(items) if letter == "g" else _BUILD[letter](items)

    def _leaf(self, letter: str, head: str) -> object:
        if letter == "i":
            return int(head, 16)
        if letter == "f":
            return float.fromhex(head)
        if letter in "sba":
            return self._text(letter, int(head))
        if letter == "c":
            real, imag = head.split(",")
            return complex(float.fromhex(real), float.fromhex(imag))
        if letter == "r":
            start, stop, step = (int(number, 16) for number in head.split(","))
            return range(start, stop, step)
        if letter == "h" and self._held is not None:
            return self._held(int(head))
        raise ValueError

    def _text(self, letter: str, size: int) -> object:
        start, self.place = self.place, self.place + size
        raw = self._packed[start : self.place]
        if size < 0 or len(raw) != size:
            raise ValueError
        if letter == "s":
            return raw.decode("utf-8", "surrogatepass")
        return raw if letter == "b" else bytearray(raw)

    def _head(self) -> str:
        end = self._packed.index(b";", self.place)
        start, self.place = self.place, end + 1
        return self._packed[start:end].decode("ascii")
