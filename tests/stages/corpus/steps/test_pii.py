"""The step for private items."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stages.corpus.steps.plain_batch import batch_of, reasons_of, signal_of, texts_of

from etude.errors import ConfigError
from etude.stages.corpus.steps import steps

TEXTS = [
    "Write to bob@acme.io or +44 20 7123 4567.",
    "Nothing private.",
    "",
    "ann@acme.io bob@acme.io",
]


def test_items_are_masked_counted_and_tallied() -> None:
    out = steps.make("pii").apply(batch_of(TEXTS))
    assert texts_of(out) == ["Write to <EMAIL> or <PHONE>.", TEXTS[1], "", "<EMAIL> <EMAIL>"]
    assert signal_of(out, "pii_email") == [1, 0, 0, 2]
    assert signal_of(out, "pii_phone") == [1, 0, 0, 0]
    assert out.column("_tally_pii").to_pylist() == [["email", "phone"], [], [], ["email"]]
    assert reasons_of(out) == [None] * 4


def test_items_are_removed_dropped_or_only_counted() -> None:
    def done(action: str) -> tuple[list[str], list[str | None]]:
        out = steps.make({"use": "pii", "action": action}).apply(batch_of(TEXTS))
        return texts_of(out), reasons_of(out)

    assert done("remove") == (["Write to  or .", TEXTS[1], "", " "], [None] * 4)
    assert done("drop") == (TEXTS, ["private: email", None, None, "private: email"])
    assert done("count") == (TEXTS, [None] * 4)


def test_fakes_are_the_same_for_the_same_value_in_all_documents() -> None:
    out = texts_of(steps.make({"use": "pii", "action": "fake", "seed": 4}).apply(batch_of(TEXTS)))
    bob = out[0].split()[2]
    assert bob.rpartition("@")[2].startswith("example.")
    assert out[3].endswith(bob)
    assert out[3].split()[0] != bob


def test_documents_full_of_addresses_are_dropped_when_asked() -> None:
    out = steps.make({"use": "pii", "max_items": 1}).apply(batch_of(TEXTS))
    assert reasons_of(out) == ["too many private items", None, None, "too many private items"]


def test_kinds_and_allowed_values_are_settings() -> None:
    step = steps.make({"use": "pii", "kinds": ["email"], "allow": ["@acme.io"]})
    out = step.apply(batch_of([*TEXTS, "x@y.net"]))
    assert texts_of(out) == [*TEXTS, "<EMAIL>"]
    assert "signal_pii_phone" not in out.schema.names
    with pytest.raises(ConfigError, match="shoe_size"):
        steps.make({"use": "pii", "kinds": ["shoe_size"]}).apply(batch_of(TEXTS))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=80), max_size=4), st.sampled_from(["mask", "remove", "fake"]))
def test_nothing_crashes_on_arbitrary_text(texts: list[str], action: str) -> None:
    out = steps.make({"use": "pii", "action": action}).apply(batch_of(texts))
    assert out.num_rows == len(texts)
