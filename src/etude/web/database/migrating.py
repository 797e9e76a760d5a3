"""Numbered migrations: each is applied once, in order, all of it or nothing.

A file `0004_name.sql` is for every database, `0004_name.sqlite.sql` for one. Statements are
separated by blank lines.
"""

import re
import time
from pathlib import Path

import msgspec

from etude.errors import ConfigError
from etude.web.database.connection import Database, Transaction

_FOLDER = Path(__file__).parent / "migrations"
_NAME = re.compile(r"(\d{4})_(\w+)(?:\.(sqlite|postgresql))?\.sql")
_LOCK = 0x457475  # any number that is always the same


class Migration(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the schema."""

    number: int
    name: str
    statements: tuple[str, ...]


class _Done(msgspec.Struct, frozen=True):
    number: int


def migrations(database: Database) -> tuple[Migration, ...]:
    """Return all steps for this kind of database, in order."""
    found = []
    for path in sorted(_FOLDER.glob("*.sql")):
        match = _NAME.fullmatch(path.name)
        if match and match[3] in (None, database.dialect):
            parts = re.split(r"\n\s*\n", path.read_text("utf-8"))
            found.append(
                Migration(
                    number=int(match[1]),
                    name=match[2],
                    statements=tuple(part for part in map(_code, parts) if part),
                )
            )
    return tuple(found)


def _code(part: str) -> str:
    lines = (line for line in part.split("\n") if not line.lstrip().startswith("--"))
    return "\n".join(lines).strip()


def migrate(database: Database) -> int:
    """Bring the database to the newest schema; return how many steps were applied.

    Any number of servers may do this at once.

    Raises:
        ConfigError: The database was made by a newer Etude, or does not answer.
    """
    database.check()
    steps = migrations(database)
    with database.write() as tx:
        if database.dialect == "postgresql":
            tx.run("SELECT pg_advisory_xact_lock(:lock)", lock=_LOCK)
        tx.run(
            "CREATE TABLE IF NOT EXISTS migrations"
            " (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at DOUBLE PRECISION)"
        )
        done = {row.number for row in tx.all(_Done, "SELECT number FROM migrations")}
        newer = done - {step.number for step in steps}
        if newer:
            raise ConfigError(
                f"the database is at migration {max(newer)}, which this Etude does not know "
                f"(its newest is {steps[-1].number}); upgrade Etude"
            )
        ahead = [step for step in steps if step.number not in done]
        for step in ahead:
            _apply(tx, step)
    return len(ahead)


def _apply(tx: Transaction, step: Migration) -> None:
    for statement in step.statements:
        tx.run(statement)
    tx.run(
        "INSERT INTO migrations (number, name, applied_at) VALUES (:number, :name, :at)",
        number=step.number,
        name=step.name,
        at=time.time(),
    )
