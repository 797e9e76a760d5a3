"""Where a Python project keeps its source and its tests, read from its files alone."""

import configparser
import email.parser
import re
import tomllib
from pathlib import Path

from etude.errors import ConfigError
from etude.stages.swe.sources import walk
from etude.stages.swe.toolchains._base import Layout

NOT_SOURCE = {
    "tests", "test", "testing", "docs", "doc", "examples", "example", "benchmarks", "benchmark",
    "scripts", "tools", "build", "dist", "docs_src", "ci", "bin", "misc", "perf", "requirements",
    "fuzz", "fuzzing", "contrib", "changelog.d", "artwork", "release", "exercises", "bench",
    "notebooks", "samples", "demo", "demos", "t", "stubs", "typings", "profiling", "conda",
}  # fmt: skip
NOT_MODULES = {
    "setup.py", "conftest.py", "noxfile.py", "tasks.py", "hatch_build.py", "build.py",
    "runtests.py", "fabfile.py", "versioneer.py", "ez_setup.py", "bootstrap.py", "conf.py",
    "pavement.py", "make.py", "release.py", "manage.py", "dodo.py", "duties.py",
}  # fmt: skip
VENDORED = {"_vendor", "vendor", "_vendored", "third_party", "extern"}
TEST_FILE = re.compile(r"(test_.*|.*_test|tests?|test.*_tests?)\.py$")


def read_layout(tree: Path) -> Layout:
    """Find a project's source roots and tests.

    Raises:
        ConfigError: There is no Python source, or no test.
    """
    facts = read_metadata(tree)
    name = facts.get("name") or tree.name
    roots = _source_roots(tree, name)
    if not roots:
        raise ConfigError(f"{name}: no Python source found below {tree.name}")
    tests = _test_paths(tree, roots)
    if not tests:
        raise ConfigError(
            f"{name} {facts.get('version', '')}: carries no tests "
            f"(no tests folder and no test_*.py in this source)"
        )
    return Layout(
        name=name,
        version=facts.get("version") or "0",
        summary=facts.get("summary", ""),
        homepage=facts.get("homepage", ""),
        licence=facts.get("licence", ""),
        source_roots=roots,
        test_paths=tests,
        n_source_lines=sum(_n_lines(path) for path in source_files(tree, roots)),
    )


def source_files(tree: Path, roots: tuple[str, ...]) -> list[Path]:
    """Return the project's own Python files: below its roots, neither test nor vendored code."""
    found = []
    for root in roots:
        top = tree / root
        for path in [top] if top.is_file() else walk(top):
            inner = path.relative_to(top.parent).parts[:-1]
            if path.suffix != ".py" or VENDORED & set(inner):
                continue
            if not is_test(path.relative_to(top.parent).as_posix()):
                found.append(path)
    return found


def is_test(path: str) -> bool:
    """Whether a path is that of test code: in a tests folder, or named like a test file."""
    *folders, name = path.split("/")
    if any(folder in ("tests", "test", "testing", "_tests") for folder in folders):
        return True
    return name == "conftest.py" or TEST_FILE.match(name) is not None


def read_toml(path: Path) -> dict[str, object]:
    """Return a TOML file as a table; empty when it is missing or broken."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8", errors="replace"))
    except (OSError, tomllib.TOMLDecodeError):
        return {}


def table(value: object, *keys: str) -> dict[str, object]:
    """Return the table below `keys`; empty where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def read_ini(path: Path) -> configparser.RawConfigParser:
    """Return an INI file; empty when it is missing or broken."""
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(path.read_text(encoding="utf-8", errors="replace"))
    except (OSError, configparser.Error):
        return configparser.RawConfigParser()
    return parser


def read_metadata(tree: Path) -> dict[str, str]:
    """Return name, version, summary, homepage and licence, as far as the files state them."""
    facts: dict[str, str] = {}
    project = table(read_toml(tree / "pyproject.toml"), "project")
    poetry = table(read_toml(tree / "pyproject.toml"), "tool", "poetry")
    ini = read_ini(tree / "setup.cfg")
    for source in (project, poetry, dict(ini["metadata"]) if ini.has_section("metadata") else {}):
        for key, names in {
            "name": ("name",),
            "version": ("version",),
            "summary": ("description", "summary"),
            "licence": ("license",),
        }.items():
            for field in names:
                value = source.get(field)
                if isinstance(value, dict):
                    value = value.get("text")
                if isinstance(value, str) and value and "attr:" not in value:
                    facts.setdefault(key, value.strip().splitlines()[0])
    facts.update(_pkg_info(tree / "PKG-INFO"))
    if "name" not in facts:
        text = _text(tree / "setup.py")
        for key in ("name", "version"):
            if found := re.search(rf"\b{key}\s*=\s*['\"]([\w.\-]+)['\"]", text):
                facts.setdefault(key, found[1])
    return facts


def _pkg_info(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    message = email.parser.HeaderParser().parsestr(_text(path))
    licence = message.get("License-Expression") or (message.get("License") or "").strip()
    licence = "" if licence == "UNKNOWN" else licence
    if not licence or "\n" in licence or len(licence) > 60:
        classifiers = message.get_all("Classifier") or []
        licence = next(
            (c.rpartition(":: ")[2] for c in classifiers if c.startswith("License ::")),
            licence[:60],
        )
    homepage = message.get("Home-page") or ""
    for line in message.get_all("Project-URL") or []:
        label, _, url = line.partition(",")
        if label.strip().lower() in ("homepage", "source", "repository", "source code", "github"):
            homepage = homepage or url.strip()
    facts = {
        "name": message.get("Name") or "",
        "version": message.get("Version") or "",
        "summary": message.get("Summary") or "",
        "homepage": homepage,
        "licence": licence.splitlines()[0] if licence else "",
    }
    return {key: value for key, value in facts.items() if value and value != "UNKNOWN"}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _n_lines(path: Path) -> int:
    return sum(1 for line in _text(path).splitlines() if line.strip() and line.strip()[0] != "#")


def _source_roots(tree: Path, name: str) -> tuple[str, ...]:
    for base in ("src", "lib", "python", "."):
        folder = tree / base
        if not folder.is_dir():
            continue
        found = [
            path.relative_to(tree).as_posix()
            for path in sorted(folder.iterdir())
            if _is_root(path, base)
        ]
        if found:
            return _prefer(found, name)
    return ()


def _is_root(path: Path, base: str) -> bool:
    if path.name.startswith(".") or path.is_symlink() or path.name.endswith(".egg-info"):
        return False
    if path.is_dir():
        if base == "." and path.name in NOT_SOURCE:
            return False
        has_code = (path / "__init__.py").is_file() or (
            # A namespace package has no __init__.py of its own.
            base != "." and any(path.glob("*/__init__.py"))
        )
        return has_code and not is_test(path.name + "/x.py")
    if path.suffix != ".py" or path.name in NOT_MODULES:
        return False
    return not is_test(path.name)


def _prefer(found: list[str], name: str) -> tuple[str, ...]:
    """Where the project's own name is among the roots of a flat layout, strangers are dropped."""
    flat = re.sub(r"[-_.]", "", name.lower())
    mine = [f for f in found if re.sub(r"[-_.]|\.py$", "", Path(f).stem.lower()) == flat]
    packages = [f for f in found if not f.endswith(".py")]
    if mine and not found[0].startswith(("src/", "lib/", "python/")):
        return tuple(dict.fromkeys([*mine, *packages]))
    return tuple(found)


def _holds_tests(folder: Path) -> bool:
    return any(TEST_FILE.match(path.name) for path in walk(folder))


def _test_paths(tree: Path, roots: tuple[str, ...]) -> tuple[str, ...]:
    for name in ("tests", "test", "testing", "t"):
        if (tree / name).is_dir() and _holds_tests(tree / name):
            return (name,)
    inner = []
    for root in roots:
        top = tree / root
        if top.is_dir():
            inner += [p for p in sorted(top.rglob("*")) if p.is_dir() and p.name in _INNER]
    kept = [p for p in inner if _holds_tests(p) and not any(q in p.parents for q in inner)]
    if kept:
        return tuple(p.relative_to(tree).as_posix() for p in kept)
    loose = sorted(p.name for p in tree.glob("*.py") if TEST_FILE.match(p.name))
    if not loose:
        loose = [
            p.relative_to(tree).as_posix()
            for root in roots
            if (tree / root).is_dir()
            for p in walk(tree / root)
            if TEST_FILE.match(p.name) and p.name.startswith("test_")
        ]
    return tuple(loose) or _rare_test_paths(tree, roots)


def _rare_test_paths(tree: Path, roots: tuple[str, ...]) -> tuple[str, ...]:
    """Return a tests folder beside the packages, else files in them that are called for tests."""
    beside = sorted({(Path(root).parent / name).as_posix() for root in roots for name in _INNER})
    for path in beside:
        if (tree / path).is_dir() and _holds_tests(tree / path):
            return (path,)
    return tuple(
        (Path(root) / name).as_posix()
        for root in roots
        for name in ("test.py", "tests.py")
        if (tree / root / name).is_file()
    )


_INNER = {"tests", "test", "_tests"}
