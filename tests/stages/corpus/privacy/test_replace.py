"""Masking, removing and faking private items."""

from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etude.stages.corpus.privacy import DEFAULT_KINDS, KINDS, Search, find
from etude.stages.corpus.privacy.fakes import fake
from etude.stages.corpus.privacy.labelled import labelled_texts
from etude.stages.corpus.privacy.replace import PLACEHOLDERS, without_private

EVERY = Search(kinds=KINDS)
TEXTS = labelled_texts(KINDS, 20, seed=3)


def result(texts: list[bytes], changed: dict[int, bytes]) -> list[bytes]:
    return [changed.get(i, text) for i, text in enumerate(texts)]


def test_every_kind_has_a_placeholder_and_a_fake() -> None:
    for kind in KINDS:
        assert PLACEHOLDERS[kind].startswith(b"<")
        assert fake(kind, b"12345678A", 0)


@pytest.mark.parametrize("action", ["mask", "remove", "fake"])
def test_doing_it_twice_is_doing_it_once(action: Literal["mask", "remove", "fake"]) -> None:
    texts = [text.text.encode() for text in TEXTS]
    search = EVERY if action != "fake" else Search()
    once = result(texts, without_private(texts, search, action)[0])
    assert without_private(once, search, action)[0] == {}


NASTY = st.text(
    alphabet=st.sampled_from("0123456789 -.+()@:/=abcdeEfFxXzZ\nSSNtel")
    | st.characters(codec="utf-8"),
    max_size=60,
)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.one_of(NASTY, st.sampled_from(TEXTS).map(lambda t: t.text)), max_size=6),
    st.sampled_from(["mask", "remove"]),
)
def test_masking_arbitrary_text_is_idempotent(
    pieces: list[str], action: Literal["mask", "remove"]
) -> None:
    texts = ["".join(pieces).encode(), " ".join(pieces).encode()]
    once = result(texts, without_private(texts, EVERY, action)[0])
    assert without_private(once, EVERY, action)[0] == {}
    for text in once:
        assert text.decode() is not None


@settings(max_examples=80, deadline=None)
@given(st.lists(st.one_of(NASTY, st.sampled_from(TEXTS).map(lambda t: t.text)), max_size=5))
def test_what_is_outside_the_items_does_not_change(pieces: list[str]) -> None:
    text = "|".join(pieces).encode()
    items = find([text], EVERY)
    kept, at = [], 0
    for item in items:
        kept.append(text[at : item.start])
        at = item.end
    kept.append(text[at:])
    masked = without_private([text], EVERY, "mask")[0].get(0, text)
    # Later rounds may mask more; what was kept by them still stands there in order.
    for piece in PLACEHOLDERS.values():
        masked = masked.replace(piece, b"\0")
    if len(find([text], EVERY)) == masked.count(b"\0") - text.count(b"\0"):
        assert masked == b"\0".join(kept)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fake_is_the_same_for_the_same_value_and_is_no_item(kind: str) -> None:
    for text in labelled_texts((kind,), 40, seed=3)[:40]:
        span = text.spans[0]
        data = text.text.encode()
        value = data[span.start : span.end]
        made = fake(kind, value, 5)
        assert made == fake(kind, value, 5)
        around = data[: span.start] + made + data[span.end :]
        assert find([around], Search(kinds=DEFAULT_KINDS)) == [], around


def test_another_seed_gives_other_fakes_and_spelling_none() -> None:
    assert fake("email", b"bob@acme.io", 1) != fake("email", b"bob@acme.io", 2)
    assert fake("email", b"Bob [at] ACME.io", 1) == fake("email", b"bob@acme.io", 1)
    assert fake("iban", b"DE44 5001", 1) == fake("iban", b"DE445001", 1)
    assert fake("card", b"4539 1488 0343 6467", 1) == fake("card", b"4539-1488-0343-6467", 1)
