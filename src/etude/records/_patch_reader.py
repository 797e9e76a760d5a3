"""Reads unified diffs, those of git and plain ones, and refuses what it cannot honour."""

import re
from typing import Literal

import msgspec

from etude.errors import RecordError

_HUNK = re.compile(r"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@")
_GIT_SAME = re.compile(r"(?P<a>a/)?(?P<path>.+) (?(a)b/)(?P=path)")
_MODE = re.compile(r"(?:old mode|new mode|new file mode|deleted file mode) (\d+)")
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ESCAPES |= {'"': '"', "\\": "\\"}
_NULL = "/dev/null"


class Hunk(msgspec.Struct, frozen=True):
    """One stretch of changed lines with what stands around it."""

    start: int
    """First line of the stretch before the change, counted from 1; with no line before the
    change, the line after which it goes."""
    lines: tuple[str, ...]
    """Each with its mark, a blank, `-` or `+`, and its line feed if it has one."""

    @property
    def before(self) -> list[str]:
        """Lines that must be there: context and what is taken away."""
        return [line[1:] for line in self.lines if line[0] != "+"]

    @property
    def after(self) -> list[str]:
        """Lines that stand there afterwards."""
        return [line[1:] for line in self.lines if line[0] != "-"]


class FilePatch(msgspec.Struct, frozen=True, kw_only=True):
    """What a patch does to one file."""

    path: str
    """Path of the file; after a rename, its new path."""
    old_path: str | None = None
    """Path before a rename; `None` when the file keeps its path."""
    kind: Literal["change", "new", "delete"]
    hunks: tuple[Hunk, ...] = ()


def check_path(path: str, where: str) -> str:
    r"""Return `path` when it names a file inside a tree, and nothing else.

    Raises:
        RecordError: It is empty, absolute, holds `..`, `.`, an empty part, a backslash, NUL, or
            a `.git` folder.
    """
    parts = path.split("/")
    if path.startswith("/") or "\\" in path or "\0" in path or {"", ".", ".."} & set(parts):
        raise RecordError(
            f"{where}: {path!r} does not name a file inside the tree; "
            "paths are relative, with forward slashes, without '..'"
        )
    if any(part.lower() == ".git" for part in parts):
        raise RecordError(f"{where}: {path!r} lies in a .git folder, which no patch may touch")
    return path


def quote_path(path: str) -> str:
    """Return `path` as git writes it: in quotes when it holds a quote or a control character."""
    if not any(char == '"' or ord(char) < 32 or ord(char) == 127 for char in path):
        return path
    names = {value: name for name, value in _ESCAPES.items()}
    return '"' + "".join(_quote_char(char, names) for char in path) + '"'


def _quote_char(char: str, names: dict[str, str]) -> str:
    if char in names:
        return "\\" + names[char]
    return f"\\{ord(char):03o}" if ord(char) < 32 or ord(char) == 127 else char


def parse_patch(text: str) -> tuple[FilePatch, ...]:
    """Return what a unified diff does, file by file; blank text does nothing.

    Diffs of git and plain ones are understood, with or without `a/` and `b/`. Modes are ignored,
    and so is text before the first file and between files.

    Raises:
        RecordError: It is no unified diff, is damaged, is binary, copies a file, makes a link,
            or names a path outside the tree. The message says in which line.
    """
    if not text.strip():
        return ()
    return _Reader(text).files()


class _Reader:
    """One pass over the lines of a patch."""

    def __init__(self, text: str) -> None:
        self.lines = text.removesuffix("\n").split("\n")
        self.at = 0

    def files(self) -> tuple[FilePatch, ...]:
        """Read every file of the patch."""
        found: list[FilePatch] = []
        seen = False
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if line.startswith("diff --git "):
                seen = True
                file = self._git_file()
                if file is not None:
                    found.append(file)
            elif self._is_header():
                found.append(self._plain_file())
            elif line.startswith("@@ -"):
                raise self._error("a hunk without a file", "'--- path' and '+++ path' before it")
            elif line.startswith("Binary files ") and line.rstrip().endswith(" differ"):
                raise self._binary()
            else:
                self.at += 1
        if not found and not seen:
            first = next(line for line in self.lines if line.strip())
            raise RecordError(
                f"patch: not a unified diff: no line starts with 'diff --git' or '---'; "
                f"it begins {first[:60]!r}"
            )
        return tuple(found)

    def _is_header(self) -> bool:
        following = self.lines[self.at + 1] if self.at + 1 < len(self.lines) else ""
        return self.lines[self.at].startswith("--- ") and following.startswith("+++ ")

    def _plain_file(self) -> FilePatch:
        """Read a file that no `diff --git` line announces."""
        old, new = self._named(self.lines[self.at][4:]), self._named(self.lines[self.at + 1][4:])
        if _NULL in (old, new):
            old, new = old.removeprefix("a/"), new.removeprefix("b/")
        elif old.startswith("a/") and new.startswith("b/"):
            old, new = old[2:], new[2:]
        return self._body(old, None, new)

    def _body(self, old: str, rename: str | None, new: str) -> FilePatch:
        """Read the hunks below a header that stands at the present line."""
        where = self._where()
        self.at += 2
        hunks = self._hunks()
        if not hunks:
            raise self._error("a file header without a hunk", "'@@ -line,count +line,count @@'")
        if old == _NULL:
            return FilePatch(path=check_path(new, where), kind="new", hunks=hunks)
        if new == _NULL:
            return FilePatch(path=check_path(old, where), kind="delete", hunks=hunks)
        old_path = check_path(old, where) if rename is not None and old != new else None
        return FilePatch(path=check_path(new, where), old_path=old_path, kind="change", hunks=hunks)

    def _git_file(self) -> FilePatch | None:
        """Read a file that a `diff --git` line announces; `None` when only its mode changes."""
        where = self._where()
        names = self.lines[self.at][len("diff --git ") :].rstrip("\r")
        self.at += 1
        facts = self._git_facts()
        prefixed = self._has_prefixes(names)
        if self.at < len(self.lines) and self._is_header():
            old, new = (self._named(self.lines[self.at + step][4:]) for step in (0, 1))
            if prefixed:
                old, new = old.removeprefix("a/"), new.removeprefix("b/")
            return self._body(old, facts.get("rename from"), new)
        if "rename from" in facts and "rename to" in facts:
            return FilePatch(
                path=check_path(facts["rename to"], where),
                old_path=check_path(facts["rename from"], where),
                kind="change",
            )
        if "new file" in facts or "deleted" in facts:
            path = check_path(self._same_name(names, where), where)
            return FilePatch(path=path, kind="new" if "new file" in facts else "delete")
        return None

    def _git_facts(self) -> dict[str, str]:
        """Read the lines between `diff --git` and the file header."""
        facts: dict[str, str] = {}
        while self.at < len(self.lines) and not self._is_header():
            line = self.lines[self.at].rstrip("\r")
            if line.startswith(("GIT binary patch", "Binary files ")):
                raise self._binary()
            if line.startswith(("copy from ", "copy to ")):
                raise self._error("a copied file", "a diff made without copy detection")
            if (mode := _MODE.fullmatch(line)) is not None:
                if not mode[1].startswith("100"):
                    raise self._error("a link or submodule", "regular files only")
                if line.startswith(("new file", "deleted")):
                    facts["new file" if line.startswith("new file") else "deleted"] = ""
            elif line.startswith(("rename from ", "rename to ")):
                verb, way, name = line.split(" ", 2)
                facts[f"{verb} {way}"] = self._named(name)
            elif not line.startswith(("index ", "similarity index ", "dissimilarity index ")):
                break
            self.at += 1
        return facts

    def _hunks(self) -> tuple[Hunk, ...]:
        hunks: list[Hunk] = []
        while self.at < len(self.lines) and self.lines[self.at].startswith("@@"):
            hunks.append(self._hunk())
        if hunks and self.at < len(self.lines):
            line = self.lines[self.at]
            signature = line.rstrip() == "--"
            if line[:1] in ("+", "-", " ") and not signature and not self._is_header():
                raise self._error(
                    "a line beyond the hunk above", "as many lines as its '@@' line announces"
                )
        return tuple(hunks)

    def _hunk(self) -> Hunk:
        head = _HUNK.match(self.lines[self.at])
        if head is None:
            raise self._error("a damaged hunk header", "'@@ -line,count +line,count @@'")
        n_old, n_new = int(head[2] or 1), int(head[4] or 1)
        if head[2] == "0":
            n_old = 0
        if head[4] == "0":
            n_new = 0
        self.at += 1
        lines: list[str] = []
        while n_old > 0 or n_new > 0:
            mark, line = self._hunk_line(n_old, n_new)
            n_old -= mark != "+"
            n_new -= mark != "-"
            lines.append(line)
        if not lines:
            raise self._error("an empty hunk", "at least one line")
        return Hunk(int(head[1]), tuple(lines))

    def _hunk_line(self, n_old: int, n_new: int) -> tuple[str, str]:
        """Read one line of a hunk that still lacks `n_old` and `n_new` lines."""
        if self.at >= len(self.lines):
            raise self._error("the end of the patch inside a hunk", "more lines of that hunk")
        # Editors and mail strip the blank of an empty context line; git reads it so too.
        line = (
            self.lines[self.at]
            if self.lines[self.at] not in ("", "\r")
            else (" " + self.lines[self.at])
        )
        mark = line[0]
        if mark not in " +-" or (mark != "+" and not n_old) or (mark != "-" and not n_new):
            raise self._error(
                f"{line[:60]!r} inside a hunk", f"{n_old} more old and {n_new} more new lines"
            )
        self.at += 1
        if self.at < len(self.lines) and self.lines[self.at].startswith("\\"):
            self.at += 1
            return mark, line
        return mark, line + "\n"

    def _named(self, name: str) -> str:
        """Return the path in the rest of a header line, without quotes or time stamp."""
        name = name.rstrip("\r")
        if not name.startswith('"'):
            return name.split("\t", 1)[0].rstrip(" ")
        return self._unquote(name)[0]

    def _unquote(self, name: str) -> tuple[str, str]:
        """Return the quoted path that `name` starts with, and the rest."""
        match = re.match(r'"((?:[^"\\]|\\.)*)"', name)
        if match is None:
            raise self._error(f"an unfinished quoted path {name[:60]!r}", "a closing quote")

        def plain(escape: re.Match[str]) -> str:
            code = escape[1]
            return chr(int(code, 8)) if code.isdigit() else _ESCAPES.get(code, code)

        raw = re.sub(r"\\([0-3][0-7]{2}|.)", plain, match[1].encode().decode("latin-1"))
        # Octal escapes stand for the bytes of the path, one each.
        return raw.encode("latin-1", "replace").decode("utf-8", "replace"), name[match.end() :]

    def _has_prefixes(self, names: str) -> bool:
        return names.lstrip('"').startswith("a/") and bool(re.search(r' "?b/', names))

    def _same_name(self, names: str, where: str) -> str:
        """Return the one path that a `diff --git` line names twice."""
        if names.startswith('"'):
            first, rest = self._unquote(names)
            second = self._unquote(rest.lstrip())[0] if rest.lstrip().startswith('"') else rest
            return second.removeprefix("b/") if first.startswith("a/") else first
        match = _GIT_SAME.fullmatch(names)
        if match is None:
            raise RecordError(f"{where}: cannot tell which file {names[:80]!r} means")
        return match["path"]

    def _where(self) -> str:
        return f"patch line {self.at + 1}"

    def _error(self, found: str, wanted: str) -> RecordError:
        return RecordError(f"{self._where()}: found {found}, expected {wanted}")

    def _binary(self) -> RecordError:
        return self._error("a binary patch", "changes to text files only")
