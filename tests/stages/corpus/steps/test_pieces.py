"""Steps `lines` and `paragraphs`."""

import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stages.corpus.steps.planted import documents, kept, prose, reasons, run, texts

from etude.errors import ConfigError
from etude.stages.corpus.batch import signal
from etude.stages.corpus.steps import steps
from etude.stages.corpus.steps.lines import LinesStep
from etude.stages.corpus.steps.paragraphs import ParagraphsStep

NOTICE = "All rights reserved by the people who wrote this page."
MENU = "Home | About | Contact | Search"


def lines(**more: object) -> LinesStep:
    step = steps.make({"use": "lines", "min_chars": 10, "min_left_chars": 1, **more})
    assert isinstance(step, LinesStep)
    return step


def test_lines_stay_where_they_come_first_and_short_lines_everywhere(tmp_path: Path) -> None:
    parts = [
        documents([f"{MENU}\nfirst text is this\n}}\n{NOTICE}\n"]),
        documents([f"{MENU}\nsecond text is this\n}}\n{NOTICE}", "", f"{NOTICE}\n{MENU}"]),
    ]
    done = run(lines(), tmp_path, parts, order=[1, 0])
    assert texts(done) == [
        f"{MENU}\nfirst text is this\n}}\n{NOTICE}\n",
        "second text is this\n}",
        "",
        "",
    ]
    assert reasons(done) == [None, None, None, "too little left without copied lines"]
    share = np.concatenate([signal(part, "lines_removed") for part in done])
    assert share[[0, 2]].tolist() == [0, 0]
    assert 0 < share[1] < 1
    assert share[3] == 1


def test_white_space_around_a_line_never_counts_and_case_where_it_is_folded(
    tmp_path: Path,
) -> None:
    parts = [documents([f"  {NOTICE}\r\n{NOTICE.upper()}\n\t{NOTICE} \nend"])]
    assert texts(run(lines(), tmp_path / "a", parts)) == [f"  {NOTICE}\r\n{NOTICE.upper()}\nend"]
    assert texts(run(lines(fold="case"), tmp_path / "b", parts)) == [f"  {NOTICE}\r\nend"]


@pytest.mark.parametrize(("copies", "left"), [(0, 0), (1, 1), (2, 2), (3, 3), (5, 4)])
def test_so_many_copies_stay_as_are_asked_for(tmp_path: Path, copies: int, left: int) -> None:
    parts = [documents([f"{NOTICE}\na\n{NOTICE}", f"b\n{NOTICE}"]), documents([f"{NOTICE}\nc"])]
    for rows in (0, 1):
        done = run(lines(copies=copies), tmp_path / str(rows), parts, rows_at_once=rows)
        found = "\n".join(texts(done))
        assert found.count(NOTICE) == left
        assert all(letter in found.split("\n") for letter in "abc")
        assert found.startswith(NOTICE) == (left > 0)


def test_boilerplate_goes_everywhere_and_what_is_less_frequent_stays_once(tmp_path: Path) -> None:
    parts = [documents([f"{NOTICE}\na", f"{NOTICE}\n{MENU}\nb", f"{NOTICE}\n{MENU}\nc"])]
    for rows in (0, 1):
        done = run(lines(boilerplate_over=2), tmp_path / str(rows), parts, rows_at_once=rows)
        assert texts(done) == ["a", f"{MENU}\nb", "c"]


def test_a_line_that_stands_alone_is_no_boilerplate_and_no_copy(tmp_path: Path) -> None:
    parts = [documents([NOTICE, MENU])]
    assert texts(run(lines(copies=0, boilerplate_over=1), tmp_path, parts)) == [NOTICE, MENU]


def test_paragraphs_are_what_stands_between_blank_lines(tmp_path: Path) -> None:
    first, second = f"{NOTICE}\n{MENU}", f"{MENU}\n{NOTICE}"
    parts = [documents([f"{first}\n\n{second}\n \t\nx", f"y\n\n\n{second}\n\n\n{first}\n", first])]
    step = ParagraphsStep(min_left_chars=0)
    done = run(step, tmp_path, parts)
    assert texts(done) == [f"{first}\n\n{second}\n \t\nx", "y", ""]
    assert reasons(done) == [None, None, "too little left without copied paragraphs"]


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.lists(st.text(st.sampled_from("aaab\n \té\r"), max_size=14), max_size=5), max_size=3
    ),
    st.sampled_from(["lines", "paragraphs"]),
    st.data(),
)
def test_laws_of_deduplication_by_pieces(
    tmp_path_factory: pytest.TempPathFactory,
    values: list[list[str]],
    use: str,
    data: st.DataObject,
) -> None:
    folder = tmp_path_factory.mktemp("laws")
    parts = [documents(part) for part in values]
    copies = data.draw(st.integers(0, 2))
    table = {"use": use, "min_chars": 2, "copies": copies, "min_left_chars": 0}
    done = run(steps.make(table), folder / "a", parts)
    other = run(
        steps.make({**table, "memory_bytes": 100}),
        folder / "b",
        parts,
        order=data.draw(st.permutations(range(len(parts)))),
        rows_at_once=data.draw(st.integers(1, 5)),
    )
    assert texts(other) == texts(done)
    assert reasons(other) == reasons(done)
    if use == "lines":
        before = [line.strip() for text in texts(parts) for line in text.split("\n")]
        after = [line.strip() for text in texts(done) for line in text.split("\n")]
        for line in {line for line in before if len(line) >= 2}:
            n = before.count(line)
            assert after.count(line) == (n if n <= max(copies, 1) else copies)
    again = texts(kept(run(steps.make(table), folder / "c", kept(done))))
    assert again == texts(kept(done))


@pytest.mark.parametrize("use", ["lines", "paragraphs"])
def test_releases_one_by_one_give_what_all_at_once_gives(tmp_path: Path, use: str) -> None:
    rng = random.Random(2)
    pool = [prose(rng, 12) for _ in range(40)]
    releases = [[documents(["\n\n".join(rng.sample(pool, 3)) for _ in range(6)])] for _ in range(4)]
    table = {"use": use, "min_left_chars": 0}
    together = run(
        steps.make(table), tmp_path / "all", [part for parts in releases for part in parts]
    )
    step = steps.make({**table, "index": str(tmp_path / "index"), "update_index": True})
    for rows in (0, 4):
        one_by_one = [
            run(step, tmp_path / f"{n}", parts, rows_at_once=rows)[0]
            for n, parts in enumerate(releases)
        ]
        assert texts(one_by_one) == texts(together)


def test_a_line_in_every_document_does_not_fill_the_spill(tmp_path: Path) -> None:
    parts = [documents([f"{NOTICE}\n" * 50] * 200)]
    done = run(lines(), tmp_path, parts)
    assert "".join(texts(done)) == NOTICE
    assert (tmp_path / "part-00000000.spill").stat().st_size < 2000


def test_numbers_below_nothing_are_refused() -> None:
    with pytest.raises(ConfigError, match="below 0"):
        steps.make({"use": "paragraphs", "copies": -1})
