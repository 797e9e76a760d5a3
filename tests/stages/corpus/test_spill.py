from pathlib import Path

import numpy as np
import pytest

from etude.errors import RecordError
from etude.stages.corpus.spill import Spill

PAIR = np.dtype([("key", "<u8"), ("row", "<u8")])


def pairs(n: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    records = np.empty(n, dtype=PAIR)
    records["key"] = rng.integers(0, 2**64, n, dtype=np.uint64)
    records["row"] = np.arange(n)
    return records


def fill(spill: Spill, part: int, records: np.ndarray, bucket: str = "pairs") -> None:
    with spill.writer(part) as writer:
        for piece in np.array_split(records, 3):
            writer.write_keyed(bucket, piece)


def the_file(folder: Path) -> Path:
    return next(iter(folder.glob("part-*")))


def test_records_come_back_by_part_whatever_order_the_parts_were_written_in(tmp_path: Path) -> None:
    spill = Spill(tmp_path)
    for part in (7, 0, 3):
        with spill.writer(part) as writer:
            writer.write("a", np.array([part, part + 1], dtype=np.uint32))
            writer.write("b", np.array([0.5]))
            writer.write("empty", np.array([], dtype=np.int8))
    assert spill.buckets() == ["a", "b"]
    assert np.concatenate(list(spill.read("a"))).tolist() == [0, 1, 3, 4, 7, 8]
    assert spill.count("b") == 3
    assert list(spill.read("nothing")) == []


def test_a_part_that_failed_leaves_nothing_and_one_written_again_replaces_itself(
    tmp_path: Path,
) -> None:
    spill = Spill(tmp_path)

    def fail() -> None:
        with spill.writer(1) as writer:
            writer.write("a", np.arange(3))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert spill.buckets() == []
    assert list(tmp_path.iterdir()) == []
    for values in ([1, 2, 3], [9]):
        with spill.writer(1) as writer:
            writer.write("a", np.array(values))
    assert [piece.tolist() for piece in spill.read("a")] == [[9]]


def test_ranges_hold_every_record_once_sorted_and_never_more_than_was_asked(
    tmp_path: Path,
) -> None:
    spill = Spill(tmp_path)
    records = pairs(40_000)
    for part, piece in enumerate(np.array_split(records, 5)):
        fill(spill, part, piece)
    limit = 64_000
    ranges = list(spill.ranges("pairs", limit))
    assert len(ranges) == 10
    assert max(piece.nbytes for piece in ranges) < limit * 1.2
    read = np.concatenate(ranges)
    assert (np.diff(read["key"].astype(object)) >= 0).all()
    assert sorted(read["row"].tolist()) == list(range(40_000))


def test_records_of_one_key_are_never_divided_between_ranges(tmp_path: Path) -> None:
    spill = Spill(tmp_path)
    records = pairs(3000)
    records["key"][:] = np.repeat(records["key"][:3], 1000)
    fill(spill, 0, records)
    fill(spill, 1, records)
    seen: set[int] = set()
    for piece in spill.ranges("pairs", 1000):
        keys = set(piece["key"].tolist())
        assert not keys & seen
        seen |= keys
    assert len(seen) == 3


@pytest.mark.parametrize("cut", [1, 30, 4000])
def test_a_truncated_file_is_named(tmp_path: Path, cut: int) -> None:
    fill(Spill(tmp_path), 4, pairs(500))
    path = the_file(tmp_path)
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(RecordError, match=f"{path.name}: damaged"):
        list(Spill(tmp_path).read("pairs"))


@pytest.mark.parametrize("place", [0.01, 0.5, 0.95])
def test_a_flipped_bit_is_found_and_the_file_named(tmp_path: Path, place: float) -> None:
    fill(Spill(tmp_path), 4, pairs(500))
    path = the_file(tmp_path)
    content = bytearray(path.read_bytes())
    content[max(70, int(len(content) * place))] ^= 4
    path.write_bytes(content)
    with pytest.raises(RecordError, match=f"{path.name}: damaged"):
        list(Spill(tmp_path).ranges("pairs"))


def test_structured_records_with_vectors_keep_their_dtype(tmp_path: Path) -> None:
    records = np.zeros(3, dtype=[("row", "<u8"), ("vector", "<f2", (4,))])
    records["vector"][1] = [1, 2, 3, 4]
    spill = Spill(tmp_path)
    with spill.writer(0) as writer:
        writer.write("vectors", records)
    (back,) = spill.read("vectors")
    assert back.dtype == records.dtype
    assert back.tobytes() == records.tobytes()


def test_records_that_are_not_of_fixed_width_are_refused(tmp_path: Path) -> None:
    with Spill(tmp_path).writer(0) as writer, pytest.raises(TypeError, match="fixed width"):
        writer.write("a", np.array(["text", None], dtype=object))


def test_a_decision_is_mapped_and_a_missing_or_damaged_one_is_named(tmp_path: Path) -> None:
    spill = Spill(tmp_path)
    spill.decide("keep", np.arange(10, dtype=np.uint64))
    spill.decide_in_pieces("pieces", "<u4", (np.full(n, n, dtype=np.uint32) for n in range(4)))
    assert Spill(tmp_path).decision("keep").tolist() == list(range(10))
    assert spill.decision("pieces").tolist() == [1, 2, 2, 3, 3, 3]
    spill.decide("keep", np.zeros(0, dtype=np.uint64))
    assert spill.decision("keep").tolist() == []
    with pytest.raises(RecordError, match=r"decision-other\.npy: missing"):
        spill.decision("other")
    (tmp_path / "decision-pieces.npy").write_bytes(b"no array")
    with pytest.raises(RecordError, match=r"decision-pieces\.npy: missing or damaged"):
        spill.decision("pieces")


def test_scratch_leaves_no_file_behind(tmp_path: Path) -> None:
    values = Spill(tmp_path).scratch(5, np.float64, fill=2.0)
    values[2] = 7
    assert values.tolist() == [2, 2, 7, 2, 2]
    assert Spill(tmp_path).scratch(0, np.uint32).tolist() == []
    assert list(tmp_path.iterdir()) == []
