"""OWASP A01:2021 Broken Access Control, over every screen there is.

Screens that are added later are tested by the same tests without a word here.
"""

from collections.abc import Iterator

import httpx2
from starlette.testclient import TestClient
from tests.web.installation import Person
from tests.web.security.populated import (
    Side,
    World,
    all_screens,
    fill,
    form_fields,
    kind_of,
    placeholders,
)

from etude.web.asking import Screen
from etude.web.people.roles import ROLES

NOT_FROM_THE_APP = "this form is not from the app"
MAY_WRITE = {
    # When someone was last seen.
    "sessions": None,
    # Opening these gives one the next item: a claim, which harms nobody and is taken back.
    "assignments": ("/rate", "/write", "/adjudicate"),
    "items": ("/rate", "/write", "/adjudicate"),
    # What was sent back is opened again for its writer, which the log tells.
    "audit": ("/write",),
}
"""Tables that opening a page may write to, and by which paths; `None` for all."""


def _ask(client: TestClient, screen: Screen, path: str) -> httpx2.Response:
    if screen.method == "GET":
        return client.get(path, follow_redirects=False)
    return client.post(path, data={"form_token": "forged"}, follow_redirects=False)


def _asked(answer: httpx2.Response, screen: Screen) -> str:
    """What the door said: in, sign-in, no (not this role), or nothing (no such page)."""
    if answer.headers.get("location", "").startswith("/sign-in"):
        return "sign-in"
    said = answer.text
    if answer.status_code == 401:
        return "sign-in"
    if answer.status_code == 403 and ("This page is for: " in said or "Only those who may" in said):
        return "no"
    of_project = "project" in placeholders(screen.path)
    if answer.status_code == 404 and "There is no such page" in said and of_project:
        return "nothing"
    if screen.method == "POST":
        assert answer.status_code == 403, (screen.path, answer.status_code)
        assert NOT_FROM_THE_APP in said.replace("This form", "this form")
    else:
        # Some want more than a path, such as which two versions to compare, or look closer.
        assert answer.status_code in (200, 303, 403, 404, 410, 422), (
            screen.path,
            answer.status_code,
        )
    return "in"


def _expected(screen: Screen, side: Side, person: Person | None) -> str:
    """What `needs` says."""
    needs = screen.needs
    if needs == "anyone":
        return "in"
    if person is None:
        return "sign-in"
    if needs == "account":
        return "in"
    if needs == "admin":
        return "in" if person.account.admin else "no"
    roles = {role for role, member in side.people.items() if member is person}
    if person is side.lead_of_all:
        roles = set(ROLES)
    if not roles:
        return "nothing"
    return "in" if needs == "member" or roles & set(needs) else "no"


def _everybody(world: World, side: Side, other: Side) -> Iterator[tuple[str, Person | None]]:
    yield "a stranger", None
    yield "an account without a project", world.nobody
    yield "an administrator of no project", world.admin
    yield "someone with every role elsewhere", other.lead_of_all
    for role in ROLES:
        yield f"the {role}", side.people[role]
        yield f"the {role} of another project", other.people[role]
    yield "someone with every role", side.lead_of_all


def test_every_screen_answers_everybody_as_its_needs_say(world: World) -> None:
    stranger = world.installation.stranger()
    for screen in all_screens():
        side, other = world.ours[kind_of(screen)], world.theirs[kind_of(screen)]
        path = fill(screen.path, side.project.id, side.ids)
        for who, person in _everybody(world, side, other):
            answer = _ask(person.client if person else stranger, screen, path)
            got, wanted = _asked(answer, screen), _expected(screen, side, person)
            assert got == wanted, f"{screen.method} {screen.path}: {who} got {got}, not {wanted}"


def test_a_form_without_the_token_of_its_session_changes_nothing(world: World) -> None:
    before = world.dump()
    for screen in all_screens("POST"):
        side, other = world.ours[kind_of(screen)], world.theirs[kind_of(screen)]
        path = fill(screen.path, side.project.id, side.ids)
        client = side.lead_of_all.client
        for token in ("", "forged", other.lead_of_all.form_token, client.cookies["etude-session"]):
            for answer in (
                client.post(path, data={"form_token": token}, follow_redirects=False),
                client.post(path, json={}, headers={"x-etude-form": token, "accept": "text/html"}),
                client.post(f"{path}?form_token={token}", follow_redirects=False),
            ):
                assert answer.status_code == 403, (screen.path, token)
    assert world.dump() == before


def test_a_form_sent_by_another_site_changes_nothing(world: World) -> None:
    before = world.dump()
    for screen in all_screens("POST"):
        side = world.ours[kind_of(screen)]
        path = fill(screen.path, side.project.id, side.ids)
        person = side.lead_of_all
        for headers in (
            {"origin": "https://evil.example"},
            {"origin": "null"},
            {"origin": ""},
            {"origin": "http://127.0.0.1:8601"},
            {"origin": "http://127.0.0.1:8600.evil.example"},
            {"origin": "http://evil.example#127.0.0.1:8600"},
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site"},
        ):
            answer = person.client.post(
                path, data={"form_token": person.form_token}, headers=headers
            )
            assert answer.status_code == 403, (screen.path, headers)
            assert "not from the app" in answer.text
    assert world.dump() == before


def test_opening_a_page_changes_nothing(world: World) -> None:
    for screen in all_screens("GET"):
        for side in (world.ours["rate"], world.ours["write"]):
            path = fill(
                screen.path, side.project.id, {**world.ours[kind_of(screen)].ids, **side.ids}
            )
            before = world.dump()
            for person in (side.lead_of_all, side.people["rater"], side.people["writer"]):
                person.client.get(path)
            after = world.dump()
            for table in before:
                allowed = MAY_WRITE.get(table, ())
                if allowed is not None and not screen.path.endswith(tuple(allowed)):
                    assert after[table] == before[table], f"GET {path} changed {table}"


def test_what_is_of_one_project_is_not_found_by_the_paths_of_another(world: World) -> None:
    for screen in all_screens():
        names = placeholders(screen.path)
        if "project" not in names or len(names) == 1:
            continue
        side, other = world.ours[kind_of(screen)], world.theirs[kind_of(screen)]
        path = fill(screen.path, other.project.id, side.ids)
        if path == fill(screen.path, other.project.id, other.ids):
            continue  # such as a version, of which each project has one
        person = other.lead_of_all
        world.renew(other)
        before = world.dump()
        if screen.method == "GET":
            answer = person.client.get(path)
        else:
            answer = person.client.post(
                path, data={**dict.fromkeys(form_fields(), "1"), "form_token": person.form_token}
            )
        allowed = (404,) if screen.method == "GET" else (404, 422)
        assert answer.status_code in allowed, (screen.method, screen.path, answer.status_code)
        assert world.dump() == before


def test_ids_of_another_project_in_a_form_reach_nothing_there(world: World) -> None:
    for screen in all_screens("POST"):
        side, other = world.ours[kind_of(screen)], world.theirs[kind_of(screen)]
        world.renew(other)
        person = other.lead_of_all
        path = fill(screen.path, other.project.id, other.ids)
        before = _of_project(world, side)
        ids = {name: value for name, value in side.ids.items() if name != "name"}
        fields = {**ids, "id": side.ids["item"], "project": side.project.id}
        person.client.post(path, data={**fields, "form_token": person.form_token})
        person.client.post(
            path, json=fields, headers={"x-etude-form": person.form_token, "accept": "*/*"}
        )
        assert _of_project(world, side) == before, screen.path


def _of_project(world: World, side: Side) -> dict[str, list[str]]:
    """All rows that name a project."""
    return {
        table: [row for row in rows if side.project.id in row]
        for table, rows in world.dump().items()
        if table != "audit"
    }


def test_what_was_exported_is_for_those_of_its_project(world: World) -> None:
    ours, theirs = world.ours["rate"], world.theirs["rate"]
    name = ours.ids["name"]
    for role in ROLES:
        person = theirs.people[role]
        assert name not in person.get("/datasets").text
        assert person.get(f"/datasets/{name}").status_code in (403, 404)
    lead = theirs.people["lead"]
    add = f"/projects/{theirs.project.id}/items/add"
    assert name not in lead.get(add).text
    before = world.dump()["items"]
    answer = lead.post(add, {"from": "dataset", "dataset": name})
    assert answer.status_code == 422
    assert world.dump()["items"] == before
    for role in ("lead", "viewer", "reviewer"):
        assert ours.people[role].get(f"/datasets/{name}").status_code == 200
    assert world.admin.get(f"/datasets/{name}").status_code == 200
