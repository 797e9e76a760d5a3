"""Rows of a data set as a person reads them."""

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec
from rich.console import Console
from rich.text import Text

FOLDED_LINES = 12
"""Lines shown of a long text, unless all are asked for."""
_FOLDED_ITEMS = 8
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def print_row(console: Console, row: msgspec.Struct, *, whole: bool) -> None:
    """Print one row, a field a line; `whole` prints long texts and lists to their end."""
    plain = msgspec.to_builtins(row)
    for name, value in plain.items():
        for number, line in enumerate(_lines(value, whole=whole)):
            head = f"{name:<16}" if number == 0 else " " * 16
            console.print(
                Text.assemble((head, "bold cyan"), " ", Text(line)), soft_wrap=True, highlight=False
            )
    console.print()


def print_pairs(console: Console, title: str, pairs: Mapping[str, object]) -> None:
    """Print a heading and names with their numbers; nothing when there are none."""
    if not pairs:
        return
    console.print(Text(title, "bold"))
    width = max(len(name) for name in pairs)
    for name, value in pairs.items():
        console.print(
            Text(f"  {printable(name):<{width}}  {value}"), soft_wrap=True, highlight=False
        )


def readable_size(size_bytes: int) -> str:
    """Return a size as a person says it.

    >>> readable_size(1536)
    '1.5 KiB'
    """
    size = float(size_bytes)
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"


def printable(text: str) -> str:
    """Return `text` with control characters spelt out, so that no row can steer a terminal."""
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text)


def _lines(value: object, *, whole: bool) -> Iterator[str]:
    """Yield a value line by line, nested ones indented."""
    if isinstance(value, str):
        yield from _fold(printable(value).split("\n"), FOLDED_LINES, "lines", whole=whole)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            first, *rest = _lines(inner, whole=whole)
            yield f"{printable(str(name))}: {first}"
            yield from (f"  {line}" for line in rest)
        if not value:
            yield "-"
    elif isinstance(value, Sequence) and not isinstance(value, bytes):
        items = value if whole else value[:_FOLDED_ITEMS]
        for item in items:
            first, *rest = _lines(item, whole=whole)
            yield f"- {first}"
            yield from (f"  {line}" for line in rest)
        if len(items) < len(value):
            yield f"… {len(value) - len(items)} more"
        if not value:
            yield "-"
    else:
        yield "-" if value is None else str(value)


def _fold(lines: Sequence[str], limit: int, unit: str, *, whole: bool) -> Iterator[str]:
    if whole or len(lines) <= limit:
        yield from lines
        return
    yield from lines[: limit - 1]
    yield f"… {len(lines) - limit + 1} more {unit}"
