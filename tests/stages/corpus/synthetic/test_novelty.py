"""What is new stays, and of texts that are alike the first one."""

from hypothesis import given, settings
from hypothesis import strategies as st

from etude.stages.corpus.synthetic.answers import clean, plain, whole_sentences
from etude.stages.corpus.synthetic.novelty import quoted_shares, reasons_to_drop

LONG = "one two three four five six seven eight nine ten eleven twelve"
OTHER = "red orange yellow green blue indigo violet black white grey brown pink"


def reasons(texts: list[str], sources: list[str]) -> list[str]:
    return reasons_to_drop(texts, sources, max_quoted=0.5, max_alike=0.5)


def test_letter_case_and_space_make_no_other_text() -> None:
    assert reasons([LONG.upper().replace(" ", "\n")], [LONG]) == ["exact copy of a source"]
    assert reasons([OTHER, f" {OTHER} "], [LONG]) == ["", "exact copy of another synthetic text"]


def test_what_is_quoted_from_several_sources_is_quoted() -> None:
    assert reasons([f"{LONG} {OTHER}"], [LONG, OTHER]) == ["mostly quoted from the sources"]
    assert quoted_shares([f"{LONG} {OTHER}"], [LONG]) == [8 / 20]


def test_a_text_within_a_longer_one_goes_and_a_longer_one_with_much_of_its_own_stays() -> None:
    assert reasons([f"{LONG} {OTHER}", LONG], []) == ["", "mostly in another synthetic text"]
    assert reasons([LONG, f"{LONG} {OTHER}"], []) == ["", ""]


def test_texts_of_few_words_are_compared_as_a_whole() -> None:
    assert reasons(["a b", "a c", "A  B"], ["x"]) == [
        "",
        "",
        "exact copy of another synthetic text",
    ]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(alphabet="ab \n", max_size=30), max_size=8))
def test_what_stays_is_new_to_itself(texts: list[str]) -> None:
    kept = [t for t, r in zip(texts, reasons(texts, []), strict=True) if not r]
    assert reasons(kept, []) == [""] * len(kept)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=400))
def test_an_answer_can_always_be_kept(answer: str) -> None:
    cleaned = clean(answer)
    assert clean(cleaned) == cleaned
    cleaned.encode()
    assert plain(cleaned) in cleaned
    assert whole_sentences(cleaned) in cleaned


def test_what_stands_around_a_text_goes() -> None:
    said = "Certainly! Here is the rewritten text:\n\n```text\nBread is old.\n```"
    assert plain(said) == "Bread is old."
    assert plain("<think>hm\n</think>Bread is old.\n==========") == "Bread is old."
    assert plain("Here is bread: it is old.") == "Here is bread: it is old."
