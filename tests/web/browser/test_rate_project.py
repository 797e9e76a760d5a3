"""A whole rate project in a real browser: from the first link to the exported single votes."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.web.browser.serving import a_home, serving
from tests.web.browser.teams import (
    import_items,
    invite,
    join,
    make_project,
    open_project,
    publish_guidelines,
    someone,
    take_quiz,
    write_quiz,
)

from etude import Dataset
from etude.records import Comparison, Rating
from etude.web.serving import first_link

pytestmark = pytest.mark.browser
N_ITEMS = 3
ROWS: list[dict[str, object]] = [
    {
        "prompt": f"How many legs has animal {n}?",
        "candidates": [f"Animal {n} has **four** legs.", f"Nobody knows about {n}."],
    }
    for n in range(N_ITEMS)
]


def _rate(page: Page, path: str, better: str, reason: str) -> None:
    """Rate one pair without touching the mouse: much for the answer with some words in it."""
    keys = page.keyboard
    expect(page.locator("#rate")).to_be_visible()
    verdict = "1" if better in page.locator(".answer").first.inner_text() else "7"
    keys.press("c")
    for score in "542351":
        keys.press(score)
    page.locator("body").evaluate("document.activeElement.blur()")
    keys.press(verdict)
    keys.press("w")
    keys.type(reason)
    keys.press("Escape")
    keys.press("e")
    keys.press("Space")
    keys.press("Enter")
    expect(page.locator(".said")).to_contain_text("Saved")
    assert page.url.endswith(f"{path}/rate")


def test_two_raters_and_a_lead_do_a_whole_project(browser: Browser, tmp_path: Path) -> None:
    home = a_home(tmp_path / "home")
    with (
        serving(home) as _,
        someone(browser) as lead,
        someone(browser) as ann,
        someone(browser) as bob,
    ):
        join(lead, first_link(home), "Lead")
        path = make_project(lead, "Legs", "pairwise")
        publish_guidelines(lead, path, "# Legs\n\nCount **all** legs. Ties are allowed.")
        write_quiz(lead, path, "Which legs count?", right="all of them", wrong="the left ones")
        import_items(lead, path, ROWS, n_people=2)
        links = [invite(lead, path, f"{who}@example.org", "rater") for who in ("ann", "bob")]
        open_project(lead, path)

        join(ann, links[0], "Ann")
        ann.goto(f"{home.url}{path}/rate")
        expect(ann.get_by_role("main")).to_contain_text("Pass the quiz first")
        take_quiz(ann, path, "the left ones")
        expect(ann.get_by_role("main")).to_contain_text("not passed")
        take_quiz(ann, path, "all of them")
        join(bob, links[1], "Bob")
        take_quiz(bob, path, "all of them")

        for number in range(N_ITEMS):
            for page, better in ((ann, "legs"), (bob, "legs" if number else "Nobody knows")):
                page.goto(f"{home.url}{path}/rate")
                _rate(page, path, better, f"because of reason number {number}, plainly")
        expect(ann.get_by_role("main")).to_contain_text("Nothing is left")

        _adjudicate(lead, f"{home.url}{path}")
        _undo_and_give_anew(bob)
        folder = _export(lead, home.url, path, home.datasets)

    found = Dataset.open(folder)
    ratings = list(found.rows("ratings", Rating))
    comparisons = list(found.rows("comparisons", Comparison))
    work = [rating for rating in ratings if rating.purpose == "work"]
    assert len(comparisons) == N_ITEMS
    assert len(work) == 2 * N_ITEMS
    assert len({(rating.rater, rating.comparison_id) for rating in work}) == 2 * N_ITEMS
    assert len({rating.rater for rating in work}) == 2
    assert all(rating.rationale.startswith("because of reason") for rating in work)
    assert all(rating.reasons == ("correct",) for rating in work)
    assert all(rating.guidelines == "1" and rating.duration_s >= 0 for rating in work)
    assert all(sorted(rating.order) == [0, 1] and rating.scores for rating in work)
    assert [rating.purpose for rating in ratings].count("adjudication") == 1
    assert not any("ann" in rating.rater.lower() for rating in ratings)


def _adjudicate(lead: Page, address: str) -> None:
    lead.goto(f"{address}/adjudicate")
    expect(lead.locator("#rate")).to_be_visible()
    lead.keyboard.press("1")
    lead.keyboard.press("w")
    lead.keyboard.type("settled by the lead, who counted again")
    lead.keyboard.press("Control+Enter")
    expect(lead.locator(".said")).to_contain_text("Settled")
    expect(lead.get_by_role("heading", level=1)).to_have_text("Adjudicate")


def _undo_and_give_anew(bob: Page) -> None:
    """Take the last rating back, find it as it was, and give another verdict."""
    expect(bob.get_by_role("main")).to_contain_text("Nothing is left")
    bob.locator("form[action$='/rate/undo'] button").first.click()
    expect(bob.locator("textarea[name='rationale']")).to_have_value(re.compile("because of"))
    bob.keyboard.press("2")
    bob.keyboard.press("Enter")
    expect(bob.locator(".said")).to_contain_text("Saved")


def _export(lead: Page, url: str, path: str, datasets: Path) -> Path:
    before = set(datasets.iterdir())
    lead.goto(f"{url}{path}/exports")
    lead.get_by_role("button", name="Export", exact=True).click()
    expect(lead.get_by_role("button", name="Download").first).to_be_visible()
    made = sorted(set(datasets.iterdir()) - before)
    assert made
    return made[0]
