"""Home: the folder of one installation, and what the app was started with."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from etude.models import Model
from etude.web.database import Database


class Home(msgspec.Struct, frozen=True, kw_only=True):
    """Where the app keeps things, and what it may use."""

    folder: Path
    """Holds `etude.db` unless the database is elsewhere, and `datasets/` that the app reads
    and exports to."""
    database: Database
    url: str = "http://127.0.0.1:8600"
    """The address that people type; links and the check of where a form came from rest on it."""
    models: Mapping[str, Model] = {}
    """Models that answers may be sampled from, by name."""
    now: Callable[[], float] = time.time
    """What time it is, in seconds since 1970."""
    behind_proxy: bool = False
    """Whether a proxy stands before the app, whose word on the caller's address is taken."""

    @property
    def datasets(self) -> Path:
        """The folder of data sets."""
        return self.folder / "datasets"

    @property
    def secure(self) -> bool:
        """Whether people reach the app by TLS."""
        return self.url.startswith("https://")
