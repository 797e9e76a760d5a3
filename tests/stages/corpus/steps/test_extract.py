"""The step that takes main text out of HTML."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stages.corpus.steps.plain_batch import batch_of, reasons_of, texts_of

from etude.stages.corpus.steps import steps

BODY = "<p>" + "This paragraph is long enough to be what the page is about. " * 8 + "</p>"
PAGE = f"""<!doctype html><html lang="en-GB"><head><title>A &amp; B</title>
<meta name="robots" content="index, noai"><meta name="tdm-reservation" content="1"></head>
<body><nav><ul><li><a href="/">Home page</a></li></ul></nav>
<main><h1>Heading</h1>{BODY}<pre>def f(x):
    return x</pre></main>
<footer>All rights reserved <a rel="license"
href="https://creativecommons.org/licenses/by-sa/4.0/">CC</a></footer></body></html>"""


@pytest.mark.parametrize("by", ["resiliparse", "trafilatura"])
def test_main_text_stays_and_navigation_goes(by: str) -> None:
    out = steps.make({"use": "extract", "by": by}).apply(
        batch_of([PAGE, "a < b"], media_type=["text/html", "text/plain"])
    )
    page, plain = texts_of(out)
    assert "what the page is about" in page
    assert "Home page" not in page
    assert "    return x" in page
    assert "<" not in page
    assert plain == "a < b"
    assert out.column("media_type").to_pylist() == ["text/plain", "text/plain"]


def test_what_the_head_says_fills_empty_columns_only() -> None:
    out = steps.make("extract").apply(
        batch_of(
            [PAGE, PAGE],
            media_type=["text/html"] * 2,
            title=["", "Mine"],
            language=["", "de"],
            opt_out=[[], ["robots:noai"]],
        )
    )
    assert out.column("title").to_pylist() == ["A & B", "Mine"]
    assert out.column("language").to_pylist() == ["en", "de"]
    assert out.column("opt_out").to_pylist() == [
        ["meta:noai", "tdm:reserved"],
        ["meta:noai", "robots:noai", "tdm:reserved"],
    ]
    assert [o["licence"] for o in out.column("origin").to_pylist()] == ["CC-BY-SA-4.0"] * 2


def test_a_page_whose_main_content_is_too_short_gives_all_its_text() -> None:
    page = "<html><body><nav>Menu</nav><p>Short.</p></body></html>"
    out = steps.make("extract").apply(batch_of([page], media_type=["text/html"]))
    assert "Short." in texts_of(out)[0]
    assert reasons_of(out) == [None]


def test_pages_too_large_or_without_text_are_dropped_with_a_reason() -> None:
    step = steps.make({"use": "extract", "max_bytes": 100})
    out = step.apply(
        batch_of(["<p>" + "x" * 200, "<script>1</script>", "\0"], media_type=["text/html"] * 3)
    )
    assert reasons_of(out) == ["page too large", "no text in the page", "no text in the page"]
    assert texts_of(out)[0].startswith("<p>")


HOSTILE = {
    "divs": "<div>" * 300_000 + "x",
    "closed divs": "<div>" * 100_000 + "x" + "</div>" * 100_000,
    "wide and deep": "<div>" * 1_000 + "<p>x</p>" * 60_000,
    "tables": "<table><tr><td>" * 50_000 + "x",
    "attributes": "<p " + "a=b " * 500_000 + ">x",
    "unclosed title": "<title>" + "<" * 500_000,
    "meta": "<meta name=" * 50_000,
    "NULs": "\0" * 500_000 + "<p>hi",
    "comments": "<!--" * 300_000,
    "licences": "<a license " * 50_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pages_neither_crash_nor_hang(name: str) -> None:
    before = time.process_time()
    out = steps.make("extract").apply(batch_of([HOSTILE[name]], media_type=["text/html"]))
    assert out.num_rows == 1
    # Linear work takes a tenth of this; what is quadratic takes minutes.
    assert time.process_time() - before < 8


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.sampled_from("<>/=\"'&;! \0\naéb中-") | st.characters(codec="utf-8")))
def test_nothing_crashes_on_arbitrary_text(text: str) -> None:
    batch = batch_of([text, f"<html><body>{text}"], media_type=["text/html"] * 2)
    assert steps.make("extract").apply(batch).num_rows == 2
