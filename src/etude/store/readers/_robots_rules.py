"""Rules of a robots.txt as RFC 9309 has them: groups by agent, the longest pattern that matches.

Files are hostile: patterns are matched by looking for their pieces in a row, never by a regular
expression, and no more of a file is read than the standard asks for.
"""

import re
from collections.abc import Iterator

import msgspec

MOST_BYTES = 512_000
"""So much of a robots.txt counts; the standard asks for 500 KiB at least."""
_TOKEN = re.compile(r"[\w.-]{1,100}")
_ENCODED = re.compile(r"%([0-9A-Fa-f]{2})")
_LITERAL = re.compile(r"[^!-~]")
_UNRESERVED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")


class Rules(msgspec.Struct, frozen=True):
    """What one agent may read."""

    patterns: tuple[tuple[str, bool], ...]
    """Patterns as `pattern_key` writes them, and whether they allow; the one that wins first."""

    def allows(self, path: str) -> bool:
        """Whether a path, as `path_key` writes it, may be read."""
        return next((allow for pattern, allow in self.patterns if _fits(pattern, path)), True)


def parse_robots(text: str) -> dict[str, Rules]:
    """Return the rules by agent, in lower case; those of `*` hold for who is not named."""
    groups: dict[str, dict[tuple[str, bool], None]] = {}
    agents: list[str] = []
    in_rules = False
    for name, value in _lines(text[:MOST_BYTES]):
        if name == "user-agent":
            agents = [] if in_rules else agents
            in_rules = False
            token = "*" if value.startswith("*") else _token(value)
            agents.append(token)
            groups.setdefault(token, {})
        elif name in ("allow", "disallow"):
            in_rules = True
            if value:
                for agent in agents:
                    groups[agent][pattern_key(value), name == "allow"] = None
    return {agent: rules(found) for agent, found in groups.items()}


def rules(patterns: dict[tuple[str, bool], None]) -> Rules:
    """Return rules in the order in which they win: the longest, and of two as long the allowing."""
    return Rules(tuple(sorted(patterns, key=lambda one: (-len(one[0]), not one[1]))))


def pattern_key(pattern: str) -> str:
    """Return a pattern with everything encoded in one way; `*` and a last `$` keep their sense."""
    ends = pattern.endswith("$")
    return _key(pattern[:-1] if ends else pattern).replace("$", "%24") + "$" * ends


def path_key(path: str) -> str:
    """Return path and query of a URL as patterns are compared with them."""
    return _key(path).replace("*", "%2A").replace("$", "%24")


def _key(path: str) -> str:
    plain = _LITERAL.sub(lambda found: _octets(found[0]), path)
    head, mark, query = _ENCODED.sub(_decoded, plain).partition("?")
    # Within a query both ways of writing these are the same.
    return head + mark + query.replace("%3A", ":").replace("%2F", "/")


def _octets(char: str) -> str:
    return "".join(f"%{octet:02X}" for octet in char.encode("utf-8", "replace"))


def _decoded(found: re.Match[str]) -> str:
    char = chr(int(found[1], 16))
    return char if char in _UNRESERVED else found[0].upper()


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in re.split(r"[\r\n]+", text.removeprefix("\ufeff")):
        name, colon, value = line.partition("#")[0].partition(":")
        if colon:
            yield name.strip().lower(), value.strip()


def _token(value: str) -> str:
    found = _TOKEN.match(value)
    return found[0].lower() if found else ""


def _fits(pattern: str, path: str) -> bool:
    ends = pattern.endswith("$")
    first, *rest = (pattern[:-1] if ends else pattern).split("*")
    if not path.startswith(first):
        return False
    if not rest:
        return not ends or path == first
    at = len(first)
    for piece in rest[:-1]:
        found = path.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    if ends:
        return path.endswith(rest[-1]) and len(path) - len(rest[-1]) >= at
    return path.find(rest[-1], at) >= 0
