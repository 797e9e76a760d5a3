"""Ledger: the verdicts there are, from this run and from runs that were cut short."""

import hashlib
from typing import Literal

import msgspec

from etude.records import AnswerKey, Task, Workspace
from etude.stages.swe.validate import Gates
from etude.store import Journal

RULES = 5
"""Raised whenever the same candidate may be judged otherwise; older verdicts are not read then."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one candidate: a line of the journal."""

    recipe: str
    """Digest of the settings that decide verdicts."""
    codebase: str
    candidate: str
    """Fingerprint of the bug."""
    maker: str
    kind: str
    reason: str
    """Why it was refused; empty when it was kept."""
    how: Literal["runs", "forecast"] = "runs"
    """What the verdict rests on: whole runs in fresh boxes, or a forecast that refused it."""
    agrees: bool | None = None
    """Whether forecast and runs said the same; `None` where only one of them was asked."""
    effect: str = ""
    forecast: str = ""
    """Effect of the bug as the forecast saw it."""
    task: Task | None = None
    workspace: Workspace | None = None
    key: AnswerKey | None = None
    duration_s: float = 0.0


class Ledger:
    """The verdicts of one recipe; every new one is on disk before the next is begun."""

    def __init__(self, seed: int, gates: Gates, journal: Journal) -> None:
        text = msgspec.json.encode([seed, gates, RULES])
        self.recipe = hashlib.sha256(text).hexdigest()[:16]
        self.journal = journal
        self._fresh: set[tuple[str, str]] = set()
        self.verdicts = {
            (verdict.codebase, verdict.candidate): verdict
            for verdict in journal.read(Verdict)
            if verdict.recipe == self.recipe
        }

    def find(self, codebase: str, candidate: str) -> Verdict | None:
        """Return the verdict on a candidate, if there is one."""
        return self.verdicts.get((codebase, candidate))

    def add(self, verdict: Verdict) -> None:
        """Keep a verdict; when this returns it is on disk."""
        self.journal.path.parent.mkdir(exist_ok=True)
        self.journal.append(verdict)
        self.verdicts[verdict.codebase, verdict.candidate] = verdict
        self._fresh.add((verdict.codebase, verdict.candidate))

    def is_fresh(self, verdict: Verdict) -> bool:
        """Whether a verdict was added since the ledger was opened."""
        return (verdict.codebase, verdict.candidate) in self._fresh
