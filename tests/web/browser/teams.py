"""What people do in the browser: one short function for each thing a person would say they did."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, expect
from tests.web.installation import PASSWORD

PATIENCE_MS = 20_000


@contextmanager
def someone(browser: Browser, complaints: list[str] | None = None) -> Iterator[Page]:
    """A page of a new person; errors of scripts and of the policy fail the test, or are kept."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    wrong: list[str] = [] if complaints is None else complaints
    page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
    page.on(
        "console",
        lambda said: wrong.append(f"{page.url}: {said.text}") if _is_wrong(said.text) else None,
    )
    yield page
    context.close()
    assert complaints is not None or wrong == []


def _is_wrong(said: str) -> bool:
    return "Content Security Policy" in said or "Uncaught" in said


def join(page: Page, link: str, name: str) -> None:
    """Follow an invitation and make an account."""
    page.goto(link)
    if page.get_by_label("E-mail").input_value() == "":
        page.get_by_label("E-mail").fill(f"{name.lower()}@example.org")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("I agree").check()
    page.get_by_role("button", name="Join").click()
    expect(page.locator("nav.mine")).to_contain_text(name)


def make_project(page: Page, name: str, preset: str) -> str:
    """Make a project; return its path."""
    page.get_by_role("link", name="New project").click()
    page.get_by_label("Name").fill(name)
    page.locator(f'input[name="preset"][value="{preset}"]').check()
    page.get_by_role("button", name="Make the project").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    found = re.search(r"/projects/[0-9a-f]+", page.url)
    assert found
    return found[0]


def publish_guidelines(page: Page, path: str, text: str) -> None:
    """Write the first version of the guidelines."""
    page.goto(_at(page, f"{path}/guidelines/edit"))
    page.get_by_label("Text").fill(text)
    page.get_by_role("button", name=re.compile("Publish version")).click()
    expect(page.locator(".said")).to_contain_text("published")


def write_quiz(page: Page, path: str, question: str, right: str, wrong: str) -> None:
    """Write a quiz of one question."""
    page.goto(_at(page, f"{path}/quiz/edit"))
    page.locator('[name="question-0"]').fill(question)
    page.locator('[name="choice-0-0"]').fill(wrong)
    page.locator('[name="choice-0-1"]').fill(right)
    page.locator('[name="right-0"][value="1"]').check()
    page.locator('[name="why-0"]').fill("The guidelines say so.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".said")).to_contain_text("saved")


def import_items(page: Page, path: str, rows: list[dict[str, object]], n_people: int) -> None:
    """Add items from a file of JSON Lines."""
    page.goto(_at(page, f"{path}/items/add"))
    content = "\n".join(json.dumps(row) for row in rows).encode()
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "items.jsonl", "mimeType": "application/x-ndjson", "buffer": content}
    )
    page.get_by_label("People for each item").fill(str(n_people))
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".said")).to_contain_text(f"{len(rows)} items added")


def invite(page: Page, path: str, email: str, role: str) -> str:
    """Invite someone with one role; return the link."""
    page.goto(_at(page, f"{path}/people"))
    form = page.locator(f'form[action="{path}/people/invite"]')
    form.get_by_label("E-mail").fill(email)
    for box in form.locator('input[name="role"]').all():
        box.set_checked(box.get_attribute("value") == role)
    form.get_by_role("button", name="Make a link").click()
    return page.locator("#link").input_value()


def open_project(page: Page, path: str) -> None:
    """Let work begin."""
    page.goto(_at(page, path))
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.locator("h1 .badge")).to_have_text("open")


def take_quiz(page: Page, path: str, choice: str) -> None:
    """Answer the one question of the quiz."""
    page.goto(_at(page, f"{path}/quiz"))
    page.get_by_label(choice, exact=True).check()
    page.get_by_role("button", name="Hand in").click()


def _at(page: Page, path: str) -> str:
    return re.sub(r"(https?://[^/]+).*", r"\1", page.url) + path
