"""Migrations: from nothing, again, by several processes at once, by halves, and from the future."""

import subprocess
import sys

import pytest
import sqlalchemy
from sqlalchemy.exc import SQLAlchemyError

from etude.errors import ConfigError
from etude.web.database import Database, migrate
from etude.web.database.migrating import Migration, migrations

PROGRAM = (
    "import sys; from etude.web.database import Database, migrate;"
    " print(migrate(Database(sys.argv[1])))"
)


def _tables(database: Database) -> set[str]:
    return set(sqlalchemy.inspect(database._engine).get_table_names())


def test_the_schema_is_made_once_and_the_second_time_nothing_is_done(database: Database) -> None:
    assert migrate(database) == len(migrations(database))
    before = _tables(database)
    assert {"accounts", "projects", "items", "assignments", "ratings", "audit"} <= before
    assert migrate(database) == 0
    assert _tables(database) == before


def test_several_processes_at_once_apply_each_step_once(database: Database) -> None:
    url = database.url.set(drivername=database.dialect).render_as_string(hide_password=False)
    running = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, url],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    said = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0] * 4, said
    assert sum(int(out) for out, _ in said) == len(migrations(database))
    with database.read() as tx:
        numbers = tx.texts("SELECT CAST(number AS TEXT) FROM migrations")
    assert len(numbers) == len(set(numbers)) == len(migrations(database))


def test_a_database_of_a_newer_etude_is_not_touched(database: Database) -> None:
    migrate(database)
    with database.write() as tx:
        tx.run("INSERT INTO migrations (number, name, applied_at) VALUES (9999, 'later', 0)")
    with pytest.raises(ConfigError, match=r"9999.*upgrade Etude"):
        migrate(database)


def test_a_step_that_was_left_out_is_made_up_for(database: Database) -> None:
    migrate(database)
    last = migrations(database)[-1]
    with database.write() as tx:
        tx.run(
            "DROP TRIGGER audit_no_replace"
            if database.dialect == "sqlite"
            else "DROP TRIGGER audit_no_truncate ON audit"
        )
        tx.run("DELETE FROM migrations WHERE name = 'audit_cannot_be_emptied'")
    assert last.number >= 9
    assert migrate(database) == 1


def test_a_step_that_fails_leaves_nothing_behind(database: Database) -> None:
    migrate(database)
    before = _tables(database)
    step = Migration(
        number=5000,
        name="broken",
        statements=(
            "CREATE TABLE half (id TEXT PRIMARY KEY)",
            "INSERT INTO half (id) VALUES ('x')",
            "CREATE TABLE broken (",
        ),
    )

    def apply() -> None:
        with database.write() as tx:
            for statement in step.statements:
                tx.run(statement)

    with pytest.raises(SQLAlchemyError):
        apply()
    assert _tables(database) == before


def test_a_database_that_does_not_answer_is_named_without_its_password() -> None:
    database = Database("postgresql://etude:hunter22@127.0.0.1:1/etude")
    with pytest.raises(ConfigError) as caught:
        migrate(database)
    assert "127.0.0.1" in str(caught.value)
    assert "hunter22" not in str(caught.value)


def test_the_same_steps_are_there_for_both_databases() -> None:
    both = [
        {step.number for step in migrations(Database(url))}
        for url in ("sqlite:///x.db", "postgresql://u@h/d")
    ]
    assert both[0] == both[1]
