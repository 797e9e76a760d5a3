"""Near-copies: demonstrations of each other, and of the items of benchmarks."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from math import ceil
from pathlib import Path

import msgspec
import numpy as np

from etude.errors import ConfigError
from etude.records import Document, Problem, Task
from etude.stages.demos.texts import Hashes, jaccard, shingles
from etude.store import Dataset

_TEXT_FIELDS = ("text", "question", "problem", "prompt", "instruction", "statement")
_LINE = re.compile(rb"[^\n]++")


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """A text that is nearly an earlier one, or that holds an item of a benchmark."""

    place: int
    """Its place among those given."""
    of: str
    """Place of the earlier one, or id of the item."""
    share: float
    """Jaccard similarity to the earlier text, or share of the item's runs of words it has."""


def find_copies(texts: Sequence[str], *, share: float = 0.7, n_words: int = 5) -> list[Copy]:
    """Return the texts that are near-copies of an earlier one that is none itself.

    Exact: pairs are found by the runs of words that any two similar texts must share (the prefix
    filter of Chaudhuri, Ganti and Kaushik 2006), then compared whole.

    Args:
        texts: The texts.
        share: Jaccard similarity of runs of words from which on two are copies, above 0.
        n_words: Length of a run; a shorter text is one run.
    """
    known: dict[str, int] = {}
    sets = [shingles(text, n_words, known) for text in texts]
    counts = _counts(sets)
    holders: dict[int, list[int]] = defaultdict(list)
    found = []
    for place, mine in enumerate(sets):
        prefix = _rarest(mine, counts, share)
        near = {other for run in prefix for other in holders.get(run, ())}
        best = max(((jaccard(mine, sets[o]), -o) for o in near), default=(0.0, 0))
        if best[0] >= share:
            found.append(Copy(place=place, of=str(-best[1]), share=round(best[0], 3)))
            continue
        for run in prefix:
            holders[run].append(place)
    return found


def _counts(sets: Sequence[Hashes]) -> dict[int, int]:
    """Return in how many texts each run is."""
    if not sets:
        return {}
    runs, n_texts = np.unique(np.concatenate(sets), return_counts=True)
    return dict(zip(runs.tolist(), n_texts.tolist(), strict=True))


def _rarest(runs: Hashes, counts: dict[int, int], share: float) -> list[int]:
    """Return so many of the rarest runs that any text as similar must have one among its own."""
    n_prefix = len(runs) - ceil(share * len(runs)) + 1
    return sorted(runs.tolist(), key=lambda run: (counts[run], run))[: n_prefix if len(runs) else 0]


def find_benchmark_copies(
    texts: Sequence[str],
    items: Iterable[tuple[str, str]],
    *,
    share: float = 0.5,
    n_words: int = 8,
) -> list[Copy]:
    """Return the texts that hold much of a benchmark's item, each with the item it has most of.

    Args:
        texts: The texts: what was asked and what was answered.
        items: The benchmark's, each with its id.
        share: Share of the runs of an item from which on, above 0.
        n_words: Length of a run; an item of fewer words is one run and found only as a text of
            its own.
    """
    known: dict[str, int] = {}
    owners: dict[int, list[str]] = defaultdict(list)
    n_runs: dict[str, int] = {}
    for name, text in items:
        runs = shingles(text, n_words, known)
        n_runs[name] = len(runs)
        for run in runs.tolist():
            owners[run].append(name)
    found = []
    for place, text in enumerate(texts):
        shared = Counter(
            name for run in shingles(text, n_words, known).tolist() for name in owners.get(run, ())
        )
        most, name = max(((n / n_runs[item], item) for item, n in shared.items()), default=(0, ""))
        if most >= share:
            found.append(Copy(place=place, of=name, share=round(most, 3)))
    return found


def read_items(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the id and text of each item of a benchmark.

    Args:
        path: A data set of problems, tasks or documents; or JSON Lines with a field `text`,
            `question`, `problem`, `prompt`, `instruction` or `statement`.

    Raises:
        ConfigError: There is no such file, or a line holds no item.
        RecordError: The data set is damaged.
    """
    if path.is_dir():
        yield from _of_dataset(Dataset.open(path))
        return
    try:
        data = path.read_bytes()
    except OSError as cause:
        raise ConfigError(f"cannot read {path}: {cause.strerror}") from cause
    for number, line in enumerate(_LINE.findall(data), start=1):
        try:
            row = msgspec.json.decode(line, type=dict[str, object])
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as cause:
            raise ConfigError(f"{path}: item {number} is no JSON object") from cause
        text = next((row[name] for name in _TEXT_FIELDS if isinstance(row.get(name), str)), None)
        if text is None:
            raise ConfigError(f"{path}: item {number} has no {' or '.join(_TEXT_FIELDS)}")
        yield f"{path.name}:{number}", str(text)


def _of_dataset(held: Dataset) -> Iterator[tuple[str, str]]:
    there = held.tables()
    if "problems" in there:
        yield from ((p.id, p.statement) for p in held.rows("problems", Problem))
    elif "tasks" in there:
        yield from ((t.id, t.statement) for t in held.rows("tasks", Task))
    elif "documents" in there:
        yield from ((d.id, d.text) for d in held.rows("documents", Document))
    else:
        raise ConfigError(f"{held.path}: holds neither problems nor tasks nor documents")
