"""OWASP A03:2021 Injection: stored and reflected scripts, looked for by parsing every page.

What a real browser makes of the same texts is in tests/web/browser.
"""

import httpx2
import pytest
from tests.web.installation import Installation
from tests.web.security.attacks import SCRIPT, SCRIPTS, Page
from tests.web.security.populated import (
    Side,
    World,
    all_screens,
    fill,
    form_fields,
    kind_of,
    populate,
)

# What a page shows does not depend on the database.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def _check(answer: httpx2.Response, where: object) -> None:
    sort = answer.headers.get("content-type", "")
    if not sort.startswith("text/html"):
        assert answer.headers["x-content-type-options"] == "nosniff", where
        assert "javascript" not in sort or "/static/" in str(answer.request.url), where
        return
    assert Page(answer.text).wrong == [], where


def _ids(world: World, side: Side) -> dict[str, str]:
    return {**world.ours["write"].ids, **world.ours["rate"].ids, **side.ids}


@pytest.mark.parametrize("text", [SCRIPT, *SCRIPTS[:3]], ids=["all", "first", "second", "third"])
def test_no_page_runs_or_draws_what_people_filled_in(installation: Installation, text: str) -> None:
    world = populate(installation, text)
    seen = 0
    for screen in all_screens("GET"):
        for side in (world.ours["rate"], world.ours["write"]):
            path = fill(screen.path, side.project.id, _ids(world, side))
            for person in (side.lead_of_all, *side.people.values()):
                answer = person.client.get(path)
                _check(answer, (screen.path, person.account.email))
                seen += answer.status_code == 200
    assert seen > 50


def test_no_page_runs_what_stands_in_its_address(world: World) -> None:
    for screen in all_screens("GET"):
        for side in (world.ours["rate"], world.ours["write"]):
            path = fill(screen.path, side.project.id, _ids(world, side))
            for text in SCRIPTS:
                params = dict.fromkeys(form_fields(), text)
                _check(side.lead_of_all.client.get(path, params=params), screen.path)
            for name in set(_ids(world, side)) & set(screen.path.split("{")[-1].split("}")):
                bad = {**_ids(world, side), name: "%22%3E%3Cscript%3Ealert(1)%3C%2fscript%3E"}
                answer = side.lead_of_all.client.get(fill(screen.path, side.project.id, bad))
                _check(answer, screen.path)


def test_no_page_runs_what_was_just_sent(world: World) -> None:
    for screen in all_screens("POST"):
        side = world.ours[kind_of(screen)]
        path = fill(screen.path, side.project.id, side.ids)
        for text in (*SCRIPTS[:5], SCRIPT):
            world.renew(side)
            person = side.lead_of_all
            fields = dict.fromkeys(form_fields(), text)
            answer = person.client.post(path, data={**fields, "form_token": person.form_token})
            _check(answer, screen.path)
            stranger = world.installation.stranger()
            _check(stranger.post(path, data=fields), screen.path)
    for side in world.sides():
        world.renew(side)
        for screen in all_screens("GET"):
            path = fill(screen.path, side.project.id, _ids(world, side))
            _check(side.lead_of_all.client.get(path), ("afterwards", screen.path))


def test_every_form_that_changes_something_carries_its_token(world: World) -> None:
    for screen in all_screens("GET"):
        for side in (world.ours["rate"], world.ours["write"]):
            answer = side.lead_of_all.client.get(
                fill(screen.path, side.project.id, _ids(world, side))
            )
            if not answer.headers.get("content-type", "").startswith("text/html"):
                continue
            token = side.lead_of_all.form_token
            n_posts = Page(answer.text).forms.count("post")
            n_tokens = answer.text.count(f'name="form_token" value="{token}"')
            assert n_tokens >= n_posts, screen.path
