"""The image a codebase's boxes are opened on: its files, its environment and the interpreter."""

import shutil
import subprocess
import sys
from pathlib import Path

from etude.errors import ConfigError
from etude.rollout.suites.pytest import PYTEST_TARGET, runner_mount
from etude.sandbox import Image, Mount
from etude.store.codebases import Prepared

WORKDIR = "/workspace"
ENV_TARGET = "/env"
PYTHON_TARGET = "/python"
BYTECODE_TARGET = "/bytecode"


def interpreter_prefix(version: str) -> Path:
    """Return the folder of an installed CPython of the same minor version, such as `3.11`.

    Raises:
        ConfigError: This machine has none.
    """
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return Path(sys.base_prefix).resolve()
    if program := shutil.which(f"python{version}"):
        found = subprocess.run(
            [program, "-I", "-c", "import sys; print(sys.base_prefix)"],
            capture_output=True,
            text=True,
            check=False,
        )
        if found.returncode == 0:
            return Path(found.stdout.strip()).resolve()
    raise ConfigError(
        f"this codebase was prepared for Python {version}, which is not on PATH; "
        f"install it (for example `uv python install {version}`) and try again"
    )


def interpreter_mounts(version: str) -> tuple[Mount, ...]:
    """Return the mounts that bring the interpreter into a box, at one place on every machine."""
    prefix = interpreter_prefix(version)
    mounts = [Mount(source=prefix, target=PYTHON_TARGET)]
    # An interpreter built with a shared library looks for it below its own prefix.
    # Only the library itself: the folder beside it may hold copies of the project.
    if prefix != Path("/usr"):
        libraries = sorted((prefix / "lib").glob("libpython*.so*"))
        mounts += [Mount(source=found.resolve(), target=str(found)) for found in libraries]
    return tuple(mounts)


def image_of(
    prepared: Prepared, *, changes: Path | None = None, for_grading: bool = False
) -> Image:
    """Return the image of a codebase's box.

    Args:
        prepared: The codebase as it lies in the store.
        changes: A folder laid over the healthy tree, such as the broken files.
        for_grading: Adds what only the grader's boxes hold: our test runner, and the bytecode of
            the healthy tree, which would give an agent the answer.
    """
    version = ".".join(prepared.codebase.interpreter.removeprefix("cpython-").split(".")[:2])
    mounts = [*interpreter_mounts(version), Mount(source=prepared.env, target=ENV_TARGET)]
    if for_grading:
        mounts.append(runner_mount())
        if prepared.codebase.own_modules:
            mounts.append(Mount(source=prepared.pytest, target=PYTEST_TARGET))
        if prepared.bytecode.is_dir():
            mounts.append(Mount(source=prepared.bytecode, target=BYTECODE_TARGET))
    layers = (changes, prepared.source) if changes else (prepared.source,)
    return Image(
        workspace=layers,
        workdir=WORKDIR,
        mounts=tuple(mounts),
        env={"PATH": f"{ENV_TARGET}/bin:/usr/bin:/bin", "VIRTUAL_ENV": ENV_TARGET},
    )
