"""Near-copies are found exactly, however many there are, and items of benchmarks with them."""

from pathlib import Path
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etude.errors import ConfigError
from etude.stages.demos.copies import find_benchmark_copies, find_copies, read_items
from etude.stages.demos.texts import jaccard, shingles

WORDS = [f"w{number}" for number in range(12)]
texts = st.lists(st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join), max_size=12)


@settings(max_examples=60, deadline=None)
@given(texts=texts, share=st.sampled_from([0.3, 0.5, 0.8, 1.0]))
def test_the_quick_search_finds_what_comparing_all_finds(texts: list[str], share: float) -> None:
    found = {copy.place: copy.share for copy in find_copies(texts, share=share, n_words=2)}
    kept: list[int] = []
    for place, text in enumerate(texts):
        mine = shingles(text, 2, {})
        near = [jaccard(mine, shingles(texts[other], 2, {})) for other in kept]
        if near and max(near) >= share:
            assert found[place] == pytest.approx(max(near), abs=1e-3)
        else:
            assert place not in found
            kept.append(place)


def test_a_thousand_equal_texts_are_copies_of_the_first() -> None:
    found = find_copies(["the same text over and over again"] * 1000)
    assert len(found) == 999
    assert {copy.of for copy in found} == {"0"}


def test_shingles_do_not_change_between_runs_and_depend_on_order() -> None:
    assert shingles("One, two: THREE!", 3, {}).tolist() == shingles("one two three", 3, {}).tolist()
    assert shingles("one two three", 3, {}).tolist() != shingles("three two one", 3, {}).tolist()
    assert len(shingles(" .,", 3, {})) == 0


def test_an_item_of_a_benchmark_is_found_within_a_longer_text() -> None:
    rng = Random(1)
    item = " ".join(f"q{rng.randrange(1000)}" for _ in range(40))
    other = " ".join(f"x{rng.randrange(1000)}" for _ in range(200))
    texts = [other, f"{other} {item.upper()} {other}", " ".join(item.split()[:15])]
    found = find_benchmark_copies(texts, [("bench-1", item), ("bench-2", "unlike " * 20)])
    assert [(copy.place, copy.of, copy.share) for copy in found] == [(1, "bench-1", 1.0)]


def test_items_are_read_from_lines_and_a_bad_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "bench.jsonl"
    path.write_bytes(msgspec.json.encode({"question": "a"}) + b'\n\n{"text": "b"}\n')
    assert list(read_items(path)) == [("bench.jsonl:1", "a"), ("bench.jsonl:2", "b")]
    path.write_text("[1]", "utf-8")
    with pytest.raises(ConfigError, match="item 1 is no JSON object"):
        list(read_items(path))
    with pytest.raises(ConfigError, match="cannot read"):
        list(read_items(tmp_path / "missing.jsonl"))
