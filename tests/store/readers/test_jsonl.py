"""JSON Lines: what is whole is read, what is broken is set aside with its place."""

import bz2
import gzip
import json
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import fsspec
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etude.errors import ConfigError

COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".zst": zstandard.ZstdCompressor(write_checksum=True).compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}
ROWS = [{"text": f"text {n} é", "url": f"http://a/{n}", "license": "mit"} for n in range(20)]
LINES = [json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in ROWS]
PLAIN = b"".join(LINES)


@pytest.mark.parametrize("ending", COMPRESSORS)
def test_every_compression_gives_the_same_documents(read: Any, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.jsonl{ending}"
    path.write_bytes(COMPRESSORS[ending](PLAIN))
    found, broken = read("jsonl", path, domain="web")
    assert not broken
    assert [one.text for one in found] == [row["text"] for row in ROWS]
    assert found[3].id == f"a.jsonl{ending}@{len(b''.join(LINES[:3]))}"
    assert found[3].origin.source == f"{path}@{len(b''.join(LINES[:3]))}"
    assert found[3].origin.licence == "MIT"
    assert found[3].origin.made_by.startswith("etude.store.readers.jsonl ")
    assert (found[3].url, found[3].domain) == ("http://a/3", "web")


@pytest.mark.parametrize("ending", COMPRESSORS)
def test_a_compressed_file_without_an_ending_is_known_by_its_first_bytes(
    read: Any, tmp_path: Path, ending: str
) -> None:
    (tmp_path / "data.jsonl").write_bytes(COMPRESSORS[ending](PLAIN))
    found, broken = read("jsonl", tmp_path)
    assert (len(found), broken) == (20, [])


BROKEN = {
    b"{oops": "not JSON",
    b"[1, 2]": "not a JSON object",
    b'{"other": 1}': "text is missing",
    b'{"text": 7}': "text is not a string",
    b'{"text": null}': "text is missing",
    b'{"text": "  "}': "empty",
    b'{"text": ' + b"[" * 100_000 + b"}": "JSON nested too deeply",
    b'{"text": "' + bytes(range(1, 9)) * 9 + b'\xff"}': "binary",
    b'{"a": 1, "text": "half': "not JSON",
}


@pytest.mark.parametrize("line", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_line_is_set_aside_and_its_neighbours_are_read(
    read: Any, tmp_path: Path, line: bytes
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(LINES[0] + line + b"\n" + LINES[1])
    found, broken = read("jsonl", path)
    assert [one.text for one in found] == [ROWS[0]["text"], ROWS[1]["text"]]
    assert [(one.id, one.reason) for one in broken] == [(f"a.jsonl@{len(LINES[0])}", BROKEN[line])]


def test_a_line_longer_than_allowed_is_told_once_and_never_held(read: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with path.open("wb") as file:
        file.write(LINES[0] + b'{"text": "')
        for _ in range(40):
            file.write(b"x" * 1_000_000)
        file.write(b'"}\n' + LINES[1])
    found, broken = read("jsonl", path, max_document_bytes=2_000_000)
    assert [one.text for one in found] == [ROWS[0]["text"], ROWS[1]["text"]]
    assert [one.reason for one in broken] == ["longer than max_document_bytes"]
    assert broken[0].excerpt.startswith('{"text": "xxx')


def test_other_encodings_are_noted(read: Any, tmp_path: Path) -> None:
    sentence = "Le café était déjà fermé à l'été, très près de la forêt."
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "' + sentence.encode("cp1252") + b'"}\n' + LINES[0])
    found, broken = read("jsonl", path)
    assert not broken
    assert found[0].text == sentence
    assert found[0].tags == {"encoding": "windows-1252"}
    assert found[1].tags == {}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_obeyed(read: Any, tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(PLAIN.decode().encode(encoding))
    found, broken = read("jsonl", path)
    assert not broken
    assert [one.text for one in found] == [row["text"] for row in ROWS]


def test_lone_surrogates_and_nan_are_no_reason_to_lose_a_text(read: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "a \\ud800 b", "score": NaN, "url": "u\\udfff"}\n')
    found, broken = read("jsonl", path)
    assert not broken
    assert (found[0].text, found[0].url) == ("a \ufffd b", "u\\udfff")


def test_fields_are_found_by_dotted_paths_and_the_rest_becomes_tags(
    read: Any, tmp_path: Path
) -> None:
    row = {
        "doc": {"body": "hello", "no": 7},
        "meta": {"a": {"b": 1.5}, "c": None, "d": ["x"]},
        "when": 1_700_000_000,
        "licences": ["mit", "Apache 2.0"],
    }
    path = tmp_path / "a.jsonl"
    path.write_bytes(json.dumps(row).encode() + b'\n{"doc": {"body": "bye"}, "meta": 3}\n')
    found, broken = read(
        "jsonl",
        path,
        text_field="doc.body",
        id_field="doc.no",
        date_field="when",
        licence_field="licences",
        tag_fields=["meta"],
        media_type="text/markdown",
    )
    assert not broken
    assert (found[0].id, found[0].text, found[0].media_type) == ("7", "hello", "text/markdown")
    assert found[0].date == "2023-11-14T22:13:20Z"
    assert found[0].origin.licence == "MIT AND Apache-2.0"
    assert found[0].tags == {"meta.a.b": "1.5", "meta.d": '["x"]'}
    assert (found[1].id, found[1].tags) == (f"a.jsonl@{path.stat().st_size - 36}", {"meta": "3"})


def test_a_row_keeps_its_own_id_and_others_have_their_places(read: Any, tmp_path: Path) -> None:
    rows = [{"text": "a", "id": "x"}, {"text": "b", "id": 7}, {"text": "c", "id": None}]
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in [*rows, {"text": "d", "id": ""}]))
    places = [one.id for one in read("jsonl", path, id_field="")[0]]
    assert places[0] == "a.jsonl@0"
    assert [one.id for one in read("jsonl", path)[0]] == ["x", "7", *places[2:]]


def test_a_file_that_is_one_array_gives_its_elements(read: Any, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps([*ROWS, 5]))
    found, broken = read("jsonl", tmp_path / "a.json")
    assert len(found) == 20
    assert [(one.id, one.reason) for one in broken] == [("a.json:20", "not a JSON object")]


@pytest.mark.parametrize("size", [1, 40, 77, 400, 5000])
def test_ranges_of_a_file_give_what_the_whole_gives(
    make_reader: Callable[..., Any], read_part: Any, tmp_path: Path, size: int
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(PLAIN)
    whole = make_reader("jsonl", path)
    split = make_reader("jsonl", path, split_bytes=size)
    parts = split.parts()
    assert len(parts) == max(-(-len(PLAIN) // size), 1)
    found = [one for part in parts for one in read_part(split, part)[0]]
    assert found == read_part(whole, whole.parts()[0])[0]


def test_small_files_are_grouped_and_batches_are_limited(
    make_reader: Callable[..., Any], tmp_path: Path
) -> None:
    for n in range(30):
        (tmp_path / f"{n:02}.jsonl").write_bytes(PLAIN)
    reader = make_reader("jsonl", tmp_path, batch_bytes=100)
    assert len(reader.parts()) == 1
    batches = list(reader.read(reader.parts()[0], lambda _: None))
    assert sum(batch.num_rows for batch in batches) == 600
    assert max(batch.num_rows for batch in batches) < 15


@pytest.mark.parametrize("ending", [".gz", ".zst", ".bz2", ".xz"])
def test_after_a_damaged_member_the_next_one_is_read(
    read: Any, tmp_path: Path, ending: str
) -> None:
    pack = COMPRESSORS[ending]
    middle = bytearray(pack(json.dumps({"text": "x " * 5000 + str(list(range(3000)))}).encode()))
    for at in range(len(middle) // 2, len(middle) // 2 + 40):
        middle[at] ^= 0xFF
    path = tmp_path / f"a.jsonl{ending}"
    path.write_bytes(pack(PLAIN) + bytes(middle) + pack(LINES[0]))
    found, broken = read("jsonl", path)
    assert [one.text for one in found] == [*(row["text"] for row in ROWS), ROWS[0]["text"]]
    assert [one.reason.split()[0] for one in broken] == ["damaged"]
    assert broken[0].id.startswith(f"a.jsonl{ending}@{len(pack(PLAIN))}")


@pytest.mark.parametrize("ending", [".gz", ".zst", ".bz2", ".xz"])
def test_what_lies_before_a_cut_is_read(read: Any, tmp_path: Path, ending: str) -> None:
    pack = COMPRESSORS[ending]
    last = pack(json.dumps({"text": str(list(range(5000)))}).encode())
    path = tmp_path / f"a.jsonl{ending}"
    path.write_bytes(pack(PLAIN) + last[: len(last) // 2])
    found, broken = read("jsonl", path)
    assert len(found) == 20
    assert [one.reason.split()[0] for one in broken] == ["truncated"]


@pytest.mark.parametrize("ending", [".gz", ".zst", ".bz2", ".xz"])
def test_a_file_that_is_not_what_its_ending_says_is_one_broken_record(
    read: Any, tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"a.jsonl{ending}"
    path.write_bytes(bytes(range(256)) * 100)
    found, broken = read("jsonl", path)
    assert not found
    assert [one.reason.split()[0] for one in broken] == ["not"]


def test_an_empty_file_is_told(read: Any, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").touch()
    (tmp_path / "b.jsonl").write_bytes(LINES[0])
    found, broken = read("jsonl", tmp_path)
    assert len(found) == 1
    assert [(one.id, one.reason) for one in broken] == [("a.jsonl", "empty file")]


def test_a_path_that_leads_nowhere_is_an_error_of_the_settings(
    make_reader: Callable[..., Any], tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="no such file or folder"):
        make_reader("jsonl", tmp_path / "nowhere").parts()
    with pytest.raises(ConfigError, match="holds no file to read"):
        make_reader("jsonl", tmp_path).parts() if (tmp_path / "a.png").write_bytes(b"x") else None


def test_globs_and_folders_give_files_once_in_a_settled_order(read: Any, tmp_path: Path) -> None:
    for name in ("b/2.jsonl", "a/1.jsonl", "a/deep/3.jsonl", "c.jsonl", "d.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(LINES[0])
    everything = ["a/1.jsonl@0", "a/deep/3.jsonl@0", "b/2.jsonl@0", "c.jsonl@0"]
    assert [one.id for one in read("jsonl", tmp_path)[0]] == everything
    assert [one.id for one in read("jsonl", f"{tmp_path}/**/*.jsonl")[0]] == everything
    twice = read("jsonl", tmp_path, f"{tmp_path}/c.jsonl")[0]
    assert [one.id for one in twice] == everything
    assert [one.id for one in read("jsonl", f"{tmp_path}/?/*.jsonl")[0]] == [
        "a/1.jsonl@0",
        "b/2.jsonl@0",
    ]


def test_any_file_system_of_fsspec_can_be_read(read: Any) -> None:
    folder = f"memory://{uuid4().hex}"
    filesystem: Any = fsspec.filesystem("memory")  # type: ignore[no-untyped-call]
    for name in ("b.jsonl.gz", "a.jsonl.gz"):
        filesystem.pipe(f"{folder}/x/{name}", gzip.compress(PLAIN))
    for path in (folder, f"{folder}/x/*.gz", f"{folder}/**/*.gz"):
        found, broken = read("jsonl", path)
        assert not broken
        assert len(found) == 40
        assert found[0].origin.source == f"{folder}/x/a.jsonl.gz@0"
        assert found[0].id.endswith("a.jsonl.gz@0")
    filesystem.pipe(f"{folder}/x/c.log", PLAIN)
    assert len(read("jsonl", f"{folder}/*/*.log")[0]) == 20
    assert len(read("jsonl", f"{folder}/x")[0]) == 40


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(at=st.integers(0, len(PLAIN) - 1), junk=st.binary(min_size=1, max_size=12))
@pytest.mark.parametrize("ending", ["", ".gz", ".zst"])
def test_damage_never_costs_what_lies_before_it(
    read: Any, tmp_path: Path, ending: str, at: int, junk: bytes
) -> None:
    members = [COMPRESSORS[ending](line) for line in LINES]
    data = b"".join(members)
    at = at * len(data) // len(PLAIN)
    path = tmp_path / f"law.jsonl{ending}"
    path.write_bytes(data[:at] + junk + data[at + len(junk) :])
    reader_found, broken = read("jsonl", path)
    sizes = [len(member) for member in members]
    n_before = next(n for n in range(20) if sum(sizes[: n + 1]) > at)
    assert [one.text for one in reader_found][:n_before] == [row["text"] for row in ROWS[:n_before]]
    assert len(reader_found) + len(broken) >= n_before
