"""Transactions: all or nothing, one after the other where they must be, by many threads."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from sqlalchemy.exc import SQLAlchemyError

from etude.errors import ConfigError
from etude.web.database import CollidedError, Database, Transaction


class Row(msgspec.Struct, frozen=True):
    """One row of the table that these tests use."""

    id: str
    n: int


@pytest.fixture
def counter(database: Database) -> Database:
    with database.write() as tx:
        tx.run("CREATE TABLE counter (id TEXT PRIMARY KEY, n INTEGER NOT NULL)")
        tx.run("INSERT INTO counter (id, n) VALUES ('a', 0)")
    return database


def _n(database: Database) -> int:
    with database.read() as tx:
        return int(tx.number("SELECT n FROM counter WHERE id = 'a'"))


def test_what_fails_midway_leaves_nothing(counter: Database) -> None:
    def fail() -> None:
        with counter.write() as tx:
            tx.run("UPDATE counter SET n = 5")
            raise ConfigError("no")

    with pytest.raises(ConfigError):
        fail()
    assert _n(counter) == 0


def test_whoever_is_alone_counts_and_adds_without_losing_a_step(counter: Database) -> None:
    def add(_: int) -> None:
        with counter.write() as tx:
            tx.alone("counter")
            n = int(tx.number("SELECT n FROM counter WHERE id = 'a'"))
            tx.run("UPDATE counter SET n = :n WHERE id = 'a'", n=n + 1)

    with ThreadPoolExecutor(24) as pool:
        list(pool.map(add, range(120)))
    assert _n(counter) == 120


def test_many_threads_read_and_write_at_once(counter: Database) -> None:
    def work(number: int) -> int:
        if number % 3 == 0:
            with counter.write() as tx:
                tx.run("UPDATE counter SET n = n + 1 WHERE id = 'a'")
            return 0
        return _n(counter)

    with ThreadPoolExecutor(40) as pool:
        seen = list(pool.map(work, range(240)))
    assert _n(counter) == 80
    assert all(0 <= n <= 80 for n in seen)


def test_a_reading_transaction_sees_one_state(counter: Database) -> None:
    with counter.read() as tx:
        before = tx.number("SELECT n FROM counter")
        with counter.write() as writing:
            writing.run("UPDATE counter SET n = 7")
        assert tx.number("SELECT n FROM counter") == before
    assert _n(counter) == 7


def test_two_that_make_the_same_collide_with_a_name(counter: Database) -> None:
    def again() -> None:
        with counter.write() as tx:
            tx.run("INSERT INTO counter (id, n) VALUES ('a', 1)")

    with pytest.raises(CollidedError, match="at the same moment"):
        again()


def test_other_broken_rules_are_no_collisions(counter: Database) -> None:
    def nothing() -> None:
        with counter.write() as tx:
            tx.run("INSERT INTO counter (id, n) VALUES ('b', NULL)")

    with pytest.raises(SQLAlchemyError):
        nothing()


def test_texts_that_no_database_keeps_are_kept_without_what_cannot_be(counter: Database) -> None:
    with counter.write() as tx:
        tx.run("INSERT INTO counter (id, n) VALUES (:id, 1)", id="b\0c\ud800 %s :x é")
    with counter.read() as tx:
        (row,) = tx.all(Row, "SELECT id, n FROM counter WHERE n = 1")
    assert row.id == "bc? %s :x é"


def test_reading_transactions_of_postgresql_cannot_write(counter: Database) -> None:
    if counter.dialect != "postgresql":
        pytest.skip("SQLite has no such thing")

    def write(tx: Transaction) -> None:
        tx.run("UPDATE counter SET n = 9")

    with pytest.raises(SQLAlchemyError), counter.read() as tx:
        write(tx)


@pytest.mark.parametrize("name", ["a b", "100%", "a?b", "a#b", "é", "a%20b", "'"])
def test_a_file_may_be_called_anything(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    database = Database.in_file(tmp_path / name / "etude.db")
    database.check()
    database.close()
    assert (tmp_path / name / "etude.db").exists()


@pytest.mark.parametrize(
    "url", ["", "nothing", "mysql://u@h/d", "sqlite://", "sqlite:///:memory:", "oracle://x", "://"]
)
def test_other_databases_are_refused_in_one_sentence(url: str) -> None:
    with pytest.raises(ConfigError):
        Database(url)
