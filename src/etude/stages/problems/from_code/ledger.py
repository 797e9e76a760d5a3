"""Verdicts on functions, each safe on disk before the next is made."""

import hashlib
from collections.abc import Mapping

import msgspec

from etude.stages.problems.from_code.unit import Made
from etude.store import Journal


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one function: a line of the journal."""

    recipe: str
    """Digest of the settings that decide verdicts."""
    unit: str
    """What was judged."""
    made: tuple[Made, ...] = ()
    refused: dict[str, int] = {}
    """How many problems were refused, by reason."""
    duration_s: float = 0.0


def _digest(settings: object) -> str:
    return hashlib.sha256(msgspec.json.encode(settings)).hexdigest()[:16]


class Ledger:
    """The verdicts there are, from this run and from runs that were cut short."""

    def __init__(self, settings: Mapping[str, object], journal: Journal) -> None:
        """Read the journal.

        Args:
            settings: What decides verdicts, for each kind of unit.
            journal: Where they are kept.
        """
        self.recipes = {kind: _digest(held) for kind, held in settings.items()}
        self.journal = journal
        self._verdicts = {
            verdict.unit: verdict
            for verdict in journal.read(Verdict)
            if verdict.recipe in self.recipes.values()
        }

    def find(self, unit: str) -> Verdict | None:
        """Return the verdict on a function, if there is one."""
        return self._verdicts.get(unit)

    def add(self, verdict: Verdict) -> None:
        """Keep a verdict; when this returns it is on disk."""
        self.journal.path.parent.mkdir(exist_ok=True)
        self.journal.append(verdict)
        self._verdicts[verdict.unit] = verdict
