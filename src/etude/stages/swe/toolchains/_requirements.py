"""What a Python project's tests need, wherever the project writes it down.

Projects name their test dependencies in extras, dependency groups (PEP 735), requirements files,
tox, nox, hatch, poetry and pdm tables; installing an extra that does not exist is silent, so each
place is read.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from email.message import Message
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from etude.stages.swe.toolchains._layout import read_ini, read_toml, table

FIRST = ("test", "tests", "testing", "unittest", "unit", "pytest", "test-dev", "tests-core")
SECOND = ("dev", "develop", "development", "all", "ci")
NEEDLESS = {
    "tox", "nox", "pre-commit", "ruff", "black", "isort", "flake8", "mypy", "pyright", "pylint",
    "sphinx", "furo", "twine", "build", "coverage", "codecov",
    "coveralls", "mkdocs", "mkdocs-material", "bumpversion", "bump2version", "wheel", "pip",
    "virtualenv", "check-manifest", "pytest-randomly", "pytest-rerunfailures", "pytest-sugar",
    "pytest-codspeed", "pytest-black", "pytest-flake8", "pytest-mypy", "pytest-ruff",
    "pytest-checkdocs", "pytest-enabler", "jaraco-packaging", "sphinx-lint", "rst-linker",
    "sphinx-rtd-theme", "sphinx-autobuild", "myst-parser", "towncrier", "zest-releaser",
    "pytest-html", "basedpyright", "ty", "pyrefly", "tox-uv", "covdefaults", "cython-lint",
    "pytest-mypy-plugins", "uv", "hatch", "poetry", "pdm", "commitizen", "interrogate", "xdoctest",
    "sphinx-copybutton", "sphinx-inline-tabs", "pyroma", "bandit", "safety", "semgrep", "ipdb",
    "ipython", "jupyter", "notebook", "pytest-benchmark-compare", "mutmut", "cosmic-ray", "pympler",
    "atheris", "blurb", "cogapp", "doc8", "darglint", "docformatter", "pyupgrade", "pydocstyle",
    "types-setuptools", "mypy-extensions", "pytest-perf", "pytest-ignore-flaky", "pytest-home",
}  # fmt: skip
"""Tools that check, build or publish; the tests run without them."""


def requirements_of_tests(tree: Path, metadata: Message | None) -> list[str]:
    """Return the requirements that the project's files state for its tests, cleaned.

    The most specific places come first; places meant for all of development are read only when no
    place is meant for tests.
    """
    for names in (FIRST, SECOND):
        found = list(_clean(_stated(tree, metadata, names), metadata))
        if found:
            return list(dict.fromkeys(found))
    return []


def run_requirements(metadata: Message | None, extras: Iterable[str] = ()) -> list[str]:
    """Return what the project itself needs to run, with those of some extras."""
    found = []
    for line in (metadata.get_all("Requires-Dist") if metadata else None) or []:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            requirement.marker = None
            found.append(str(requirement))
    return found


def _stated(tree: Path, metadata: Message | None, names: tuple[str, ...]) -> Iterator[str]:
    pyproject = read_toml(tree / "pyproject.toml")
    yield from _extras(pyproject, metadata, names)
    groups = table(pyproject, "dependency-groups")
    for name in groups:
        if name.lower() in names:
            yield from _group(groups, name, 0)
    for tool in ("poetry", "pdm"):
        yield from _tool_groups(table(pyproject, "tool", tool), names)
    yield from _hatch(table(pyproject, "tool", "hatch", "envs"), names)
    ini = read_ini(tree / "setup.cfg")
    if ini.has_section("options.extras_require"):
        for name, value in ini["options.extras_require"].items():
            if name.lower() in names:
                yield from value.splitlines()
    if "test" in names:
        yield from ini.get("options", "tests_require", fallback="").splitlines()
        yield from _tox(tree)
        yield from _calls(tree / "noxfile.py", "install")
    yield from _setup_py(tree / "setup.py", names)
    for path in _requirement_files(tree, names):
        yield from _file(path, 0)


def _extras(
    pyproject: dict[str, object], metadata: Message | None, names: tuple[str, ...]
) -> Iterator[str]:
    stated = table(pyproject, "project", "optional-dependencies")
    for name, lines in stated.items():
        if name.lower() in names and isinstance(lines, list):
            yield from map(str, lines)
    if metadata and not stated:
        extras = [e for e in metadata.get_all("Provides-Extra") or [] if e.lower() in names]
        base = set(run_requirements(metadata))
        yield from (r for r in run_requirements(metadata, extras) if r not in base)


def _group(groups: dict[str, object], name: str, depth: int) -> Iterator[str]:
    lines = groups.get(name)
    for line in lines if isinstance(lines, list) else []:
        if isinstance(line, str):
            yield line
        elif isinstance(line, dict) and depth < 5:
            yield from _group(groups, str(line.get("include-group", "")), depth + 1)


def _tool_groups(tool: dict[str, object], names: tuple[str, ...]) -> Iterator[str]:
    old = tool.get("dev-dependencies")
    if isinstance(old, dict) and "dev" in names:
        yield from _poetry(old)
    for name, group in table(tool, "group").items():
        if name.lower() in names:
            yield from _poetry(table(group, "dependencies"))
    for name, lines in table(tool, "dev-dependencies").items():
        if name.lower() in names and isinstance(lines, list):
            yield from map(str, lines)


def _poetry(lines: dict[str, object]) -> Iterator[str]:
    # Poetry's version syntax is its own; the lock pins what is found anyway.
    yield from (name for name in lines if name != "python")


def _hatch(envs: dict[str, object], names: tuple[str, ...]) -> Iterator[str]:
    for name, env in envs.items():
        if name.lower() in (*names, "hatch-test"):
            for key in ("dependencies", "extra-dependencies"):
                lines = table(env).get(key)
                yield from map(str, lines if isinstance(lines, list) else [])


def _tox(tree: Path) -> Iterator[str]:
    ini = read_ini(tree / "tox.ini")
    for section in ini.sections():
        if section.startswith("testenv") and not re.search(r"lint|doc|type|mypy|cov|rel", section):
            for line in ini.get(section, "deps", fallback="").splitlines():
                # `py311: pytest` names an environment before the colon.
                yield line.rpartition(": ")[2] if re.match(r"[\w{},.!-]+: ", line) else line


def _calls(path: Path, method: str) -> Iterator[str]:
    for node in ast.walk(_parse(path)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr == method:
            yield from _strings(ast.List(elts=list(node.args)))


def _setup_py(path: Path, names: tuple[str, ...]) -> Iterator[str]:
    for node in ast.walk(_parse(path)):
        if isinstance(node, ast.keyword) and node.arg == "tests_require" and "test" in names:
            yield from _strings(node.value)
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in names:
                    yield from _strings(value)


def _strings(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        for element in node.elts:
            if isinstance(element, ast.Constant) and isinstance(element.value, str):
                yield element.value


def _parse(path: Path) -> ast.AST:
    try:
        return ast.parse(path.read_text(encoding="utf-8", errors="replace"))
    except (OSError, SyntaxError, ValueError):
        return ast.Module(body=[], type_ignores=[])


def _requirement_files(tree: Path, names: tuple[str, ...]) -> list[Path]:
    found = []
    for folder in (tree, tree / "requirements", tree / "tests", tree / "test"):
        for path in sorted(folder.glob("*.txt")) + sorted(folder.glob("*.in")):
            words = set(re.split(r"[-_.]", path.stem.lower()))
            stated = folder.name == "requirements" or "requirements" in words or "reqs" in words
            in_tests = folder.name in ("tests", "test") and "test" in names
            if stated and (words & set(names) or in_tests):
                found.append(path)
    return found


def _file(path: Path, depth: int) -> Iterator[str]:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        if found := re.match(r"(?:-r|--requirement)[ =]?(\S+)", line.strip()):
            inner = path.parent / found[1]
            if depth < 3 and path.parent.parent in (inner.parent, inner.parent.parent):
                yield from _file(inner, depth + 1)
        else:
            yield line


def _clean(lines: Iterable[str], metadata: Message | None) -> Iterator[str]:
    own = canonicalize_name(metadata.get("Name") or "" if metadata else "")
    for line in lines:
        text = re.split(r"(?:^|\s)#|\s--hash|;\s*extra", line)[0].strip().rstrip("\\").strip()
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        if canonicalize_name(requirement.name) == own:
            yield from run_requirements(metadata, requirement.extras)
        elif requirement.url is None and canonicalize_name(requirement.name) not in NEEDLESS:
            requirement.marker = None
            yield str(requirement)
