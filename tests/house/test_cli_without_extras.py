"""The command line lists itself without any extra, and says which one a command needs."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from etude.cli import COMMANDS, main

BLOCK = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name.split(".")[0])
BLOCKED = {"libcst", "jinja2", "openai", "pypi_simple", "packaging", "pyseccomp", "uv", "numpy"}
sys.meta_path.insert(0, Missing())
from etude.cli import main
main(sys.argv[1:])
"""


def without_extras(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BLOCK, *arguments], capture_output=True, text=True, check=False
    )


def test_help_lists_every_command_from_the_table() -> None:
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    for name, entry in COMMANDS.items():
        assert f"{name} " in result.output
        assert entry.help in result.output


def test_help_and_data_need_no_extra() -> None:
    assert without_extras("--help").returncode == 0
    assert without_extras("--version").returncode == 0
    assert without_extras("data", "show", "--help").returncode == 0


@pytest.mark.parametrize("name", [name for name, entry in COMMANDS.items() if entry.extra])
def test_a_command_without_its_extra_names_it_or_still_explains_itself(name: str) -> None:
    done = without_extras(name, "--help")
    if done.returncode:
        assert done.returncode == 2
        assert f"pip install 'etude[{COMMANDS[name].extra}]'" in done.stderr
        assert "Traceback" not in done.stderr
    else:
        assert "Usage" in done.stdout
