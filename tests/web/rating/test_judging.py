"""What a rater said becomes a rating of candidates, or says what is missing."""

import pytest
from hypothesis import given as law
from hypothesis import strategies as st

from etude.errors import ConfigError
from etude.records import Candidate, Comparison, Message, Origin, Span
from etude.web.projects.settings import CRITERIA, Settings
from etude.web.rating.given import Given, Mark, read_draft, scale, write_draft
from etude.web.rating.judging import judge, plain_breaks, text_of

PLAIN = Settings(rationale="optional")


def comparison(*texts: str) -> Comparison:
    return Comparison(
        id="c",
        origin=Origin(source="test", made_by="test"),
        prompt=(Message(role="user", content="?"),),
        candidates=tuple(
            Candidate(messages=(Message(role="assistant", content=text),)) for text in texts
        ),
    )


PAIR = comparison("first", "second")


def test_a_side_is_the_candidate_that_stood_there() -> None:
    said = Given(verdict="a3")
    assert judge(said, PAIR, (0, 1), PLAIN).ranking == ((0,), (1,))
    assert judge(said, PAIR, (1, 0), PLAIN).ranking == ((1,), (0,))
    assert judge(said, PAIR, (1, 0), PLAIN).strength == 3
    assert judge(Given(verdict="b1"), PAIR, (1, 0), PLAIN).ranking == ((0,), (1,))


def test_a_tie_is_one_group_and_both_bad_is_none() -> None:
    tie = judge(Given(verdict="tie"), PAIR, (1, 0), PLAIN)
    assert (tie.ranking, tie.strength) == (((0, 1),), 0)
    bad = judge(Given(verdict="both_bad"), PAIR, (0, 1), PLAIN)
    assert (bad.verdict, bad.ranking) == ("both_bad", ())


def test_the_scale_has_as_many_steps_as_the_project_says() -> None:
    assert [one.verdict for one in scale(Settings())] == ["a3", "a2", "a1", "tie", "b1", "b2", "b3"]
    assert [one.verdict for one in scale(Settings(steps=1, tie=False))] == ["a1", "b1"]
    assert [one.strength for one in scale(Settings(steps=1))] == [0, 0, 0]


@pytest.mark.parametrize(
    ("said", "settings"),
    [
        (Given(), PLAIN),
        (Given(verdict="a3"), Settings(steps=2)),
        (Given(verdict="tie"), Settings(tie=False)),
        (Given(verdict="both_bad"), Settings(both_bad=False)),
        (Given(verdict="ranked"), PLAIN),
        (Given(verdict="c1"), PLAIN),
    ],
)
def test_a_verdict_that_the_project_does_not_offer_is_refused(
    said: Given, settings: Settings
) -> None:
    with pytest.raises(ConfigError, match="Say which answer is better"):
        judge(said, PAIR, (0, 1), settings)


def test_ranks_become_groups_of_candidates() -> None:
    three = comparison("x", "y", "z")
    said = Given(verdict="ranked", ranks=(2, 1, 2))
    assert judge(said, three, (2, 0, 1), PLAIN).ranking == ((0,), (1, 2))
    with pytest.raises(ConfigError, match="Give a rank to B"):
        judge(Given(verdict="ranked", ranks=(1, 0, 2)), three, (0, 1, 2), PLAIN)
    with pytest.raises(ConfigError, match="no ties"):
        judge(said, three, (0, 1, 2), Settings(tie=False))


def test_scores_are_kept_in_the_order_of_the_comparison() -> None:
    settings = Settings(criteria=CRITERIA[:1])
    said = Given(verdict="a1", scores={"correct": (5, 2)})
    assert judge(said, PAIR, (1, 0), settings).scores == {"correct": (2, 5)}
    for wrong in ((5, 0), (5, 6), (5,), ()):
        with pytest.raises(ConfigError, match="Score every answer for: correct"):
            judge(Given(verdict="a1", scores={"correct": wrong}), PAIR, (0, 1), settings)


def test_whoever_cannot_judge_scores_nothing_but_says_why() -> None:
    settings = Settings(criteria=CRITERIA, reasons=("clear",), rationale="always")
    judged = judge(
        Given(verdict="cannot_judge", cannot="private", rationale="a name"), PAIR, (0, 1), settings
    )
    assert judged.verdict == "cannot_judge"
    assert (judged.reasons, judged.rationale) == (("holds private data",), "a name")
    with pytest.raises(ConfigError, match="Say why you cannot judge"):
        judge(Given(verdict="cannot_judge"), PAIR, (0, 1), settings)


def test_the_rationale_is_asked_for_as_the_project_says() -> None:
    strong = Settings(rationale="strong", rationale_min=5)
    with pytest.raises(ConfigError, match="at least 5 characters"):
        judge(Given(verdict="b3", rationale=" so "), PAIR, (0, 1), strong)
    assert judge(Given(verdict="b2"), PAIR, (0, 1), strong).rationale == ""
    with pytest.raises(ConfigError, match="at least 5 characters"):
        judge(Given(verdict="tie"), PAIR, (0, 1), Settings(rationale="always", rationale_min=5))
    reasons = Settings(reasons=("clear", "short"))
    with pytest.raises(ConfigError, match="at least one reason"):
        judge(Given(verdict="b3"), PAIR, (0, 1), reasons)
    said = Given(verdict="b3", reasons=("clear", "short"), rationale="it is")
    judged = judge(said, PAIR, (0, 1), reasons)
    assert (judged.reasons, judged.rationale) == (("clear", "short"), "it is")


def test_all_that_is_missing_is_said_at_once() -> None:
    settings = Settings(criteria=CRITERIA[:1], reasons=("clear",))
    with pytest.raises(ConfigError) as caught:
        judge(Given(), PAIR, (0, 1), settings)
    for part in ("which answer", "Score every", "one reason"):
        assert part in str(caught.value)


def test_marks_are_spans_of_the_candidate_that_stood_there() -> None:
    mark = Mark(answer=0, start=1, end=3, label="wrong")
    [span] = judge(Given(verdict="a1", marks=(mark,)), PAIR, (1, 0), PLAIN).spans
    assert span == Span(candidate=1, start=1, end=3, label="wrong")


@pytest.mark.parametrize(
    "mark",
    [
        Mark(answer=0, start=0, end=7, label="wrong"),
        Mark(answer=0, start=-1, end=2, label="wrong"),
        Mark(answer=0, start=2, end=2, label="wrong"),
        Mark(answer=2, start=0, end=1, label="wrong"),
        Mark(answer=-1, start=0, end=1, label="wrong"),
        Mark(answer=0, start=0, end=1, label="invented"),
    ],
)
def test_marks_outside_of_an_answer_are_refused(mark: Mark) -> None:
    with pytest.raises(ConfigError, match="mark"):
        judge(Given(verdict="a1", marks=(mark,)), PAIR, (1, 0), PLAIN)


@law(st.text(alphabet="a\r\né😀\u202e", min_size=1, max_size=30), st.data())
def test_a_mark_covers_the_same_text_whatever_the_line_breaks(
    text: str, data: st.DataObject
) -> None:
    shown = plain_breaks(text)
    start = data.draw(st.integers(0, len(shown) - 1))
    end = data.draw(st.integers(start + 1, len(shown)))
    said = Given(verdict="a1", marks=(Mark(answer=0, start=start, end=end, label="wrong"),))
    [span] = judge(said, comparison(text, "other"), (0, 1), PLAIN).spans
    assert plain_breaks(text[span.start : span.end]) == shown[start:end]


def test_the_text_of_an_answer_is_that_of_its_messages_in_turn() -> None:
    assert text_of([Message(role="assistant", content=part) for part in "ab"]) == "a\n\nb"


def test_an_order_that_does_not_fit_the_comparison_is_refused() -> None:
    for order in ((), (0,), (0, 0), (0, 1, 2)):
        with pytest.raises(ConfigError, match="open it again"):
            judge(Given(verdict="a1"), PAIR, order, PLAIN)


def test_a_draft_comes_back_as_it_was_and_an_unreadable_one_is_empty() -> None:
    said = Given(
        verdict="a1",
        ranks=(1, 0),
        scores={"correct": (1, 0)},
        rationale="half",
        marks=(Mark(answer=0, start=0, end=1, label="wrong"),),
    )
    assert read_draft(write_draft(said)) == said
    assert read_draft("{") == read_draft('{"unknown": 1}') == read_draft("") == Given()
