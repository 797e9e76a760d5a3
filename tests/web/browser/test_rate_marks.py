"""Marks and keys of the Rate page in a real browser: offsets hold through Markdown and emoji."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.web.browser.serving import a_home, serving
from tests.web.installation import Clock, Installation, Person
from tests.web.rating.desk import Desk, comparison

from etude.web.projects.settings import CRITERIA, Settings

pytestmark = pytest.mark.browser
MARKED = "\N{GRINNING FACE} First, **boldly** go\nwhere `nobody` went. Then go\r\nhome, then go."
OTHER = "It is simple."
SETTINGS = Settings(criteria=CRITERIA[:1], gold_share=0, repeat_share=0)


@contextmanager
def at_the_desk(browser: Browser, tmp_path: Path) -> Iterator[tuple[Page, Desk, Person]]:
    """A rater before one item."""
    installation = Installation(a_home(tmp_path / "home"), Clock(time.time()))
    desk = Desk(installation, SETTINGS, [comparison("x", MARKED, OTHER)])
    ann = desk.rater("ann")
    with serving(installation.home, installation.app) as url, signed_in(browser, url, ann) as page:
        page.goto(url + desk.path)
        yield page, desk, ann


@contextmanager
def signed_in(browser: Browser, url: str, person: Person) -> Iterator[Page]:
    """A browser of this person's own; any error of a script fails the test."""
    context = browser.new_context()
    token = person.client.cookies["etude-session"]
    context.add_cookies([{"name": "etude-session", "value": token, "url": url}])
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


SELECT = """([start, end]) => {
  const answers = [...document.querySelectorAll(".answer .text")];
  const text = answers.find((one) => one.textContent.includes("boldly"));
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  let from = -1;
  while (walker.nextNode()) {
    const { data } = walker.currentNode;
    if (from < 0 && data.includes(start)) {
      from = data.indexOf(start);
      range.setStart(walker.currentNode, from);
    }
    if (from >= 0 && data.includes(end)) {
      range.setEnd(walker.currentNode, data.indexOf(end) + end.length);
      break;
    }
  }
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}"""


def test_marks_are_characters_of_the_source_however_they_were_made(
    browser: Browser, tmp_path: Path
) -> None:
    with at_the_desk(browser, tmp_path) as (page, desk, ann):
        answer = page.locator(".answer").filter(has_text="boldly")
        page.evaluate(SELECT, ["First", "nobody"])
        answer.get_by_role("button", name="wrong", exact=True).click()
        page.evaluate(SELECT, ["go", "go"])  # several places have it: refused
        answer.get_by_role("button", name="unsafe", exact=True).click()
        expect(answer.locator(".mark-said")).to_contain_text("use the source text")
        answer.get_by_role("button", name="source text").click()
        answer.locator("textarea").focus()
        page.keyboard.press("Control+End")
        for _ in range(3):
            page.keyboard.press("Shift+ArrowLeft")
        page.keyboard.type("x")  # the source cannot be changed
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(answer.locator(".marks li")).to_have_count(2)
        expect(page.locator("#saved")).to_have_text("kept")
        with signed_in(browser, desk.installation.home.url, ann) as phone:
            phone.goto(page.url)
            expect(phone.locator(".marks li")).to_have_count(2)
            for key in ("c", "4", "2", "4"):
                phone.keyboard.press(key)
            phone.keyboard.press("Enter")
            expect(phone.locator(".said")).to_contain_text("Saved")
        [rating] = desk.ratings()
        assert [(MARKED[span.start : span.end], span.label) for span in rating.spans] == [
            ("First, **boldly** go\nwhere `nobody", "wrong"),
            ("go.", "unsafe"),
        ]
        assert {span.candidate for span in rating.spans} == {0}
        assert rating.ranking == ((0, 1),)
        assert sorted(rating.scores["correct"]) == [2, 4]


def test_keys_never_fire_while_someone_types(browser: Browser, tmp_path: Path) -> None:
    with at_the_desk(browser, tmp_path) as (page, desk, _ann):
        page.keyboard.press("w")
        page.keyboard.type("t1b usng?\n")
        expect(page.locator("[name=rationale]")).to_have_value("t1b usng?\n")
        expect(page.locator("[name=verdict]:checked")).to_have_count(0)
        assert desk.ratings() == []
        page.keyboard.press("Escape")
        page.keyboard.press("b")
        expect(page.locator("[name=verdict]:checked")).to_have_value("both_bad")
        page.keyboard.press("g")
        page.keyboard.press("t")  # the guidelines lie above the page
        page.keyboard.press("g")
        expect(page.locator("[name=verdict]:checked")).to_have_value("both_bad")
