"""OWASP A02:2021 Cryptographic Failures and A09:2021 Logging Failures: what is kept, and how."""

import stat

import pytest
import sqlalchemy
from argon2 import extract_parameters
from argon2.low_level import Type
from sqlalchemy.exc import DBAPIError
from tests.web.installation import PASSWORD, Installation, form_token_in
from tests.web.security.populated import World

from etude.web.database import Database, Transaction
from etude.web.people import accounts, audit, invitations
from etude.web.people.invitations import Terms


def test_passwords_are_kept_as_argon2id_and_each_salted(installation: Installation) -> None:
    installation.person("ann")
    installation.person("bob")
    with installation.db.read() as tx:
        ann, bob = tx.texts("SELECT password_hash FROM accounts ORDER BY email")
    assert ann != bob
    found = extract_parameters(ann)
    assert found.type is Type.ID
    # OWASP Password Storage Cheat Sheet: 19 MiB and two passes at least.
    assert found.memory_cost >= 19 * 1024
    assert found.time_cost >= 2


def test_whoever_reads_the_database_can_use_no_token_of_it(installation: Installation) -> None:
    person = installation.person("ann")
    with installation.db.write() as tx:
        link = invitations.invite(tx, Terms(admin=True), installation.clock.now)
        kept = tx.texts("SELECT token_hash FROM sessions UNION SELECT token_hash FROM invitations")
    token = person.client.cookies["etude-session"]
    everything = _everything(installation.db)
    assert token not in everything
    assert link not in everything
    assert PASSWORD not in everything
    for hash_ in kept:
        client = installation.stranger()
        client.cookies.set("etude-session", hash_)
        assert client.get("/").url.path == "/sign-in"
        assert client.get(f"/invitations/{hash_}").status_code == 404


def _everything(database: Database) -> str:
    engine = database._engine
    with engine.connect() as connection:
        return "\n".join(
            repr(tuple(row))
            for table in sqlalchemy.inspect(engine).get_table_names()
            for row in connection.exec_driver_sql(f"SELECT * FROM {table}")  # noqa: S608
        )


def test_neither_passwords_nor_links_stand_in_the_log(installation: Installation) -> None:
    installation.person("ann")
    client = installation.stranger()
    for password in (PASSWORD, "a wrong password"):
        token = form_token_in(client.get("/sign-in").text)
        client.post(
            "/sign-in",
            data={"form_token": token, "email": "bob@example.org", "password": password},
        )
    with installation.db.read() as tx:
        log = audit.entries(tx, None)
    assert [entry.action for entry in log] == ["account.sign-in-failed"] * 2
    assert not any(PASSWORD in str(entry) or "a wrong" in str(entry) for entry in log)


ATTEMPTS = (
    "UPDATE audit SET detail = 'nothing happened'",
    "UPDATE audit SET at = 0 WHERE action = 'account.sign-in'",
    "DELETE FROM audit",
    "DELETE FROM audit WHERE action LIKE '%sign-in'",
    "TRUNCATE audit",
    "INSERT OR REPLACE INTO audit (id, at, action) SELECT id, 0, 'nothing' FROM audit",
    "INSERT INTO audit (id, at, action) SELECT id, 0, 'nothing' FROM audit"
    " ON CONFLICT (id) DO UPDATE SET action = 'nothing'",
)


@pytest.mark.parametrize("sql", ATTEMPTS)
def test_the_log_can_only_be_added_to(installation: Installation, sql: str) -> None:
    with installation.db.write() as tx:
        audit.note(tx, "account.sign-in", now=1.0, detail="as it was")
    before = _log(installation.db)

    def attack(tx: Transaction) -> None:
        tx.run(sql)

    with pytest.raises(DBAPIError), installation.db.write() as tx:
        attack(tx)
    assert _log(installation.db) == before


def _log(database: Database) -> list[str]:
    with database.read() as tx:
        return tx.texts("SELECT id || action || detail FROM audit ORDER BY id")


def test_the_file_of_the_database_is_its_owners_alone(installation: Installation) -> None:
    if installation.db.dialect != "sqlite":
        pytest.skip("PostgreSQL keeps its files itself")
    folder = installation.home.folder.parent
    for path in folder.glob("etude.db*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name


def test_the_password_of_the_database_is_never_shown() -> None:
    database = Database("postgresql://etude:hunter22@db.example.org/etude")
    assert "hunter22" not in str(database.url)
    assert "hunter22" not in database.url.render_as_string()
    assert "hunter22" not in repr(database.url)


def test_no_page_shows_a_hash_or_an_address_to_those_who_do_not_lead(world: World) -> None:
    with world.installation.db.read() as tx:
        secrets = tx.texts("SELECT password_hash FROM accounts") + tx.texts(
            "SELECT token_hash FROM sessions"
        )
    side = world.ours["rate"]
    for tail in ("", "/guidelines", "/progress", "/mine", "/questions"):
        page = side.people["rater"].get(f"/projects/{side.project.id}{tail}").text
        assert not any(secret in page for secret in secrets)
        others = [p.account.email for role, p in side.people.items() if role != "rater"]
        assert not any(email in page for email in others), tail


def test_weak_passwords_are_refused(installation: Installation) -> None:
    for weak in (
        "short",
        "password1234",
        "aaaaaaaaaaaaaaaa",
        "ann.smith is me",
        "x" * 257,
        " " * 20,
    ):
        with installation.db.write() as tx:
            link = invitations.invite(tx, Terms(), installation.clock.now)
        client = installation.stranger()
        token = form_token_in(client.get(f"/invitations/{link}").text)
        answer = client.post(
            f"/invitations/{link}",
            data={
                "form_token": token,
                "email": "ann.smith@example.org",
                "name": "Ann",
                "password": weak,
                "consent": "1",
            },
        )
        assert answer.status_code == 422, weak
        assert f'value="{weak}"' not in answer.text
    with installation.db.read() as tx:
        assert accounts.find(tx, "ann.smith@example.org") is None
