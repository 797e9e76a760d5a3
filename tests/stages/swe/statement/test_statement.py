"""Statements are written from failures that a real pytest run reported, never from made-up ones."""

import ast
import re
from random import Random

import pytest
from tests.stages.swe.statement.failing_project import LIBRARY, codebase, run_project

from etude.errors import TaskError
from etude.records import make_patch
from etude.rollout.suites import Failure
from etude.stages.swe.statement import MAX_WORDS, MIN_WORDS, write_statement
from etude.stages.swe.statement.leaks import find_leaks

PATHS = ["inkwell/pen.py"]
KIND = "wrong_value"
PATCH = make_patch(
    {PATHS[0]: LIBRARY}, {PATHS[0]: LIBRARY.replace('replace(" ", "-")', 'replace(" ", delim)')}
)
Failures = dict[str, tuple[str, Failure]]


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> Failures:
    return run_project(tmp_path_factory.mktemp("inkwell"))


def write(failures: Failures, *names: str, seed: int = 0, patch: str = PATCH) -> str:
    chosen = [failures[name] for name in names] if names else list(failures.values())
    return write_statement(
        codebase(), chosen, paths=PATHS, kind=KIND, patch=patch, rng=Random(seed)
    )


def code_of(statement: str) -> str:
    found = re.search(r"```python\n(.*?)\n```", statement, re.DOTALL)
    return found[1] if found else ""


def title_of(statement: str) -> str:
    return statement.splitlines()[0]


def test_every_statement_is_clean_and_of_readable_length(failures: Failures) -> None:
    n_written = 0
    for name in failures:
        for seed in range(6):
            if name == "test_private":
                continue
            text = write(failures, name, seed=seed)
            test = failures[name][0]
            assert not find_leaks(text, paths=PATHS, tests=[test], kinds=[KIND], patch=PATCH)
            assert MIN_WORDS <= len(text.split()) <= MAX_WORDS
            assert text.startswith("# ")
            assert "inkwell 2.1" in text
            n_written += 1
    assert n_written > 100


def test_the_title_says_the_call_and_what_is_wrong(failures: Failures) -> None:
    titles = {title_of(write(failures, "test_slug_keeps_delim", seed=s)) for s in range(20)}
    assert titles == {
        "# `slug('First post', delim='_')` returns `'first-post'` instead of `'first_post'`",
        "# `slug('First post', delim='_')` should give `'first_post'`",
    }


def test_expected_and_actual_keep_their_sides_when_the_test_turns_them_round(
    failures: Failures,
) -> None:
    for name in ("test_turned_round", "test_slug_of_variable", "test_empty_value"):
        for seed in range(5):
            text = write(failures, name, seed=seed)
            expected, actual = {
                "test_turned_round": ("`['a', 'b']`", "`['a']`"),
                "test_slug_of_variable": ("`'a_b'`", "`'a-b'`"),
                "test_empty_value": ("`['one']`", "`[]`"),
            }[name]
            body = text.partition("```python")[2]
            assert body.index(expected) < body.index(actual)


def test_parameters_of_the_test_become_assignments(failures: Failures) -> None:
    text = write(failures, "test_number_of_words[one two three-3]")
    assert code_of(text) == "given = 'one two three'\nfound = words(given)\nlen(found)"


def test_an_element_of_a_table_of_cases_is_put_in_place(failures: Failures) -> None:
    text = write(failures, "test_table_of_cases[case0]")
    assert code_of(text) == "words('left right')"
    assert "words('left right')" in title_of(text)


def test_what_the_test_compares_with_is_no_part_of_the_code(failures: Failures) -> None:
    assert code_of(write(failures, "test_slug_of_variable")) == 'title = "A B"\nslug(title)'


def test_earlier_steps_that_matter_are_shown(failures: Failures) -> None:
    code = code_of(write(failures, "test_method"))
    assert code == 'quill = Pen("blue")\nquill.draw("ab")\nquill.draw("cd")\nquill.written()'


def test_a_method_is_named_after_its_class(failures: Failures) -> None:
    assert "`Pen.written()`" in title_of(write(failures, "test_method"))


def test_a_class_of_the_tests_own_is_named_after_the_one_it_extends(failures: Failures) -> None:
    text = write(failures, "test_own_class")
    assert "`Pen.written()`" in title_of(text)
    assert code_of(text).startswith("class Quill(Pen):\n    pass\n")


def test_values_of_several_lines_are_shown_as_lines(failures: Failures) -> None:
    text = write(failures, "test_multi_line")
    assert "```\nalpha\nbeta\n```" in text
    assert "```\nalpha\nbeta !\n```" in text


def test_an_exception_deep_in_the_library_is_seen_at_the_public_call(failures: Failures) -> None:
    for seed in range(10):
        text = write(failures, "test_deep_error", seed=seed)
        assert "`count('abba')`" in title_of(text)
        assert "`KeyError: 'a'`" in text
        assert "_count" not in text
        assert "_deep" not in text


@pytest.mark.parametrize("name", ["test_no_error", "test_raises", "test_raises_called"])
def test_a_missing_exception_is_asked_for(failures: Failures, name: str) -> None:
    text = write(failures, name)
    assert "`InkError`" in title_of(text)
    assert "raises(" not in text
    assert "Raises(" not in text
    assert code_of(text).startswith("parse('?")


def test_another_exception_than_due_names_both(failures: Failures) -> None:
    text = write(failures, "test_other_error")
    assert "`KeyError`" in title_of(text)
    assert "`InkError` to be raised" in text
    assert "`KeyError: '!'`" in text


def test_a_wrong_message_is_quoted_without_the_tests_pattern(failures: Failures) -> None:
    text = write(failures, "test_words_of_error")
    assert "text is too loud: HEY" in text
    assert "very quiet" not in text


def test_attributes_of_the_test_case_lose_their_self(failures: Failures) -> None:
    text = write(failures, "test_equal")
    assert "self" not in text
    assert code_of(text) == "title = 'Some Title'\nslug(title)"


@pytest.mark.parametrize("name", ["test_file_of_fixture", "test_of_fixture"])
def test_code_that_needs_what_only_the_test_has_is_left_out(failures: Failures, name: str) -> None:
    text = write(failures, name)
    assert not code_of(text)
    assert "tmp_path" not in text
    assert "maker" not in text
    assert "`words`" in text or "`slug`" in text


def test_a_check_of_the_test_module_is_looked_through(failures: Failures) -> None:
    text = write(failures, "test_through_check")
    assert code_of(text) == "text = 'uno due'\nwords(text)"
    assert "check_words" not in text


def test_large_values_are_told_where_they_differ(failures: Failures) -> None:
    text = write(failures, "test_large")
    assert "`7` at index 499" in text
    assert "`499`" in text


@pytest.mark.parametrize("name", ["ticks", "lines", "ansi", "accents", "huge"])
def test_hostile_values_stay_inside_their_code_marks(failures: Failures, name: str) -> None:
    for seed in range(10):
        text = write(failures, f"test_hostile[{name}]", seed=seed)
        headings = [line for line in text.splitlines() if line.startswith("#")]
        assert headings[0] == title_of(text)
        assert set(headings[1:]) <= {"## What I expected", "## What happened instead"}
        assert all(char.isprintable() or char == "\n" for char in text)
        assert not re.search(r"^(@@|---|\+\+\+)", text, re.MULTILINE)
        assert all(len(line) < 600 for line in text.splitlines())


def test_shown_code_is_python(failures: Failures) -> None:
    shown = [code_of(write(failures, name)) for name in failures if name != "test_private"]
    assert sum(bool(code) for code in shown) > 15
    for code in shown:
        ast.parse(code)


def test_further_failures_are_mentioned_at_the_end(failures: Failures) -> None:
    text = write(failures, "test_no_error", "test_raises", "test_raises_called")
    assert len(re.findall(r"`parse\('\?+'\)`", text.splitlines()[-1])) == 2


def test_private_names_alone_give_no_statement(failures: Failures) -> None:
    with pytest.raises(TaskError, match="no statement without a leak"):
        write(failures, "test_private")


def test_a_private_symptom_gives_way_to_a_public_one(failures: Failures) -> None:
    assert "`is_blank('   ')`" in title_of(write(failures, "test_private", "test_truth"))


def test_a_leaking_detail_is_left_out(failures: Failures) -> None:
    patch = make_patch({PATHS[0]: "x = 1\n"}, {PATHS[0]: "x = slug(title)\nslug(title)\n"})
    assert code_of(write(failures, "test_equal", patch=PATCH))
    text = write(failures, "test_equal", patch=patch)
    assert not code_of(text)
    assert "`slug`" in text


def test_there_is_no_statement_when_even_the_name_leaks(failures: Failures) -> None:
    with pytest.raises(TaskError, match="no statement without a leak"):
        write_statement(
            codebase(),
            [failures["test_truth"]],
            paths=["inkwell/pen.py"],
            kind="is_blank",
            patch=PATCH,
            rng=Random(0),
        )


def test_the_same_seed_gives_the_same_words(failures: Failures) -> None:
    assert write(failures, seed=7) == write(failures, seed=7)


def test_different_seeds_word_it_differently(failures: Failures) -> None:
    assert len({write(failures, "test_deep_error", seed=seed) for seed in range(30)}) > 15


def test_order_of_the_failures_does_not_choose_the_words(failures: Failures) -> None:
    texts = {
        write_statement(
            codebase(), chosen, paths=PATHS, kind=KIND, patch=PATCH, rng=Random(3)
        ).splitlines()[0]
        for chosen in (
            [failures["test_truth"], failures["test_method"]],
            [failures["test_method"], failures["test_truth"]],
        )
    }
    assert len(texts) == 1


def test_nothing_of_this_machine_is_told(failures: Failures) -> None:
    for name in failures:
        if name != "test_private":
            text = write(failures, name)
            assert "/tmp" not in text
            assert "pytest-of" not in text
            assert "object at 0x" not in text
