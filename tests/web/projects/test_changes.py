"""Changes: what differs between two texts, told so that both can be made again from it."""

from hypothesis import given
from hypothesis import strategies as st

from etude.web.projects.changes import changes

_TEXTS = st.lists(st.sampled_from(["a b c", "a b d", "", "x", "one two three"]), max_size=12)


@given(_TEXTS, _TEXTS)
def test_both_texts_can_be_read_out_of_what_differs(old: list[str], new: list[str]) -> None:
    places = changes("\n".join(old), "\n".join(new), n_around=50)
    if old == new:
        assert places == []
        return
    if not places:
        return
    lines = [line for place in places for line in place]
    for left_out, text in (("add", old), ("del", new)):
        made = ["".join(p.text for p in line.pieces) for line in lines if line.sort != left_out]
        assert made == (text or [""])


def test_only_the_words_that_differ_are_marked() -> None:
    ((gone, come),) = changes("choose the better one", "choose the best one")
    assert [piece.text for piece in gone.pieces if piece.marked] == ["better"]
    assert [piece.text for piece in come.pieces if piece.marked] == ["best"]
