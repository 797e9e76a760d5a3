"""An environment with pytest and nothing else."""

from pathlib import Path

import pytest

from etude.stages.swe.prepare import PYTHON
from etude.stages.swe.toolchains._environment import make_environment
from etude.stages.swe.toolchains._index import install, resolve


@pytest.fixture(scope="session")
def env(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the environment."""
    folder = tmp_path_factory.mktemp("env") / "env"
    install(resolve(["pytest"], PYTHON), make_environment(folder, PYTHON), PYTHON)
    return folder
