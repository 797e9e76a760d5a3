"""One small project of ours, prepared once for all flows."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from etude.cli import main

collect_ignore = ["ledger"]
"""A project of its own, run in boxes and not here."""
LEDGER = Path(__file__).parent / "ledger"


@pytest.fixture(scope="session")
def ledger() -> Path:
    """The folder of the small project."""
    return LEDGER


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home for prepared codebases that the whole session shares."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ETUDE_HOME", str(folder))
        patch.setenv("ETUDE_TEST_SECRET", "not for boxes")
        yield folder


def etude(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture(scope="session")
def made(home: Path, ledger: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    assert home.is_dir()
    target = tmp_path_factory.mktemp("made") / "tasks"
    result = etude("swe", "make", ledger, "--out", target, "--limit", "6", "--seed", "3")
    assert result.exit_code == 0, result.output
    return target
