from hypothesis import given
from hypothesis import strategies as st

from etude.pages.charts import bins
from etude.pages.text import passage, visible
from etude.stages.swe.report.text import diff, prose


@given(st.text())
def test_nothing_unseen_is_left_in_visible_text(text: str) -> None:
    shown = visible(text)
    assert visible(shown) == shown
    assert not set(shown) & {"\x00", "\x1b", "\u202e", "\u200b", "\x7f", "\r"}


def test_a_removed_line_that_looks_like_a_header_is_a_removed_line() -> None:
    patch = "--- a/q.sql\n+++ b/q.sql\n@@ -1,2 +1,2 @@\n--- old comment\n+++ new comment\n same\n"
    read = diff(patch)
    assert [line.kind for line in read.lines] == ["file", "file", "hunk", "del", "add", "same"]
    assert (read.n_added, read.n_removed, read.n_changed) == (1, 1, 2)


def test_an_endless_patch_is_cut_and_counted_whole() -> None:
    patch = "--- a/x\n+++ b/x\n@@ -0,0 +1,5000 @@\n" + "+y\n" * 5000
    read = diff(patch)
    assert len(read.lines) + read.n_cut == 5003
    assert read.n_cut > 4000
    assert read.n_added == 5000


def test_long_observations_fold_and_endless_ones_are_cut() -> None:
    assert not passage("one line").folded
    assert passage("line\n" * 50).folded
    endless = passage("x" * 100_000)
    assert len(endless.text) + endless.n_cut == 100_000
    assert endless.n_cut > 0


def test_a_statement_keeps_its_listings_apart_from_its_prose() -> None:
    blocks = prose("# Title\nSays `x` here.\n\n~~~\n# no title\n```\n~~~\nend")
    assert [(block.kind, block.spans[0].text) for block in blocks] == [
        ("heading", "Title"),
        ("text", "Says "),
        ("listing", "# no title\n```"),
        ("text", "end"),
    ]
    assert [span.code for span in blocks[1].spans] == [False, True, False]


def test_bins_count_everything_once_and_double_when_the_range_is_wide() -> None:
    assert [(b.label, b.count) for b in bins([1, 3, 3])] == [("1", 1), ("2", 0), ("3", 2)]
    wide = bins([0, 1, 2, 5, 7, 60])
    assert [(b.label, b.count) for b in wide if b.count] == [
        ("0", 1),
        ("1", 1),
        ("2", 1),
        ("5\N{EN DASH}8", 2),
        ("33\N{EN DASH}64", 1),
    ]
    assert bins([]) == ()


@given(st.lists(st.integers(0, 3000), min_size=1))
def test_bins_lose_no_value(values: list[int]) -> None:
    assert sum(column.count for column in bins(values)) == len(values)
