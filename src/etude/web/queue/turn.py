"""Turn: a writing transaction that is tried again where the database says that two collided."""

import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import OperationalError

from etude.errors import ConfigError
from etude.web.database import CollidedError, Database, Transaction

_TRIES = 6
_FIRST_WAIT_S = 0.01
T = TypeVar("T")


def in_turn(database: Database, work: Callable[[Transaction], T]) -> T:
    """Do some work in a writing transaction; do it anew where it collided with another's.

    Args:
        database: Where.
        work: What to do. It may run more than once, so it touches nothing but the database.

    Raises:
        ConfigError: It collided every time.
    """
    for attempt in range(_TRIES):
        try:
            with database.write() as tx:
                return work(tx)
        except (CollidedError, OperationalError) as error:
            collided = error
            time.sleep(_FIRST_WAIT_S * 2**attempt)
    raise ConfigError("too many people do this at once; try again in a moment") from collided
