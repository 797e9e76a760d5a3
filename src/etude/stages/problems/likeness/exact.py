"""The same words: whatever the case, the spaces and the kind of quotation marks."""

import unicodedata
from collections.abc import Sequence
from typing import ClassVar

from etude.stages.problems.likeness._base import Likeness

_PLAIN = str.maketrans("\u2018\u2019\u201c\u201d\u2212\u2013", "''\"\"--")


class ExactLikeness(Likeness, frozen=True, kw_only=True):
    """Finds problems whose statements differ in case, spaces and typography only."""

    reason: ClassVar[str] = "same words as another"

    def copies(self, statements: Sequence[str]) -> list[int]:
        """Return for each statement the place of the first one with the same words, or -1."""
        first: dict[str, int] = {}
        found = []
        for place, statement in enumerate(statements):
            text = unicodedata.normalize("NFKC", statement).translate(_PLAIN).casefold()
            earlier = first.setdefault(" ".join(text.split()), place)
            found.append(-1 if earlier == place else earlier)
        return found
