"""Check: looks at one demonstration and tells what it finds."""

from abc import abstractmethod
from typing import Literal

import msgspec

from etude.plugins import Spec
from etude.records import Demonstration

Severity = Literal["error", "warning", "note"]
"""`error`: must not be learned from as it is. `warning`: most often wrong. `note`: to be looked at
by someone who knows."""
WHOLE = -1


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a check found."""

    place: int
    """Message it is in, counted from 0; -1 for the whole."""
    what: str
    """In a few words, for whoever wrote it."""
    severity: Severity
    excerpt: str = ""
    """The words that it is about, as far as they may be repeated."""


class Check(Spec, frozen=True, kw_only=True):
    """Looks at demonstrations one by one. Its fields are its settings."""

    @abstractmethod
    def check(self, demonstration: Demonstration) -> list[Finding]:
        """Return what is wrong or doubtful, in the order in which it is read."""
        raise NotImplementedError


def shown(text: str, limit: int = 80) -> str:
    """Return the beginning of a text on one line, printable."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * limit]).split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
