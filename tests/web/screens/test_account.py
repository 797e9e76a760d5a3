"""One's own account and those of everybody: passwords, sessions, what is kept, who is admin."""

import json

from tests.web.installation import PASSWORD, Installation

from etude.web.people import sessions

_NEW = "another fine horse"


def test_a_password_is_changed_with_the_old_one_and_ends_other_sessions(
    installation: Installation,
) -> None:
    ann = installation.person("ann")
    other = installation.stranger()
    with installation.db.write() as tx:
        other.cookies.set(
            "etude-session", sessions.begin(tx, ann.account.id, installation.clock.now)
        )
    assert "Another browser" in ann.get("/account").text
    assert ann.post("/account/password", {"old": "wrong", "new": _NEW}).status_code == 422
    assert ann.post("/account/password", {"old": PASSWORD, "new": "short"}).status_code == 422
    changed = ann.post("/account/password", {"old": PASSWORD, "new": _NEW})
    assert "The password is changed" in changed.text
    assert other.get("/account").url.path == "/sign-in"
    assert ann.get("/account").url.path == "/account"
    bob = installation.person("bob")
    for _ in range(8):
        bob.post("/account/password", {"old": "a wrong one", "new": _NEW})
    refused = bob.post("/account/password", {"old": PASSWORD, "new": _NEW})
    assert "too many wrong passwords" in refused.text.lower()


def test_people_change_what_they_say_of_themselves_and_take_their_data_away(
    installation: Installation,
) -> None:
    ann, bob = installation.person("ann"), installation.person("bob")
    project = installation.project(ann)
    ann.send(f"/projects/{project.id}/questions", {"text": "Mine?"})
    assert ann.post("/account", {"name": " "}).status_code == 422
    ann.post("/account", {"name": "Ann <b>", "languages": "eo", "country": "Chile"})
    assert "Ann &lt;b&gt;" in ann.get("/account").text
    data = json.loads(ann.get("/account/data").text)
    assert data["account"]["languages"] == "eo"
    assert data["memberships"][0]["role"] == "lead"
    assert data["questions"][0]["text"] == "Mine?"
    assert "password" not in json.dumps(data["account"])
    assert "token" not in json.dumps(data["sessions"])
    assert json.loads(bob.get("/account/data").text)["questions"] == []


def test_admins_close_accounts_and_one_of_them_stays(installation: Installation) -> None:
    boss, ann = installation.person("boss", admin=True), installation.person("ann")
    for path in ("/admin", "/admin/log", "/projects/new"):
        assert ann.get(path).status_code == 403
    me, her = (f"/admin/accounts/{who.account.id}" for who in (boss, ann))
    assert ann.post(her, {"do": "admin"}).status_code == 403
    for do in ("no-admin", "disable"):
        assert "someone must be left" in boss.post(me, {"do": do}).text.lower()
    assert boss.post("/admin/accounts/none", {"do": "admin"}).status_code == 404
    assert boss.post(her, {"do": "delete"}).status_code == 422
    boss.post(her, {"do": "disable"})
    assert ann.get("/").url.path == "/sign-in"
    boss.post(her, {"do": "enable"})
    boss.post(her, {"do": "admin"})
    boss.post(me, {"do": "no-admin"})
    assert boss.get("/admin").status_code == 403
    with installation.db.read() as tx:
        assert tx.number("SELECT COUNT(*) FROM accounts WHERE admin = 1") == 1


def test_the_log_is_paged_without_gaps_and_keeps_projects_apart(
    installation: Installation,
) -> None:
    boss = installation.person("boss", admin=True)
    one, two = (installation.project(boss, name=name) for name in ("one", "two"))
    for number in range(101):
        boss.send(f"/projects/{one.id}/questions", {"text": f"n{number:03d}"}) if number < 40 else (
            boss.send(f"/projects/{two.id}/questions", {"text": f"m{number:03d}"})
        )
    page = boss.get(f"/projects/{one.id}/log").text
    assert page.count("<code>question.ask") == 40
    assert "m050" not in page
    whole = boss.get("/admin/log").text
    older = whole.split('href="?who=&amp;what=&amp;before=')
    assert len(older) == (2 if whole.count("<tr>") > 100 else 1)
    assert "Nothing to be seen" in boss.get(f"/projects/{one.id}/log?what=member.").text
