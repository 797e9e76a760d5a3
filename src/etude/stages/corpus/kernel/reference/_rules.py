r"""spaCy's rules of affixes, infixes and URLs for English, over the pinned classes of characters.

The patterns mean what spaCy's do. They are applied to a few characters at a chunk's ends, and the
URL's from each place where a host may begin, so that no chunk takes more than linear time.
"""

import functools
import re

from etude.stages.corpus.kernel.reference._tables import char_set, english

_LONGEST_SUFFIX = 8
"""Characters that any suffix but a run of full stops needs to be seen, with what is before it."""


def _any(words: list[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


@functools.cache
def _prefix() -> re.Pattern[str]:
    return re.compile(rf"[{char_set('PREFIX')}]|\+(?![0-9])|\.\.+|US\$|C\$|A\$")


@functools.cache
def _suffix() -> re.Pattern[str]:
    return re.compile(
        rf"(?:[{char_set('SUFFIX')}]|……|['\u2019][sS]"
        rf"|(?<=[0-9])(?:\+|{_any(english().money)}|{_any(english().units)})"
        rf"|(?<=°[FfCcKk])\.|(?<=[{char_set('BEFORE_DOT')}])\."
        rf"|(?<=[{char_set('UPPER')}][{char_set('UPPER')}])\.)\Z"
    )


@functools.cache
def infixes() -> re.Pattern[str]:
    """Return the pattern of what splits a word inside."""
    letter = char_set("LETTER")
    return re.compile(
        rf"\.\.+|[{char_set('INFIX')}]"
        r"|(?<=[0-9])[+\-*^](?=[0-9-])"
        rf"|(?<=[{char_set('LOWER', 'QUOTE')}])\.(?=[{char_set('UPPER', 'QUOTE')}])"
        rf"|(?<=[{letter}]),(?=[{letter}])"
        rf"|(?<=[{letter}0-9])(?:-|\u2013|\u2014|--|---|\u2014\u2014|~)(?=[{letter}])"
        rf"|(?<=[{letter}0-9])[:<>=/](?=[{letter}])"
    )


def prefix_length(chunk: str, start: int, end: int) -> int:
    """Return how many characters at `start` are a prefix."""
    if chunk.startswith("..", start, end):
        return end - start - len(chunk[start:end].lstrip("."))
    found = _prefix().match(chunk[start : min(end, start + 3)])
    return found.end() if found else 0


def suffix_length(chunk: str, start: int, end: int) -> int:
    """Return how many characters before `end` are a suffix; the longest rule counts."""
    if chunk.endswith("..", start, end):
        return end - start - len(chunk[start:end].rstrip("."))
    found = _suffix().search(chunk[max(start, end - _LONGEST_SUFFIX) : end])
    return found.end() - found.start() if found else 0


@functools.cache
def _scheme() -> re.Pattern[str]:
    return re.compile(rf"[{char_set('WORD')}+\-.]{{2,}}://")


@functools.cache
def _host() -> re.Pattern[str]:
    d, label = f"[{char_set('DECIMAL')}]", f"[{char_set('DOMAIN')}]"
    address = (
        rf"(?!(?:10|127)(?:\.{d}{{1,3}}){{3}})(?!(?:169\.254|192\.168)(?:\.{d}{{1,3}}){{2}})"
        rf"(?!172\.(?:1[6-9]|2{d}|3[0-1])(?:\.{d}{{1,3}}){{2}})"
        rf"(?:[1-9]{d}?|1{d}{d}|2[01]{d}|22[0-3])"
        rf"(?:\.(?:1?{d}{{1,2}}|2[0-4]{d}|25[0-5])){{2}}"
        rf"\.(?:[1-9]{d}?|1{d}{d}|2[0-4]{d}|25[0-4])"
    )
    name = (
        rf"(?:(?:{label}[{char_set('DOMAIN')}_\-]{{0,62}})?{label}\.)+"
        rf"[{char_set('LOWER')}]{{2,63}}"
    )
    return re.compile(rf"(?:{address}|{name})(?::{d}{{2,5}})?(?:[/?#]|\Z)")


def is_url(chunk: str) -> bool:
    """Whether spaCy takes a chunk without whitespace for one URL."""
    if "." not in chunk:
        return False
    starts = [0]
    if scheme := _scheme().match(chunk):
        starts.append(scheme.end())
    starts += [k + 1 for k in range(1, len(chunk)) if chunk[k] == "@"]
    return any(_host().match(chunk, start) for start in starts)
