"""What each generator asks for and reads."""

from collections.abc import Sequence

import pytest

from etude.errors import ConfigError
from etude.records import Document, Origin
from etude.stages.corpus.synthetic.generators import Ask, generators

SOURCES = [
    Document(
        id=f"s{k}",
        title=f"Title {k}" if k else "",
        text=f"The text number {k}.\nIt holds {{style}} and {{text}}.",
        origin=Origin(source="s", made_by="t"),
    )
    for k in range(3)
]


def asks(table: dict[str, object], sources: Sequence[Document] = SOURCES) -> list[Ask]:
    return list(generators.make(table).asks(sources, 0))


def test_each_source_is_rephrased_in_the_styles_in_turn_and_its_braces_stay() -> None:
    found = asks({"use": "rephrase", "styles": ["a", "b"], "each": 2})
    assert [ask.about["style"] for ask in found] == ["a", "b", "b", "a", "a", "b"]
    assert [ask.parents[0].id for ask in found] == ["s0", "s0", "s1", "s1", "s2", "s2"]
    assert "It holds {style} and {text}." in found[0].prompt


def test_textbooks_are_for_audiences_in_turn() -> None:
    found = asks({"use": "textbook", "audiences": ["cooks", "bakers"]})
    assert ["cooks" in ask.prompt for ask in found] == [True, False, True]


def test_the_grid_has_every_persona_on_every_topic() -> None:
    table: dict[str, object] = {
        "use": "persona_topic",
        "personas": ["p", "q"],
        "topics": ["x", "y", "z"],
    }
    found = asks(table)
    cells = {(ask.about["persona"], ask.about["topic"]) for ask in found}
    assert len(cells) == len(found) == 6
    assert all(not ask.parents for ask in found)
    some = asks({**table, "max_cells": 4})
    assert len(some) == 4
    assert asks({**table, "max_cells": 4}) == some


def test_without_topics_the_titles_of_the_sources_are_topics_and_sources_parents() -> None:
    found = asks({"use": "persona_topic", "personas": ["p"]})
    assert [ask.about["topic"] for ask in found] == ["The text number 0.", "Title 1", "Title 2"]
    assert [ask.parents[0].id for ask in found] == ["s0", "s1", "s2"]


def test_a_template_leaves_out_a_source_without_what_it_needs() -> None:
    found = asks({"use": "template"})
    assert [ask.text for ask in found] == [
        "What is Title 1?\n\nThe text number 1.",
        "What is Title 2?\n\nThe text number 2.",
    ]
    with pytest.raises(ConfigError, match="its lists a value"):
        generators.make({"use": "template", "lists": {"a": []}})


def test_only_the_beginning_of_a_source_is_read() -> None:
    [ask, *_] = asks({"use": "rephrase", "max_chars": 12})
    assert ask.parents[0].text == "The text"


def test_the_version_of_a_prompt_is_that_of_its_words() -> None:
    own = generators.make("rephrase")
    assert own.prompt_version == generators.make({"use": "rephrase", "each": 3}).prompt_version
    other = generators.make({"use": "rephrase", "prompt": "Say it again: {text}"})
    assert other.prompt_version != own.prompt_version
    assert next(iter(other.asks(SOURCES, 0))).prompt.startswith("Say it again: The text")


@pytest.mark.parametrize(
    ("answer", "n"),
    [
        ("QUESTION: What is it all about?\nANSWER: It is about bread.", 1),
        (
            "**Question 1:** What is it about?\n**Answer:** Of bread it is.\n\n"
            "2. QUESTION: And that one?\nANSWER: Of water it is.",
            2,
        ),
        (
            "QUESTION: Who is it that asks?\nQUESTION: Who is it that answers?\nANSWER: Only I do.",
            1,
        ),
        ("ANSWER: without a question", 0),
        ("QUESTION: without an answer", 0),
        ("It is about bread.", 0),
        ("QUESTION: What is it all about?\nANSWER: It is about bread.\n" * 9, 3),
    ],
)
def test_questions_are_read_with_the_answers_that_follow_them(answer: str, n: int) -> None:
    found = generators.make("question_answer").read(answer)
    assert len(found) == n
    assert all(text.startswith("Question: ") and "\nAnswer: " in text for text in found)


@pytest.mark.parametrize(
    "table",
    [
        {"use": "rephrase", "styles": []},
        {"use": "rephrase", "max_quoted": 0},
        {"use": "textbook", "audiences": []},
        {"use": "question_answer", "number": 0},
        {"use": "persona_topic", "personas": []},
        {"use": "template", "prompt": "{nothing}"},
    ],
)
def test_settings_out_of_range_are_refused(table: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        generators.make(table)
