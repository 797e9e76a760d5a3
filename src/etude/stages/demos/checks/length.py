"""The answer is shorter or longer than the project wants."""

from etude.errors import ConfigError
from etude.records import Demonstration
from etude.stages.demos.checks._base import Check, Finding
from etude.stages.demos.texts import last_answer, words


class LengthCheck(Check, frozen=True, kw_only=True):
    """Counts the words of the last answer, and the characters of every message."""

    min_words: int = 1
    """Of the last answer, where it calls no tool; 0 for no limit."""
    max_words: int = 2000
    """Of the last answer; 0 for no limit."""
    max_chars: int = 200_000
    """Of any message, such as what a tool gave back; 0 for no limit."""

    def __post_init__(self) -> None:
        if min(self.min_words, self.max_words, self.max_chars) < 0:
            raise ConfigError("length: limits cannot be negative")
        if 0 < self.max_words < self.min_words:
            raise ConfigError("length: max_words is less than min_words")

    def check(self, demonstration: Demonstration) -> list[Finding]:
        """Return a finding for each limit that is not kept."""
        found = [
            Finding(
                place=place,
                what=f"too long: {len(message.content)} characters of at most {self.max_chars}",
                severity="warning",
            )
            for place, message in enumerate(demonstration.messages)
            if 0 < self.max_chars < len(message.content)
        ]
        place, text = last_answer(demonstration)
        if place < 0:
            return found
        n_words = len(words(text))
        if n_words < self.min_words and not demonstration.messages[place].calls:
            what = f"too short: {n_words} words of at least {self.min_words}"
            found.append(Finding(place=place, what=what, severity="warning"))
        if 0 < self.max_words < n_words:
            what = f"too long: {n_words} words of at most {self.max_words}"
            found.append(Finding(place=place, what=what, severity="warning"))
        return found
