"""What the tests of problems share."""

import pytest

from etude.errors import ConfigError
from etude.sandbox import Sandbox, sandboxes


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    """The sandbox that isolates where this machine can, else plain processes."""
    made = sandboxes.make("bubblewrap")
    try:
        made.check()
    except ConfigError:
        return sandboxes.make("local")
    return made
