"""Real documents from whatever lies on a Linux machine: manuals in many languages, HTML, sources.

The same machine gives the same documents in the same order.
"""

import ast
import gzip
import hashlib
import html
import re
import sys
import sysconfig
from collections.abc import Callable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

MAX_BYTES = 200_000
"""Of a file that is read; longer ones are cut, as are crawled pages."""
MIN_CHARS = 20

_HIDDEN = re.compile(r"<(script|style|head)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_BLOCK = re.compile(r"</?(p|div|h\d|li|ul|ol|tr|table|pre|section|br)\b[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_BLANK_LINES = re.compile(r"\n\s*\n\s*")
_ROFF_FONT = re.compile(r"\\f(\(..|\[[^]]*\]|.)|\\[&/,|^%]|\\s[-+]?\d")
_ROFF_MACRO = re.compile(
    r"^[.'](?:\\\"|de|ds|if|ie|el|so|TH|ig|nr|in|ft|ad|nh|hy|\.).*$", re.MULTILINE
)
_ROFF_NAME = re.compile(r"^\.[A-Za-z]{1,4} ?", re.MULTILINE)


class Kind(NamedTuple):
    """One kind of document: where its files are, and how they become text."""

    name: str
    files: Callable[[], Iterator[Path]]
    read: Callable[[str], str]


def documents(n: int, max_bytes: int = 10**10) -> list[str]:
    """Return up to `n` documents, the kinds taken in turn; fewer when the machine has no more."""
    found: list[str] = []
    size = 0
    for row in zip_longest(*map(_documents, KINDS)):
        for text in row:
            if text is None:
                continue
            found.append(text)
            size += len(text)
            if len(found) == n or size > max_bytes:
                return found
    return found


def _documents(kind: Kind) -> Iterator[str]:
    # In the order of a hash: neighbours in a folder resemble each other.
    files = {hashlib.sha256(path.as_posix().encode()).hexdigest(): path for path in kind.files()}
    for _, path in sorted(files.items()):
        try:
            data = path.read_bytes()[:MAX_BYTES]
            if path.suffix == ".gz":
                data = gzip.decompress(path.read_bytes())[:MAX_BYTES]
        except (OSError, EOFError):
            continue
        if b"\0" in data[:1000]:
            continue
        text = kind.read(data.decode("utf-8", errors="ignore"))
        if len(text) >= MIN_CHARS:
            yield text


def _html(text: str) -> str:
    text = _BLOCK.sub("\n", _HIDDEN.sub("", text))
    return _BLANK_LINES.sub("\n", html.unescape(_TAG.sub("", text))).strip()


def _manual(text: str) -> str:
    text = _ROFF_NAME.sub("", _ROFF_MACRO.sub("", _ROFF_FONT.sub("", text)))
    return _BLANK_LINES.sub("\n\n", text.replace("\\-", "-").replace("\\(bu", "•")).strip()


def _docstrings(text: str) -> str:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return ""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    found = [ast.get_docstring(node) for node in ast.walk(tree) if isinstance(node, kinds)]
    return "\n\n".join(filter(None, found))


def _plain(text: str) -> str:
    return text


def _below(folders: list[Path], *patterns: str) -> Callable[[], Iterator[Path]]:
    def files() -> Iterator[Path]:
        for folder in folders:
            for pattern in patterns:
                yield from (path for path in folder.rglob(pattern) if path.is_file())

    return files


_PYTHON = [Path(sysconfig.get_paths()[name]) for name in ("stdlib", "purelib")]
_SHARED = [Path("/usr/share/doc"), Path(sys.base_prefix, "share"), Path.home() / ".rustup"]
_MANUALS = [Path("/usr/share/man")]

KINDS = (
    Kind("pages", _below(_SHARED, "*.html"), _html),
    Kind("manuals", _below(_MANUALS, "*.[1-8].gz"), _manual),
    Kind("docstrings", _below(_PYTHON, "*.py"), _docstrings),
    Kind("sources", _below(_PYTHON, "*.py"), _plain),
    Kind("notes", _below([*_SHARED, *_PYTHON], "*.txt", "*.md", "*.rst", "changelog*.gz"), _plain),
)
