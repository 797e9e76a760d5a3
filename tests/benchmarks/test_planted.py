"""The planted corpus holds what its truth says, and the score tells a good recipe from a bad."""

import gzip
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zstandard
from benchmarks.planted import Amounts, Line, Planted, build, documents, score, table
from benchmarks.planted.benchmark_items import items
from benchmarks.planted.building import ACCENTED
from benchmarks.planted.outcome import Outcome
from benchmarks.planted.private import iban_check, luhn_digit
from benchmarks.planted.truth import jaccard, read_rows

from etude.records import BrokenRecord, Document, DroppedDocument, Origin, StepCount
from etude.store import DatasetWriter

AMOUNTS = Amounts(private_items=66, decoys=16, benchmark_items=20)
Curate = Callable[[str, Outcome], str | None]
"""Key and truth -> the text that is kept, or None."""


def texts(n: int) -> list[str]:
    rng = random.Random(5)
    words = [
        "".join(rng.choices("abcdefghijklmnoprstuvw", k=rng.randint(3, 9))) for _ in range(3000)
    ]

    def paragraph() -> str:
        return " ".join(rng.choices(words, k=rng.randint(30, 60))) + "."

    return ["\n\n".join(paragraph() for _ in range(rng.randint(4, 7))) for _ in range(n)]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planted") / "corpus"
    build(folder, texts(300), seed=1, amounts=AMOUNTS)
    return folder


def curated(planted: Path, target: Path, curate: Curate, lose: int = 0) -> list[Line]:
    """Write a data set as a recipe would that treats each document so, and score it."""
    truth = Outcome.of_truth(planted)
    kept, dropped, broken = [], [], []
    for key, _ in sorted(truth.before.items()):
        text = curate(key, truth)
        if text is None:
            dropped.append(
                DroppedDocument(
                    id=key, step=step_for(key, truth), reason="r", excerpt="", n_bytes=1
                )
            )
        else:
            origin = Origin(source="f", made_by="test")
            kept.append(Document(id=key, origin=origin, text=text, url=f"planted:{key}"))
    for file in truth.files:
        if not file.path.startswith("documents/"):
            low = file.good[0] or int(file.broken[1] == 0 and file.good[1] > 0)
            origin = Origin(source=file.path, made_by="test")
            kept += [Document(id=f"{file.path}@{n}", origin=origin, text="x") for n in range(low)]
            broken += [
                BrokenRecord(id=f"{file.path}!{n}", reason="bad") for n in range(file.broken[1])
            ]
    kept = kept[lose:]
    with DatasetWriter(target, record="document") as writer:
        writer.write("documents", kept)
        writer.write("dropped", dropped)
        writer.write("broken", broken)
        n = len(kept) + len(dropped) + len(broken) + lose
        writer.write(
            "funnel",
            [
                StepCount(
                    id="00 read", step="read", n_in=n, n_out=n, bytes_in=0, bytes_out=0, cpu_s=0
                )
            ],
        )
        writer.finish(recipe="{}")
    return score(planted, target)


def step_for(key: str, truth: Outcome) -> str:
    kind = next((kind for kind, rows in truth.truth.items() for r in rows if r.id == key), "")
    return {"benchmark": "decontaminate", "spam": "gopher_repetition", "exact": "exact"}.get(
        kind, "minhash"
    )


def perfect(key: str, truth: Outcome) -> str | None:
    text = truth.before[key]
    for kind, rows in truth.truth.items():
        for row in rows:
            if row.id != key:
                continue
            if kind in ("exact", "near", "benchmark", "spam"):
                return None
            if kind == "mojibake":
                return ACCENTED
            if kind in ("private", "boilerplate"):
                for span in row.spans:
                    text = text.replace(span.value, "<removed>")
    return text


def shares(lines: list[Line], kind: str) -> Iterator[float]:
    return (line.share for line in lines if line.kind == kind)


def test_a_perfect_recipe_scores_full_marks(planted: Path, tmp_path: Path) -> None:
    lines = curated(planted, tmp_path / "made", perfect)
    # A perfect recipe removes the last copy of each repeated paragraph too.
    assert [line for line in lines if line.share != 1.0] == []
    assert {line.kind for line in lines} >= {
        "exact copies",
        "near copies",
        "benchmark text",
        "private items",
        "broken encoding",
        "spam",
        "file",
        "nothing lost",
    }


def test_an_idle_recipe_finds_nothing_and_loses_nothing(planted: Path, tmp_path: Path) -> None:
    lines = curated(planted, tmp_path / "made", lambda key, truth: truth.before[key])
    for kind in ("exact copies", "near copies", "private items", "spam", "boilerplate"):
        assert max(shares(lines, kind)) in (0.0, 1.0)
        assert next(shares(lines, kind)) == 0.0, kind
    assert set(shares(lines, "nothing lost")) == {1.0}
    assert set(shares(lines, "decoys left alone")) == {1.0}


def test_a_lost_document_shows(planted: Path, tmp_path: Path) -> None:
    lines = curated(planted, tmp_path / "made", lambda key, truth: truth.before[key], lose=1)
    assert min(shares(lines, "nothing lost")) < 1.0


def test_dropping_real_documents_as_copies_costs_precision(planted: Path, tmp_path: Path) -> None:
    def eager(key: str, truth: Outcome) -> str | None:
        return None if int(key[-1]) < 3 else truth.before[key]

    lines = curated(planted, tmp_path / "made", eager)
    precision = next(x for x in lines if x.what.startswith("precision, counting"))
    assert precision.share < 0.5
    assert precision.note.endswith("not")


def test_spans_point_at_their_values_and_copies_are_as_alike_as_said(planted: Path) -> None:
    truth = Outcome.of_truth(planted)
    for kind in ("private", "decoy", "benchmark", "boilerplate"):
        for row in truth.truth[kind]:
            for span in row.spans:
                assert truth.before[row.id][span.start : span.end] == span.value
    for row in truth.truth["near"]:
        alike = jaccard(truth.before[row.id], truth.before[row.parent])
        assert row.jaccard == pytest.approx(alike, abs=1e-4)
    assert len({row.detail for row in truth.truth["near"]}) == 12
    for row in truth.truth["exact"]:
        assert truth.before[row.id] == truth.before[row.parent]


def test_amounts_are_as_asked(planted: Path) -> None:
    truth = Outcome.of_truth(planted).truth
    assert sum(len(row.spans) for row in truth["private"]) == AMOUNTS.private_items
    assert len(truth["exact"]) == len(truth["near"]) == 15
    assert len({row.kind for row in read_rows(planted / "truth.jsonl", Planted)}) == 8


def test_the_same_seed_plants_the_same(planted: Path, tmp_path: Path) -> None:
    build(tmp_path / "again", texts(300), seed=1, amounts=AMOUNTS)
    files = sorted(p.relative_to(planted) for p in planted.rglob("*") if p.is_file())
    assert files
    for name in files:
        assert (planted / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name


def test_damaged_files_are_damaged(planted: Path) -> None:
    jsonl = planted / "damaged" / "jsonl"
    with pytest.raises(EOFError):
        gzip.decompress((jsonl / "cut.jsonl.gz").read_bytes())
    with zstandard.ZstdDecompressor().stream_reader((jsonl / "cut.jsonl.zst").open("rb")) as file:
        assert file.read().startswith(b'{"')
    with pytest.raises(UnicodeDecodeError):
        (planted / "damaged" / "text" / "lone.txt").read_text("utf-8")
    with pytest.raises(EOFError):
        gzip.decompress((planted / "damaged" / "warc" / "cut.warc.gz").read_bytes())
    assert (jsonl / "empty.jsonl").stat().st_size == 0


def test_too_few_documents_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="too few"):
        build(tmp_path / "made", texts(50), seed=0, amounts=Amounts())


def test_card_and_account_numbers_are_valid() -> None:
    assert luhn_digit("453201511283036") == "6"
    assert iban_check("GB", "WEST12345698765432") == "82"


def test_benchmark_questions_have_18_to_60_words_and_are_distinct() -> None:
    made = items(200, seed=3)
    assert {18 <= len(item.text.split()) <= 60 for item in made} == {True}
    assert len({item.text for item in made}) == 200


def test_text_of_this_machine_serves_as_material() -> None:
    found = documents(None, 40, seed=2)
    assert len(found) == 40 == len(set(found))
    assert found == documents(None, 40, seed=2)


def test_the_table_is_markdown() -> None:
    shown = table([Line(kind="spam", what="dropped", of=4, found=3)])
    assert re.search(r"\| spam \| dropped \| 4 \| 3 \| 75\.0% \|", shown)
