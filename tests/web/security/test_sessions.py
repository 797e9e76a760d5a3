"""OWASP A07:2021 Identification and Authentication Failures: sessions.

What is checked stands in the OWASP Session Management Cheat Sheet: fresh ids, cookie flags, ends.
"""

from pathlib import Path

import httpx2
import pytest
from starlette.testclient import TestClient
from tests.web.installation import PASSWORD, Clock, Installation, form_token_in

from etude.web.database import Database
from etude.web.home import Home
from etude.web.people import accounts, invitations, sessions
from etude.web.people.invitations import Terms


def _sign_in(client: TestClient, email: str, password: str = PASSWORD) -> httpx2.Response:
    token = form_token_in(client.get("/sign-in").text)
    return client.post(
        "/sign-in",
        data={"form_token": token, "email": email, "password": password},
        follow_redirects=False,
    )


def _cookies(answer: httpx2.Response) -> dict[str, str]:
    """Each cookie that an answer sets, as the whole line, in small letters."""
    lines = answer.headers.get_list("set-cookie")
    return {line.split("=", maxsplit=1)[0]: line.lower() for line in lines}


@pytest.fixture
def by_tls(database: Database, tmp_path: Path) -> Installation:
    home = Home(
        folder=tmp_path / "home",
        database=database,
        now=Clock(),
        url="https://etude.example.org",
        behind_proxy=True,
    )
    return Installation(home, Clock())


def test_a_session_id_that_was_planted_before_signing_in_is_worth_nothing(
    installation: Installation,
) -> None:
    installation.person("ann")
    client = installation.stranger()
    planted = "attackers-choice-attackers-choice-attackers"
    client.cookies.set("etude-session", planted)
    answer = _sign_in(client, "ann@example.org")
    line = _cookies(answer)["etude-session"]
    assert planted not in line
    thief = installation.stranger()
    thief.cookies.set("etude-session", planted)
    assert thief.get("/").url.path == "/sign-in"


def test_each_sign_in_begins_a_new_session_and_ends_the_one_before(
    installation: Installation,
) -> None:
    person = installation.person("ann")
    before = person.client.cookies["etude-session"]
    answer = person.client.post(
        "/sign-in",
        data={
            "form_token": person.form_token,
            "email": "ann@example.org",
            "password": PASSWORD,
        },
        follow_redirects=False,
    )
    assert answer.status_code == 303
    assert before not in _cookies(answer)["etude-session"]
    old = installation.stranger()
    old.cookies.set("etude-session", before)
    assert old.get("/").url.path == "/sign-in"


def test_cookies_are_kept_from_scripts_and_other_sites(installation: Installation) -> None:
    installation.person("ann")
    client = installation.stranger()
    first = _cookies(client.get("/sign-in"))
    last = _cookies(_sign_in(client, "ann@example.org"))
    for line in (first["etude-door"], last["etude-session"]):
        assert "; httponly" in line
        assert "; samesite=lax" in line
        assert "; path=/" in line
        assert "domain=" not in line
        assert "; secure" not in line  # by plain HTTP a browser would throw it away


def test_by_tls_all_cookies_are_secure_and_of_this_host_alone(by_tls: Installation) -> None:
    by_tls.person("ann")
    client = by_tls.stranger()
    first = client.get("/sign-in")
    assert first.headers["strict-transport-security"].startswith("max-age=31536000")
    found = _cookies(first) | _cookies(_sign_in(client, "ann@example.org"))
    assert set(found) == {"__Host-etude-door", "__Host-etude-session"}
    for line in found.values():
        for flag in ("; secure", "; httponly", "; samesite=lax", "; path=/"):
            assert flag in line
        assert "domain=" not in line


def test_a_door_that_a_neighbouring_host_planted_is_not_taken_by_tls(by_tls: Installation) -> None:
    by_tls.person("mallory")
    victim = by_tls.stranger()
    victim.cookies.set("etude-door", "planted")
    answer = victim.post(
        "/sign-in",
        data={
            "form_token": sessions.form_token("planted"),
            "email": "mallory@example.org",
            "password": PASSWORD,
        },
    )
    assert answer.status_code == 403


def test_a_page_by_plain_http_is_another_site_to_one_by_tls(by_tls: Installation) -> None:
    by_tls.person("ann")
    client = by_tls.stranger()
    token = form_token_in(client.get("/sign-in").text)
    fields = {"form_token": token, "email": "ann@example.org", "password": PASSWORD}
    for origin in ("http://etude.example.org", "null", "https://etude.example.org.evil.example"):
        assert client.post("/sign-in", data=fields, headers={"origin": origin}).status_code == 403
    good = client.post("/sign-in", data=fields, headers={"origin": "https://etude.example.org"})
    assert good.url.path == "/"


def test_pages_about_failures_do_not_put_the_session_into_another_cookie(
    installation: Installation,
) -> None:
    person = installation.person("ann")
    token = person.client.cookies["etude-session"]
    for answer in (
        person.get("/no/such/page"),
        person.client.put("/sign-in"),
        person.client.post("/sign-out", data={"form_token": "x" * 3_000_000}),
        person.client.post("/sign-out", data={}),
    ):
        assert answer.status_code >= 400
        for line in _cookies(answer).values():
            assert token not in line


def test_a_failing_page_beside_it_does_not_make_the_open_sign_in_form_useless(
    installation: Installation,
) -> None:
    installation.person("ann")
    client = installation.stranger()
    token = form_token_in(client.get("/sign-in").text)
    assert client.get("/favicon.ico").status_code == 404
    assert client.get("/static/no-such-file.css").status_code == 404
    fields = {"form_token": token, "email": "ann@example.org", "password": PASSWORD}
    assert client.post("/sign-in", data=fields).url.path == "/"


def test_a_new_password_by_link_ends_every_session(installation: Installation) -> None:
    person = installation.person("ann")
    second = installation.stranger()
    _sign_in(second, "ann@example.org")
    assert second.get("/").url.path == "/"
    with installation.db.write() as tx:
        link = invitations.invite(
            tx,
            Terms(purpose="reset", email="ann@example.org", account_id=person.account.id),
            installation.clock.now,
        )
    stranger = installation.stranger()
    token = form_token_in(stranger.get(f"/invitations/{link}").text)
    stranger.post(
        f"/invitations/{link}", data={"form_token": token, "password": "an entirely new one"}
    )
    assert stranger.get("/").url.path == "/"
    assert person.get("/").url.path == "/sign-in"
    assert second.get("/").url.path == "/sign-in"
    assert _sign_in(installation.stranger(), "ann@example.org").status_code == 403
    assert (
        _sign_in(installation.stranger(), "ann@example.org", "an entirely new one").status_code
        == 303
    )


def test_a_closed_account_is_out_at_once_and_stays_out(installation: Installation) -> None:
    person = installation.person("ann")
    with installation.db.write() as tx:
        accounts.set_disabled(tx, person.account.id, installation.clock.now)
    assert person.get("/").url.path == "/sign-in"
    client = installation.stranger()
    refused = _sign_in(client, "ann@example.org")
    assert refused.status_code == 403
    assert "No account has this address and password" in refused.text


def test_session_and_door_tokens_are_long_and_never_the_same(installation: Installation) -> None:
    seen = set()
    for _ in range(50):
        client = installation.stranger()
        client.get("/sign-in")
        seen.add(client.cookies["etude-door"])
    assert len(seen) == 50
    assert min(map(len, seen)) >= 43  # 256 bits
