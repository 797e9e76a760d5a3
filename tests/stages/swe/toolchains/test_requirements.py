"""Test dependencies are found wherever a project writes them down."""

from email.message import Message
from pathlib import Path

import pytest

from etude.stages.swe.toolchains._requirements import requirements_of_tests
from etude.stages.swe.toolchains.python import wanted_by

PLACES = {
    "an extra": ("pyproject.toml", "[project.optional-dependencies]\ntests = ['freezegun>=1']\n"),
    "a dependency group": ("pyproject.toml", "[dependency-groups]\ntest = ['freezegun>=1']\n"),
    "an included group": (
        "pyproject.toml",
        "[dependency-groups]\nbase = ['freezegun>=1']\ntest = [{include-group = 'base'}]\n",
    ),
    "a development group": ("pyproject.toml", "[dependency-groups]\ndev = ['freezegun>=1']\n"),
    "hatch": ("pyproject.toml", "[tool.hatch.envs.test]\ndependencies = ['freezegun>=1']\n"),
    "poetry": ("pyproject.toml", "[tool.poetry.group.test.dependencies]\nfreezegun = '^1'\n"),
    "pdm": ("pyproject.toml", "[tool.pdm.dev-dependencies]\ntest = ['freezegun>=1']\n"),
    "tox": ("tox.ini", "[testenv]\ndeps =\n  freezegun>=1\n"),
    "tox by environment": ("tox.ini", "[testenv]\ndeps =\n  py{311,312}: freezegun>=1\n"),
    "nox": ("noxfile.py", "def tests(session):\n    session.install('freezegun>=1')\n"),
    "setup.cfg": ("setup.cfg", "[options.extras_require]\ntest =\n  freezegun>=1\n"),
    "setup.py": ("setup.py", "from x import setup\nsetup(tests_require=['freezegun>=1'])\n"),
    "a requirements file": ("test-requirements.txt", "freezegun>=1  # frozen\n"),
    "a requirements folder": ("requirements/tests.in", "freezegun>=1\n"),
    "a file in the tests": ("tests/requirements.txt", "freezegun>=1\n"),
}


@pytest.mark.parametrize("place", PLACES)
def test_requirements_are_found_in(place: str, tmp_path: Path) -> None:
    name, text = PLACES[place]
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    found = requirements_of_tests(tmp_path, None)
    assert [line.partition(">")[0] for line in found] == ["freezegun"]


def test_places_meant_for_tests_come_before_those_for_all_of_development(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        "[dependency-groups]\ntest = ['mock']\ndev = ['sphinx', 'numpy']\n"
    )
    assert requirements_of_tests(tmp_path, None) == ["mock"]


def test_tools_urls_markers_and_options_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "test-requirements.txt").write_text(
        "ruff\ntox\n-e .\nx @ https://example.org/x.whl\nmock; python_version < '3'\nsix\n"
    )
    assert requirements_of_tests(tmp_path, None) == ["six"]


def test_an_extra_that_names_the_project_itself_is_opened(tmp_path: Path) -> None:
    metadata = Message()
    metadata["Name"] = "proj"
    metadata["Requires-Dist"] = "lxml ; extra == 'xml'"
    (tmp_path / "pyproject.toml").write_text("[dependency-groups]\ntest = ['proj[xml]']\n")
    assert requirements_of_tests(tmp_path, metadata) == ["lxml"]


def test_missing_imports_are_looked_up_and_never_guessed() -> None:
    complaints = [
        "ModuleNotFoundError: No module named 'yaml.reader'",
        "No module named 'railroad'",
        "No module named 'some_private_thing'",
        "fixture 'mocker' not found",
        "No module named 'attr'",
    ]
    assert wanted_by(complaints, "attrs") == ("pytest-mock", "pyyaml", "railroad-diagrams")
