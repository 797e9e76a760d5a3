"""OWASP A05:2021 Security Misconfiguration: what every answer carries, whatever went wrong.

The list is that of the OWASP Secure Headers Project and its Clickjacking Defense Cheat Sheet.
"""

import httpx2
import pytest
from starlette.routing import Route
from starlette.testclient import TestClient
from tests.web.installation import Installation
from tests.web.security.populated import World, all_screens, fill

from etude.web.app import make_app
from etude.web.asking import Ask, Screen
from etude.web.door import endpoint
from etude.web.security import POLICY, SEALED_POLICY, Headers
from etude.web.throttle import Throttle

# Headers do not depend on the database.
one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def _check(answer: httpx2.Response, where: object) -> None:
    headers = answer.headers
    policy = headers["content-security-policy"]
    assert policy in (POLICY, SEALED_POLICY), where
    assert headers["x-content-type-options"] == "nosniff", where
    assert headers["referrer-policy"] == "same-origin", where
    assert headers["cross-origin-opener-policy"] == "same-origin", where
    assert headers["cross-origin-resource-policy"] == "same-origin", where
    assert "camera=()" in headers["permissions-policy"], where
    assert headers["cache-control"], where
    assert "server" not in headers, where
    assert "access-control-allow-origin" not in headers, where
    assert "Traceback" not in answer.text, where
    assert "site-packages" not in answer.text, where


@one_database
def test_every_page_of_every_screen_carries_the_headers(world: World) -> None:
    for screen in all_screens():
        for side in (world.ours["rate"], world.ours["write"]):
            ids = {**world.theirs["write"].ids, **world.theirs["rate"].ids, **side.ids}
            path = fill(screen.path, side.project.id, ids)
            for client in (side.lead_of_all.client, world.installation.stranger()):
                for answer in (client.get(path), client.post(path), client.request("PUT", path)):
                    _check(answer, (screen.path, answer.status_code))


@one_database
def test_errors_files_and_refusals_carry_the_headers(installation: Installation) -> None:
    person = installation.person("ann")
    client = installation.stranger()
    answers = [
        client.get("/no/such/page"),
        client.get("/static/app.css"),
        client.get("/static/no-such-file.css"),
        client.get("/static/"),
        client.get("/static/../app.py"),
        client.request("TRACE", "/"),
        client.request("OPTIONS", "/sign-in"),
        client.head("/sign-in"),
        client.get("/sign-in/"),
        client.get("/sign-in", headers={"host": "evil.example"}),
        person.client.post("/sign-out", data={"form_token": "x" * 3_000_000}),
        person.client.post("/sign-out"),
    ]
    for answer in answers:
        _check(answer, answer.request.url)
    assert [answer.status_code for answer in answers[:4]] == [404, 200, 404, 404]
    assert answers[9].status_code == 400


@one_database
def test_nothing_of_a_session_is_kept_by_caches(world: World) -> None:
    client = world.ours["rate"].lead_of_all.client
    for screen in all_screens("GET"):
        side = world.ours["rate"]
        ids = {**world.ours["write"].ids, **side.ids}
        answer = client.get(fill(screen.path, side.project.id, ids))
        assert answer.headers["cache-control"] == "no-store", screen.path


@one_database
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_failure_within_is_told_without_what_failed(
    installation: Installation, accept: str
) -> None:
    def fail(_ask: Ask) -> None:
        raise RuntimeError("SELECT secret FROM accounts")

    app = make_app(installation.home, Throttle(1e6, 10**9))
    assert isinstance(app, Headers)
    screen = Screen(path="/failing", answer=fail, needs="anyone")  # type: ignore[arg-type]
    inner = app._app
    inner.router.routes.insert(  # type: ignore[attr-defined]
        0, Route("/failing", endpoint(installation.home, Throttle(1e6, 10**9), screen))
    )
    client = TestClient(app, base_url=installation.home.url, raise_server_exceptions=False)
    answer = client.get("/failing", headers={"accept": accept})
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "RuntimeError" not in answer.text
    assert "nothing was saved" in answer.text
    _check(answer, "500")


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere() -> None:
    parts = dict(part.strip().split(" ", maxsplit=1) for part in POLICY.split(";"))
    assert parts["default-src"] == "'none'"
    assert parts["script-src"] == "'self'"
    assert parts["style-src"] == "'self'"
    assert parts["frame-ancestors"] == "'none'"
    assert parts["form-action"] == "'self'"
    assert parts["base-uri"] == "'none'"
    assert "unsafe" not in POLICY
    assert "*" not in POLICY
    assert "http" not in POLICY
    assert "script-src" not in SEALED_POLICY
    assert "default-src 'none'" in SEALED_POLICY
    assert SEALED_POLICY.endswith("sandbox")
