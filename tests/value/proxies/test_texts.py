from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etude.errors import ConfigError
from etude.store import Dataset
from etude.value.proxies.texts import (
    MEASURED_ON,
    Passages,
    Sources,
    content_digest,
    documents,
    draw,
    passage,
    write_documents,
)


def test_documents_are_drawn_by_id_alone_and_alike_of_two_sets(sense: Path, noise: Path) -> None:
    one, two = draw([sense], n_bytes=20_000), draw([noise], n_bytes=20_000)
    assert 20_000 <= one.n_bytes < 22_000
    assert one.ids == two.ids
    assert draw([sense], n_bytes=20_000, seed=1).ids != one.ids
    assert draw([sense], n_bytes=10_000).ids < one.ids
    assert len(draw([sense]).ids) == 120


def test_domains_and_ids_can_be_left_out(sense: Path) -> None:
    tales = draw([sense], domains=["tales"]).ids
    assert tales == draw([sense], without=["notes"]).ids
    assert len(tales) == 60
    assert draw([sense], leave_out=tales).ids.isdisjoint(tales)
    assert {document.id for document in documents([sense], tales)} == tales


@given(st.text(max_size=3000), st.integers(1, 500))
def test_a_passage_is_a_part_of_its_text_and_no_longer_than_asked(text: str, most: int) -> None:
    found = passage(text, most, 0)
    assert found in text
    assert len(found) <= most
    assert found or not text


def test_a_text_in_which_most_of_a_passage_stands_is_known() -> None:
    words = [f"word{n}" for n in range(60)]
    known = Passages([" ".join(words), "too short to be known"])
    assert known.stand_in("before " + " ".join(words) + " after")
    assert known.stand_in("\n".join(words[:45]))
    assert not known.stand_in(" ".join(words[:20]))
    assert not known.stand_in(" ".join(reversed(words)))
    assert not known.stand_in("too short to be known")
    assert not known.stand_in("")


def test_what_is_measured_on_is_left_out_and_counted(sense: Path, tmp_path: Path) -> None:
    every = list(Dataset.open(sense).documents())
    known = Passages([every[3].text, every[5].text])
    sources = Sources(made_for="test", parents=("x",), settings="")
    held = write_documents(tmp_path / "out", every, known, sources)
    assert held.n_rows("documents") == 118
    assert held.manifest.counts.dropped == {MEASURED_ON: 2}
    assert write_documents(tmp_path / "out", [], known, sources).n_rows("documents") == 118
    other = Sources(made_for="another", parents=(), settings="")
    with pytest.raises(ConfigError, match="something else"):
        write_documents(tmp_path / "out", every, None, other)


def test_the_digest_is_of_the_documents_and_not_of_how_they_were_chosen(
    sense: Path, tmp_path: Path
) -> None:
    every = list(Dataset.open(sense).documents())

    def digest(name: str, n: int) -> str:
        sources = Sources(made_for=name, parents=(name,), settings=name)
        return content_digest(write_documents(tmp_path / name, every[:n], None, sources))

    assert digest("a", 50) == digest("b", 50) != digest("c", 49)


def test_an_empty_draw_is_empty(write: Callable[..., Path]) -> None:
    assert draw([write("empty", [("a", "", "")])]).ids == frozenset()
