"""Build a corpus with things planted in it, and the truth of what was planted."""

import gzip
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard
from benchmarks.planted.benchmark_items import disguise, items
from benchmarks.planted.copies import CHANGES, Chance, vocabulary
from benchmarks.planted.private import DECOYS, PRIVATE, Maker, sentence
from benchmarks.planted.spoilt import write_spoilt
from benchmarks.planted.truth import Planted, SourceFile, Span, jaccard, key, write_rows

ACCENTED = (
    "Ça coûte très cher à Zürich, señor Müller: déjà vu, naïve façade, Łódź über alles gelöst."
)
"""A sentence that shows whether a broken encoding was mended."""
_SHARES = {"exact": 0.05, "near": 0.05, "benchmark": 0.01, "mojibake": 0.01, "spam": 0.01}
_BOILERPLATE_SHARE = 0.05
_BOILERPLATES = 20
_FILES = 4
_ITEMS_PER_DOCUMENT = 2


class Amounts(msgspec.Struct, frozen=True, kw_only=True):
    """How much is planted beside the shares of documents."""

    private_items: int = 2000
    decoys: int = 500
    benchmark_items: int = 200


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What was built."""

    documents: int
    """Sound documents, planted ones included."""
    planted: dict[str, int]
    files: int
    seed: int


def build(
    out: Path, texts: Sequence[str], seed: int, amounts: Amounts | None = None, huge: bool = False
) -> Summary:
    """Write a planted corpus and its truth into the folder `out`.

    Args:
        out: Gets `documents/`, `damaged/`, `benchmark.jsonl`, `truth.jsonl`, `files.jsonl`.
        texts: Real documents, no two alike, at least forty.
        seed: Decides everything else.
        amounts: How many private items, decoys and benchmark questions.
        huge: Whether one of the damaged files has a line of 1 GB.

    Raises:
        ValueError: There are too few texts for what is to be planted.
    """
    garden = _Garden(texts, seed, amounts or Amounts())
    garden.plant()
    documents = garden.in_any_order()
    out.mkdir(parents=True, exist_ok=True)
    files = [*_write_documents(out / "documents", documents)]
    files = [
        msgspec.structs.replace(one, path=Path(one.path).relative_to(out).as_posix())
        for one in files
    ]
    files += write_spoilt(out, texts[:20], seed, huge)
    write_rows(out / "benchmark.jsonl", garden.benchmark)
    write_rows(out / "truth.jsonl", garden.truth)
    write_rows(out / "files.jsonl", files)
    counts: dict[str, int] = {}
    for planted in garden.truth:
        counts[planted.kind] = counts.get(planted.kind, 0) + 1
    summary = Summary(documents=len(documents), planted=counts, files=len(files), seed=seed)
    (out / "summary.json").write_bytes(msgspec.json.encode(summary) + b"\n")
    return summary


class _Garden:
    """Documents by key, and what was planted among them."""

    def __init__(self, texts: Sequence[str], seed: int, amounts: Amounts) -> None:
        self.seed = seed
        self.amounts = amounts
        self.rng = random.Random(f"{seed}/garden")
        self.texts = {key(number): text for number, text in enumerate(texts)}
        self.n_real = len(texts)
        self.truth: list[Planted] = []
        self.benchmark = items(amounts.benchmark_items, seed)
        self.words = vocabulary(texts, self.rng)
        free = list(self.texts)
        self.rng.shuffle(free)
        self._free = iter(free)

    def plant(self) -> None:
        """Plant every kind, each in documents of its own, so that none disturbs another."""
        self._exact(self._share("exact"))
        self._near(self._share("near"))
        self._benchmark(self._share("benchmark"))
        self._mojibake(self._share("mojibake"))
        self._boilerplate(max(4, round(self.n_real * _BOILERPLATE_SHARE)))
        self._items("private", PRIVATE, self.amounts.private_items)
        self._items("decoy", DECOYS, self.amounts.decoys)
        self._spam(self._share("spam"))

    def in_any_order(self) -> list[tuple[str, str]]:
        """Return (key, text) in an order that tells nothing."""
        documents = sorted(self.texts.items())
        self.rng.shuffle(documents)
        return documents

    def _share(self, kind: str) -> int:
        return max(1, round(self.n_real * _SHARES[kind]))

    def _take(self, count: int) -> list[str]:
        taken = [one for one, _ in zip(self._free, range(count), strict=False)]
        if len(taken) < count:
            raise ValueError(f"{self.n_real} documents are too few for all that is to be planted")
        return taken

    def _add(self, text: str) -> str:
        new = key(len(self.texts))
        self.texts[new] = text
        return new

    def _exact(self, count: int) -> None:
        # Fewer originals than copies: some have several.
        parents = self._take(max(1, count * 4 // 5))
        for number in range(count):
            parent = parents[number] if number < len(parents) else self.rng.choice(parents)
            new = self._add(self.texts[parent])
            self.truth.append(Planted(id=new, kind="exact", parent=parent, jaccard=1.0))

    def _near(self, count: int) -> None:
        for number, parent in enumerate(self._take(count)):
            name = list(CHANGES)[number % len(CHANGES)]
            old = self.texts[parent]
            text = CHANGES[name](old, Chance(self.rng, self.words))
            self.truth.append(
                Planted(
                    id=self._add(text),
                    kind="near",
                    detail=name,
                    parent=parent,
                    jaccard=round(jaccard(old, text), 4),
                )
            )

    def _insert(self, into: str, passage: str) -> int:
        """Put a passage between two paragraphs; return where it begins."""
        parts = self.texts[into].split("\n\n")
        place = self.rng.randint(0, len(parts))
        start = sum(len(part) + 2 for part in parts[:place])
        parts.insert(place, passage)
        self.texts[into] = "\n\n".join(parts)
        return start

    def _benchmark(self, count: int) -> None:
        for one in self._take(count):
            item = self.rng.choice(self.benchmark)
            passage, way = disguise(item.text, self.rng)
            start = self._insert(one, passage)
            span = Span(start=start, end=start + len(passage), kind=item.id, value=passage)
            self.truth.append(Planted(id=one, kind="benchmark", detail=way, spans=(span,)))

    def _mojibake(self, count: int) -> None:
        for number, one in enumerate(self._take(count)):
            wrong = ("latin-1", "cp1252")[number % 2]
            # Numbered, so that it is no repeated paragraph.
            self._insert(one, f"{ACCENTED} ({number})")
            text = self.texts[one].encode()
            # What cp1252 has no character for would not have become text by accident.
            self.texts[one] = text.decode("latin-1") if wrong == "latin-1" else _as_cp1252(text)
            self.truth.append(Planted(id=one, kind="mojibake", detail=wrong))

    def _boilerplate(self, count: int) -> None:
        paragraphs = [
            " ".join(["Notice", str(number), *self.rng.choices(self.words, k=40)]) + "."
            for number in range(min(_BOILERPLATES, count // 4))
        ]
        for number, one in enumerate(self._take(count)):
            paragraph = paragraphs[number % len(paragraphs)]
            start = self._insert(one, paragraph)
            span = Span(
                start=start,
                end=start + len(paragraph),
                kind=f"notice-{number % len(paragraphs):02}",
                value=paragraph,
            )
            self.truth.append(Planted(id=one, kind="boilerplate", spans=(span,)))

    def _items(self, kind: str, makers: dict[str, Maker], count: int) -> None:
        names = list(makers)
        made = [names[number % len(names)] for number in range(count)]
        self.rng.shuffle(made)
        groups = [made[n : n + _ITEMS_PER_DOCUMENT] for n in range(0, count, _ITEMS_PER_DOCUMENT)]
        for one, group in zip(self._take(len(groups)), groups, strict=True):
            passages, spans, at = [], [], 0
            for name in group:
                value = makers[name](self.rng)
                passage, offset = sentence(value, self.rng)
                start = at + offset
                spans.append(Span(start=start, end=start + len(value), kind=name, value=value))
                passages.append(passage)
                at += len(passage) + 1
            start = self._insert(one, "\n".join(passages))
            moved = tuple(
                msgspec.structs.replace(span, start=span.start + start, end=span.end + start)
                for span in spans
            )
            self.truth.append(Planted(id=one, kind=kind, spans=moved))

    def _spam(self, count: int) -> None:
        for _ in range(count):
            phrase = " ".join(self.rng.choices(self.words, k=self.rng.randint(2, 8)))
            text = f"{phrase}\n" * self.rng.randint(60, 400)
            self.truth.append(Planted(id=self._add(text), kind="spam"))


def _as_cp1252(text: bytes) -> str:
    return "".join(
        char if (char := bytes([byte]).decode("cp1252", "ignore")) else chr(byte) for byte in text
    )


def _write_documents(folder: Path, documents: list[tuple[str, str]]) -> Iterator[SourceFile]:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(_FILES):
        some = documents[number::_FILES]
        rows = [{"id": one, "text": text, "url": f"planted:{one}"} for one, text in some]
        lines = b"".join(msgspec.json.encode(row) + b"\n" for row in rows)
        path = folder / f"part-{number}"
        if number == 0:
            path = path.with_suffix(".jsonl.zst")
            path.write_bytes(zstandard.ZstdCompressor().compress(lines))
        elif number == 1:
            path = path.with_suffix(".jsonl.gz")
            path.write_bytes(gzip.compress(lines, 6, mtime=0))
        elif number == 2:
            path = path.with_suffix(".jsonl")
            path.write_bytes(lines)
        else:
            path = path.with_suffix(".parquet")
            pq.write_table(pa.Table.from_pylist(rows), path, compression="zstd")
        yield SourceFile(path=str(path), good=(len(rows), len(rows)), broken=(0, 0), note="sound")
