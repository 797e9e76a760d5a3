from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etude.errors import ConfigError, RecordError
from etude.stages.corpus.index import Index

Keys = tuple[np.ndarray, np.ndarray]


def keys(values: list[int]) -> Keys:
    ordered = np.sort(np.array(values, dtype=np.uint64))
    return ordered, ordered ^ np.uint64(5)


def held(index: Index, values: list[int], before: str = "") -> list[bool]:
    high = np.array(values, dtype=np.uint64)
    found: list[bool] = index.holds(high, high ^ np.uint64(5), before=before).tolist()
    return found


def test_keys_of_all_releases_are_found_after_files_were_merged(tmp_path: Path) -> None:
    for n in range(12):
        Index(tmp_path, "test").add(f"r{n}", [keys(list(range(n * 10, n * 10 + 10)))])
    index = Index(tmp_path, "test")
    assert index.releases() == [f"r{n}" for n in range(12)]
    assert held(index, list(range(125))) == [True] * 120 + [False] * 5
    assert len(list(tmp_path.glob("keys-*"))) < 6
    assert index.n_keys() == 120


def test_a_release_is_compared_with_those_before_it_and_never_with_itself_or_later_ones(
    tmp_path: Path,
) -> None:
    index = Index(tmp_path, "test")
    for name, values in (("old", [1, 2]), ("mine", [2, 3]), ("new", [3, 4])):
        index.add(name, [keys(values)])
    assert held(index, [1, 2, 3, 4], before="mine") == [True, True, False, False]
    assert held(index, [1, 2, 3, 4], before="unheard of") == [True] * 4


def test_a_release_added_again_is_there_once_and_with_its_new_keys(tmp_path: Path) -> None:
    index = Index(tmp_path, "test")
    index.add("a", [keys([1, 2])])
    index.add("b", [keys([3])])
    index.add("a", [keys([2, 9])])
    index.add("a", [keys([2, 9])])
    assert index.releases() == ["a", "b"]
    assert held(index, [1, 2, 3, 9]) == [False, True, True, True]
    assert held(index, [2, 9, 3], before="b") == [True, True, False]
    assert index.n_keys() == 3


def test_keys_that_differ_in_their_low_half_only_are_told_apart(tmp_path: Path) -> None:
    index = Index(tmp_path, "test")
    high = np.full(4, 7, dtype=np.uint64)
    index.add("a", [(high, np.array([1, 2, 3, 3], dtype=np.uint64))])
    found = index.holds(high, np.array([3, 4, 1, 0], dtype=np.uint64))
    assert found.tolist() == [True, False, True, False]


def test_an_index_of_another_kind_is_refused(tmp_path: Path) -> None:
    Index(tmp_path, "digests").add("a", [keys([1])])
    with pytest.raises(ConfigError, match="an index of 'digests', not of 'bands'"):
        Index(tmp_path, "bands")


def test_damage_is_named(tmp_path: Path) -> None:
    index = Index(tmp_path, "test")
    index.add("a", [keys(list(range(100)))])
    column = next(iter(tmp_path.glob("keys-*/high.npy")))
    column.write_bytes(column.read_bytes()[:-8])
    with pytest.raises(RecordError, match="keys-000001"):
        held(index, [1])
    (tmp_path / "index.json").write_text("{")
    with pytest.raises(ConfigError, match=r"index\.json: not an index"):
        Index(tmp_path, "test")


@settings(max_examples=10, deadline=None)
@given(st.lists(st.lists(st.integers(0, 50), max_size=20), min_size=1, max_size=6))
def test_an_index_is_the_union_of_what_was_added(
    tmp_path_factory: pytest.TempPathFactory, releases: list[list[int]]
) -> None:
    index = Index(tmp_path_factory.mktemp("index"), "test")
    for n, values in enumerate(releases):
        index.add(str(n), [keys(values)])
    everything = {value for values in releases for value in values}
    assert held(index, list(range(51))) == [value in everything for value in range(51)]
