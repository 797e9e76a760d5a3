"""The app behind a real port, for a real browser."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from etude.web.app import make_app
from etude.web.database import Database
from etude.web.home import Home
from etude.web.throttle import Throttle


def a_port() -> int:
    """A port that is free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def a_home(folder: Path) -> Home:
    """An installation on SQLite that is to be served at a free port."""
    folder.mkdir(parents=True, exist_ok=True)
    return Home(
        folder=folder,
        database=Database.in_file(folder / "etude.db"),
        url=f"http://127.0.0.1:{a_port()}",
    )


@contextmanager
def serving(home: Home, app: ASGIApp | None = None) -> Iterator[str]:
    """Serve an installation; yield its address."""
    port = int(home.url.rsplit(":", maxsplit=1)[1])
    # A browser in a test is quicker than any person.
    app = app or make_app(home, Throttle(per_s=1e6, burst=10**9))
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 30
    while not server.started and time.monotonic() < until:
        time.sleep(0.01)
    try:
        yield home.url
    finally:
        server.should_exit = True
        thread.join(20)
        home.database.close()
