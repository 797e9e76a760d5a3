"""Open redirects, host headers, paths: OWASP A01:2021, WSTG-CLNT-04, WSTG-INPV-17."""

import pytest
from tests.web.installation import PASSWORD, Installation, form_token_in
from tests.web.security.populated import World, all_screens, fill, placeholders

ELSEWHERE = (
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/ /evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "http:evil.example",
    "http:/\\evil.example",
    "/\u2044evil.example",
    "/\uff0fevil.example",
    "evil.example",
    "@evil.example",
    ".evil.example",
    "/\x00/evil.example",
    "?next=//evil.example",
    "/path\r\nset-cookie: a=b",
)


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_signing_in_leads_nowhere_but_into_the_app(installation: Installation, wanted: str) -> None:
    person = installation.person("ann")
    client = installation.stranger()
    token = form_token_in(client.get("/sign-in", params={"next": wanted}).text)
    fields = {
        "form_token": token,
        "email": "ann@example.org",
        "password": PASSWORD,
        "next": wanted,
    }
    for answer in (
        client.post("/sign-in", data=fields, follow_redirects=False),
        person.client.get("/sign-in", params={"next": wanted}, follow_redirects=False),
    ):
        assert answer.status_code == 303
        assert answer.headers["location"] == "/"
        assert "a=b" not in answer.headers.get("set-cookie", "")


def test_a_page_one_wanted_is_kept_over_signing_in(installation: Installation) -> None:
    installation.person("ann")
    client = installation.stranger()
    asked = client.get("/projects/abc/guidelines", follow_redirects=False)
    assert asked.headers["location"] == "/sign-in?next=/projects/abc/guidelines"
    for path in ("/projects/a&next=%2f%2fevil.example", "/projects/%0d%0aset-cookie:%20a=b"):
        answer = client.get(path, follow_redirects=False)
        assert answer.headers.get("location", "/sign-in").startswith(("/sign-in", "/"))
        assert "evil" not in answer.headers.get("location", "").split("next=")[0]
        assert "a=b" not in answer.headers.get("set-cookie", "")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8600", "127.0.0.1.evil.example", "", "localhost.evil"]
)
def test_requests_to_another_host_are_refused(installation: Installation, host: str) -> None:
    client = installation.stranger()
    for path in ("/sign-in", "/", "/static/app.css", "/no/such"):
        assert client.get(path, headers={"host": host}).status_code == 400
    assert client.get("/sign-in", headers={"host": "localhost:1"}).status_code == 200


def test_a_forwarded_host_changes_no_link(installation: Installation) -> None:
    person = installation.person("ann")
    forged = {"x-forwarded-host": "evil.example", "x-forwarded-proto": "https"}
    answer = person.client.get("/", headers=forged)
    assert "evil.example" not in answer.text
    away = installation.stranger().get("/", headers=forged, follow_redirects=False)
    assert "evil.example" not in away.headers["location"]


@pytest.mark.parametrize(
    "path",
    [
        "../app.py",
        "..%2fapp.py",
        "%2e%2e/app.py",
        "%2e%2e%2fapp.py",
        "..%5capp.py",
        "....//app.py",
        "%252e%252e/app.py",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "app.css%00.py",
        "app.css/..%2f..%2fapp.py",
        "C:%5cwindows",
        "~root",
        "",
        ".",
    ],
)
def test_no_path_leads_out_of_the_folder_of_files(installation: Installation, path: str) -> None:
    client = installation.stranger()
    for answer in (client.get(f"/static/{path}"), client.get(f"/static//{path}")):
        assert answer.status_code in (404, 400, 405)
        assert "make_app" not in answer.text
        assert "root:" not in answer.text


TRAVERSALS = (
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "%2fetc%2fpasswd",
    "..%5c..",
    "%00",
    "a%00b",
    "%ff",
    "etude.db",
    "..%2fetude.db",
    "...",
    "~",
    "x" * 5000,
    "con",
    "a%0ab",
    "%f0%9f%92%a5",
)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_parts_of_paths_that_are_no_ids_find_nothing(world: World) -> None:
    (world.installation.home.folder / "secret.txt").write_text("the secret of the house")
    for screen in all_screens():
        names = placeholders(screen.path)
        for side in (world.ours["rate"], world.ours["write"]):
            ids = {**world.ours["rate"].ids, **world.ours["write"].ids, **side.ids}
            person = side.lead_of_all
            for name in names:
                for attack in TRAVERSALS:
                    parts = {**ids, name: attack}
                    project = parts.pop("project", side.project.id)
                    path = fill(screen.path, project, parts)
                    if screen.method == "GET":
                        answer = person.client.get(path)
                    else:
                        fields = {"form_token": person.form_token}
                        answer = person.client.post(path, data=fields)
                    where = (screen.method, screen.path, name, attack, answer.status_code)
                    assert answer.status_code < 500, where
                    assert "the secret of the house" not in answer.text, where
                    assert "root:x" not in answer.text, where
                    if name != "version" and screen.method == "GET":
                        assert answer.status_code != 200, where
