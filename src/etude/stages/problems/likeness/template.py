"""The same template: the words are the same and only numbers and names differ."""

import re
from collections.abc import Sequence
from typing import ClassVar

from etude.errors import ConfigError
from etude.stages.problems.likeness._base import Likeness

_NUMBER = re.compile(r"\d[\d,.]*+")
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]++")
_WORD = re.compile(r"[^\W_]++")


class TemplateLikeness(Likeness, frozen=True, kw_only=True):
    """Finds problems that differ in their numbers and names only, beyond so many of a template."""

    reason: ClassVar[str] = "same template as others"
    most: int = 1
    """Problems of one template that stay."""

    def __post_init__(self) -> None:
        if self.most < 1:
            raise ConfigError("of a template, at least one problem must stay")

    def copies(self, statements: Sequence[str]) -> list[int]:
        """Return for each statement the first one of its template once there are enough, or -1."""
        there: dict[str, list[int]] = {}
        found = []
        for place, statement in enumerate(statements):
            kept = there.setdefault(mask(statement), [])
            if len(kept) < self.most:
                kept.append(place)
                found.append(-1)
            else:
                found.append(kept[0])
        return found


def mask(statement: str) -> str:
    """Return the words of a statement, with a mark for every number and every name."""
    text = _NAME.sub(" NAME ", _NUMBER.sub(" 0 ", statement))
    return " ".join(word if word == "NAME" else word.casefold() for word in _WORD.findall(text))
