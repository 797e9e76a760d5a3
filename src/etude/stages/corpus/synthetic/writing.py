"""Write a data set of synthetic text: what is kept, what went and why, and what was measured."""

import hashlib
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pyarrow as pa

from etude.records import Document, DroppedDocument, StepCount, Tally
from etude.stages.corpus.mixing.resample import chances
from etude.stages.corpus.synthetic.diversity import Diversity
from etude.stages.corpus.synthetic.gate import Verdict
from etude.store import Counts, DatasetWriter

STAGES = ("ask", "read", "novelty", "gate")
"""Where a text can end, in order."""
REPORTS = "reports"
"""Folder of the data set with the file that says what was measured."""
SAMPLES = 20
"""Dropped texts that are kept of each reason, to look at."""
_EXCERPT_CHARS = 2000


@dataclass
class Candidate:
    """One text on its way to become a document."""

    id: str
    text: str
    document: Document | None
    """`None` where it is no text at all."""
    reason: str
    """Why it goes; empty while it stays."""
    stage: str
    """Where it went."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was paid, measured and decided: a file of the data set."""

    generator: str
    model: str
    prompt_version: str
    n_prompt_tokens: int
    n_completion_tokens: int
    cost_usd: float
    verdict: Verdict
    diversity: Diversity | None
    seed: int


def write(
    writer: DatasetWriter,
    candidates: Sequence[Candidate],
    report: Report,
    recipe: str,
    parent: str,
) -> None:
    """Apply the verdict and write everything.

    Raises:
        ConfigError: The disk takes no more.
    """
    _apply(candidates, report)
    writer.write("documents", [c.document for c in candidates if not c.reason and c.document])
    writer.write("funnel", _funnel(candidates))
    writer.write("dropped", _samples(candidates))
    writer.write("tallies", _tallies(report))
    _add_report(writer, report)
    dropped = Counter(f"{c.stage}: {c.reason}" for c in candidates if c.reason)
    writer.finish(
        recipe=recipe,
        counts=Counts(n_in=len(candidates), dropped=dict(sorted(dropped.items()))),
        parents=[parent],
    )


def _apply(candidates: Sequence[Candidate], report: Report) -> None:
    """Let as much through as the gate says, chosen by the ids."""
    verdict = report.verdict
    standing = [c for c in candidates if not c.reason]
    if verdict.weight >= 1 or not standing:
        return
    why = "; ".join(verdict.reasons)
    told = f"refused: {why}" if verdict.refused else f"down-weighted to {verdict.weight:.2f}: {why}"
    ids = pa.array([c.id for c in standing], type=pa.string())
    for candidate, chance in zip(standing, chances(ids, report.seed).tolist(), strict=True):
        if chance >= verdict.weight:
            candidate.reason, candidate.stage = told, "gate"


def _funnel(candidates: Sequence[Candidate]) -> list[StepCount]:
    rows = []
    going = list(candidates)
    for place, stage in enumerate(STAGES):
        left = [c for c in going if c.stage != stage]
        rows.append(
            StepCount(
                id=f"{place:02} {stage}",
                step=stage,
                n_in=len(going),
                n_out=len(left),
                bytes_in=_size(going),
                bytes_out=_size(left),
                cpu_s=0.0,
                reasons=dict(Counter(c.reason for c in going if c.stage == stage)),
            )
        )
        going = left
    return rows


def _size(candidates: Sequence[Candidate]) -> int:
    return sum(len(c.text.encode()) for c in candidates)


def _samples(candidates: Sequence[Candidate]) -> list[DroppedDocument]:
    seen: Counter[str] = Counter()
    rows = []
    for candidate in candidates:
        if not candidate.reason:
            continue
        seen[candidate.reason] += 1
        if seen[candidate.reason] <= SAMPLES:
            rows.append(
                DroppedDocument(
                    id=candidate.id,
                    step=candidate.stage,
                    reason=candidate.reason,
                    excerpt=candidate.text[:_EXCERPT_CHARS],
                    n_bytes=len(candidate.text.encode()),
                )
            )
    return rows


def _tallies(report: Report) -> list[Tally]:
    said = [("verdict", _named(report.verdict))]
    said += [("reason", reason) for reason in report.verdict.reasons]
    return [
        Tally(id=f"gate/{name}/{value}", step="gate", name=name, value=value, count=1)
        for name, value in said
    ]


def _named(verdict: Verdict) -> str:
    if verdict.refused:
        return "refused"
    return "let through" if verdict.weight >= 1 else f"down-weighted to {verdict.weight:.2f}"


def _add_report(writer: DatasetWriter, report: Report) -> None:
    content = msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n"
    with tempfile.TemporaryDirectory(prefix="etude-") as folder:
        draft = Path(folder) / "report.json"
        draft.write_bytes(content)
        writer.add_file(f"{REPORTS}/{hashlib.sha256(content).hexdigest()[:16]}.json", draft)
