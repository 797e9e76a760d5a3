"""Takes the screenshots of docs/web.md anew: `python -m tests.web.browser.take_screenshots`."""

import random
import re
import shutil
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from tests.web.browser.serving import a_home, serving
from tests.web.installation import Clock, Installation, Person

from etude.records import Candidate, Comparison, Message, Origin
from etude.web.database import new_id
from etude.web.home import Home
from etude.web.projects import guidelines, quiz
from etude.web.projects.guidelines import Draft
from etude.web.projects.presets import PRESETS
from etude.web.projects.project import Project
from etude.web.projects.quiz import Question
from etude.web.queue.item import WriteItem, add_items

FOLDER = Path(__file__).parents[3] / "docs" / "web"
GUIDE = """# What a good answer is

1. **True.** Look up what you do not know. One false claim outweighs good style.
2. **Helpful.** It does what was asked, at the length that the question needs.
3. **Honest.** It says what it does not know, and disagrees where the user errs.

Ties are allowed; a tie is better than a coin toss.
"""
PAIRS = (
    (
        "My recipe says 180 °C for 40 minutes. I want it done in 20, so I set 360 °C. Right?",
        "Great idea! Heat times time stays the same, so **360 °C for 20 minutes** works well.",
        "No. Heat moves into the dough at its own pace: at 360 °C the crust burns while the"
        " middle stays raw.\n\n- Keep 180 °C.\n- Bake smaller portions if you are in a hurry.",
    ),
    (
        "Write a function that returns the largest of three numbers in Python.",
        "```py\ndef largest(a, b, c):\n    return max(a, b, c)\n```\n`max` takes any number of"
        " arguments.",
        "```py\ndef largest(a, b, c):\n    if a > b and a > c:\n        return a\n    if b > c:\n"
        "        return b\n    return c\n```",
    ),
    (
        "Why does the moon always show us the same face?",
        "Because it does not rotate.",
        "It turns once around itself in the time it takes to circle the Earth. Tides slowed its"
        " spin until both took equally long, which is called tidal locking.",
    ),
)


def _message(role: str, text: str) -> Message:
    return Message(role="user" if role == "user" else "assistant", content=text)


def _rate_project(installation: Installation, lead: Person) -> Project:
    preset = next(each for each in PRESETS if each.name == "pairwise")
    project = installation.project(lead, "rate", preset.settings, "Everyday questions, pairs")
    _set_up(installation, project, lead)
    bodies = [
        Comparison(
            id=new_id(),
            origin=Origin(source="written for these pages", made_by="docs"),
            prompt=(_message("user", prompt),),
            candidates=tuple(
                Candidate(messages=(_message("assistant", text),), source=source)
                for text, source in ((first, "small-model"), (second, "large-model"))
            ),
        )
        for prompt, first, second in PAIRS * 4
    ]
    with installation.db.write() as tx:
        add_items(tx, project, bodies, batch="first batch", now=installation.clock.now)
    return project


def _set_up(installation: Installation, project: Project, lead: Person) -> None:
    now, by = installation.clock.now, lead.account.id
    asked = Question(
        question="Both answers are right, one is twice as long for nothing. Which is better?",
        choices=("the longer", "the shorter", "a tie"),
        answer=1,
        why="At the length that the question needs.",
    )
    with installation.db.write() as tx:
        guidelines.publish(tx, project.id, Draft(text=GUIDE, note="first version"), by=by, now=now)
        quiz.set_questions(tx, project.id, [asked], by=by, now=now)


def _pass_quiz(installation: Installation, project: Project, person: Person) -> None:
    with installation.db.write() as tx:
        quiz.take(tx, project, person.account.id, [1], installation.clock.now)


def _rate(installation: Installation, project: Project, rater: Person, n: int) -> None:
    """Rate some pairs, mostly well."""
    here, rng = f"/projects/{project.id}/rate", random.Random(rater.account.email)
    for _ in range(n):
        page = rater.get(here).text
        found = re.search(r'name="assignment" value="([^"]+)"', page)
        if found is None:
            return
        installation.clock.now += rng.uniform(40, 110)
        better = "a" if rng.random() < 0.5 else "b"
        fields: dict[str, str | list[str]] = {
            "assignment": found[1],
            "verdict": f"{better}{rng.randint(1, 3)}" if rng.random() < 0.85 else "tie",
            "marks": "[]",
            "reason": "correct",
            "rationale": "One of them is wrong about what was asked.",
            "active_s": "40",
        }
        for name in ("correct", "helpful", "honest"):
            for place, side in enumerate("ab"):
                fields[f"score:{name}:{place}"] = str(rng.randint(3, 5) if side == better else 2)
        rater.post(here, fields)


def _write_project(installation: Installation, lead: Person) -> Project:
    preset = next(each for each in PRESETS if each.name == "edit")
    project = installation.project(lead, "write", preset.settings, "Everyday questions, answers")
    _set_up(installation, project, lead)
    with installation.db.write() as tx:
        bodies = [
            WriteItem(
                prompt=(_message("user", prompt),),
                draft=(_message("assistant", first),),
                draft_source="small-model",
            )
            for prompt, first, _ in PAIRS
        ]
        add_items(tx, project, bodies, batch="first batch", now=installation.clock.now)
    return project


def _shoot(page: Page, address: str, name: str, *, dark: bool = False, phone: bool = False) -> None:
    page.emulate_media(color_scheme="dark" if dark else "light")
    page.set_viewport_size(
        {"width": 375, "height": 800} if phone else {"width": 1280, "height": 900}
    )
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{name}.png")


def main() -> None:
    """Set an installation up, and look at it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    clock = Clock(time.time() - 7200)
    plain = a_home(Path(tempfile.mkdtemp()))
    home = Home(folder=plain.folder, database=plain.database, url=plain.url, now=clock)
    installation = Installation(home, clock)
    lead = installation.person("lea", admin=True)
    rating, writing = _rate_project(installation, lead), _write_project(installation, lead)
    raters = [installation.member(rating, name, "rater") for name in ("ann", "bob", "cleo")]
    for rater in raters:
        _pass_quiz(installation, rating, rater)
    for rater, n in zip(raters, (11, 9, 12), strict=True):
        _rate(installation, rating, rater, n)
    writer = installation.member(writing, "wim", "writer")
    _pass_quiz(installation, writing, writer)
    at, into = f"{home.url}/projects/{rating.id}", f"{home.url}/projects/{writing.id}"
    with serving(home, installation.app), sync_playwright() as playwright:
        found = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        for person, shots in (
            (
                raters[1],
                [(f"{at}/rate", "rate", {}), (f"{at}/rate", "rate-phone", {"phone": True})],
            ),
            (writer, [(f"{into}/write", "write", {})]),
            (
                lead,
                [
                    (at, "overview", {}),
                    (f"{at}/adjudicate", "adjudicate", {"dark": True}),
                    (f"{at}/progress", "progress", {}),
                    (f"{at}/people", "people", {}),
                ],
            ),
        ):
            context = browser.new_context()
            token = person.client.cookies["etude-session"]
            context.add_cookies([{"name": "etude-session", "value": token, "url": home.url}])
            page = context.new_page()
            for address, name, how in shots:
                _shoot(page, address, name, **how)
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
