"""Phrases that the guidelines want in every answer, or in none."""

import unicodedata

from etude.records import Demonstration
from etude.stages.demos.checks._base import Check, Finding
from etude.stages.demos.texts import last_answer


class GuidelineChecklistCheck(Check, frozen=True, kw_only=True):
    """Looks for phrases, whatever their case, as whole words."""

    must: tuple[str, ...] = ()
    """Phrases of which each must be in the last answer; `a|b` means that one of the two is."""
    must_not: tuple[str, ...] = ()
    """Phrases that no answer may have, such as `as an AI`."""

    def check(self, demonstration: Demonstration) -> list[Finding]:
        """Return a finding for each phrase that is missing, and each that must not be there."""
        found = []
        place, text = last_answer(demonstration)
        plain = _plain(text)
        for wanted in self.must:
            if not any(_plain(phrase) in plain for phrase in wanted.split("|")):
                what = f"the guidelines want {wanted!r}"
                found.append(Finding(place=place, what=what, severity="warning"))
        for number, message in enumerate(demonstration.messages):
            if message.role != "assistant":
                continue
            plain = _plain(message.content)
            for refused in self.must_not:
                if _plain(refused) in plain:
                    what = f"the guidelines do not want {refused!r}"
                    found.append(Finding(place=number, what=what, severity="warning"))
        return found


def _plain(text: str) -> str:
    """Return a text in one case and with single spaces, also at both ends and beside marks."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")
    spaced = "".join(c if c.isalnum() or c == "'" else " " for c in folded)
    return f" {' '.join(spaced.split())} "
