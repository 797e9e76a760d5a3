"""Install a Python project and what its tests need, with uv and the project's own backend.

Everything is resolved and downloaded as wheels on this machine, which runs no downloaded code;
the project's build runs in a box without network. What the project forgot to declare is found by
collecting its tests in a box and looking missing imports up in a vetted map.
"""

import json
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable
from email.message import Message
from pathlib import Path

import msgspec
from packaging.utils import canonicalize_name

from etude.errors import TaskError
from etude.rollout.machine import WORKDIR, interpreter_mounts
from etude.sandbox import Box, Image, Mount, Sandbox, adopt
from etude.stages.swe.sources import fetch
from etude.stages.swe.toolchains._base import Installed, Layout, Toolchain
from etude.stages.swe.toolchains._environment import (
    entry_points,
    make_environment,
    read_metadata,
    site_packages,
    tidy,
    unpack_wheel,
    write_scripts,
)
from etude.stages.swe.toolchains._imports import DISTRIBUTIONS, FIXTURES
from etude.stages.swe.toolchains._index import install, resolve, resolve_what_can_be
from etude.stages.swe.toolchains._layout import read_layout, read_toml, table
from etude.stages.swe.toolchains._requirements import requirements_of_tests, run_requirements
from etude.stages.swe.toolchains._settings import kept_settings, plugins_of_addopts

BUILD_TARGET = "/etude/build.py"
BUILD_ENV_TARGET = "/etude/build-env"
BUILD_S = 600.0
PLUGINS_LEFT_OUT = {
    "pytest_cov", "xdist", "pytest_randomly", "pytest_rerunfailures", "pytest_sugar",
    "pytest_timeout", "pytest_html", "pytest_codspeed", "pytest_ruff", "pytest_black",
    "pytest_flake8", "pytest_mypy", "pytest_checkdocs", "pytest_enabler",
    "pytest_ignore_flaky", "pytest_perf", "pytest_picked", "pytest_testmon",
}  # fmt: skip
"""Plug-ins that change what is run, how often or in what order."""


class Needs(msgspec.Struct, frozen=True, kw_only=True):
    """What a project turned out to need beyond its own statements."""

    requirements: tuple[str, ...] = ()
    runner: str = "pytest"
    """Requirement of the test runner: which era of pytest the suite needs."""


class PythonToolchain(Toolchain, frozen=True, kw_only=True):
    """CPython, uv and pytest."""

    def layout(self, tree: Path) -> Layout:
        """Find the project's source and tests.

        Raises:
            ConfigError: There is no source or no test.
        """
        return read_layout(tree)

    async def install(
        self, tree: Path, env: Path, layout: Layout, sandbox: Sandbox, needs: Needs | None = None
    ) -> Installed:
        """Install the project and what its tests need into the folder `env`.

        Raises:
            TaskError: It cannot be installed; the message says why.
            SandboxError: The box failed.
        """
        needs = needs or Needs()
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        site = make_environment(env, python)
        metadata, notes = await self._install_project(tree, site, layout, sandbox, python)
        firm = [*run_requirements(metadata), *needs.requirements, needs.runner]
        wished = [*requirements_of_tests(tree, metadata), *plugins_of_addopts(tree)]
        own = canonicalize_name(layout.name)
        try:
            lock, more = resolve_what_can_be(firm, wished, python)
            lock = tuple(line for line in lock if line.partition("==")[0] != own)
            without_wheel = install(lock, site, python)
        except TaskError as error:
            raise TaskError(
                f"{layout.name} {layout.version}: what it needs cannot be had: {error}"
            ) from error
        for line in without_wheel:
            await self._install_sdist(line, site, sandbox, python)
        tidy(site)
        write_scripts(env, site)
        plugins = tuple(
            dict.fromkeys(
                value
                for _, _, value in entry_points(site, "pytest11")
                if value.partition(".")[0] not in PLUGINS_LEFT_OUT
            )
        )
        settings, args = kept_settings(tree)
        if any(value.startswith("pytest_benchmark") for value in plugins):
            args = (*args, "--benchmark-disable")
        adopt(env)
        return Installed(
            layout=layout,
            interpreter="cpython-" + ".".join(map(str, sys.version_info[:3])),
            lock=lock,
            plugins=plugins,
            settings=settings,
            args=args,
            notes=(*notes, *more),
        )

    async def _install_project(
        self, tree: Path, site: Path, layout: Layout, sandbox: Sandbox, python: str
    ) -> tuple[Message | None, tuple[str, ...]]:
        try:
            return await build(tree, site, sandbox, python, editable=True), ()
        except TaskError as error:
            metadata = _link(tree, site, layout)
            reason = str(error).strip().splitlines()[-1][:300]
            return metadata, (f"put on the path unbuilt, since its build failed: {reason}",)

    async def _install_sdist(self, line: str, site: Path, sandbox: Sandbox, python: str) -> None:
        with tempfile.TemporaryDirectory(prefix="etude-") as folder:
            source = fetch(f"pypi:{line}", Path(folder))
            await build(source.tree, site, sandbox, python, editable=False)


async def build(
    tree: Path, site: Path, sandbox: Sandbox, python: str, *, editable: bool
) -> Message:
    """Build a project in a box and unpack its wheel into `site`; return the wheel's metadata.

    An editable build puts what it compiles into `tree`.

    Raises:
        TaskError: The build failed.
        SandboxError: The box failed.
    """
    system = table(read_toml(tree / "pyproject.toml"), "build-system")
    requires = system.get("requires")
    needs = [str(r) for r in requires] if isinstance(requires, list) else ["setuptools", "wheel"]
    job = {
        "backend": str(system.get("build-backend") or "setuptools.build_meta:__legacy__"),
        "backend_path": list(map(str, _list(system.get("backend-path")))),
        "build_env": BUILD_ENV_TARGET,
        "out": "/tmp/wheel",  # noqa: S108  inside the box, whose /tmp is its own
        "editable": editable,
        "asked": False,
    }
    with tempfile.TemporaryDirectory(prefix="etude-") as folder:
        packages = Path(folder) / "build-env"
        packages.mkdir()
        install(resolve(needs, python), packages, python)
        adopt(tree)
        while True:
            image = Image(
                workspace=(tree,),
                workdir=WORKDIR,
                mounts=(
                    *interpreter_mounts(python),
                    Mount(source=packages, target=BUILD_ENV_TARGET),
                    Mount(source=Path(__file__).parent / "_build_in_box.py", target=BUILD_TARGET),
                ),
            )
            async with sandbox.open(image) as box:
                answer = await _ask(box, job)
                if more := _list(answer.get("needs")):
                    install(resolve([*needs, *map(str, more)], python), packages, python)
                    job["asked"] = True
                    continue
                return await _take(box, str(answer["wheel"]), Path(folder), tree, site)


async def _ask(box: Box, job: dict[str, object]) -> dict[str, object]:
    result = await box.run(
        ["/usr/bin/env", "CI=1", "/python/bin/python3", BUILD_TARGET],
        timeout_s=BUILD_S,
        stdin=json.dumps(job).encode(),
    )
    try:
        answer = json.loads(result.stdout.strip().rpartition("\n")[2])
    except json.JSONDecodeError:
        answer = {}
    if result.exit != 0 or not isinstance(answer, dict) or not {"needs", "wheel"} & set(answer):
        last = (result.stderr or result.stdout).strip().splitlines()[-1:] or ["no output"]
        raise TaskError(f"build failed: {last[0]}")
    return answer


async def _take(box: Box, name: str, folder: Path, tree: Path, site: Path) -> Message:
    await box.save("/tmp/wheel", folder / "wheel")  # noqa: S108  the box's own /tmp
    metadata = unpack_wheel(folder / "wheel" / Path(name).name, site)
    if any(tree.iterdir()):
        await box.save(WORKDIR, folder / "built")
        for path in ("build", "dist", ".eggs"):
            if not (tree / path).exists():
                shutil.rmtree(folder / "built" / path, ignore_errors=True)
        shutil.rmtree(tree)
        shutil.move(folder / "built", tree)
    return metadata


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []


def _link(tree: Path, site: Path, layout: Layout) -> Message | None:
    """Put an unbuilt project on the path, with as much metadata as its files state."""
    parents = {str(Path(WORKDIR, root).parent) for root in layout.source_roots}
    name = re.sub(r"[-_.]+", "_", layout.name)
    (site / f"__etude_{name}.pth").write_text("\n".join(sorted(parents)) + "\n")
    info = site / f"{name}-{layout.version}.dist-info"
    info.mkdir()
    stated = tree / "PKG-INFO"
    if stated.is_file():
        shutil.copyfile(stated, info / "METADATA")
    else:
        project = table(read_toml(tree / "pyproject.toml"), "project")
        lines = ["Metadata-Version: 2.1", f"Name: {layout.name}", f"Version: {layout.version}"]
        lines += [f"Requires-Dist: {line}" for line in _list(project.get("dependencies"))]
        (info / "METADATA").write_text("\n".join(lines) + "\n")
    for path in [*tree.glob("*.egg-info"), *tree.glob("src/*.egg-info")]:
        if (path / "entry_points.txt").is_file():
            shutil.copyfile(path / "entry_points.txt", info / "entry_points.txt")
    return read_metadata(info / "METADATA")


def wanted_by(messages: Iterable[str], project: str) -> tuple[str, ...]:
    """Return the requirements that would cure what test runs complained about.

    Only names of the vetted maps are taken; the project itself never is.
    """
    text = "\n".join(messages)
    found = {
        DISTRIBUTIONS.get(name.partition(".")[0], "")
        for name in re.findall(r"No module named '?([\w.]+)'?", text)
    }
    found |= {FIXTURES.get(name, "") for name in re.findall(r"fixture '(\w+)' not found", text)}
    if re.search(r"async def functions are not natively supported", text):
        found.add("pytest-asyncio")
    own = canonicalize_name(project)
    return tuple(sorted(r for r in found if r and canonicalize_name(r.split("<")[0]) != own))


def environment_site(env: Path, interpreter: str) -> Path:
    """Return the site-packages folder of a prepared environment."""
    return site_packages(env, ".".join(interpreter.removeprefix("cpython-").split(".")[:2]))
