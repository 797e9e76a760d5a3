"""Text from hostile code made fit to read: nothing hidden, nothing endless, nothing mark-up."""

import re
from typing import Literal

import msgspec

_HUNK = re.compile(r"@@ -\d{1,9}(?:,(\d{1,9}))? \+\d{1,9}(?:,(\d{1,9}))? @@")
_FENCE = re.compile(r"\s{0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r"#{1,6}\s+(.*)")
_CODE = re.compile(r"`([^`\n]+)`")

_PATCH_LINES = 400
_LINE_CHARS = 2_000
_PASSAGE_CHARS = 20_000


class DiffLine(msgspec.Struct, frozen=True):
    """One line of a patch and what it does."""

    kind: Literal["file", "hunk", "add", "del", "same"]
    text: str


class Diff(msgspec.Struct, frozen=True, kw_only=True):
    """A patch, line by line, for reading."""

    lines: tuple[DiffLine, ...]
    n_added: int
    n_removed: int
    n_cut: int
    """Lines left out at the end."""

    @property
    def n_changed(self) -> int:
        """Lines added and lines taken away."""
        return self.n_added + self.n_removed


def diff(patch: str) -> Diff:
    """Return a patch for reading; whatever is no diff is shown as it is."""
    lines: list[DiffLine] = []
    n_old = n_new = 0
    for line in patch.rstrip("\n").split("\n") if patch.strip() else ():
        if n_old <= 0 and n_new <= 0:
            head = _HUNK.match(line)
            if head is not None:
                n_old, n_new = int(head[1] or 1), int(head[2] or 1)
            lines.append(DiffLine("file" if head is None else "hunk", line))
            continue
        mark = line[:1]
        n_old -= mark not in ("+", "\\")
        n_new -= mark not in ("-", "\\")
        lines.append(DiffLine({"+": "add", "-": "del"}.get(mark, "same"), line))  # type: ignore[arg-type]
    return _shown(lines)


def replacement(old: str, new: str) -> Diff:
    """Return one piece of text replaced by another, as a patch without place."""
    lines = [DiffLine("del", "-" + line) for line in old.split("\n")] if old else []
    lines += [DiffLine("add", "+" + line) for line in new.split("\n")] if new else []
    return _shown(lines)


def _shown(lines: list[DiffLine]) -> Diff:
    shown = tuple(
        line
        if len(line.text) <= _LINE_CHARS
        else DiffLine(line.kind, line.text[:_LINE_CHARS] + " …")
        for line in lines[:_PATCH_LINES]
    )
    return Diff(
        lines=shown,
        n_added=sum(line.kind == "add" for line in lines),
        n_removed=sum(line.kind == "del" for line in lines),
        n_cut=len(lines) - len(shown),
    )


BlockKind = Literal["heading", "text", "listing"]


class Span(msgspec.Struct, frozen=True):
    """A run of characters inside a paragraph."""

    text: str
    code: bool = False


class Block(msgspec.Struct, frozen=True):
    """A heading, a paragraph or a listing of a statement."""

    kind: BlockKind
    spans: tuple[Span, ...]


def prose(markdown: str) -> tuple[Block, ...]:
    """Return a statement's headings, paragraphs and listings; the rest stays as written."""
    blocks: list[Block] = []
    gathered: list[str] = []
    fence = ""

    def close(kind: BlockKind) -> None:
        text = "\n".join(gathered).strip("\n")
        if text:
            blocks.append(Block(kind, (Span(text),) if kind == "listing" else _spans(text)))
        gathered.clear()

    for line in markdown[:_PASSAGE_CHARS].split("\n"):
        mark = _FENCE.match(line)
        if fence:
            if mark is not None and mark[1].startswith(fence) and not line.strip(" `~\t\r"):
                close("listing")
                fence = ""
            else:
                gathered.append(line)
        elif mark is not None:
            close("text")
            fence = mark[1]
        elif (heading := _HEADING.match(line)) is not None:
            close("text")
            gathered.append(heading[1])
            close("heading")
        elif line.strip():
            gathered.append(line)
        else:
            close("text")
    close("listing" if fence else "text")
    return tuple(blocks)


def _spans(text: str) -> tuple[Span, ...]:
    """Split a paragraph at its `code`; every second piece is code."""
    pieces = _CODE.split(text)
    return tuple(Span(piece, place % 2 == 1) for place, piece in enumerate(pieces) if piece)
