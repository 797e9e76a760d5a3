"""Many raters at once against a real server process; the full run is `benchmarks/web.py`."""

import asyncio
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks.web_raters import Plan, Server, Tally, faults, percentile, run, seat

from etude.web.database import Database

BUSY = Plan(n_raters=10, n_items=10, overlap=3, think_s=(0.02, 0.1), limit_s=60)
KILLED = Plan(n_raters=8, n_items=40, overlap=2, think_s=(0.1, 0.4), kills=2, limit_s=60, seed=3)


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Database, Server]]:
    """An empty database, and a server that is to use it."""
    options: tuple[str, ...] = ()
    if request.param == "sqlite":
        database = Database.in_file(tmp_path / "etude.db")
    else:
        uri: str = request.getfixturevalue("postgres")
        name = f"l{secrets.token_hex(6)}"
        bare = Database(uri)
        with bare._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        bare.close()
        uri = uri.replace("/postgres?", f"/{name}?")
        database, options = Database(uri), ("--database", uri)
    server = Server(tmp_path, *options)
    yield database, server
    server.kill()
    database.close()


def _work(where: tuple[Database, Server], plan: Plan) -> tuple[Tally, list[str]]:
    database, server = where
    project = seat(database, plan)
    server.start()
    tally = asyncio.run(run(server, project, plan))
    return tally, faults(database, project, tally)


def test_no_rating_is_lost_or_doubled_when_many_rate_at_once(
    where: tuple[Database, Server],
) -> None:
    tally, found = _work(where, BUSY)
    assert found == []
    assert len(tally.acknowledged) == BUSY.n_items * BUSY.overlap
    assert not tally.refused
    # The goal is 100 ms on a quiet machine; this one may be busy with other tests.
    assert percentile(tally.seconds["submit"], 0.5) < 1


def test_what_was_acknowledged_outlives_a_server_that_is_killed(
    where: tuple[Database, Server],
) -> None:
    tally, found = _work(where, KILLED)
    assert found == []
    assert tally.kills == KILLED.kills
    assert len(tally.acknowledged) + tally.broken_off >= KILLED.n_items * KILLED.overlap


@pytest.mark.slow
def test_fifty_raters_lose_nothing_through_six_kills(where: tuple[Database, Server]) -> None:
    plan = Plan(n_items=150, kills=6, seed=1)
    tally, found = _work(where, plan)
    assert found == []
    assert tally.kills == plan.kills
