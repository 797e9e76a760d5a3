"""Signing in: who gets in, for how long, and how often one may guess."""

import httpx2
from starlette.testclient import TestClient
from tests.web.installation import PASSWORD, Installation, form_token_in


def _sign_in(client: TestClient, email: str, password: str) -> httpx2.Response:
    token = form_token_in(client.get("/sign-in").text)
    return client.post("/sign-in", data={"form_token": token, "email": email, "password": password})


def test_the_right_password_opens_the_first_page(installation: Installation) -> None:
    installation.person("ann")
    client = installation.stranger()
    answer = _sign_in(client, "Ann@Example.org ", PASSWORD)
    assert answer.status_code == 200
    assert answer.url.path == "/"
    assert client.get("/").url.path == "/"


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    installation: Installation,
) -> None:
    installation.person("ann")
    client = installation.stranger()
    wrong = _sign_in(client, "ann@example.org", "not the password")
    unknown = _sign_in(client, "bob@example.org", "not the password")
    assert wrong.status_code == unknown.status_code == 403
    assert "No account has this address and password" in wrong.text
    assert "No account has this address and password" in unknown.text


def test_after_eight_wrong_passwords_even_the_right_one_waits(installation: Installation) -> None:
    installation.person("ann")
    client = installation.stranger()
    for _ in range(8):
        assert _sign_in(client, "ann@example.org", "a wrong password").status_code == 403
    refused = _sign_in(client, "ann@example.org", PASSWORD)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    installation.clock.now += 901
    assert _sign_in(client, "ann@example.org", PASSWORD).status_code == 200


def test_a_session_ends_when_idle_and_at_its_full_age(installation: Installation) -> None:
    person = installation.person("ann")
    assert person.get("/").url.path == "/"
    for _ in range(33):  # in use every ten hours, two weeks long
        installation.clock.now += 10 * 3600
        assert person.get("/").url.path == "/"
    installation.clock.now += 10 * 3600
    assert person.get("/").url.path == "/sign-in"
    other = installation.person("bob")
    installation.clock.now += 13 * 3600
    assert other.get("/").url.path == "/sign-in"


def test_signing_out_ends_the_session_on_the_server(installation: Installation) -> None:
    person = installation.person("ann")
    token = person.client.cookies["etude-session"]
    assert person.post("/sign-out").url.path == "/sign-in"
    again = installation.stranger()
    again.cookies.set("etude-session", token)
    assert again.get("/").url.path == "/sign-in"
