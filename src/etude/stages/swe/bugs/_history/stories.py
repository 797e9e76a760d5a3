"""Stories: what people wrote of a change in a changelog or a commit, point by point.

Names of people, links and numbers of reports are taken out: they tell a solver nothing.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from packaging.version import InvalidVersion, Version

_FILE = re.compile(
    r"(?:changes?|changelog|history|news|release[-_ ]?notes?|whatsnew)", re.IGNORECASE
)
_SUFFIXES = ("", ".md", ".rst", ".txt")
_HEADING = re.compile(
    r"[#*=`\[(\s]{0,8}(?:(?:version|release)[ :]{1,3})?v?"
    r"(\d{1,6}(?:\.\d{1,6}){1,4}(?:[a-z]{1,4}\d{1,3})?)(?![\w.])",
    re.IGNORECASE,
)
_HEADING_CHARS = 160
_BULLET = re.compile(r"(\s{0,8})[-*+] +(?=\S)")
_MAX_CHARS, _MIN_CHARS = 500, 12
_MAX_TEXT = 1_000_000
_CLEANING = (
    (re.compile(r"\([^()]{0,80}\b(?:by|[Tt]hanks)\b[^()]{0,80}\)"), ""),
    (
        re.compile(
            r"[\s(]{0,2}[:{](?:issue|pr|user|ref|gh|bug|pull|commit|author)[:}]`[^`]{1,100}`\)?"
        ),
        "",
    ),
    (
        re.compile(r"(?::[a-z:]{1,20}:|\{[a-z:]{1,20}\})`~?([^`<]{1,200}?)(?: ?<[^`>]{1,200}>)?`"),
        r"`\1`",
    ),
    (re.compile(r"\[([^\]\[]{1,200})\]\([^()\s]{1,300}\)"), r"\1"),
    (re.compile(r"`([^`<]{1,200}?) ?<[^`>]{1,300}>`_{1,2}"), r"\1"),
    (re.compile(r"`~?([^`<]{1,200}?) ?<[^`>]{1,300}>`"), r"`\1`"),
    (re.compile(r"``([^`]{1,200})``"), r"`\1`"),
    (
        re.compile(
            r"\bSee the [^.:]{0,80}advisory.{0,300}|[^.]{0,80}\b(?:found|discovered) by.{0,200}"
        ),
        "",
    ),
    (re.compile(r"https?://\S{1,300}"), ""),
    (
        re.compile(
            r"\b(?:[Tt]hanks|[Pp]atch by|[Rr]eported by|[Cc]redit|[Cc]ontributed by)\b.{0,200}"
        ),
        "",
    ),
    (
        re.compile(
            r"`?#\d{1,7}`?|`GH-\d{1,7}`|\bGH-\d{1,7}|\b(?:pr|issue|bug|pull) ?#?\d{1,7}\b",
            re.IGNORECASE,
        ),
        "",
    ),
    (re.compile(r"\(?\bby @[\w-]{1,60}(?: in)?\)?|@[A-Za-z][\w-]{1,60}"), ""),
    (
        re.compile(
            r"[\s(\[]{0,3}\b(?:closes|fixes|resolves|refs?|see|in|by)\b[\s:,.;)\]]{0,9}$",
            re.IGNORECASE,
        ),
        "",
    ),
    (re.compile(r"[(\[][\s,;:&/`]{0,20}[)\]]"), ""),
)
_WORD = re.compile(r"[A-Za-z][a-z]{2,}|[A-Z]{3,}|[a-z]{3,}")
_COMMON_WORDS = """
add added adds all and are bug bugs but can cases changed for fix fixed fixes from has have improve
into method methods more new not now one only other some support test tests that the this use used
uses using value values was were when which with without self none return true false raise
"""
_COMMON = frozenset(_COMMON_WORDS.split())


def is_changelog(path: str) -> bool:
    """Whether a file is where projects write what they changed, by its name."""
    file = PurePosixPath(path)
    stem = file.name[: -len(file.suffix)] if file.suffix else file.name
    return (
        len(file.parts) <= 2
        and file.suffix.lower() in _SUFFIXES
        and _FILE.fullmatch(stem) is not None
    )


def entries_of(text: str, version: str) -> tuple[str, ...]:
    """Return the points of a changelog on one version; none when it has no such section."""
    return tuple(_points(_section(text[:_MAX_TEXT].split("\n"), version)))


def entries_of_commit(message: str) -> tuple[str, ...]:
    """Return what a commit says: its subject, and the first paragraph below."""
    lines = message[:_MAX_TEXT].strip().split("\n")
    if lines and lines[0].startswith(("Merge pull request", "Merge branch")):
        lines = [line for line in lines[1:] if line.strip()][:1]
    subject = clean(lines[0] if lines else "")
    return (subject,) if len(subject) >= _MIN_CHARS else ()


def without_section(text: str, version: str) -> str:
    """Return a changelog without its section on one version."""
    kept: list[str] = []
    inside = False
    for line in text.split("\n"):
        heads = _version_of(line)
        if heads is not None:
            inside = heads == _parse(version)
        if not inside:
            kept.append(line)
    return "\n".join(kept)


def _section(lines: Sequence[str], version: str) -> list[str]:
    found: list[str] = []
    inside = False
    for line in lines:
        heads = _version_of(line)
        if heads is not None:
            if inside:
                break
            inside = heads == _parse(version)
        elif inside:
            found.append(line)
    return found


def _version_of(line: str) -> Version | None:
    """Return the version that a heading is about; `None` when the line is no heading."""
    if len(line) > _HEADING_CHARS or _BULLET.match(line):
        return None
    heading = _HEADING.match(line)
    if heading is None:
        return None
    # A sentence that begins with a version goes on in words.
    rest = re.findall(r"[a-z]{4,}", re.sub(r"<[^<>]{1,200}>", "", line[heading.end() :]))
    return _parse(heading[1]) if len(rest) <= 3 else None


def _parse(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _points(lines: Sequence[str]) -> Iterator[str]:
    bullets = [match for line in lines if (match := _BULLET.match(line))]
    indent = min((len(match[1]) for match in bullets), default=0)
    point: list[str] = []
    for line in [*lines, ""]:
        bullet = _BULLET.match(line)
        starts = bullet is not None and len(bullet[1]) <= indent + 1
        ends = not line.strip() or (line[:1].strip() and bullet is None)
        if (starts or ends) and point:
            if len(text := clean(" ".join(point))) >= _MIN_CHARS:
                yield text
            point = []
        if starts and bullet is not None:
            point = [line[bullet.end() :].strip()]
        elif point:
            point.append(line.strip())


def clean(text: str) -> str:
    """Return a point as plain Markdown on one line, without people, links and numbers."""
    text = " ".join(text[: 8 * _MAX_CHARS].split())
    for pattern, put in _CLEANING:
        text = pattern.sub(put, text)
    text = re.sub(r" +([.,;:)])", r"\1", " ".join(text.split()))
    text = text.strip(" -,;:")
    if len(text) > _MAX_CHARS:
        text = text[:_MAX_CHARS].rpartition(". ")[0] + "."
    return text if len(text) > 1 else ""


def choose_entry(entries: Sequence[str], names: Sequence[str], texts: Sequence[str]) -> str:
    """Return the point that speaks of one bug; empty when none does for sure.

    Args:
        entries: Points about one change.
        names: Functions and classes that the bug lies in, as dotted names.
        texts: What else belongs to it: names of tests, changed lines.
    """
    known = {word for text in (*names, *texts) for word in _words(text)}
    parts = {part for name in names for part in name.split(".") if len(part) > 2}
    shared = [known & _words(entry) for entry in entries]
    scored = [
        _score(words, shared) + 2.0 * len(parts & _quoted(entry))
        for entry, words in zip(entries, shared, strict=True)
    ]
    best = max(scored, default=0.0)
    rivals = sum(score > best - 0.7 for score in scored)
    if best < (1.0 if len(entries) == 1 else 2.0) or rivals > 1:
        return ""
    return entries[scored.index(best)]


def _score(words: set[str], others: Sequence[set[str]]) -> float:
    """Weigh shared words: one that stands in several points says less."""
    return sum(1.0 / sum(word in other for other in others) for word in sorted(words))


def _quoted(entry: str) -> set[str]:
    """Return the last parts of the names that stand as code."""
    return {
        part
        for code in re.findall(r"`([^`]{1,200})`", entry)
        for part in re.findall(r"\w{1,100}", code)[-1:]
    }


def _words(text: str) -> set[str]:
    found = {word.lower() for word in _WORD.findall(text)}
    return {_stem(word) for word in found - _COMMON}


def _stem(word: str) -> str:
    for end in ("ing", "ed", "es", "s"):
        if word.endswith(end) and len(word) - len(end) >= 4:
            return word[: -len(end)]
    return word
