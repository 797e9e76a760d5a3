"""Going on: after a reload, in two windows, and with the guidelines one key away."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests.web.browser.serving import a_home, serving
from tests.web.browser.teams import someone
from tests.web.installation import Clock, Installation, Person

from etude.records import Candidate, Comparison, Message, Origin
from etude.web.database import new_id
from etude.web.home import Home
from etude.web.projects import guidelines
from etude.web.projects.guidelines import Draft
from etude.web.projects.presets import PRESETS
from etude.web.projects.project import Project
from etude.web.queue.item import add_items

pytestmark = pytest.mark.browser


def _desk(folder: Path) -> tuple[Installation, Project, Person]:
    """A rater with two pairs before them."""
    plain = a_home(folder / "home")
    clock = Clock()
    home = Home(folder=plain.folder, database=plain.database, url=plain.url, now=clock)
    installation = Installation(home, clock)
    lead = installation.person("lead", admin=True)
    settings = next(each for each in PRESETS if each.name == "quick").settings
    project = installation.project(lead, "rate", settings)
    rater = installation.member(project, "ann", "rater")
    pairs = [
        Comparison(
            id=new_id(),
            origin=Origin(source="made here", made_by="test"),
            prompt=(Message(role="user", content=f"Question {n}"),),
            candidates=tuple(
                Candidate(messages=(Message(role="assistant", content=f"{word} {n}"),))
                for word in ("one", "two")
            ),
        )
        for n in range(2)
    ]
    with installation.db.write() as tx:
        add_items(tx, project, pairs, now=clock.now)
        draft = Draft(text="# Count all legs")
        guidelines.publish(tx, project.id, draft, by=lead.account.id, now=clock.now)
    return installation, project, rater


def test_a_rater_goes_on_after_a_reload_in_two_windows_and_with_the_guidelines_at_hand(
    browser: Browser, tmp_path: Path
) -> None:
    installation, project, rater = _desk(tmp_path)
    home = installation.home
    with serving(home, installation.app), someone(browser) as page:
        token = rater.client.cookies["etude-session"]
        page.context.add_cookies([{"name": "etude-session", "value": token, "url": home.url}])
        here = f"{home.url}/projects/{project.id}/rate"
        page.goto(here)

        page.keyboard.press("g")
        expect(page.locator("dialog")).to_contain_text("Count all legs")
        page.keyboard.press("Escape")
        expect(page.locator("dialog[open]")).to_have_count(0)

        page.keyboard.press("1")
        expect(page.locator("#saved")).to_have_text("kept")
        page.reload()
        expect(page.locator('input[name="verdict"]').first).to_be_checked()

        other = page.context.new_page()
        other.goto(here)
        same = 'input[name="assignment"]'
        mine = page.locator(same).first.get_attribute("value")
        assert other.locator(same).first.get_attribute("value") == mine
        other.keyboard.press("Enter")
        expect(other.locator(".said")).to_contain_text("Saved")
        page.keyboard.press("Enter")
        expect(page.locator(".said")).to_contain_text(re.compile("saved already"))
    with installation.db.read() as tx:
        assert tx.number("SELECT COUNT(*) FROM ratings") == 1
