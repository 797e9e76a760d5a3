"""The answer is in another language than it should be."""

import re
from typing import cast

from resiliparse.parse.lang import detect_fast

from etude.records import Demonstration
from etude.stages.demos.checks._base import Check, Finding
from etude.stages.demos.texts import instruction, last_answer

_CODE = re.compile(r"```[^`]*+(?:`{1,2}(?!`)[^`]*+)*+(?:```|\Z)|`[^`\n]*+`|https?://\S++")
_CUTOFF = 1200
_MOST_CHARS = 20_000
_NEAREST = 5


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
        spoken = self._nearest(text)
        said = self.expected or demonstration.language
        asked = [said] if said else self._nearest(instruction(demonstration))
        # The nearest profile alone is wrong for one text of English in forty of this length.
        if not spoken or not asked or asked[0] in spoken or (not said and spoken[0] in asked):
            return []
        what = f"the answer seems to be in {spoken[0]!r} and not in {asked[0]!r}"
        return [Finding(place=place, what=what, severity="warning")]

    def _nearest(self, text: str) -> list[str]:
        """Return the codes of the languages that a text may be in; none when that is not sure."""
        plain = _CODE.sub(" ", text[:_MOST_CHARS]).replace("\0", " ").strip()
        if len(plain) < self.min_chars:
            return []
        # Its stub knows one result only.
        found = cast("list[tuple[str, int]]", detect_fast(plain, _CUTOFF, _NEAREST))
        return [language for language, _ in found if language != "unknown"]
