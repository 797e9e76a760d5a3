"""Find in a task statement what would give the answer away: place, tests, kind of bug or patch.

Whatever a user of the library could not know is a leak. The check needs nothing but the statement
and the answer, so a data set can be checked again long after it was made.
"""

import keyword
import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from etude.records import parse_patch

NGRAM = 5
"""Tokens in a row that a statement may not share with a changed line."""
_TOKEN = re.compile(r"\w+|[^\w\s]")
_OPERATOR = re.compile(r"[-+*/%<>=!&|^~@]")
_CODE = re.compile(r"(?P<fence>`{3,}).*?\n.*?\n\s*(?P=fence)|(?P<tick>`+).+?(?P=tick)", re.DOTALL)
_PLAIN_NAMES = {"test", "tests", "testing", "conftest"}
_MIN_NAME_CHARS = 6
_MIN_PARAMETER_CHARS = 13
_MIN_LINE_CHARS = 6
_LINE = re.compile(r"(?i:\blines? (?:no\.? |number )?\d+)(?!\d*,? col)|\bL\d{2,}\b|\.pyx?:\d+\b")
_BARE_LINE = re.compile(r"(?:^|\s):\d+\b", re.MULTILINE)
"""Only in prose: in code it may be a slice or a parameter of SQL."""
_DIFF = re.compile(r"^\s*(?:@@ |diff --git |(?:---|\+\+\+)(?: |\t|$))", re.MULTILINE)
_INSIDERS_WORDS = re.compile(
    r"\b(?:mutants?|mutation testing|injected|hidden tests?|test suite|oracle patch|bug maker"
    r"|(?:fail|pass)[-_ ]to[-_ ]pass)\b",
    re.IGNORECASE,
)


def find_leaks(
    statement: str, *, paths: Sequence[str], tests: Sequence[str], kinds: Sequence[str], patch: str
) -> list[str]:
    """Return what `statement` gives away, one reason each; empty when it is clean.

    Args:
        statement: Markdown, as the agent would see it.
        paths: Files that the bug changes, relative to the codebase root.
        tests: Ids of the tests that catch it.
        kinds: Names of the kind of bug and of its maker, such as `off_by_one`.
        patch: Unified diff between the healthy and the broken source, in either direction.

    Raises:
        RecordError: The patch cannot be read.
    """
    prose = _CODE.sub(" ", statement)
    reasons = ["holds text of a diff"] if _DIFF.search(statement) else []
    if _LINE.search(statement) or _BARE_LINE.search(prose):
        reasons.append("names a line of a file")
    reasons += [f"says {found[0]!r}" for found in _INSIDERS_WORDS.finditer(prose)]
    reasons += _names(statement, _places(paths), "names the changed source")
    reasons += _names(statement, _tests(tests), "names a test")
    reasons += _names(prose, _parameters(tests), "names a test")
    reasons += _kinds(statement, prose, kinds)
    reasons += _changed_text(statement, patch)
    return list(dict.fromkeys(reasons))


def _names(text: str, names: Iterator[str], reason: str) -> list[str]:
    return [f"{reason}: {name}" for name in dict.fromkeys(names) if _stands_in(name, text)]


def _stands_in(name: str, text: str) -> bool:
    """Whether `name` stands in `text` as whole words."""
    if name not in text:
        return False
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def _places(paths: Sequence[str]) -> Iterator[str]:
    """Yield the ways to write a source file: its path, its name, its module."""
    for path in map(PurePosixPath, paths):
        yield str(path)
        yield path.name
        parts = [*path.parts[:-1], path.stem] if path.stem != "__init__" else [*path.parts[:-1]]
        # A module's bare name is often a word of the library's users, such as `fields`.
        for first in range(len(parts) - 1):
            yield "/".join(parts[first:])
            yield ".".join(parts[first:])


def _tests(tests: Sequence[str]) -> Iterator[str]:
    """Yield the names that tell which test is meant: id, file, classes, function."""
    for test in tests:
        head = test.partition("[")[0]
        path, *names = head.split("::")
        yield test
        yield head
        yield path
        file = PurePosixPath(path)
        for name in (file.name, file.stem, *names):
            if len(name) >= _MIN_NAME_CHARS and name.lower() not in _PLAIN_NAMES:
                yield name


def _parameters(tests: Sequence[str]) -> Iterator[str]:
    """Yield what stands in brackets; in code it may be the very input a user would show."""
    for test in tests:
        parameters = test.partition("[")[2].removesuffix("]")
        if len(parameters) >= _MIN_PARAMETER_CHARS:
            yield parameters


def _kinds(statement: str, prose: str, kinds: Sequence[str]) -> list[str]:
    found = []
    for kind in filter(None, kinds):
        words = [re.escape(word) for word in re.split(r"[_\s-]+", kind.strip("_")) if word]
        # One word, such as `format`, may be the name of a function in code.
        text = statement if len(words) > 1 else prose
        if re.search(rf"(?<!\w){r'[_ -]'.join(words)}(?!\w)", text, re.IGNORECASE):
            found.append(f"names the kind of bug or its maker: {kind}")
    return found


def _changed_text(statement: str, patch: str) -> list[str]:
    """Return reasons for each changed line that the statement repeats, whole or in part."""
    text = _spaced(_TOKEN.findall(statement))
    reasons = []
    for line in _changed_lines(patch):
        tokens = _TOKEN.findall(line)
        if _tells(line, tokens) and _spaced(tokens) in text:
            reasons.append(f"repeats a changed line: {line}")
            continue
        for start in range(len(tokens) - NGRAM + 1):
            gram = tokens[start : start + NGRAM]
            if len(_identifiers(gram)) > 1 and _spaced(gram) in text:
                reasons.append(f"repeats a part of a changed line: {' '.join(gram)}")
                break
    return reasons


def _spaced(tokens: Sequence[str]) -> str:
    """Join tokens so that a run of them is a substring, and never half a token."""
    return f" {' '.join(tokens)} "


def _changed_lines(patch: str) -> Iterator[str]:
    for file in parse_patch(patch):
        for hunk in file.hunks:
            yield from (line[1:].strip() for line in hunk.lines if line[0] in "+-")


def _tells(line: str, tokens: Sequence[str]) -> bool:
    """Whether a changed line says enough to be recognised."""
    if len("".join(line.split())) < _MIN_LINE_CHARS:
        return False
    return _OPERATOR.search(line) is not None or len(_identifiers(tokens)) > 1


def _identifiers(tokens: Sequence[str]) -> set[str]:
    return {t for t in tokens if t.isidentifier() and not keyword.iskeyword(t)}
