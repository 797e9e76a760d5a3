"""The answer refuses, or speaks of being a machine."""

import re

from etude.records import Demonstration
from etude.stages.demos.checks._base import Check, Finding, shown

_CHARS = 300
_REFUSES = re.compile(
    r"\b(?:i(?:'m| am) (?:very |really |so )?sorry[,.;]? (?:but )?"
    r"(?:as an?\b|i(?:'m| am) (?:not|unable)\b"
    r"|i (?:can(?:'t|not| not)|won't|will not|do(?:n't| not))\b)"
    r"|i apologi[sz]e,? but\b"
    r"|i (?:can(?:'t|not| not)|won't|will not|am (?:not able|unable) to|am not comfortable)"
    r" (?:help|assist|provide|do|answer|comply|fulfil|fulfill|discuss|support|create|write|give"
    r"|offer|share|continue|with)\b"
    r"|(?:it is|it's) (?:not appropriate|against my)\b)"
)
_MACHINE = re.compile(r"\bas an? (?:ai|artificial intelligence|(?:large )?language model)\b")


class RefusalCheck(Check, frozen=True, kw_only=True):
    """Reads the beginning of every answer. Where refusing is right, the finding is let stand."""

    def check(self, demonstration: Demonstration) -> list[Finding]:
        """Return a finding for each answer that refuses."""
        found = []
        for place, message in enumerate(demonstration.messages):
            if message.role != "assistant":
                continue
            start = " ".join(message.content[:_CHARS].split()).casefold().replace("\u2019", "'")
            for pattern, what in (
                (_REFUSES, "it refuses"),
                (_MACHINE, "it speaks of being a machine"),
            ):
                if (match := pattern.search(start)) is not None:
                    excerpt = shown(match[0])
                    found.append(
                        Finding(place=place, what=what, severity="warning", excerpt=excerpt)
                    )
        return found
