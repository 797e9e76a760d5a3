"""Patches: unified diffs made, read and applied as text, exactly or not at all.

Lines end with a line feed and nothing else, so a carriage return is part of its line. Nothing
here touches a disk.
"""

from collections.abc import Iterator, Mapping, Sequence

from etude.errors import RecordError
from etude.records._diff import changes, split_lines
from etude.records._patch_reader import FilePatch, Hunk, check_path, parse_patch, quote_path

__all__ = ["FilePatch", "Hunk", "apply_patch", "make_patch", "parse_patch"]

_CONTEXT = 3
_MAX_CODES = 0x110000


def make_patch(before: Mapping[str, str | None], after: Mapping[str, str | None]) -> str:
    r"""Return the git-style unified diff that turns `before` into `after`.

    Both have the same paths; `None` means that the file is not there. Equal files are left out.

    >>> print(make_patch({"a.py": "x = 1\n"}, {"a.py": "x = 2\n"}))
    diff --git a/a.py b/a.py
    --- a/a.py
    +++ b/a.py
    @@ -1 +1 @@
    -x = 1
    +x = 2
    <BLANKLINE>

    Raises:
        RecordError: A path cannot stand in a patch, or is missing on one side.
    """
    if before.keys() != after.keys():
        lone = sorted(before.keys() ^ after.keys())
        raise RecordError(
            f"making a patch: {lone[0]!r} is on one side only; give None where absent"
        )
    return "".join(
        _file_diff(check_path(path, "making a patch"), before[path], after[path])
        for path in sorted(before)
        if before[path] != after[path]
    )


def _file_diff(path: str, before: str | None, after: str | None) -> str:
    old, new = quote_path(f"a/{path}"), quote_path(f"b/{path}")
    head = f"diff --git {old} {new}\n"
    if before is None:
        head += "new file mode 100644\n"
    if after is None:
        head += "deleted file mode 100644\n"
    body = "".join(_hunk_texts(split_lines(before or ""), split_lines(after or "")))
    if not body:
        return head
    # A blank in the name needs a tab behind it, or readers take the rest for a time stamp.
    tab = "\t" if " " in path else ""
    head += "--- /dev/null\n" if before is None else f"--- {old}{tab}\n"
    head += "+++ /dev/null\n" if after is None else f"+++ {new}{tab}\n"
    return head + body


def _hunk_texts(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    """Yield each hunk: changes with at most twice the context between them stand together."""
    group: list[tuple[int, int, int, int]] = []
    for change in changes(before, after):
        if group and change[0] - group[-1][1] > 2 * _CONTEXT:
            yield _hunk_text(before, after, group)
            group = []
        group.append(change)
    if group:
        yield _hunk_text(before, after, group)


def _hunk_text(
    before: Sequence[str], after: Sequence[str], group: Sequence[tuple[int, int, int, int]]
) -> str:
    first = max(0, group[0][0] - _CONTEXT)
    end = min(len(before), group[-1][1] + _CONTEXT)
    lines: list[str] = []
    at = first
    for i, j, k, m in group:
        lines += [" " + line for line in before[at:i]]
        lines += ["-" + line for line in before[i:j]]
        lines += ["+" + line for line in after[k:m]]
        at = j
    lines += [" " + line for line in before[at:end]]
    n_new = sum(line[0] != "-" for line in lines)
    new_first = group[0][2] - (group[0][0] - first)
    head = f"@@ -{_range(first, end - first)} +{_range(new_first, n_new)} @@\n"
    return head + "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _range(first: int, count: int) -> str:
    """Return a hunk's range; an empty one names the line before it."""
    if count == 1:
        return str(first + 1)
    return f"{first + 1 if count else first},{count}"


def apply_patch(
    files: Mapping[str, str], patch: str | Sequence[FilePatch]
) -> dict[str, str | None]:
    """Return the files that `patch` changes, by path, whole; `None` for one it deletes.

    A hunk goes where it says, or else to the nearest place after the hunk before it where all its
    context and removed lines stand exactly.

    Raises:
        RecordError: The patch cannot be read, or does not apply as a whole.
    """
    changed: dict[str, str | None] = {}
    for file in parse_patch(patch) if isinstance(patch, str) else patch:
        source = file.old_path or file.path
        text = changed[source] if source in changed else files.get(source)
        taken = changed[file.path] if file.path in changed else files.get(file.path)
        if taken is not None and (file.kind == "new" or file.old_path is not None):
            raise _refusal(file.path, "the file is there already")
        result = _Patched(file.path, _start(file, text)).apply(file.hunks)
        if file.kind == "delete" and result:
            raise _refusal(file.path, "the file is deleted but the patch leaves lines in it")
        if file.old_path is not None:
            changed[file.old_path] = None
        changed[file.path] = None if file.kind == "delete" else result
    return changed


def _start(file: FilePatch, text: str | None) -> str:
    """Return what the hunks of `file` are laid into."""
    if file.kind == "new":
        return ""
    if text is not None:
        return text
    # Plain diffs do not say that a file is new.
    if file.kind == "change" and len(file.hunks) == 1 and not file.hunks[0].before:
        return ""
    raise _refusal(file.old_path or file.path, "there is no such file")


def _refusal(path: str, reason: str) -> RecordError:
    return RecordError(f"patch does not apply: {path}: {reason}")


class _Patched:
    """One file while hunks are being laid into it."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.lines = split_lines(text)
        self.codes: dict[str, str] = {}
        self.forward = ""
        self.backward = ""

    def apply(self, hunks: Sequence[Hunk]) -> str:
        """Return the text with all hunks in it."""
        done: list[str] = []
        end = drift = 0
        for number, hunk in enumerate(hunks, start=1):
            before = hunk.before
            stated = hunk.start - 1 if before else hunk.start
            place = self._place(before, stated + drift, end)
            if place is None:
                raise self._mismatch(hunk, number, max(stated + drift, 0), end)
            drift = place - stated
            done += self.lines[end:place]
            done += hunk.after
            end = place + len(before)
        done += self.lines[end:]
        for line in done[:-1]:
            if not line.endswith("\n"):
                raise _refusal(self.path, f"line {line[:60]!r} lost its end to the one after it")
        return "".join(done)

    def _place(self, before: Sequence[str], wanted: int, floor: int) -> int | None:
        """Return the line, from 0, nearest to `wanted` and not above `floor` where `before` is."""
        if not before:
            return wanted if floor <= wanted <= len(self.lines) else None
        if wanted >= floor and self.lines[wanted : wanted + len(before)] == before:
            return wanted
        return self._search(before, wanted, floor)

    def _search(self, before: Sequence[str], wanted: int, floor: int) -> int | None:
        """Find `before` with one character per distinct line, so that it costs one text search."""
        if not self.forward:
            for line in self.lines:
                self.codes.setdefault(line, chr(min(len(self.codes), _MAX_CODES - 1)))
            if len(self.codes) >= _MAX_CODES:
                return None
            self.forward = "".join(self.codes[line] for line in self.lines)
            self.backward = self.forward[::-1]
        if any(line not in self.codes for line in before):
            return None
        needle = "".join(self.codes[line] for line in before)
        size = len(self.lines)
        after = self.forward.find(needle, max(wanted, floor))
        mirrored = self.backward.find(
            needle[::-1], max(0, size - (wanted + len(needle))), max(0, size - floor)
        )
        above = -1 if mirrored < 0 else size - mirrored - len(needle)
        found = [place for place in (above, after) if place >= 0]
        return min(found, key=lambda place: abs(place - wanted), default=None)

    def _mismatch(self, hunk: Hunk, number: int, place: int, floor: int) -> RecordError:
        """Say what the hunk expects and what stands there."""
        where = f"patch does not apply: {self.path}, hunk {number} at line {hunk.start}"
        for offset, wanted in enumerate(hunk.before):
            at = place + offset
            found = repr(self.lines[at]) if at < len(self.lines) else "the end of the file"
            if found != repr(wanted):
                return RecordError(f"{where}: expected {wanted!r} found {found} (line {at + 1})")
        if place < floor:
            return RecordError(f"{where}: it overlaps the hunk before it")
        return RecordError(f"{where}: the file has only {len(self.lines)} lines")
