"""A populated installation on each database."""

import pytest
from tests.web.installation import Installation
from tests.web.security.populated import World, populate


@pytest.fixture
def world(installation: Installation) -> World:
    """Two teams with everything in it."""
    return populate(installation)
