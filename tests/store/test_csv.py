"""Tables with commas come back as they were, and no cell begins as a formula does."""

from hypothesis import given
from hypothesis import strategies as st

from etude.store._csv import csv_line, read_csv

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
cells = st.one_of(texts, st.text("'=+-@\t\r\n\",x", max_size=5))
tables = st.lists(st.lists(cells, min_size=2, max_size=3), max_size=4)


@given(table=tables)
def test_what_is_written_is_read_again_and_is_no_formula(table: list[list[str]]) -> None:
    lines = [csv_line(row) for row in table]
    assert list(read_csv("".join(lines))) == table
    for row in table:
        for cell in row:
            if cell[:1] in {"=", "+", "-", "@", "\t", "\r"}:
                assert csv_line([cell]).startswith("\"'")


def test_tables_of_others_are_read() -> None:
    text = 'a,b\n1,"two\nlines"\n\n3,\n"4""",x"y\nlast,"open'
    assert list(read_csv(text)) == [
        ["a", "b"],
        ["1", "two\nlines"],
        ["3", ""],
        ['4"', 'x"y'],
        ["last", "open"],
    ]
    assert list(read_csv("")) == []


def test_a_long_text_of_anything_is_read_in_no_time() -> None:
    for text in ('"' * 400_001, ',"' * 200_000, "\r" * 400_000, "'" * 400_000, 'a"' * 200_000):
        assert len(list(read_csv(text))) <= 400_001
