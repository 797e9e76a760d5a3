"""Which of a project's own pytest settings are kept: those without which its tests do not run."""

import re
import shlex
from itertools import zip_longest
from pathlib import Path

from etude.stages.swe.toolchains._layout import read_ini, read_toml, table

KEPT = {
    "python_files", "python_classes", "python_functions", "pythonpath", "asyncio_mode",
    "asyncio_default_fixture_loop_scope", "anyio_mode", "trio_mode", "usefixtures",
    "consider_namespace_packages", "xfail_strict",
}  # fmt: skip
"""Never `addopts`, `filterwarnings`, coverage or time-outs: those steer the run itself."""


def kept_settings(tree: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the kept settings as `name=value`, and arguments that stand in for `addopts`."""
    found = _own_settings(tree)
    settings = tuple(
        f"{name}={value}" for name, value in sorted(found.items()) if name in KEPT and value
    )
    return settings, _kept_options(found.get("addopts", ""))


def _kept_options(addopts: str) -> tuple[str, ...]:
    """Return the options that say which tests are the suite, such as `-m "not stress"`."""
    try:
        words = shlex.split(addopts)
    except ValueError:
        return ()
    kept = []
    for word, value in zip_longest(words, words[1:], fillvalue=""):
        name, equals, _ = word.partition("=")
        if word == "-m" and value:
            kept.append(f"-m {value}")
        elif name in _KEPT_OPTIONS:
            kept.append(word if equals else f"{word}={value}")
    return tuple(kept)


_KEPT_OPTIONS = {"--import-mode", "--ignore", "--ignore-glob"}


def plugins_of_addopts(tree: Path) -> tuple[str, ...]:
    """Return the plug-ins without which the project's own `addopts` are refused by pytest.

    Our runs ignore `addopts`; an agent that types `pytest` does not.
    """
    addopts = _own_settings(tree).get("addopts", "")
    return tuple(name for pattern, name in _OPTIONS if re.search(pattern, addopts))


_OPTIONS = (
    (r"--cov\b|--no-cov", "pytest-cov"),
    (r"(^|\s)-n[ =]?(\d|auto)|--numprocesses|--dist\b", "pytest-xdist"),
    (r"--timeout", "pytest-timeout"),
    (r"--benchmark", "pytest-benchmark"),
    (r"--asyncio-mode", "pytest-asyncio"),
    (r"--randomly", "pytest-randomly"),
    (r"--reruns", "pytest-rerunfailures"),
)
"""Option -> the plug-in that brings it."""


def _own_settings(tree: Path) -> dict[str, str]:
    for name, section in (("pytest.ini", "pytest"), (".pytest.ini", "pytest")):
        ini = read_ini(tree / name)
        if ini.has_section(section):
            return dict(ini[section])
    pyproject = table(read_toml(tree / "pyproject.toml"), "tool", "pytest")
    stated = table(pyproject, "ini_options") or pyproject
    if stated:
        return {name: _flat(value) for name, value in stated.items()}
    for name, section in (("tox.ini", "pytest"), ("setup.cfg", "tool:pytest")):
        ini = read_ini(tree / name)
        if ini.has_section(section):
            return dict(ini[section])
    return {}


def _flat(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return shlex.join(map(str, value))
    return str(value)
