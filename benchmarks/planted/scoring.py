"""Score a data set against the truth: recall and precision of each kind, and nothing lost."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from benchmarks.planted.building import ACCENTED
from benchmarks.planted.outcome import COPIES, Outcome
from benchmarks.planted.truth import Planted, shingles

_BANDS = ((0.95, 1.01), (0.9, 0.95), (0.8, 0.9), (0.7, 0.8), (0.5, 0.7), (0.0, 0.5))
_PROBES = 40
NATURAL = (0.7, 0.5)
"""From which Jaccard two real documents count as copies of each other, though not planted."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table."""

    kind: str
    what: str
    of: int
    found: int
    note: str = ""

    @property
    def share(self) -> float:
        """Found of all; 1 when there was nothing to find."""
        return self.found / self.of if self.of else 1.0


def score(planted: Path, dataset: Path) -> list[Line]:
    """Compare the data set that a recipe made of a planted corpus with the truth.

    The recipe must keep all dropped documents (`samples_per_reason = -1`).
    """
    outcome = Outcome(planted, dataset)
    return [
        *_copies(outcome),
        *_copy_precision(outcome),
        *_benchmark(outcome),
        *_private(outcome),
        *_small(outcome),
        *_files(outcome),
    ]


def table(lines: Iterable[Line]) -> str:
    """Return the lines as a Markdown table."""
    rows = ["| kind | what | of | found | share | |", "|---|---|--:|--:|--:|---|"]
    rows += [
        f"| {one.kind} | {one.what} | {one.of} | {one.found} | {one.share:.1%} | {one.note} |"
        for one in lines
    ]
    return "\n".join(rows)


def _copies(outcome: Outcome) -> Iterator[Line]:
    families: dict[str, list[str]] = {}
    for row in outcome.truth.get("exact", []):
        families.setdefault(row.parent, [row.parent]).append(row.id)
    whole = [one for one in families.values() if not any(map(outcome.removed_otherwise, one))]
    yield Line(
        kind="exact copies",
        what="recall",
        of=sum(len(one) - 1 for one in whole),
        found=sum(min(len(one) - 1, len(one) - outcome.left(one)) for one in whole),
    )
    near = [
        row
        for row in outcome.truth.get("near", [])
        if not (outcome.removed_otherwise(row.id) or outcome.removed_otherwise(row.parent))
    ]
    yield _near_line("recall", near, outcome)
    for low, high in _BANDS:
        some = [row for row in near if low <= (row.jaccard or 0) < high]
        name = f"Jaccard {low:g} to {min(high, 1):g}"
        yield _near_line(name, some, outcome)
    for name in sorted({row.detail for row in near}):
        yield _near_line(name, [row for row in near if row.detail == name], outcome)
    families |= {row.parent: [row.parent, row.id] for row in near}
    there = [one for one in families.values() if not any(map(outcome.removed_otherwise, one))]
    yield Line(
        kind="copies",
        what="families of which one is left",
        of=len(there),
        found=sum(outcome.left(one) > 0 for one in there),
        note="one member may be a natural copy of a document outside",
    )


def _near_line(what: str, rows: list[Planted], outcome: Outcome) -> Line:
    found = sum(outcome.left([row.id, row.parent]) < 2 for row in rows)
    return Line(kind="near copies", what=what, of=len(rows), found=found)


def _copy_precision(outcome: Outcome) -> Iterator[Line]:
    related = {
        key
        for kind in ("exact", "near")
        for row in outcome.truth.get(kind, [])
        for key in (row.id, row.parent)
    }
    gone = [key for key, fate in outcome.fates.items() if fate.step.startswith(COPIES)]
    strangers = [key for key in gone if key not in related]
    alike = _nearest(strangers, outcome.before)
    planted = len(gone) - len(strangers)
    for low in NATURAL:
        natural = sum(nearest >= low for nearest in alike.values())
        yield Line(
            kind="copies",
            what=f"precision, counting a Jaccard of {low:g}",
            of=len(gone),
            found=planted + natural,
            note=f"{planted} planted, {natural} real ones that are so near to another document, "
            f"{len(strangers) - natural} not",
        )


def _nearest(keys: list[str], texts: dict[str, str]) -> dict[str, float]:
    """Return the highest Jaccard with any other document, for those that come near to one."""
    wanted: dict[tuple[str, ...], list[str]] = {}
    mine = {}
    for key in keys:
        mine[key] = shingles(texts[key])
        # Some of each, the same for equal texts.
        ordered = sorted(mine[key], key=lambda shingle: shingle[::-1])
        for shingle in ordered[:: max(1, len(ordered) // _PROBES)]:
            wanted.setdefault(shingle, []).append(key)
    nearest: dict[str, float] = {}
    for other, text in texts.items():
        theirs = shingles(text)
        hits = Counter(key for shingle in theirs & wanted.keys() for key in wanted[shingle])
        for key, n_hits in hits.items():
            if key != other and n_hits >= _PROBES // 5:
                both = len(mine[key] & theirs)
                alike = both / (len(mine[key]) + len(theirs) - both)
                nearest[key] = max(alike, nearest.get(key, 0.0))
    return nearest


def _benchmark(outcome: Outcome) -> Iterator[Line]:
    rows = outcome.truth.get("benchmark", [])
    for name in ("", *sorted({row.detail for row in rows})):
        some = [
            row
            for row in rows
            if name in ("", row.detail) and not outcome.removed_before(row.id, "decontaminate")
        ]
        clean = sum(not _holds(outcome, row.id, row.spans[0].value) for row in some)
        yield Line(kind="benchmark text", what=name or "recall", of=len(some), found=clean)
    gone = [key for key, fate in outcome.fates.items() if fate.step.startswith("decontaminate")]
    planted = {row.id for row in rows}
    yield Line(
        kind="benchmark text",
        what="precision",
        of=len(gone),
        found=sum(key in planted for key in gone),
    )


def _private(outcome: Outcome) -> Iterator[Line]:
    for kind, name in (("private", "private items"), ("decoy", "decoys left alone")):
        hidden: dict[str, list[bool]] = {}
        for row in outcome.truth.get(kind, []):
            if row.id in outcome.kept:
                for span in row.spans:
                    held = _holds(outcome, row.id, span.value)
                    hidden.setdefault(span.kind, []).append(held == (kind == "decoy"))
        every = [one for some in hidden.values() for one in some]
        yield Line(kind=name, what="all", of=len(every), found=sum(every))
        for what, some in sorted(hidden.items()):
            yield Line(kind=name, what=what, of=len(some), found=sum(some))


def _holds(outcome: Outcome, key: str, value: str) -> bool:
    return _bare(value) in _bare(outcome.kept.get(key, ""))


def _bare(text: str) -> str:
    """Return text without white space, which steps may change."""
    return "".join(unicodedata.normalize("NFC", text).split())


def _small(outcome: Outcome) -> Iterator[Line]:
    broken = [row for row in outcome.truth.get("mojibake", []) if row.id in outcome.kept]
    for wrong in sorted({row.detail for row in broken}):
        some = [row for row in broken if row.detail == wrong]
        mended = sum(_holds(outcome, row.id, ACCENTED) for row in some)
        yield Line(kind="broken encoding", what=f"mended {wrong}", of=len(some), found=mended)
    notices: dict[str, list[bool]] = {}
    for row in outcome.truth.get("boilerplate", []):
        held = _holds(outcome, row.id, row.spans[0].value)
        notices.setdefault(row.spans[0].kind, []).append(held)
    yield Line(
        kind="boilerplate",
        what="repeated paragraphs removed",
        of=sum(len(one) - 1 for one in notices.values()),
        found=sum(min(len(one) - 1, one.count(False)) for one in notices.values()),
    )
    spam = outcome.truth.get("spam", [])
    yield Line(
        kind="spam", what="dropped", of=len(spam), found=sum(r.id in outcome.fates for r in spam)
    )


def _files(outcome: Outcome) -> Iterator[Line]:
    for one in outcome.files:
        name = Path(one.path).name
        if name.startswith("part-"):
            continue
        good, broken = outcome.good_in[name], outcome.broken_in[name]
        fits = one.good[0] <= good <= one.good[1] and one.broken[0] <= broken <= one.broken[1]
        # A file may be read or set aside, but it may not vanish.
        fits &= good + broken > 0 or one.good[0] + one.broken[0] == 0
        yield Line(
            kind="file",
            what=name,
            of=1,
            found=int(fits),
            note=f"{one.note}: {good} documents, {broken} broken",
        )
    expected = len(outcome.before)
    yield Line(
        kind="nothing lost",
        what="sound documents",
        of=expected,
        found=len(outcome.kept.keys() | outcome.fates.keys()),
    )
    balance = outcome.balance
    yield Line(
        kind="nothing lost",
        what="records",
        of=balance.read,
        found=balance.kept + balance.dropped + balance.broken,
        note=f"{balance.kept} kept, {balance.dropped} dropped, {balance.broken} broken",
    )
