"""Problems that hold a benchmark's items are found, and others are not."""

from etude.stages.problems.decontaminate import find_contamination

ITEM = (
    "Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in May."
    " How many clips did Natalia sell altogether in April and May?"
)


def test_an_item_inside_a_longer_problem_is_found() -> None:
    found = find_contamination(
        [f"Read with care. {ITEM} Explain.", "What is 2 + 2?"], [("a", ITEM)]
    )
    assert [(hit.place, hit.item, hit.share) for hit in found] == [(0, "a", 1.0)]


def test_an_item_with_one_other_number_is_still_that_item() -> None:
    [hit] = find_contamination([ITEM.replace("48", "52")], [("a", ITEM)])
    assert 0.5 < hit.share < 1.0


def test_typography_hides_nothing() -> None:
    text = ITEM.upper().replace(" ", "\u00a0 ").replace(",", " , ")
    assert find_contamination([text], [("a", ITEM)])


def test_a_few_common_words_are_no_item() -> None:
    text = "How many clips did Tom sell altogether in June? He sold 3 in each of the 4 weeks of it."
    assert not find_contamination([text, ""], [("a", ITEM), ("empty", "")])


def test_a_short_item_is_one_run_of_words() -> None:
    assert find_contamination(["What is 7 times 8?"], [("b", "what is 7 times 8")])
    assert not find_contamination(["What is 7 times 9?"], [("b", "what is 7 times 8")])
