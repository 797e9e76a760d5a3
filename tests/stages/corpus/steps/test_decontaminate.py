import gzip
import json
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from tests.stages.corpus.steps.planted import documents, prose, reasons

from etude.errors import ConfigError
from etude.records import Document, Origin
from etude.stages.corpus.steps import Step, steps
from etude.store import DatasetWriter

TALLY = "_tally_contamination"


@pytest.fixture
def rng() -> random.Random:
    return random.Random(7)


@pytest.fixture
def items(rng: random.Random, tmp_path: Path) -> list[str]:
    """Ten items of 30 words, one of 9 and one of 4, in a file of a benchmark."""
    made = [prose(rng, 30) for _ in range(10)] + [prose(rng, 9), prose(rng, 4)]
    rows = [
        {"id": f"q{n}", "question": text[:60], "choices": {"text": [text[60:]]}, "answer": 3}
        for n, text in enumerate(made)
    ]
    (tmp_path / "quiz.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return [f"{text[:60]}\n{text[60:]}" for text in made]


def step(folder: Path, **more: object) -> Step:
    return steps.make({"use": "decontaminate", "against": [str(folder / "quiz.jsonl")], **more})


def test_every_document_that_holds_an_item_goes_and_no_other(
    tmp_path: Path, items: list[str], rng: random.Random
) -> None:
    clean = [prose(rng, 200) for _ in range(20)]
    dirty = [f"{prose(rng, 80)} {item.upper()}, {prose(rng, 80)}" for item in items[:11]]
    done = step(tmp_path).apply(documents([*clean, *dirty, items[11], ""]))
    assert reasons([done]) == [None] * 20 + ["holds benchmark text"] * 11 + [None, None]
    assert done.column(TALLY).to_pylist() == [
        *[[]] * 20,
        *[[f"quiz/q{n}"] for n in range(11)],
        [],
        [],
    ]


def test_a_document_counts_only_with_the_share_of_the_item_that_was_asked_for(
    tmp_path: Path, items: list[str], rng: random.Random
) -> None:
    words = items[0].split()
    texts = [" ".join([prose(rng, 20), *words[:n], prose(rng, 20)]) for n in (12, 13, 21, 30)]
    batch = documents(texts)
    for share, found in ((0.0, [0, 1, 1, 1]), (0.5, [0, 0, 1, 1]), (1.0, [0, 0, 0, 1])):
        done = step(tmp_path, share=share).apply(batch)
        assert [int(reason is not None) for reason in reasons([done])] == found
        assert [len(names) for names in done.column(TALLY).to_pylist()] == found


def test_the_passage_is_cut_with_its_context_to_whole_words(
    tmp_path: Path, items: list[str], rng: random.Random
) -> None:
    before, after = prose(rng, 100), prose(rng, 100)
    batch = documents([f"{before} ({items[2]})! {after}", before])
    done = step(tmp_path, action="cut", context_chars=0).apply(batch)
    assert done.column("text").to_pylist() == [f"{before}\n\n{after}", before]
    assert reasons([done]) == [None, None]
    assert done.column(TALLY).to_pylist() == [["quiz/q2"], []]
    (text, _) = step(tmp_path, action="cut").apply(batch).column("text").to_pylist()
    left, right = text.split("\n\n")
    assert 395 - 210 <= len(left) <= 399 - 200
    assert before.startswith(left)
    assert after.endswith(right)
    assert set(text.split()) <= set(before.split()) | set(after.split())
    again = step(tmp_path, action="cut").apply(documents([text]))
    assert again.column(TALLY).to_pylist() == [[]]


def test_a_document_that_is_little_but_benchmark_goes(
    tmp_path: Path, items: list[str], rng: random.Random
) -> None:
    many = " ".join(f"{prose(rng, 100)} {items[n % 10]}" for n in range(12))
    done = step(tmp_path, action="cut").apply(documents([f"See: {items[1]}", many]))
    assert reasons([done]) == [
        "too little left without benchmark text",
        "holds benchmark text at many places",
    ]


def test_benchmarks_are_read_from_every_kind_of_file(
    tmp_path: Path, items: list[str], rng: random.Random
) -> None:
    url = prose(rng, 20)
    rows = [{"prompt": item, "uid": n, "url": url} for n, item in enumerate(items)]
    lines = "\n".join(map(json.dumps, rows)).encode()
    folder = tmp_path / "all"
    folder.mkdir()
    (folder / "a.jsonl.gz").write_bytes(gzip.compress(lines))
    (folder / "b.jsonl.zst").write_bytes(zstandard.compress(lines))
    (folder / "c.json").write_text(json.dumps(rows))
    pq.write_table(pa.Table.from_pylist(rows), folder / "d.parquet")
    (folder / "README.md").write_text("no benchmark")
    done = steps.make({"use": "decontaminate", "against": [str(folder)]}).apply(
        documents([items[4], url])
    )
    assert done.column(TALLY).to_pylist() == [["a/4", "b/4", "c/4", "d/4"], []]
    only = steps.make({"use": "decontaminate", "against": [str(folder)], "fields": ["url"]})
    assert reasons([only.apply(documents([items[4], url]))])[0] is None


def test_another_data_set_can_be_looked_for(
    tmp_path: Path, items: list[str], rng: random.Random
) -> None:
    origin = Origin(source="a source that is named in rather many words " * 3, made_by="test")
    with DatasetWriter(tmp_path / "old", record="document") as writer:
        rows = (Document(id=f"d{n}", origin=origin, text=t) for n, t in enumerate(items[:3]))
        writer.write("documents", rows)
        writer.finish(recipe="{}")
    done = steps.make({"use": "decontaminate", "against": [str(tmp_path / "old")]}).apply(
        documents([f"so: {items[1]}", prose(rng, 50), origin.source])
    )
    assert done.column(TALLY).to_pylist() == [["old:documents/d1"], [], []]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"against": ["nowhere.jsonl"]}, "nowhere.jsonl: there is no such file"),
        ({"against": []}, "needs `against`"),
        ({"fields": ["solution"]}, "no item has text in the fields solution"),
        ({"n_grams": 5}, "least_words is from 1"),
        ({"n_grams": 50, "least_words": 50}, "no benchmark item has 50 words"),
    ],
)
def test_what_cannot_be_looked_for_is_named(
    tmp_path: Path, items: list[str], settings: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        step(tmp_path, **settings).apply(documents(items))


def test_a_file_that_is_no_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "quiz.jsonl").write_bytes(b"\xff{")
    with pytest.raises(ConfigError, match=r"quiz\.jsonl: not JSON"):
        step(tmp_path).apply(documents(["text"]))


def test_hostile_texts_are_cut_without_harm(
    tmp_path: Path, items: list[str], rng: random.Random
) -> None:
    hostile = [f"\x00\u2028é…{prose(rng, 60)}. “{items[0]}” 1.5٣ İstanbul", "\x1f" * 50, "漢" * 400]
    done = step(tmp_path, action="cut").apply(documents(hostile))
    assert items[0] not in done.column("text").to_pylist()[0]
    assert done.column("text").to_pylist()[1:] == hostile[1:]
