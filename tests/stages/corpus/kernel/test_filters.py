"""Filters give datatrove's verdicts and texts, and C agrees with plain Python."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.stages.corpus.steps.plain_batch import batch_of, reasons_of, texts_of

from etude.errors import ConfigError
from etude.stages.corpus.batch import drop_where
from etude.stages.corpus.kernel._library import available
from etude.stages.corpus.kernel._texts import Texts
from etude.stages.corpus.kernel.columns import COLUMNS, SHORT_LINE, C4Rules
from etude.stages.corpus.kernel.measure import Limit, add_measurements, measure
from etude.stages.corpus.kernel.reference import filters
from etude.stages.corpus.steps import steps

GOLDEN = json.loads((Path(__file__).parent / "golden" / "filters.json").read_text(encoding="utf-8"))
REASONS = {
    "gopher_repetition": {
        "empty": "empty",
        "dup_para_frac": "repeated paragraphs",
        "dup_para_char_frac": "text in repeated paragraphs",
        "dup_line_frac": "repeated lines",
        "dup_line_char_frac": "text in repeated lines",
        **{f"top_{n}_gram": f"most frequent {n}-gram" for n in (2, 3, 4)},
        **{f"duplicated_{n}_n_grams": f"repeated {n}-grams" for n in range(5, 11)},
    },
    "gopher_quality": {
        "gopher_short_doc": "too few words",
        "gopher_below_avg_threshold": "words too short",
        "gopher_above_avg_threshold": "words too long",
        "gopher_too_many_hashes": "too many #",
        "gopher_too_many_ellipsis": "too many ellipses",
        "gopher_too_many_bullets": "too many bullets",
        "gopher_too_many_end_ellipsis": "too many lines end with an ellipsis",
        "gopher_below_alpha_threshold": "too few words with letters",
        "gopher_enough_stop_words": "too few stop words",
    },
    "fineweb": {
        "empty": "empty",
        "line_punct_ratio": "too few lines end with punctuation",
        "short_line_ratio": "too many short lines",
        "char_dup_ratio": "text in repeated lines",
        "list_ratio": "too many newlines",
    },
    "c4": {
        "lorem_ipsum": "lorem ipsum",
        "curly_bracket": "curly bracket",
        "too_few_sentences": "too few sentences",
    },
}
WANTS = ["repetition", "quality", "c4", "fineweb", "redpajama"]
ODD = ["", "\n", "\n\n", " ", "\0", "\u2028", "\r\n", "a\r\nb\r\n", "…", "- \n• x\n", "\x1c\x85"]
PIECES = st.sampled_from(
    [
        *"ab1 .!#-•…{[]\t\n\0的。éİK\x85\u2028",
        *"  \n",
        "\n\n",
        "\r\n",
        "...",
        "[1]",
        "[edit]",
        "the",
        "of",
        "11",
        "A.B.",
        "don't",
        "lorem ipsum",
        "javascript",
        "cookie policy",
        "uses coo\u212aies",
    ]
)


def expected(name: str) -> list[str | None]:
    plain = REASONS[name.partition(" ")[0]]
    return [plain.get(row[name]) for row in GOLDEN]


@pytest.mark.parametrize("name", ["gopher_repetition", "gopher_quality", "fineweb"])
def test_verdicts_and_reasons_are_those_of_datatrove(name: str) -> None:
    done = steps.make(name).apply(batch_of([row["text"] for row in GOLDEN]))
    assert reasons_of(done) == expected(name)
    assert set(expected(name)) == {None, *REASONS[name].values()}


@pytest.mark.parametrize("punctuation", [False, True])
def test_c4_leaves_the_texts_of_datatrove_and_fineweb_judges_them(punctuation: bool) -> None:
    name = "c4 with punctuation" if punctuation else "c4"
    batch = batch_of([row["text"] for row in GOLDEN])
    done = steps.make({"use": "c4", "need_punctuation": punctuation}).apply(batch)
    assert reasons_of(done) == expected(name)
    assert texts_of(done) == [row.get(f"{name} text", row["text"]) for row in GOLDEN]
    then = steps.make("fineweb").apply(done)
    found = [
        (REASONS["fineweb"].get(row[f"{name} then fineweb"]), reason)
        for row, reason in zip(GOLDEN, reasons_of(then), strict=True)
        if not row[name]
    ]
    assert [reason for _, reason in found] == [wanted for wanted, _ in found]


def test_a_chain_is_judged_alike_when_it_is_measured_in_one_pass() -> None:
    chain = ["gopher_repetition", "gopher_quality", "c4", "fineweb"]
    loose = {"min_words": 5, "min_alpha_words_frac": 0.3}
    made = [
        steps.make({"use": name, **(loose if name == "gopher_quality" else {})}) for name in chain
    ]
    alone = together = batch_of([row["text"] for row in GOLDEN])
    wants = frozenset().union(*(step.measures() for step in made[:3]))
    together = add_measurements(together, wants)
    for step in made:
        alone, together = step.apply(alone), step.apply(together)
    assert reasons_of(alone) == reasons_of(together)
    assert texts_of(alone) == texts_of(together)
    assert None in reasons_of(alone)


def test_a_measurement_of_another_text_is_not_used() -> None:
    batch = add_measurements(batch_of(["so " * 100, "x"]), ["quality"])
    changed = batch.set_column(
        batch.schema.get_field_index("text"), batch.schema.field("text"), pa.array(["x", "y"])
    )
    done = steps.make("gopher_quality").apply(changed)
    assert reasons_of(done) == ["too few words", "too few words"]
    assert done.column("signal_n_words").to_pylist() == [1, 1]


def test_dropped_documents_do_not_make_measurements_stale() -> None:
    batch = add_measurements(batch_of(["a b c", "d"]), ["quality"])
    dropped = drop_where(batch, {"gone": np.array([False, True])})
    assert add_measurements(dropped, ["quality"]).equals(dropped)


def test_stored_signals_are_enough_to_judge_again() -> None:
    texts = [row["text"] for row in GOLDEN]
    for name in ("gopher_repetition", "gopher_quality", "fineweb"):
        measured = steps.make(name).apply(batch_of(texts))
        again = steps.make({"use": name, "stored_signals": True})
        stripped = measured.drop_columns(["_drop"])
        assert reasons_of(again.apply(stripped)) == reasons_of(measured)
        with pytest.raises(ConfigError, match="no signal_"):
            again.apply(batch_of(texts))


def test_a_rule_that_is_none_drops_nothing() -> None:
    names = ("words", "mean_word_length", "alpha_words_frac", "stop_words")
    off = {f"min_{name}": None for name in names}
    done = steps.make({"use": "gopher_quality", **off}).apply(batch_of(["some 1 2 3 4"]))
    assert reasons_of(done) == [None]
    few = steps.make({"use": "gopher_quality", "max_words": 3, "min_words": 1})
    assert reasons_of(few.apply(batch_of(["one two three four"]))) == ["too many words"]


def test_redpajama_measures_and_drops_nothing() -> None:
    text = "The THE cat, #1 …\n- sat. {x}\nJavaScript 42"
    done = steps.make("redpajama").apply(batch_of([text, ""]))
    assert reasons_of(done) == [None, None]

    def signal(name: str) -> float:
        return float(done.column(f"signal_rps_doc_{name}").to_pylist()[0])

    assert signal("frac_unique_words") == pytest.approx(6 / 8, abs=0.2)
    assert signal("curly_bracket") == pytest.approx(2 / len(text))
    assert signal("javascript_lines") == 1
    assert signal("frac_lines_start_with_bulletpoint") == pytest.approx(1 / 3)
    assert "signal_dup_5_gram_char_frac" in done.schema.names


def agree(texts: list[str], rules: C4Rules) -> None:
    values = pa.array(texts, type=pa.string())
    found = measure(values, [*WANTS[:2], rules.name, *WANTS[3:]])
    data = Texts.of(values)
    arrays = {kind: np.full((len(texts), len(COLUMNS[kind])), np.nan) for kind in [*WANTS, "after"]}
    left = filters.measure(data, arrays, rules, SHORT_LINE)
    assert found.c4_texts is not None
    assert found.c4_texts.to_pylist() == left
    numbers: dict[str, Any] = {name.partition(":")[0]: v for name, v in found.numbers.items()}
    numbers["after"] = found.c4_fineweb
    for kind, wanted in arrays.items():
        np.testing.assert_allclose(numbers[kind], wanted, rtol=0, atol=1e-12, err_msg=kind)
    for kind in ("repetition", "quality", "fineweb", "c4", "after"):
        np.testing.assert_array_equal(numbers[kind], arrays[kind], err_msg=kind)


@pytest.mark.skipif(not available(), reason="the kernel is not compiled")
@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(PIECES, max_size=40).map("".join), min_size=1, max_size=3), st.booleans())
@example(ODD, False)
@example(["the\0 of\0\0 a\0 be"], True)
@example(["1 11 1 1 1 x 11 1 1 1 1", "a b c d e f a b c d e f", "aa a aa a aa a aa a"], False)
def test_c_and_python_measure_the_same(texts: list[str], strict: bool) -> None:
    few = C4Rules(min_sentences=-1, min_words=1, longest_word=20, remove_citations=False)
    agree(texts, few if strict else C4Rules(min_sentences=1, min_words=2))


@pytest.mark.skipif(not available(), reason="the kernel is not compiled")
def test_c_and_python_measure_the_golden_documents_the_same() -> None:
    agree([row["text"] for row in GOLDEN[::4]], C4Rules(need_punctuation=True))


def test_one_huge_line_is_measured() -> None:
    text = "word " * 300_000 + "x" * 500_000
    found = measure(pa.array([text]), ["quality", "repetition"])
    assert found.column("quality", "n_words")[0] == 300_001
    assert found.column("repetition", "top_2_gram_char_frac")[0] > 0.5


def test_a_limit_ends_the_measuring_of_a_document() -> None:
    if not available():
        pytest.skip("the reference measures everything")
    limit = Limit("repetition", "dup_line_frac", most=0.3)
    found = measure(pa.array(["a\na\na\na", "a\nb"]), ["repetition", "quality"], limits=[limit])
    assert np.isnan(found.column("quality", "n_words")).tolist() == [True, False]


def test_slices_and_nulls_are_measured_as_they_are() -> None:
    values = pa.array(["not this", "one two", None, "three"])
    found = measure(values.slice(1), ["quality", "c4"])
    assert found.column("quality", "n_words").tolist()[0::2] == [2, 1]
    assert np.isnan(found.column("quality", "n_words")[1])
    assert measure(values.slice(0, 0), ["quality"]).numbers["quality"].shape == (0, 9)


def test_an_unknown_measurement_is_told() -> None:
    with pytest.raises(ConfigError, match="no measurement 'beauty'"):
        measure(pa.array(["x"]), ["beauty"])


def test_numbers_after_the_one_that_drops_a_document_are_not_taken() -> None:
    texts = [
        "same line here\n" * 9,
        "The cat sat on a mat and looked at what the dog had done last night, far away from town.",
    ]
    if available():
        done = steps.make("gopher_repetition").apply(batch_of(texts))
        assert np.isnan(done.column("signal_dup_5_gram_char_frac").to_numpy()).tolist() == [
            True,
            False,
        ]
    whole = steps.make({"use": "gopher_repetition", "every_signal": True}).apply(batch_of(texts))
    assert not np.isnan(whole.column("signal_dup_5_gram_char_frac").to_numpy()).any()
    assert reasons_of(whole) == ["repeated lines", None]
