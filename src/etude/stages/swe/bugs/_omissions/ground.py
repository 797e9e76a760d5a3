"""Ground: one file, its functions, its comments, and which names it defines for itself."""

import io
import re
import tokenize
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable
from functools import cached_property

import libcst as cst

from etude.stages.swe.bugs._mutations import Edit, Facts, Function, Source, places
from etude.stages.swe.bugs._mutations.binding import bound_names

WORD = re.compile(r"[A-Za-z_]\w*")
_ATTRIBUTE = re.compile(r"\.([A-Za-z_]\w*)")
_SET = re.compile(r"\.([A-Za-z_]\w*)(?:[ \t]*:[^=\n]*)?[ \t]*=(?!=)")
_PIECES_OF_NAME = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+")
_MIN_TELLING_CHARS = 4


class Ground:
    """What a file tells about the things that could be left out of it.

    Raises:
        ValueError: The file cannot be edited safely.
    """

    def __init__(self, path: str, text: str, covered: Collection[int]) -> None:
        self.source = Source(path, text)
        self.covered = covered
        self.facts = Facts(self.source)
        self.functions = [Function(self.facts, place) for place in places(self.source)]
        nodes = (node for node in self.source.parents if isinstance(node, cst.Name))
        named = sorted((self.source.span(node)[0], node.value) for node in nodes)
        self._starts = [start for start, _ in named]
        self._names = [name for _, name in named]
        self.counts = Counter(self._names)
        """How often each name stands in the code of the file, comments and texts apart."""
        self.sets: Counter[str] = Counter(_SET.findall(text))
        """How often each attribute is set."""
        self.reads: Counter[str] = Counter(_ATTRIBUTE.findall(text))
        """How often each attribute is named otherwise."""
        self.reads.subtract(self.sets)
        self._comments: dict[int, int] = {}
        self._read_comments(text)

    def _read_comments(self, text: str) -> None:
        for token in tokenize.generate_tokens(io.StringIO(text, newline="").readline):
            if token.type == tokenize.COMMENT:
                line, column = token.start
                self._comments[line] = len(token.line[:column].encode())

    @cached_property
    def globals(self) -> frozenset[str]:
        """Names that the module itself binds, wherever in it."""
        found = {n for s in self.source.module.body for n in bound_names(self.source, s)}
        for node in self.source.parents:
            if isinstance(node, cst.Global):
                found |= {item.name.value for item in node.names}
        return frozenset(found)

    def tidy(self, edits: Iterable[Edit]) -> tuple[Edit, ...]:
        """Return the edits with what would tell of them: comments, and blank lines left double."""
        found: list[Edit] = []
        for edit in edits:
            if self._takes_whole_lines(edit):
                found.append(self._without_scar(edit))
            else:
                found.append(edit)
                found += self._comments_on(edit)
        return _apart(found)

    def lines(self, edit: Edit) -> range:
        """Lines of the healthy file that an edit touches."""
        first = self.source.line(edit.start)
        return range(first, self.source.line(max(edit.start, edit.end - 1)) + 1)

    def names_in(self, edit: Edit) -> frozenset[str]:
        """Names in the code that an edit takes out."""
        low, high = bisect_left(self._starts, edit.start), bisect_left(self._starts, edit.end)
        return frozenset(
            name for name in set(self._names[low:high]) if self.n_named(edit, name) > 0
        )

    def n_named(self, edit: Edit, name: str) -> int:
        """How often a name stands in the code that an edit takes out."""
        low, high = bisect_left(self._starts, edit.start), bisect_left(self._starts, edit.end)
        return self._names[low:high].count(name) - WORD.findall(edit.text).count(name)

    def loses_comment(self, edit: Edit) -> bool:
        """Whether a change that starts within a line takes that line's comment along."""
        line = self.source.line(edit.start)
        if line not in self._comments or edit.start == self.source.line_start(edit.start):
            return False
        return edit.start < self._start(line) + self._comments[line] < edit.end

    def _takes_whole_lines(self, edit: Edit) -> bool:
        source = self.source
        whole = edit.start == source.line_start(edit.start) and edit.end > edit.start
        return whole and not edit.text and edit.end == source.line_end(edit.end - 1)

    def _without_scar(self, edit: Edit) -> Edit:
        """Take comments inside the block's end too, and one of two groups of blank lines."""
        source = self.source
        first, last = source.line(edit.start), source.line(edit.end - 1)
        code = (n for n in range(first, last + 1) if self._is_code(n))
        indent = self._indent(next(code, first))
        beyond = last + 1
        while (line := self._text(beyond)) is not None:
            if line.startswith("#", self._indent(beyond)) and self._indent(beyond) > indent:
                last = beyond
            elif line.strip():
                break
            beyond += 1
        n_before, n_after = self._n_blank(first - 1, -1), self._n_blank(last + 1, 1)
        opens = n_before == 0 and self._indent(first - 1) < indent and n_after > 0
        closes = n_after == 0 and self._indent(last + 1) < indent
        last += n_after if opens else min(n_before, n_after)
        first -= n_before if closes else 0
        return edit._replace(start=self._start(first), end=source.line_end(self._start(last)))

    def _comments_on(self, edit: Edit) -> list[Edit]:
        """Comments beside or above a change within a line that speak of what goes."""
        source = self.source
        gone = _telling(source.slice(edit.start, edit.end)) - _telling(edit.text)
        if edit.text and edit.start == source.line_start(edit.start):
            # A block that stays without its head: what speaks of the head goes.
            gone |= _telling(self._text(source.line(edit.start)) or "")
        found = []
        for line in self.lines(edit):
            if line in self._comments and _telling(self._comment(line)) & gone:
                at = self._start(line) + self._comments[line]
                before = source.slice(self._start(line), at)
                end = at + len(self._comment(line).rstrip("\r\n").encode())
                start = at - (len(before) - len(before.rstrip()))
                if not edit.start <= start < edit.end and not edit.start < end <= edit.end:
                    found.append(Edit(start, end, ""))
        above = source.line(edit.start) - 1
        while (
            above in self._comments and not (self._text(above, self._comments[above]) or "").strip()
        ):
            above -= 1
        block = range(above + 1, source.line(edit.start))
        if any(_telling(self._comment(line)) & gone for line in block):
            found.append(Edit(self._start(block[0]), self._start(block[-1] + 1), ""))
        return found

    def _is_code(self, line: int) -> bool:
        text = (self._text(line) or "").strip()
        return bool(text) and not text.startswith("#")

    def _comment(self, line: int) -> str:
        start = self._start(line) + self._comments[line]
        return self.source.slice(start, self.source.line_end(start))

    def _start(self, line: int) -> int:
        return self.source.start_of(line)

    def _text(self, line: int, n_bytes: int | None = None) -> str | None:
        if not 1 <= line <= self.source.n_lines:
            return None
        start = self._start(line)
        end = self.source.line_end(start) if n_bytes is None else start + n_bytes
        return self.source.slice(start, end)

    def _indent(self, line: int) -> int:
        text = self._text(line) or ""
        return len(text) - len(text.lstrip())

    def _n_blank(self, line: int, step: int) -> int:
        n = 0
        while (text := self._text(line)) is not None and not text.strip():
            n, line = n + 1, line + step
        return n


def n_sets(text: str, name: str) -> int:
    """How often `text` sets an attribute."""
    return _SET.findall(text).count(name)


def n_reads(text: str, name: str) -> int:
    """How often `text` names an attribute without setting it."""
    return _ATTRIBUTE.findall(text).count(name) - n_sets(text, name)


def _telling(text: str) -> frozenset[str]:
    """Words of names and sentences that a comment and the code it is about may share."""
    words = {part.lower() for name in WORD.findall(text) for part in _PIECES_OF_NAME.findall(name)}
    return frozenset(word for word in words if len(word) >= _MIN_TELLING_CHARS)


def _apart(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """Return the edits in order, those that lie within others left out."""
    kept: list[Edit] = []
    for edit in sorted(edits, key=lambda e: (e.start, -e.end)):
        if not kept or edit.start >= kept[-1].end:
            kept.append(edit)
    return tuple(kept)
