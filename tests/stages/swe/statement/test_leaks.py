import pytest
from hypothesis import given
from hypothesis import strategies as st

from etude.records import make_patch
from etude.stages.swe.statement.leaks import find_leaks

PATH = "src/inkwell/text/slugs.py"
BEFORE = "def slug(text, delim):\n    cleaned = text.strip()\n    return cleaned.lower()\n"
AFTER = BEFORE.replace("cleaned = text.strip()", "cleaned = text.strip(delim) or fallback(text)")
PATCH = make_patch({PATH: BEFORE}, {PATH: AFTER})
TESTS = [
    "tests/test_slugs.py::TestSlugs::test_keeps_delimiter[case-with-two-blanks]",
    "tests/unit/test_other.py::test_no_arguments",
]
CLEAN = """# `slug('A B', delim='_')` returns `'a b'` instead of `'a_b'`

I am using inkwell 2.1 on Python 3.11.7. What I ran:

```python
text = 'A B'
slug(text, delim='_')
```

I expected `'a_b'` from the last line. Instead I get `'a b'`.
"""


def leaks(addition: str, kind: str = "off_by_one") -> list[str]:
    statement = f"{CLEAN}\n{addition}\n"
    return find_leaks(statement, paths=[PATH], tests=TESTS, kinds=[kind, "mutate"], patch=PATCH)


def test_a_report_from_outside_is_clean() -> None:
    assert leaks("") == []


@pytest.mark.parametrize(
    "place",
    ["slugs.py", "inkwell/text/slugs.py", PATH, "inkwell.text.slugs", "text.slugs", "text/slugs"],
)
def test_the_changed_file_is_found_in_every_spelling(place: str) -> None:
    assert leaks(f"It must be in {place}, I think.")
    assert leaks(f"```python\nfrom {place} import slug\n```")


@pytest.mark.parametrize("word", ["plugs.pyx", "myslugs.py2", "slugs are nice", "my text"])
def test_other_words_like_the_file_are_no_leak(word: str) -> None:
    assert leaks(f"It has {word}.") == []


def test_a_package_is_not_named_by_the_project_alone() -> None:
    report = "This is inkwell 2.1."
    assert find_leaks(report, paths=["inkwell/__init__.py"], tests=[], kinds=[], patch="") == []


@pytest.mark.parametrize(
    "name",
    [
        "test_keeps_delimiter",
        "TestSlugs",
        "test_slugs.py",
        "tests/unit/test_other.py",
        "test_other",
        "test_no_arguments",
        TESTS[0],
        "case-with-two-blanks",
    ],
)
def test_test_names_are_found(name: str) -> None:
    assert leaks(f"See {name} for this.")


def test_half_a_test_name_is_no_leak() -> None:
    assert leaks("See test_no_arguments_at_all for this.") == []


def test_parameters_of_a_test_may_be_input_in_code() -> None:
    assert leaks("```python\nslug('case-with-two-blanks')\n```") == []


@pytest.mark.parametrize("place", ["line 12", "Lines 3", "L123", "pen.py:7", "see :45 there"])
def test_line_numbers_are_found(place: str) -> None:
    assert leaks(f"It breaks at {place}.")


@pytest.mark.parametrize(
    "words", ["Expecting value: line 1 column 4", "the last line", "12:30", "XL5", "`x[ :45]`"]
)
def test_numbers_of_other_things_are_no_leak(words: str) -> None:
    assert leaks(f"I get {words}.") == []


@pytest.mark.parametrize("words", ["off_by_one", "off by one", "Off-by-one", "mutate"])
def test_the_kind_and_the_maker_are_found(words: str) -> None:
    assert leaks(f"Looks like {words} to me.")


def test_a_kind_of_one_word_may_be_a_name_in_code() -> None:
    assert leaks("I call `inkwell.format(1)`.", kind="format") == []
    assert leaks("This is a format mistake.", kind="format")


@pytest.mark.parametrize("text", ["@@ -1,3 +1,3 @@", "--- a/x", "+++ b/x", "diff --git a/x b/x"])
def test_text_of_a_diff_is_found(text: str) -> None:
    assert leaks(f"```\n{text}\n```")


@pytest.mark.parametrize(
    "line",
    [
        "cleaned = text.strip()",
        "cleaned=text . strip( )",
        "cleaned = text.strip(delim) or fallback(text)",
    ],
)
def test_changed_lines_are_found_whichever_way_and_however_spaced(line: str) -> None:
    assert leaks(f"Should it not be `{line}`?")


def test_a_part_of_a_changed_line_is_found() -> None:
    assert leaks("Perhaps `or fallback(text)` is wrong.")


def test_lines_that_did_not_change_are_no_leak() -> None:
    assert leaks("Here `return cleaned.lower()` is fine.") == []


@pytest.mark.parametrize(
    "word", ["mutant", "injected", "hidden tests", "fail-to-pass", "FAIL_TO_PASS", "pass to pass"]
)
def test_words_of_the_workshop_are_found(word: str) -> None:
    assert leaks(f"A {word} shows it.")


@given(st.text(max_size=300))
def test_any_text_is_judged_without_an_error(text: str) -> None:
    found = find_leaks(text, paths=[PATH], tests=TESTS, kinds=["off_by_one"], patch=PATCH)
    assert all(isinstance(reason, str) and reason for reason in found)


@given(st.sampled_from(["slugs.py", "test_keeps_delimiter", "off by one"]), st.text(max_size=80))
def test_a_leak_is_found_whatever_stands_around_it(leak: str, around: str) -> None:
    text = f"{around} {leak} {around}"
    assert find_leaks(text, paths=[PATH], tests=TESTS, kinds=["off_by_one"], patch=PATCH)
