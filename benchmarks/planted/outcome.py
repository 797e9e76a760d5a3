"""What a recipe made of the planted corpus, by the planted documents' keys."""

import gzip
from collections import Counter
from pathlib import Path
from typing import NamedTuple, Self

import msgspec
import pyarrow.parquet as pq
import zstandard
from benchmarks.planted.truth import Planted, SourceFile, key_of, read_rows

from etude.records import BrokenRecord, Document, DroppedDocument, StepCount
from etude.store import Dataset

COPIES = ("exact", "minhash")
"""Steps that drop documents for being copies."""


class Fate(NamedTuple):
    """Why a document was dropped."""

    step: str
    reason: str


class Balance(NamedTuple):
    """Records as the data set counts them."""

    read: int
    """Documents and broken records together."""
    kept: int
    dropped: int
    broken: int


class Outcome:
    """The truth beside what became of it."""

    def __init__(self, planted: Path, dataset: Path | None = None) -> None:
        self.files = list(read_rows(planted / "files.jsonl", SourceFile))
        self.truth: dict[str, list[Planted]] = {}
        for row in read_rows(planted / "truth.jsonl", Planted):
            self.truth.setdefault(row.kind, []).append(row)
        self.before = _texts(planted / "documents")
        self.kept: dict[str, str] = {}
        self.fates: dict[str, Fate] = {}
        self.good_in: Counter[str] = Counter()
        self.broken_in: Counter[str] = Counter()
        self._names = [Path(one.path).name for one in self.files]
        self.balance = Balance(0, 0, 0, 0)
        if dataset is not None:
            self._read(Dataset.open(dataset))

    @classmethod
    def of_truth(cls, planted: Path) -> Self:
        """Return the truth alone, before anything was made of it."""
        return cls(planted)

    def removed_otherwise(self, key: str) -> bool:
        """Whether a document was dropped for anything but being a copy."""
        return key in self.fates and not self.fates[key].step.startswith(COPIES)

    def removed_before(self, key: str, step: str) -> bool:
        """Whether a document was dropped by another step than `step`."""
        return key in self.fates and not self.fates[key].step.startswith(step)

    def left(self, keys: list[str]) -> int:
        """Count the documents that were kept."""
        return sum(key in self.kept for key in keys)

    def _read(self, made: Dataset) -> None:
        n_kept = n_dropped = n_broken = 0
        for document in made.rows("documents", Document):
            n_kept += 1
            key = key_of(document.url) or key_of(document.id)
            if key:
                self.kept[key] = document.text
            self.good_in[self._file(document.id, document.origin.source)] += 1
        for dropped in made.rows("dropped", DroppedDocument):
            n_dropped += 1
            key = key_of(dropped.id)
            if key:
                self.fates[key] = Fate(dropped.step, dropped.reason)
            self.good_in[self._file(dropped.id)] += 1
        for broken in made.rows("broken", BrokenRecord):
            n_broken += 1
            self.broken_in[self._file(broken.id)] += 1
        funnel = list(made.rows("funnel", StepCount))
        self.balance = Balance(
            read=funnel[0].n_in if funnel else 0, kept=n_kept, dropped=n_dropped, broken=n_broken
        )

    def _file(self, *places: str) -> str:
        for place in places:
            for name in self._names:
                if name in place:
                    return name
        return ""


def _texts(folder: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix == ".parquet":
            rows = pq.read_table(path, columns=["id", "text"]).to_pylist()
        else:
            data = path.read_bytes()
            if path.suffix == ".gz":
                data = gzip.decompress(data)
            elif path.suffix == ".zst":
                data = zstandard.ZstdDecompressor().decompress(data)
            rows = [msgspec.json.decode(line) for line in data.splitlines()]
        found |= {row["id"]: row["text"] for row in rows}
    return found
