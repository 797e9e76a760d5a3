"""The answer is the model's draft, or nearly: whoever wrote it added nothing."""

from etude.errors import ConfigError
from etude.records import Demonstration
from etude.stages.demos.checks._base import WHOLE, Check, Finding
from etude.stages.demos.texts import answer, answer_of, jaccard, shingles, words


class CopiedFromDraftCheck(Check, frozen=True, kw_only=True):
    """Compares the answer with the draft that its writer started from."""

    most: float = 0.9
    """Share of runs of three words, of all that either has, from which on it is a copy; 0 to 1."""

    def __post_init__(self) -> None:
        if not 0 < self.most <= 1:
            raise ConfigError("copied_from_draft: most is a share above 0 and up to 1")

    def check(self, demonstration: Demonstration) -> list[Finding]:
        """Return a finding when the answer is too like the draft."""
        draft, written = answer_of(demonstration.draft), answer(demonstration)
        if not words(draft):
            return []
        if words(draft) == words(written):
            return [Finding(place=WHOLE, what="it is the draft, unchanged", severity="warning")]
        known: dict[str, int] = {}
        share = jaccard(shingles(draft, 3, known), shingles(written, 3, known))
        if share < self.most:
            return []
        what = f"{share:.0%} of it is the draft"
        return [Finding(place=WHOLE, what=what, severity="note")]
