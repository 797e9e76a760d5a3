"""Data of a life that is as small as can be."""

import pytest
from tests.value.life._small import TINY, silent

from etude.value.life.matter import Matter, make_matter


@pytest.fixture(scope="session")
def matter(tmp_path_factory: pytest.TempPathFactory) -> Matter:
    return make_matter(TINY, tmp_path_factory.mktemp("matter"), silent)
