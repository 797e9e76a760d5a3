"""Every page in a real browser: scripts in people's texts, phones, accessibility, light and dark.

One walk over all pages looks at each once; the tests tell what it saw.
"""

import time
from collections.abc import Iterator

import msgspec
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from tests.web.browser.serving import a_home, serving
from tests.web.browser.teams import someone
from tests.web.installation import Clock, Installation
from tests.web.security.attacks import SCRIPT
from tests.web.security.populated import Side, World, all_screens, fill, populate

from etude.web.home import Home

pytestmark = pytest.mark.browser
_PHONE, _DESK = {"width": 375, "height": 800}, {"width": 1280, "height": 900}


class Seen(msgspec.Struct, kw_only=True):
    """What a walk over all pages saw."""

    paths: list[str] = []
    ran: list[str] = []
    complaints: list[str] = []
    """Errors of scripts, and what the policy kept from running."""
    too_wide: list[str] = []
    barriers: list[str] = []


def _paths(world: World, side: Side) -> Iterator[str]:
    """The pages there are for someone with every role."""
    ids = {**world.ours["write"].ids, **world.ours["rate"].ids, **side.ids}
    for screen in all_screens("GET"):
        path = fill(screen.path, side.project.id, ids)
        answer = side.lead_of_all.client.get(path)
        # What pages fetch to put into themselves is no page.
        if answer.status_code == 200 and answer.text.startswith("<!doctype html>"):
            yield path


@pytest.fixture(scope="module")
def seen(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """Walk over every page of a rate and of a write project whose texts are attacks."""
    plain = a_home(tmp_path_factory.mktemp("pages"))
    clock = Clock(time.time())
    home = Home(folder=plain.folder, database=plain.database, url=plain.url, now=clock)
    installation = Installation(home, clock)
    world = populate(installation, SCRIPT)
    found = Seen()
    with serving(home, installation.app), someone(browser, found.complaints) as page:
        for side in world.ours.values():
            token = side.lead_of_all.client.cookies["etude-session"]
            page.context.clear_cookies()
            page.context.add_cookies([{"name": "etude-session", "value": token, "url": home.url}])
            for path in _paths(world, side):
                if path not in found.paths:
                    found.paths.append(path)
                    _look(page, home.url, path, found)
    return found


def _look(page: Page, url: str, path: str, found: Seen) -> None:
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(_DESK)  # type: ignore[arg-type]
    page.goto(url + path)
    page.wait_for_load_state("networkidle")
    # What comes later is of axe, which brings styles of its own.
    n_complaints = len(found.complaints)
    if page.evaluate("window.__xss"):
        found.ran.append(path)
    found.barriers += _barriers(page, path, None)
    page.emulate_media(color_scheme="dark")
    found.barriers += _barriers(page, f"{path} (dark)", ["color-contrast"])
    page.set_viewport_size(_PHONE)  # type: ignore[arg-type]
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > _PHONE["width"]:
        found.too_wide.append(f"{path}: {wide} px")
    del found.complaints[n_complaints:]


def _barriers(page: Page, where: str, rules: list[str] | None) -> list[str]:
    options: dict[str, object] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = {"type": "rule", "values": rules}
    answer = Axe().run(page, options=options).response
    return [
        f"{where}: {one['id']}: {one['nodes'][0]['html'][:160]}"
        for one in answer["violations"]
        if one["impact"] in ("serious", "critical")
    ]


def test_no_text_of_people_runs_in_a_browser(seen: Seen) -> None:
    assert len(seen.paths) > 20
    assert seen.ran == []
    assert seen.complaints == []


def test_no_page_scrolls_sideways_on_a_phone(seen: Seen) -> None:
    assert seen.too_wide == []


def test_no_page_has_serious_barriers_in_light_or_dark(seen: Seen) -> None:
    assert seen.barriers == []
