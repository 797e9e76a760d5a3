"""Parquet, Arrow, Hugging Face folders and data sets of Etude, column by column."""

import hashlib
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from etude.errors import ConfigError
from etude.records import Document, Origin
from etude.store import Manifest, Shard
from etude.store.columns import Columns

TEXTS = [f"text {n} é" for n in range(50)]


def write(path: Path, columns: dict[str, Any], rows: int = 10) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path, row_group_size=rows)
    return path


def test_columns_become_documents(read: Any, tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.parquet",
        {
            "text": TEXTS,
            "url": [f"http://a/{n}" for n in range(50)],
            "license": pa.array(["mit", None] * 25),
            "date": pa.array([0, 1_700_000_000] * 25, pa.timestamp("s")),
            "meta": pa.array([{"n": n, "none": None} for n in range(50)]),
            "unread": [b"\xff"] * 50,
        },
    )
    found, broken = read("parquet", path, licence="CC0-1.0", tag_fields=["meta"], domain="d")
    assert not broken
    assert [one.text for one in found] == TEXTS
    one = found[1]
    assert (one.id, one.url, one.domain) == ("a.parquet:1", "http://a/1", "d")
    assert (one.date, one.tags) == ("2023-11-14T22:13:20Z", {"meta.n": "1"})
    assert [found[0].origin.licence, one.origin.licence] == ["MIT", "CC0-1.0"]
    assert one.origin.source == f"{path}:1"


@pytest.mark.parametrize(
    "kind",
    [pa.large_string(), pa.string_view(), pa.binary(), pa.dictionary(pa.int8(), pa.string())],
)
def test_every_sort_of_text_column_is_read(read: Any, tmp_path: Path, kind: pa.DataType) -> None:
    path = write(tmp_path / "a.parquet", {"text": pa.array(TEXTS).cast(kind)})
    found, broken = read("parquet", path)
    assert (len(found), broken) == (50, [])


def test_texts_lie_within_structs(read: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", {"doc": [{"body": text, "id": 5} for text in TEXTS[:1]]})
    found, _ = read("parquet", path, text_field="doc.body", id_field="doc.id")
    assert (found[0].id, found[0].text) == ("5", TEXTS[0])


@pytest.mark.parametrize("ids", [["x", None, ""], [7, None, None]])
def test_a_row_keeps_its_own_id_and_others_have_their_places(
    read: Any, tmp_path: Path, ids: list[Any]
) -> None:
    path = write(tmp_path / "a.parquet", {"text": TEXTS[:3], "id": ids})
    found, _ = read("parquet", path)
    assert [one.id for one in found] == [str(ids[0]), "a.parquet:1", "a.parquet:2"]


def test_rows_without_a_proper_text_are_set_aside(read: Any, tmp_path: Path) -> None:
    texts = ["a", None, "", "b", "x" * 500, "c"]
    path = write(tmp_path / "a.parquet", {"text": texts}, rows=100)
    found, broken = read("parquet", path, max_document_bytes=100)
    assert [(one.id, one.text) for one in found] == [
        ("a.parquet:0", "a"),
        ("a.parquet:3", "b"),
        ("a.parquet:5", "c"),
    ]
    assert [(one.id, one.reason) for one in broken] == [
        ("a.parquet:1", "text is missing"),
        ("a.parquet:2", "empty"),
        ("a.parquet:4", "longer than max_document_bytes"),
    ]


def test_bytes_that_are_not_utf8_are_detected_or_set_aside(read: Any, tmp_path: Path) -> None:
    sentence = "Le café était déjà fermé à l'été, très près de la forêt."
    rows = [b"good", sentence.encode("cp1252"), bytes(range(8)) * 20 + b"\xff", None]
    path = write(tmp_path / "a.parquet", {"text": pa.array(rows, pa.binary())})
    found, broken = read("parquet", path)
    assert [one.text for one in found] == ["good", sentence]
    assert found[1].tags == {"encoding": "windows-1252"}
    assert [(one.id, one.reason) for one in broken] == [
        ("a.parquet:2", "binary"),
        ("a.parquet:3", "text is missing"),
    ]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [({"other": [1]}, "text is missing"), ({"text": [1]}, "text is not a string")],
)
def test_a_file_without_texts_is_told_of(
    read: Any, tmp_path: Path, columns: dict[str, Any], reason: str
) -> None:
    found, broken = read("parquet", write(tmp_path / "a.parquet", columns))
    assert not found
    assert [one.reason for one in broken] == [reason]


def test_row_groups_are_parts_and_give_the_same_documents(
    read: Any, make_reader: Callable[..., Any], read_part: Any, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.parquet", {"text": TEXTS})
    reader = make_reader("parquet", path, split_bytes=150)
    parts = reader.parts()
    assert len(parts) > 2
    found = [one for part in parts for one in read_part(reader, part)[0]]
    assert found == read("parquet", path)[0]


def test_after_a_damaged_row_group_the_next_one_is_read(read: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", {"text": [text * 50 for text in TEXTS]})
    facts = pq.read_metadata(path).row_group(2).column(0)
    data = bytearray(path.read_bytes())
    begin = facts.dictionary_page_offset or facts.data_page_offset
    data[begin : begin + facts.total_compressed_size] = b"\xa5" * facts.total_compressed_size
    path.write_bytes(data)
    found, broken = read("parquet", path)
    assert [one.text for one in found] == [t * 50 for t in (*TEXTS[:20], *TEXTS[30:])]
    assert [(one.id, one.reason) for one in broken] == [("a.parquet:20", "damaged row group 2")]


def test_a_cut_or_foreign_file_is_one_broken_record(read: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", {"text": TEXTS})
    path.write_bytes(path.read_bytes()[:-20])
    (tmp_path / "b.parquet").touch()
    (tmp_path / "c.parquet").write_bytes(b"no table at all " * 9)
    found, broken = read("parquet", tmp_path)
    assert not found
    assert [one.reason for one in broken] == ["not a Parquet file"] * 3


def test_a_folder_of_the_hub_is_read_with_its_card(read: Any, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("---\nlicense: cc-by-sa-4.0\nsize: x\n---\n# Card\n")
    write(tmp_path / "data" / "train-00000-of-00001.parquet", {"text": ["parquet"]})
    (tmp_path / "data" / "train-1.jsonl").write_text(json.dumps({"text": "json", "license": "mit"}))
    table = pa.table({"text": ["arrow 1", "arrow 2"], "n": [1, 2]})
    with pa.ipc.new_stream(tmp_path / "train-2.arrow", table.schema) as writer:
        writer.write_table(table, max_chunksize=1)
    with pa.ipc.new_file(tmp_path / "test-0.arrow", table.schema) as writer:
        writer.write_table(table, max_chunksize=1)
    found, broken = read("hf", tmp_path, split="train")
    assert not broken
    assert [(one.text, one.origin.licence) for one in found] == [
        ("parquet", "CC-BY-SA-4.0"),
        ("json", "MIT"),
        ("arrow 1", "CC-BY-SA-4.0"),
        ("arrow 2", "CC-BY-SA-4.0"),
    ]
    assert len(read("hf", tmp_path)[0]) == 6
    (tmp_path / "test-0.arrow").write_bytes(b"ARROW1\0\0" + b"\xff" * 100)
    _, broken = read("hf", tmp_path, split="test")
    assert [one.reason for one in broken] == ["damaged Arrow file"]


def test_an_arrow_file_that_points_beyond_its_end_is_set_aside(read: Any, tmp_path: Path) -> None:
    offsets = pa.py_buffer(struct.pack("<3i", 0, 3, 6))
    texts = pa.StringArray.from_buffers(2, offsets, pa.py_buffer(b"abcdef"))
    batch = pa.record_batch({"text": texts})
    path = tmp_path / "a.arrow"
    with pa.ipc.new_stream(path, batch.schema) as writer:
        writer.write_batch(batch)
    data = path.read_bytes()
    wild = struct.pack("<3i", 0, 2_000_000_000, 2_000_000_001)
    assert struct.pack("<3i", 0, 3, 6) in data
    path.write_bytes(data.replace(struct.pack("<3i", 0, 3, 6), wild))
    found, broken = read("hf", tmp_path)
    assert (found, [one.reason for one in broken]) == ([], ["damaged Arrow file"])


def test_tables_without_rows_are_told_of(read: Any, tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", {"text": pa.array([], pa.string())})
    assert [one.reason for one in read("parquet", tmp_path)[1]] == ["no rows"]


def test_a_name_on_the_hub_has_to_be_downloaded_first(make_reader: Callable[..., Any]) -> None:
    with pytest.raises(ConfigError, match="download the data set first"):
        make_reader("hf", "someone/something").parts()


def test_missing_paths_of_a_data_set_are_errors(
    make_reader: Callable[..., Any], tmp_path: Path
) -> None:
    with pytest.raises(ConfigError):
        make_reader("dataset", tmp_path).parts()


def dataset(folder: Path, documents: list[Document]) -> Path:
    """A data set with one table of documents."""
    shard = folder / "documents" / "00000.parquet"
    shard.parent.mkdir(parents=True)
    Columns(Document).write(documents, shard)
    table = pq.read_table(shard)
    signal = pa.array([1.0] * len(documents), pa.float32())
    pq.write_table(table.append_column("signal_x", signal), shard)
    data = shard.read_bytes()
    held = Shard(
        name="documents/00000.parquet",
        n_rows=len(documents),
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )
    manifest = Manifest(
        record="document",
        recipe="{}",
        code_version="0.1.0",
        created="2024-01-01T00:00:00Z",
        tables={"documents": (held,)},
    )
    (folder / "manifest.json").write_bytes(msgspec.json.encode(manifest))
    return folder


def test_signals_of_a_data_set_come_back_with_its_documents(
    make_reader: Callable[..., Any], tmp_path: Path
) -> None:
    kept = Document(id="x", origin=Origin(source="s", made_by="m"), text="t")
    reader = make_reader("dataset", dataset(tmp_path / "data", [kept]))
    [batch] = [batch for part in reader.parts() for batch in reader.read(part, print)]
    assert batch.column("signal_x").to_pylist() == [1.0]


def test_documents_of_a_data_set_come_back_as_they_are(read: Any, tmp_path: Path) -> None:
    kept = Document(
        id="x",
        origin=Origin(source="s", licence="MIT", made_by="m", parents=("p",)),
        text="t",
        opt_out=("meta:noai",),
        tags={"a": "b"},
    )
    long = msgspec.structs.replace(kept, id="y", text="t" * 500)
    folder = dataset(tmp_path / "data", [kept, long])
    assert read("dataset", folder) == ([kept, long], [])
    [moved], broken = read("dataset", folder, domain="d", max_document_bytes=100)
    assert moved == msgspec.structs.replace(kept, domain="d")
    assert [one.reason for one in broken] == ["longer than max_document_bytes"]
    (folder / "documents" / "00000.parquet").write_bytes(b"damaged")
    assert [one.reason for one in read("dataset", folder)[1]] == ["damaged shard"]
