"""What a language identifier is."""

from abc import abstractmethod
from typing import NamedTuple

from etude.plugins import Spec

UNKNOWN = "und"
"""ISO 639 code for a language that could not be told."""


class Verdict(NamedTuple):
    """What an identifier thinks of a text."""

    language: str
    """ISO 639-1 code where there is one; `und` when unknown."""
    score: float
    """Confidence from 0 to 1, comparable only between verdicts of one identifier."""


class Identifier(Spec, frozen=True, kw_only=True):
    """Tells the language of one text."""

    @abstractmethod
    def identify(self, text: str) -> Verdict:
        """Return the language of the text."""
