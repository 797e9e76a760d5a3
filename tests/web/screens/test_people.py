"""People: invited, given roles and removed by a lead, who gains nothing of others by it."""

import re

from tests.web.installation import PASSWORD, Installation, form_token_in

from etude.web.people.roles import roles_in


def _link(page: str) -> str:
    found = re.search(r'value="http://127.0.0.1:8600(/invitations/[^"]+)"', page)
    assert found, "the page shows no link"
    return found[1]


def test_a_lead_invites_and_withdraws(installation: Installation) -> None:
    lead = installation.person("lead")
    project = installation.project(lead)
    here = f"/projects/{project.id}/people"
    assert lead.post(f"{here}/invite", {"email": "x"}).status_code == 422
    assert lead.post(f"{here}/invite", {"email": "x", "role": "rater"}).status_code == 422
    assert lead.post(f"{here}/invite", {"role": "owner"}).status_code == 422
    made = lead.post(f"{here}/invite", {"email": "eve@example.org", "role": ["rater", "viewer"]})
    link = _link(made.text)
    assert link not in lead.get(here).text
    stranger = installation.stranger()
    token = form_token_in(stranger.get(link).text)
    fields = {"form_token": token, "name": "Eve", "password": PASSWORD, "consent": "1"}
    assert stranger.post(link, data={**fields, "email": "not@example.org"}).status_code == 422
    assert stranger.post(link, data={**fields, "email": "eve@example.org"}).status_code == 200
    assert "Eve" in lead.get(here).text
    link = _link(lead.post(f"{here}/invite", {"role": "rater"}).text)
    invitation = re.findall(r"/invitations/([0-9a-f]{16})/withdraw", lead.get(here).text)[0]
    other = installation.project(lead, name="Other")
    elsewhere = f"/projects/{other.id}/people/invitations/{invitation}/withdraw"
    assert lead.post(elsewhere).status_code == 404
    assert lead.post(f"{here}/invitations/{invitation}/withdraw").status_code == 200
    assert installation.stranger().get(link).status_code == 404


def test_roles_change_and_the_last_lead_stays(installation: Installation) -> None:
    lead = installation.person("lead")
    project, other = (installation.project(lead, name=name) for name in ("one", "two"))
    here = f"/projects/{project.id}/people"
    rater = installation.member(project, "rater", "rater")
    alien = installation.member(other, "alien", "rater")
    me = f"{here}/{lead.account.id}"
    assert "needs a lead" in lead.post(me, {"do": "remove"}).text
    assert "needs a lead" in lead.post(me, {"do": "roles", "role": "viewer"}).text
    assert lead.post(f"{here}/{rater.account.id}", {"do": "roles"}).status_code == 422
    assert lead.post(f"{here}/{alien.account.id}", {"do": "remove"}).status_code == 404
    lead.post(f"{here}/{rater.account.id}", {"do": "roles", "role": ["lead", "rater"]})
    with installation.db.read() as tx:
        assert roles_in(tx, project.id, rater.account.id) == {"lead", "rater"}
    assert rater.post(me, {"do": "remove"}).status_code == 200
    assert lead.get(here).status_code == 404
    assert lead.get(f"/projects/{other.id}/people").status_code == 200
    assert "needs a lead" in rater.post(f"{here}/{rater.account.id}", {"do": "remove"}).text


def test_leading_a_project_gives_no_way_into_an_account(installation: Installation) -> None:
    lead = installation.person("lead")
    project = installation.project(lead)
    boss = installation.person("boss", admin=True)
    rater = installation.member(project, "rater", "rater")
    here = f"/projects/{project.id}/people"
    with installation.db.write() as tx:
        tx.run(
            "INSERT INTO memberships (project_id, account_id, role, since)"
            " VALUES (:p, :a, 'lead', 1)",
            p=project.id,
            a=boss.account.id,
        )
    for target in (boss, rater):
        refused = lead.post(f"{here}/{target.account.id}", {"do": "reset"})
        assert (refused.status_code, "/invitations/" in refused.text) == (422, False)
    assert "Link for a new password" not in lead.get(here).text
    refused = boss.post(f"{here}/{boss.account.id}", {"do": "reset"})
    assert refused.status_code == 422
    outsider = installation.person("outsider")
    assert boss.post(f"{here}/{outsider.account.id}", {"do": "reset"}).status_code == 404

    link = _link(boss.post(f"{here}/{rater.account.id}", {"do": "reset"}).text)
    client = installation.stranger()
    assert "A new password" in client.get(link).text
    boss.post(f"/admin/accounts/{rater.account.id}", {"do": "admin"})
    assert client.get(link).status_code == 404


def test_only_leads_see_people_settings_items_and_log(installation: Installation) -> None:
    lead = installation.person("lead")
    project = installation.project(lead)
    member = installation.member(project, "member", "rater", "writer", "reviewer", "viewer")
    outsider = installation.person("outsider")
    for page in (
        "people", "settings", "settings/json", "log", "items", "items/add", "quiz/edit",
        "guidelines/edit", "guidelines/examples",
    ):  # fmt: skip
        path = f"/projects/{project.id}/{page}"
        assert lead.get(path).status_code == 200, page
        assert member.get(path).status_code == 403, page
        assert outsider.get(path).status_code == 404, page
    for page in (
        "people/invite", f"people/{lead.account.id}", "settings", "settings/json", "items",
        "items/add", "quiz/edit", "quiz/edit/grant", "guidelines/edit", "guidelines/examples",
        "guidelines/examples/x", "guidelines/preview",
    ):  # fmt: skip
        path = f"/projects/{project.id}/{page}"
        assert member.post(path).status_code == 403, page
        assert outsider.post(path).status_code == 404, page
        assert lead.client.post(path, data={"form_token": "wrong"}).status_code == 403, page
    for page in ("", "/guidelines", "/guidelines/panel", "/quiz", "/questions"):
        path = f"/projects/{project.id}{page}"
        assert member.get(path).status_code == 200, page
        assert outsider.get(path).status_code == 404, page
