"""Source and tests are found in the layouts that projects use."""

from pathlib import Path

import pytest

from etude.errors import ConfigError
from etude.stages.swe.toolchains._layout import read_layout, source_files
from etude.stages.swe.toolchains._settings import kept_settings, plugins_of_addopts

LAYOUTS = {
    "src": (["src/proj/__init__.py", "tests/test_a.py"], ("src/proj",), ("tests",)),
    "flat": (["proj/__init__.py", "docs/conf.py", "tests/test_a.py"], ("proj",), ("tests",)),
    "one module": (["proj.py", "test_proj.py", "setup.py"], ("proj.py",), ("test_proj.py",)),
    "tests inside": (
        ["proj/__init__.py", "proj/test/__init__.py", "proj/test/test_a.py"],
        ("proj",),
        ("proj/test",),
    ),
    "lib": (["lib/proj/__init__.py", "test/a_test.py"], ("lib/proj",), ("test",)),
    "stray module": (
        ["proj/__init__.py", "helper.py", "tests/test_a.py"],
        ("proj",),
        ("tests",),
    ),
    "tests beside the packages": (
        ["src/proj/__init__.py", "src/tests/__init__.py", "src/tests/test_a.py"],
        ("src/proj",),
        ("src/tests",),
    ),
    "one file inside": (["proj/__init__.py", "proj/test.py"], ("proj",), ("proj/test.py",)),
    "namespace": (["src/org/proj/__init__.py", "tests/test_a.py"], ("src/org",), ("tests",)),
}


def lay_out(folder: Path, names: list[str]) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x = 1\n")
    (folder / "pyproject.toml").write_text("[project]\nname = 'proj'\nversion = '2.1'\n")


@pytest.mark.parametrize("name", LAYOUTS)
def test_layout(name: str, tmp_path: Path) -> None:
    names, roots, tests = LAYOUTS[name]
    lay_out(tmp_path, names)
    layout = read_layout(tmp_path)
    assert (layout.name, layout.version) == ("proj", "2.1")
    assert layout.source_roots == roots
    assert layout.test_paths == tests


def test_tests_and_vendored_code_are_not_the_projects_source(tmp_path: Path) -> None:
    lay_out(
        tmp_path,
        ["proj/__init__.py", "proj/_vendor/x.py", "proj/tests/test_a.py", "proj/conftest.py"],
    )
    files = source_files(tmp_path, ("proj",))
    assert [file.name for file in files] == ["__init__.py"]


@pytest.mark.parametrize(
    ("lines", "licence"),
    [
        ("License-Expression: MIT\n", "MIT"),
        ("License: UNKNOWN\nClassifier: License :: OSI Approved :: BSD License\n", "BSD License"),
        ("License: Apache-2.0\n", "Apache-2.0"),
        ("", ""),
    ],
)
def test_the_licence_is_read_where_the_project_states_it(
    lines: str, licence: str, tmp_path: Path
) -> None:
    lay_out(tmp_path, ["proj/__init__.py", "tests/test_a.py"])
    head = "Metadata-Version: 2.4\nName: proj\nVersion: 2.2\n"
    (tmp_path / "PKG-INFO").write_text(f"{head}{lines}\nText.\n")
    layout = read_layout(tmp_path)
    assert (layout.version, layout.licence) == ("2.2", licence)


def test_a_project_without_tests_is_refused(tmp_path: Path) -> None:
    lay_out(tmp_path, ["proj/__init__.py"])
    with pytest.raises(ConfigError, match=r"proj 2\.1: carries no tests"):
        read_layout(tmp_path)


def test_only_settings_without_which_tests_do_not_run_are_kept(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        "[tool.pytest.ini_options]\n"
        "addopts = ['--cov', '--import-mode=importlib', '-x', '-m', 'not stress',"
        " '--ignore', 'a']\n"
        "filterwarnings = ['error']\n"
        "asyncio_mode = 'auto'\n"
        "python_files = ['check_*.py', 'test_*.py']\n"
    )
    settings, args = kept_settings(tmp_path)
    assert settings == ("asyncio_mode=auto", "python_files='check_*.py' 'test_*.py'")
    assert args == ("--import-mode=importlib", "-m not stress", "--ignore=a")
    assert plugins_of_addopts(tmp_path) == ("pytest-cov",)


def test_a_project_without_options_of_its_own_keeps_none(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\npython_files = check_*.py\n", "utf-8")
    assert kept_settings(tmp_path) == (("python_files=check_*.py",), ())
