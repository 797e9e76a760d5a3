"""Database and Transaction: SQL with named parameters in, typed rows out.

A transaction reads or writes. Writing ones of SQLite take turns, first come first served: its own
way of waiting sleeps and lets latecomers pass.
"""

import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec
import psycopg
import sqlalchemy
from psycopg.errors import UniqueViolation
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import DisconnectionError, IntegrityError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from etude.errors import ConfigError

RowT = TypeVar("RowT")
Value = str | int | float | None
Dialect = Literal["sqlite", "postgresql"]

_POOL = 16
_WAIT_S = 20
_IDLE_S = 5.0
_SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    # What was acknowledged survives a power cut as well as a kill.
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={_WAIT_S * 1000}",
    "PRAGMA trusted_schema=OFF",
)


def new_id() -> str:
    """Return a fresh id that nobody can guess from another."""
    return secrets.token_hex(8)


@cache
def _statement(sql: str) -> sqlalchemy.TextClause:
    return sqlalchemy.text(sql)


def _kept(value: Value) -> Value:
    """Leave out of a text what no database keeps: NULs, and halves of characters."""
    if not isinstance(value, str):
        return value
    value = value.replace("\0", "")
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


class CollidedError(ConfigError):
    """What must be there only once came from two at the same moment."""


class Transaction:
    """What can be asked of the database within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def dialect(self) -> Dialect:
        """Which kind of database this is, for the few clauses that only one of them has."""
        return "sqlite" if self._connection.dialect.name == "sqlite" else "postgresql"

    def _execute(self, sql: str, values: Mapping[str, Value]) -> sqlalchemy.CursorResult[Any]:
        kept = {name: _kept(value) for name, value in values.items()}
        return self._connection.execute(_statement(sql), kept)

    def run(self, sql: str, **values: Value) -> int:
        """Carry out a statement; return how many rows it touched."""
        return self._execute(sql, values).rowcount

    def alone(self, what: str) -> None:
        """Wait until no other writing transaction is alone at the same; SQLite's always are.

        PostgreSQL's run side by side and do not see each other's rows, so whoever counts rows and
        adds one by the count must be alone.
        """
        if self.dialect == "postgresql":
            self.run("SELECT pg_advisory_xact_lock(hashtext(:what))", what=what)

    def all(self, row_type: type[RowT], sql: str, **values: Value) -> list[RowT]:
        """Return all rows; columns become the fields of `row_type`, a struct."""
        found = self._execute(sql, values).mappings()
        return [_row(row_type, row) for row in found]

    def one(self, row_type: type[RowT], sql: str, **values: Value) -> RowT | None:
        """Return the first row, or `None` where there is none."""
        found = self._execute(sql, values).mappings().first()
        return None if found is None else _row(row_type, found)

    def number(self, sql: str, **values: Value) -> float:
        """Return the one number that a query such as a count comes to; 0 where there is none."""
        found = self._execute(sql, values).scalar()
        return found or 0

    def texts(self, sql: str, **values: Value) -> list[str]:
        """Return the first column of all rows."""
        return list(self._execute(sql, values).scalars())


def _row(row_type: type[RowT], row: Mapping[Any, Any]) -> RowT:
    return msgspec.convert(dict(row), row_type, strict=False)


class Database:
    """A database of the app, shared by all requests."""

    def __init__(self, url: str | URL) -> None:
        """Name the database; nothing is opened yet.

        Args:
            url: `sqlite:///path`, or `postgresql://user@host/name`.

        Raises:
            ConfigError: The URL names no database that the app speaks to.
        """
        self.url = _url(url)
        self.dialect: Dialect = "sqlite" if self.url.drivername == "sqlite" else "postgresql"
        self._turn = threading.Lock() if self.dialect == "sqlite" else nullcontext()
        self._engine = self._make_engine()

    @classmethod
    def in_file(cls, path: Path) -> "Database":
        """Return the SQLite database in a file."""
        return cls(URL.create("sqlite", database=str(path)))

    def _make_engine(self) -> Engine:
        if self.dialect == "postgresql":
            engine = sqlalchemy.create_engine(
                self.url, pool_size=_POOL, max_overflow=0, pool_timeout=_WAIT_S
            )
            sqlalchemy.event.listen(engine, "checkin", _note_use)
            sqlalchemy.event.listen(engine, "checkout", _ask_if_idle)
            return engine
        engine = sqlalchemy.create_engine(
            self.url,
            poolclass=QueuePool,
            pool_size=_POOL,
            max_overflow=0,
            pool_timeout=_WAIT_S,
            connect_args={"check_same_thread": False},
        )

        # Nobody else on the machine is to read what people wrote, or the hashes of passwords.
        path = Path(self.url.database or "")

        def connecting(*_args: object) -> None:
            if path.parent.is_dir() and not path.exists():
                path.touch(mode=0o600)

        def connected(connection: sqlite3.Connection, _record: object) -> None:
            # Transactions are begun by us, since the driver would begin them late.
            connection.isolation_level = None
            for pragma in _SQLITE_PRAGMAS:
                connection.execute(pragma)

        def begun(connection: Connection) -> None:
            writes = connection.get_execution_options().get("writes", False)
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

        sqlalchemy.event.listen(engine, "do_connect", connecting)
        sqlalchemy.event.listen(engine, "connect", connected)
        sqlalchemy.event.listen(engine, "begin", begun)
        return engine

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Open a transaction that only reads and sees one state of the database."""
        with self._engine.connect() as connection:
            if self.dialect == "postgresql":
                connection = connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            with connection.begin():
                yield Transaction(connection)

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """Open a transaction that writes; all of it is there once the block has ended, or none.

        Raises:
            CollidedError: What must be there only once is there already.
        """
        with self._turn, self._engine.connect() as connection:
            connection = connection.execution_options(writes=True)
            try:
                with connection.begin():
                    yield Transaction(connection)
            except IntegrityError as error:
                if not _is_double(error):
                    raise
                raise CollidedError(
                    "someone did the same at the same moment; open the page again to see how it is"
                ) from error

    def check(self) -> None:
        """Find out whether the database answers.

        Raises:
            ConfigError: It does not.
        """
        try:
            with self.read() as tx:
                tx.number("SELECT 1")
        except SQLAlchemyError as error:
            said = str(error.__cause__ or error).strip().split("\n")[0]
            where = self.url.render_as_string(hide_password=True)
            raise ConfigError(f"the database {where} does not answer: {said}") from error

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def _note_use(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info["used"] = time.monotonic()


def _ask_if_idle(
    connection: psycopg.Connection, record: ConnectionPoolEntry, _proxy: object
) -> None:
    """Find out whether the server is still there, where it was not spoken to for a while."""
    if time.monotonic() - record.info.get("used", 0.0) < _IDLE_S:
        return
    try:
        connection.cursor().execute("SELECT 1")
        connection.rollback()
    except psycopg.Error as error:
        raise DisconnectionError from error


def _is_double(error: IntegrityError) -> bool:
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return cause.sqlite_errorname in (
            "SQLITE_CONSTRAINT_UNIQUE",
            "SQLITE_CONSTRAINT_PRIMARYKEY",
        )
    return isinstance(cause, UniqueViolation)


def _url(text: str | URL) -> URL:
    try:
        url = make_url(text)
    except sqlalchemy.exc.ArgumentError as error:
        raise ConfigError(
            "--database is no URL; write sqlite:///FILE or postgresql://USER@HOST/NAME"
        ) from error
    if url.drivername in ("postgres", "postgresql"):
        return url.set(drivername="postgresql+psycopg")
    if url.drivername == "sqlite":
        if not url.database or url.database == ":memory:":
            raise ConfigError("a SQLite database needs a file: sqlite:///FILE")
        return url
    raise ConfigError(
        f"databases of kind {url.drivername!r} are not spoken here; "
        "write sqlite:///FILE or postgresql://USER@HOST/NAME"
    )
