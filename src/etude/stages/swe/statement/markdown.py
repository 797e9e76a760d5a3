"""Show foreign values in Markdown: whatever they hold, they stay inside their code marks."""

import ast
import re

_INLINE_CHARS = 120
_LEAD_CHARS = 30
_BLOCK_CHARS = 480
_BLOCK_LINES = 12
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def inline(text: str) -> str:
    """Return `text` as code within a line, cut when long."""
    text = " ".join(_printable(text).split("\n"))
    if len(text) > _INLINE_CHARS:
        text = f"{text[: _INLINE_CHARS - 1].rstrip()}…"
    ticks = "`" * (_longest_run(text) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def block(text: str, language: str = "") -> str:
    """Return `text` as a code block, cut when long."""
    lines = _printable(text.strip("\n")[: _BLOCK_CHARS * 4]).split("\n")
    kept = lines[:_BLOCK_LINES] if not language else lines
    while len(kept) > 1 and not language and sum(map(len, kept)) > _BLOCK_CHARS:
        kept.pop()
    if len(kept) < len(lines):
        kept.append("…")
    if not language and len(kept[0]) > _BLOCK_CHARS:
        kept[0] = f"{kept[0][:_BLOCK_CHARS]}…"
    fence = "`" * max(3, _longest_run(text) + 1)
    return "\n".join([fence + language, *kept, fence])


def as_texts(first: str, second: str) -> tuple[str, str] | None:
    """Return the texts that two reprs stand for, where they are better seen than quoted.

    That takes several lines, and no difference that a reader could not see.
    """
    one, two = _text(first), _text(second)
    if one is None or two is None:
        return None
    lines = [*one.split("\n"), *two.split("\n")]
    is_plain = all(line.isprintable() and line == line.rstrip() for line in lines)
    same_edges = _edges(one) == _edges(two)
    has_lines = "\n" in one.strip("\n") or "\n" in two.strip("\n")
    return (one, two) if is_plain and same_edges and has_lines else None


def focused(first: str, second: str) -> tuple[str, str]:
    """Cut what two long values have in common at their start, so that the difference shows."""
    n_same = next((n for n, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), 0)
    if max(len(first), len(second)) <= _BLOCK_CHARS // 2 or n_same <= 2 * _LEAD_CHARS:
        return first, second
    start = n_same - _LEAD_CHARS
    return f"…{first[start:]}", f"…{second[start:]}"


def _edges(text: str) -> tuple[int, int]:
    """Return how many line ends stand before and after the text."""
    return len(text) - len(text.lstrip("\n")), len(text) - len(text.rstrip("\n"))


def _text(value: str) -> str | None:
    try:
        text = ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return text if isinstance(text, str) and text.strip() else None


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


def _printable(text: str) -> str:
    text = _ADDRESS.sub("", _ANSI.sub("", text))
    return "".join(
        c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text
    )
