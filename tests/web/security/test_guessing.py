"""OWASP A07:2021 and A04:2021: guessing passwords, finding out accounts, too many requests."""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor

from starlette.testclient import TestClient
from tests.web.installation import PASSWORD, Installation, form_token_in

from etude.web.app import make_app
from etude.web.database import Database
from etude.web.home import Home
from etude.web.people import accounts
from etude.web.people.sign_in import PER_ACCOUNT, PER_PLACE, sign_in
from etude.web.security import plain_place
from etude.web.throttle import Throttle


def _try(
    client: TestClient, email: str, password: str, headers: dict[str, str] | None = None
) -> int:
    token = form_token_in(client.get("/sign-in", headers=headers).text)
    fields = {"form_token": token, "email": email, "password": password}
    return client.post("/sign-in", data=fields, headers=headers).status_code


def test_many_guesses_at_the_same_moment_are_no_more_than_one_after_the_other(
    installation: Installation, database: Database
) -> None:
    installation.person("ann")

    def guess(number: int) -> bool:
        outcome = sign_in(
            database, "ann@example.org", f"guess {number}", f"place {number}", 1_790_000_000.0
        )
        return bool(outcome.wait_s)

    with ThreadPoolExecutor(24) as pool:
        locked_out = list(pool.map(guess, range(48)))
    assert locked_out.count(False) == PER_ACCOUNT


def test_one_address_guesses_for_all_accounts_together(installation: Installation) -> None:
    client = installation.stranger()
    answers = [_try(client, f"nobody{n}@example.org", "a wrong one") for n in range(PER_PLACE + 3)]
    assert answers == [403] * PER_PLACE + [429] * 3


def test_who_signs_in_rightly_does_not_clear_the_guesses_of_their_address(
    installation: Installation,
) -> None:
    installation.person("mallory")
    client = installation.stranger()
    for number in range(PER_PLACE - 1):
        assert _try(client, f"victim{number}@example.org", "a wrong one") == 403
    installation.clock.now += 1
    assert _try(installation.stranger(), "mallory@example.org", PASSWORD) == 200
    assert _try(client, "victim@example.org", "a wrong one") == 403
    assert _try(client, "victim@example.org", "a wrong one") == 429


def test_writing_the_address_differently_is_no_new_account(installation: Installation) -> None:
    installation.person("ann")
    client = installation.stranger()
    ways = ("ann@example.org", "ANN@example.org", " ann@example.org", "Ann@Example.org ")
    for number in range(PER_ACCOUNT):
        assert _try(client, ways[number % len(ways)], "a wrong one") == 403
    assert all(_try(client, way, PASSWORD) == 429 for way in ways)


def test_a_forged_forwarded_address_does_not_matter_without_a_proxy(
    installation: Installation,
) -> None:
    client = installation.stranger()
    for number in range(PER_PLACE):
        forged = {"x-forwarded-for": f"203.0.113.{number}", "forwarded": f"for=192.0.2.{number}"}
        assert _try(client, f"nobody{number}@example.org", "a wrong one", forged) == 403
    assert _try(client, "x@example.org", "a wrong one", {"x-forwarded-for": "198.51.100.1"}) == 429


def test_behind_a_proxy_only_its_own_word_counts(installation: Installation) -> None:
    home = Home(
        folder=installation.home.folder,
        database=installation.db,
        now=installation.clock,
        behind_proxy=True,
    )
    client = TestClient(make_app(home, Throttle(1e6, 10**9)), base_url=home.url)
    for number in range(PER_PLACE):
        # A proxy appends to the line that the caller sent, or adds a line of its own after it.
        sent = f"203.0.113.{number}"
        token = form_token_in(client.get("/sign-in").text)
        fields = {"form_token": token, "email": f"n{number}@example.org", "password": "a wrong one"}
        lines = (
            [("x-forwarded-for", f"{sent}, 198.51.100.1")]
            if number % 2
            else [("x-forwarded-for", sent), ("x-forwarded-for", "198.51.100.1:4711")]
        )
        assert client.post("/sign-in", data=fields, headers=lines).status_code == 403
    token = form_token_in(client.get("/sign-in").text)
    fields = {"form_token": token, "email": "x@example.org", "password": "a wrong one"}
    for line in ("192.0.2.9, 198.51.100.1", "198.51.100.1"):
        answer = client.post("/sign-in", data=fields, headers={"x-forwarded-for": line})
        assert answer.status_code == 429
    answer = client.post("/sign-in", data=fields, headers={"x-forwarded-for": "198.51.100.2"})
    assert answer.status_code == 403


def test_one_network_of_ipv6_is_one_caller() -> None:
    assert plain_place("2001:db8:1:2::1") == plain_place("2001:db8:1:2:ffff::9")
    assert plain_place("2001:db8:1:2::1") != plain_place("2001:db8:1:3::1")
    assert plain_place("::ffff:192.0.2.1") == plain_place("192.0.2.1") == "192.0.2.1"
    assert plain_place("not an address") == ""


def test_an_unknown_address_takes_as_long_as_a_wrong_password(installation: Installation) -> None:
    person = installation.person("ann")

    def seconds(known: bool) -> float:
        with installation.db.read() as tx:
            begun = time.perf_counter()
            accounts.password_holds(tx, person.account if known else None, "a wrong one")
            return time.perf_counter() - begun

    pairs = [(seconds(True), seconds(False)) for _ in range(12)]
    known, unknown = (statistics.median(times) for times in zip(*pairs, strict=True))
    assert 0.6 < unknown / known < 1.6


def test_joining_is_the_only_place_that_tells_of_accounts_and_needs_an_invitation(
    installation: Installation,
) -> None:
    installation.person("ann")
    client = installation.stranger()
    token = form_token_in(client.get("/sign-in").text)
    answer = client.post(
        "/invitations/guessed", data={"form_token": token, "email": "ann@example.org"}
    )
    assert answer.status_code == 404
    assert "ann@example.org" not in answer.text


def _impatient(installation: Installation) -> TestClient:
    app = make_app(installation.home, Throttle(per_s=2, burst=10))
    return TestClient(app, base_url=installation.home.url)


def test_too_many_requests_are_refused_with_when_to_come_back(installation: Installation) -> None:
    client = _impatient(installation)
    answers = [client.get("/sign-in").status_code for _ in range(12)]
    assert answers == [200] * 10 + [429] * 2
    refused = client.get("/sign-in")
    assert int(refused.headers["retry-after"]) >= 1
    assert "content-security-policy" in refused.headers
    installation.clock.now += 3
    assert client.get("/sign-in").status_code == 200


def test_made_up_session_cookies_do_not_make_many_callers_of_one(
    installation: Installation,
) -> None:
    client = _impatient(installation)
    answers = []
    for number in range(12):
        client.cookies.set("etude-session", f"made up {number}")
        answers.append(client.get("/sign-in").status_code)
    assert answers[-2:] == [429, 429]


def test_many_sessions_of_one_account_are_one_caller(installation: Installation) -> None:
    app = make_app(installation.home, Throttle(per_s=2, burst=10))
    person = installation.person("ann")
    answers = []
    for _ in range(12):
        token = form_token_in(installation.stranger().get("/sign-in").text)
        other = installation.stranger()
        other.get("/sign-in")
        fresh = other.post(
            "/sign-in",
            data={
                "form_token": form_token_in(other.get("/sign-in").text),
                "email": person.account.email,
                "password": PASSWORD,
            },
        )
        assert fresh.status_code == 200, token
        client = TestClient(app, base_url=installation.home.url)
        client.cookies.set("etude-session", other.cookies["etude-session"])
        answers.append(client.get("/").status_code)
    assert answers[-2:] == [429, 429]
