"""Nothing is said: no answer, a blank message, or no question."""

from etude.records import Demonstration
from etude.stages.demos.checks._base import WHOLE, Check, Finding


class EmptyCheck(Check, frozen=True, kw_only=True):
    """Finds messages without a word or a call, and conversations without an answer."""

    def check(self, demonstration: Demonstration) -> list[Finding]:
        """Return a finding for each blank message, and for what is missing."""
        found = [
            Finding(place=place, what=f"the {message.role} says nothing", severity="error")
            for place, message in enumerate(demonstration.messages)
            # A tool may well give back nothing.
            if not _has_words(message.content) and not message.calls and message.role != "tool"
        ]
        roles = {message.role for message in demonstration.messages}
        for role, what in (("assistant", "there is no answer"), ("user", "nobody asks anything")):
            if role not in roles:
                found.append(Finding(place=WHOLE, what=what, severity="error"))
        return found


def _has_words(text: str) -> bool:
    return any(not c.isspace() and c.isprintable() for c in text)
