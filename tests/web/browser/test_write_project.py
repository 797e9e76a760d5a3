"""A whole write project in a real browser: written, sent back, mended, accepted, exported."""

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
)

from etude import Dataset
from etude.records import Demonstration
from etude.web.serving import first_link

pytestmark = pytest.mark.browser
ROWS: list[dict[str, object]] = [
    {"prompt": "Why is the sky blue?"},
    {"prompt": "Why is the sea salty?"},
]
FIRST = "Because short waves are scattered more by the air than long ones are."
MENDED = (
    "Short waves of sunlight are scattered far more by the molecules of the air than long ones."
)
SALT = "Rivers carry salts from rocks into the sea, where water evaporates and the salts stay."


def _hand_in(page: Page, text: str) -> None:
    page.get_by_label("Assistant").last.fill(text)
    for box in page.locator('.checklist input[type="checkbox"]').all():
        box.check()
    page.keyboard.press("Control+Enter")


def test_a_writer_a_reviewer_and_a_lead_do_a_whole_project(
    browser: Browser, tmp_path: Path
) -> None:
    home = a_home(tmp_path / "home")
    with (
        serving(home) as url,
        someone(browser) as lead,
        someone(browser) as ann,
        someone(browser) as rev,
    ):
        join(lead, first_link(home), "Lead")
        path = make_project(lead, "Why", "dialogue")
        publish_guidelines(lead, path, "# Why\n\nSay it in one sentence.")
        import_items(lead, path, ROWS, n_people=1)
        join(ann, invite(lead, path, "ann@example.org", "writer"), "Ann")
        join(rev, invite(lead, path, "rev@example.org", "reviewer"), "Rev")
        open_project(lead, path)

        ann.goto(f"{url}{path}/write")
        _begin(ann)
        ann.get_by_label("Assistant").last.fill("Half a sentence that is kept")
        expect(ann.locator("#saved")).to_contain_text("Saved", timeout=20_000)
        ann.reload()
        expect(ann.get_by_label("Assistant").last).to_have_value("Half a sentence that is kept")
        _hand_in(ann, FIRST)
        expect(ann.get_by_role("main")).to_contain_text("Take back what I handed in last")

        _review(rev, f"{url}{path}/review", "Send back", "Name what scatters the waves.")
        ann.goto(f"{url}{path}/write")
        expect(ann.get_by_role("main")).to_contain_text("Name what scatters the waves.")
        _hand_in(ann, MENDED)
        _begin(ann)
        _hand_in(ann, SALT)
        expect(ann.get_by_role("main")).to_contain_text("Nothing is left")

        for _ in range(2):
            _review(rev, f"{url}{path}/review", "Accept", "")
        lead.goto(f"{url}{path}/exports")
        lead.get_by_role("button", name="Export", exact=True).click()
        expect(lead.get_by_role("button", name="Download").first).to_be_visible()
        (folder,) = home.datasets.iterdir()

    made = list(Dataset.open(folder).rows("demonstrations", Demonstration))
    answers = {one.messages[-1].content for one in made}
    assert answers == {MENDED, SALT}
    assert all(one.review == "accepted" for one in made)
    assert all(one.guidelines == "1" and one.writer.startswith("p") for one in made)
    mended = next(one for one in made if one.messages[-1].content == MENDED)
    assert any("Name what scatters" in text for text in mended.comments)


def _begin(page: Page) -> None:
    """Add the first turn of the assistant where the page has none yet."""
    expect(page.locator("#write")).to_be_visible()
    if page.get_by_label("Assistant").count() == 0:
        page.get_by_role("button", name="+ Assistant turn").click()
    expect(page.get_by_label("Assistant").last).to_be_visible()


def _review(page: Page, address: str, verdict: str, said: str) -> None:
    page.goto(address)
    if page.locator("#review").count() == 0:
        page.locator("main a[href*='/review/']").first.click()
    expect(page.locator("#review")).to_be_visible()
    if said:
        page.keyboard.press("t")
        page.keyboard.type(said)
        page.keyboard.press("Escape")
    page.get_by_role("button", name=verdict, exact=True).click()
    expect(page.locator(".said")).to_be_visible()
