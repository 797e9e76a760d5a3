"""The answer is in another language than it should be."""

import re

from resiliparse.parse.lang import detect_fast

from etude.records import Demonstration
from etude.stages.demos.checks._base import Check, Finding
from etude.stages.demos.texts import instruction, last_answer

_CODE = re.compile(r"```[^`]*+(?:`{1,2}(?!`)[^`]*+)*+(?:```|\Z)|`[^`\n]*+`|https?://\S++")
_CUTOFF = 1200
_MOST_CHARS = 20_000


class LanguageCheck(Check, frozen=True, kw_only=True):
    """Identifies the language of the last answer, code left out; says nothing of short texts."""

    expected: str = ""
    """ISO 639-1 code of what every answer must be in; empty takes what the demonstration says,
    and where it says nothing, the language of the question."""
    min_chars: int = 120
    """Shorter texts are not identified: on them the guess is often wrong."""

    def check(self, demonstration: Demonstration) -> list[Finding]:
        """Return a finding when the language is surely another one."""
        place, text = last_answer(demonstration)
        wanted = (
            self.expected or demonstration.language or self._language(instruction(demonstration))
        )
        spoken = self._language(text)
        if not wanted or not spoken or spoken == wanted:
            return []
        what = f"the answer seems to be in {spoken!r} and not in {wanted!r}"
        return [Finding(place=place, what=what, severity="warning")]

    def _language(self, text: str) -> str:
        """Return the code of the language of a text; empty when that is not sure."""
        plain = _CODE.sub(" ", text[:_MOST_CHARS]).replace("\0", " ").strip()
        if len(plain) < self.min_chars:
            return ""
        language, _ = detect_fast(plain, cutoff=_CUTOFF)
        return "" if language == "unknown" else str(language)
