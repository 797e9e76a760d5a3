"""Each check finds what it is for, and lets pass what is right."""

import time

import pytest
from tests.stages.demos.demonstration_data import ORIGIN, demonstration, said

from etude.errors import ConfigError
from etude.records import Demonstration, Message, ToolCall
from etude.stages.demos.checking import check_all, count_findings, make_checks
from etude.stages.demos.checks import Finding, checks

GOOD = demonstration(
    "Name the largest planet.", "Jupiter is the largest planet of the solar system."
)


def find(check: str, row: Demonstration, **settings: object) -> list[Finding]:
    return checks.make({"use": check, **settings}).check(row)


def whats(check: str, row: Demonstration, **settings: object) -> list[str]:
    return [finding.what for finding in find(check, row, **settings)]


@pytest.mark.parametrize("name", checks.names())
def test_a_good_demonstration_passes_every_check(name: str) -> None:
    assert find(name, GOOD) == []


def test_blank_messages_and_missing_ones_are_found() -> None:
    assert whats("empty", demonstration("What?", " \n\u200b")) == ["the assistant says nothing"]
    assert whats("empty", demonstration("What?")) == ["there is no answer"]
    assert whats("empty", demonstration("\0", "So.")) == ["the user says nothing"]


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ("The draft says exactly this and no more.", ["it is the draft, unchanged"]),
        ("the DRAFT says exactly this, and no more!", ["it is the draft, unchanged"]),
        ("Somebody wrote all of this anew, from the facts.", []),
    ],
)
def test_an_answer_that_is_the_draft_is_found(answer: str, what: list[str]) -> None:
    draft = said("What?", "The draft says exactly this and no more.")[1:]
    assert whats("copied_from_draft", demonstration("What?", answer, draft=draft)) == what


def test_a_draft_with_one_word_changed_is_a_copy() -> None:
    text = " ".join(f"word{number}" for number in range(100))
    draft = said("What?", text)[1:]
    row = demonstration("What?", text.replace("word50", "other"), draft=draft)
    (finding,) = find("copied_from_draft", row)
    assert finding.what.endswith("of it is the draft")


def test_lengths_are_kept() -> None:
    row = demonstration("What?", "one two three")
    assert whats("length", row, min_words=4) == ["too short: 3 words of at least 4"]
    assert whats("length", row, max_words=2) == ["too long: 3 words of at most 2"]
    assert whats("length", row, max_chars=5) == ["too long: 13 characters of at most 5"]
    with pytest.raises(ConfigError, match="less than min_words"):
        checks.make({"use": "length", "min_words": 5, "max_words": 2})


def test_another_language_is_found_where_it_is_sure() -> None:
    german = (
        "Der größte Planet unseres Sonnensystems ist der Jupiter; er ist so schwer, dass alle "
        "anderen Planeten zusammen nicht halb so viel wiegen wie er allein, und er hat viele Monde."
    )
    assert whats("language", demonstration("What?", german), expected="en") == [
        "the answer seems to be in 'de' and not in 'en'"
    ]
    assert whats("language", demonstration("What?", german, language="de")) == []
    assert whats("language", demonstration("What?", "Nein."), expected="en") == []


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Write to jo.doe+x@mail.example-site.co.uk soon.", ["an e-mail address"]),
        ("Write to me@example.com.", []),
        ("Call +49 30 1234567 or (030) 123 45 67.", ["a telephone number (2)"]),
        ("It was 2024-03-11 12:00, and 1234567890 people came.", []),
        ("So 1000-450-300, or 23786 - 17509, is left (1874-1936).", []),
        ("Call 512-555-2994.", ["a telephone number"]),
        ("Pay with 4111 1111 1111 1111.", ["a number of a payment card"]),
        ("The sum is 4111 1111 1111 1112.", []),
        ("sk-" + "a1" * 20, ["a secret key"]),
        ("-----BEGIN RSA PRIVATE KEY-----", ["a secret key"]),
        ("Version 1.2.3-4 of 10.0.0.1", []),
    ],
)
def test_private_data_is_found_and_never_repeated(text: str, kinds: list[str]) -> None:
    found = find("private_data", demonstration("What?", text))
    assert [finding.what for finding in found] == kinds
    assert all(len(finding.excerpt) <= 4 for finding in found)


def test_private_data_that_is_allowed_may_stand() -> None:
    row = demonstration("What?", "Ask help@city.gov for it.")
    assert whats("private_data", row, allow=["help@city.gov"]) == []


def test_phrases_of_the_guidelines_are_looked_for_as_whole_words() -> None:
    row = demonstration("What?", "I\u2019m sure: **Certainly**, it is so.")
    assert whats("guideline_checklist", row, must_not=["certain", "sure"]) == [
        "the guidelines do not want 'sure'"
    ]
    assert whats("guideline_checklist", row, must=["it is|they are", "see a doctor"]) == [
        "the guidelines want 'see a doctor'"
    ]


def test_claims_that_nothing_before_supports_are_notes() -> None:
    answer = (
        "1. It was built in 1889 by 300 workers, according to the World Heritage Centre.\n"
        "2. It is 330 m high (https://tower.invalid/height). Smith et al. agree: `x = 999`."
    )
    found = find("unsupported_claims", demonstration("The tower of 330 m?", answer))
    assert {finding.excerpt for finding in found} == {
        "https://tower.invalid/height",
        "World Heritage Centre",
        "Smith",
        "1889",
        "300",
    }
    assert {finding.severity for finding in found} == {"note"}
    assert whats("unsupported_claims", demonstration("Is 1,500.0 more?", "1500 it is.")) == []
    row = demonstration("Was it on 5 May?", "No, on May 6th; May 5 was a Sunday.")
    assert [finding.excerpt for finding in find("unsupported_claims", row)] == ["May 6th"]
    row = demonstration("20 for 15 each?", "20 * 15 = $300, so 300 it is.")
    assert whats("unsupported_claims", row) == []


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("I'm sorry, but I can\u2019t help with that.", 1),
        ("As an AI language model, I cannot provide this.", 2),
        ("I can help. I cannot recommend the film, though.", 0),
        ("He said: I am sorry.", 0),
        ("I'm sorry, I thought of the other one: it is Paris.", 0),
    ],
)
def test_refusals_are_found(text: str, n: int) -> None:
    assert len(find("refusal", demonstration("What?", text))) == n


def test_roles_out_of_order_are_found() -> None:
    messages = (*said("a", "b"), *said("c", "d")[1:], *said("e"))
    row = Demonstration(id="d", origin=ORIGIN, messages=messages)
    assert whats("role_order", row) == [
        "the assistant speaks after the assistant",
        "the user speaks last, so the end teaches nothing",
    ]
    late = Demonstration(id="d", origin=ORIGIN, messages=said("a", "b") + said(system="c"))
    assert whats("role_order", late)[0] == "the system speaks after the assistant"


def calls(*messages: Message) -> Demonstration:
    return Demonstration(id="d", origin=ORIGIN, messages=(*said("Find it."), *messages))


def test_calls_and_results_are_paired() -> None:
    ask = Message(role="assistant", content="", calls=(ToolCall(name="find", id="a"),))
    give = Message(role="tool", content="x", call_id="a")
    end = Message(role="assistant", content="There.")
    assert whats("tool_calls", calls(ask, give, end)) == []
    assert whats("tool_calls", calls(ask, end)) == ["a call without a result"]
    assert whats("tool_calls", calls(end, give)) == ["a result of no call"]
    assert [(f.what, f.severity) for f in find("tool_calls", calls(ask))] == [
        ("it ends with a call", "note")
    ]
    tools = '[{"type": "function", "function": {"name": "search"}}]'
    row = Demonstration(
        id="d", origin=ORIGIN, messages=calls(ask, give, end).messages, tags={"tools": tools}
    )
    assert whats("tool_calls", row) == ["a call of a tool that is not defined"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("```python\nprint(1)", ["code is opened and never closed"]),
        ("This is so because the", ["it ends in the middle of a sentence"]),
        ("First this,", ["it ends in the middle of a sentence"]),
        ("word " * 30 + "end", ["its last sentence has no end"]),
        ("word " * 30 + "end.", []),
        ("word " * 30 + "\n- a list\n- has no end", []),
        ("word " * 30 + '(so "it is.")', []),
        ("Paris", []),
    ],
)
def test_answers_that_break_off_are_found(text: str, what: list[str]) -> None:
    assert whats("truncated", demonstration("What?", text)) == what


HOSTILE = [
    "a" * 300_000,
    "1" * 300_000,
    "a." * 100_000 + "@",
    "1 " * 120_000,
    "`" * 70_000,
    "```" + "`a" * 70_000,
    "according to " * 20_000,
    "Study by " + "A b " * 50_000,
    "-----BEGIN " * 20_000,
    "eyJ" * 70_000,
    "\0\ud7ff\U0010ffff" * 70_000,
    "@" * 200_000,
    "+1 (" * 70_000,
]


@pytest.mark.parametrize("name", checks.names())
def test_long_texts_of_anything_take_no_time(name: str) -> None:
    settings = {"must": ["a"], "must_not": ["b"]} if name == "guideline_checklist" else {}
    check = checks.make({"use": name, **settings})
    for text in HOSTILE:
        started = time.process_time()
        check.check(demonstration(text, text, draft=said("", text)[1:]))
        assert time.process_time() - started < 3, text[:20]


def test_findings_are_counted_by_demonstration() -> None:
    rows = [GOOD, demonstration("What?", "", number=1), demonstration("", "", number=2)]
    counts = count_findings(check_all(rows, make_checks(["empty"])))
    assert [(c.check, c.severity, c.n, c.examples) for c in counts] == [
        ("empty", "error", 2, ("d1", "d2"))
    ]
    assert len(make_checks([])) == 9
    with pytest.raises(ConfigError, match="did you mean 'empty'"):
        make_checks(["emty"])
