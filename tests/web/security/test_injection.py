"""OWASP A03:2021 Injection: SQL and worse through every parameter of every screen.

Never a failure of ours, never a row more or less than the same request without the attack.
"""

import pytest
from tests.web.security.populated import World, all_screens, fill, form_fields, kind_of

NASTY = (
    "'",
    '"',
    "' OR '1'='1",
    "1; DROP TABLE accounts; --",
    "') UNION SELECT password_hash FROM accounts --",
    "\\",
    "%",
    "%s %(name)s :name ::text ?1 {0}",
    "_",
    "\0",
    "a\0b",
    "\ud800",
    "a\udfffb",
    "\uffff\ufeff",
    "-1",
    "--1",
    "0",
    "1e309",
    "NaN",
    "Infinity",
    "99999999999999999999",
    "2147483648",
    "9223372036854775808",
    "1.5",
    "٣",
    "²",
    "x" * 70_000,
    "🏴" * 2000,
    "\r\nset-cookie: a=b",
    "[]",
    "{}",
    "null",
    "true",
    "../../etc/passwd",
    "{{7*7}}",
    "\x1b[2J\x07\x08",
)


def _sent(text: str) -> str:
    """What can be written into a request at all."""
    return text.encode("utf-8", "replace").decode()


WORST = ("'", "a\0b", "\ud800", "--1", "9223372036854775808")
"""Those that have found something before; all of them take minutes."""


@pytest.mark.parametrize("kind", ["query", "form", "part"])
def test_no_parameter_of_any_screen_breaks_it(world: World, kind: str) -> None:
    _attack(world, kind, WORST)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["query", "form", "part"])
def test_no_nasty_text_breaks_any_screen(world: World, kind: str) -> None:
    _attack(world, kind, NASTY)


def _attack(world: World, kind: str, texts: tuple[str, ...]) -> None:
    fields = form_fields()
    for screen in all_screens():
        side = world.ours[kind_of(screen)]
        ids = {**world.ours["write"].ids, **world.ours["rate"].ids, **side.ids}
        path = fill(screen.path, side.project.id, ids)
        for text in texts:
            world.renew(side)
            person, sent = side.lead_of_all, dict.fromkeys(fields, _sent(text))
            if screen.method == "GET" and kind == "query":
                params = dict.fromkeys(fields, _sent(text)[:80])
                answer = person.client.get(path, params=params)
            elif screen.method == "POST" and kind == "form":
                # Ids of things that are there, so that the rest of the form is looked at, too.
                known = {name: value for name, value in ids.items() if name in fields}
                for values in (sent, {**sent, **known, "assignment": ids["assignment"]}):
                    token = person.form_token
                    answer = person.client.post(path, data={**values, "form_token": token})
                    assert answer.status_code < 500, (screen.path, text[:40])
                    world.renew(side)
            elif screen.method == "POST" and kind == "part":
                answer = person.client.post(
                    path,
                    files={name: (_sent(text)[:200], _sent(text).encode()) for name in ("file",)},
                    data={**sent, "from": "file", "form_token": person.form_token},
                )
            else:
                break
            assert answer.status_code < 500, (screen.method, screen.path, text[:40])
            assert "a=b" not in answer.headers.get("set-cookie", "")
    with world.installation.db.read() as tx:
        assert tx.number("SELECT COUNT(*) FROM accounts") >= 26
        hashes = tx.texts("SELECT password_hash FROM accounts")
    assert all(one.startswith("$argon2id$") for one in hashes)


JSON = (
    b"null",
    b"[]",
    b"{}",
    b"0",
    b'"x"',
    b"true",
    b'{"text": null}',
    b'{"text": 1}',
    b'{"text": ["x"]}',
    b'{"text": {"text": {}}}',
    b'{"text": "\\u0000"}',
    b'{"text": "x", "text": "y", "__proto__": {"admin": true}}',
    b'{"assignment": "\\u0000", "draft": "\\u0000", "active_s": 1e308}',
    b'{"assignment": "x", "draft": "", "active_s": -1e308}',
    b'{"active_s": 1e999}',
    b'{"messages": [{"role": "root", "content": 1}]}',
    b"[" * 2000 + b"]" * 2000,
    b'{"text": "' + b"x" * 1_500_000 + b'"}',
)


def test_no_json_of_another_shape_breaks_a_screen(world: World) -> None:
    for screen in all_screens("POST"):
        side = world.ours[kind_of(screen)]
        path = fill(screen.path, side.project.id, side.ids)
        for body in JSON:
            world.renew(side)
            answer = side.lead_of_all.client.post(
                path,
                content=body,
                headers={
                    "content-type": "application/json",
                    "accept": "application/json",
                    "x-etude-form": side.lead_of_all.form_token,
                },
            )
            assert answer.status_code < 500, (screen.path, body[:60])


def test_nobody_gives_themselves_rights_by_fields_that_no_form_has(world: World) -> None:
    """Mass assignment, OWASP API3:2023."""
    extra = {
        "admin": "1",
        "role": "lead",
        "roles": "lead",
        "account_id": world.admin.account.id,
        "account": world.admin.account.id,
        "disabled_at": "",
        "passed": "1",
        "purpose": "adjudication",
        "state": "accepted",
        "project_id": world.theirs["rate"].project.id,
        "created_by": "x",
    }
    with world.installation.db.read() as tx:
        before = tx.texts("SELECT email || admin FROM accounts ORDER BY email")
        roles = tx.texts("SELECT account_id || project_id || role FROM memberships ORDER BY 1")
    for screen in all_screens("POST"):
        for role in ("rater", "writer", "viewer", "reviewer"):
            side = world.ours[kind_of(screen)]
            person = side.people[role]
            path = fill(screen.path, side.project.id, side.ids)
            if path.startswith(("/invitations", "/sign-out")):
                continue  # an invitation that was meant for them gives what it says
            person.client.post(path, data={**extra, "form_token": person.form_token})
    with world.installation.db.read() as tx:
        assert tx.texts("SELECT email || admin FROM accounts ORDER BY email") == before
        after = tx.texts("SELECT account_id || project_id || role FROM memberships ORDER BY 1")
    assert after == roles
