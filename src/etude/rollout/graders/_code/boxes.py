"""The boxes that programs run in: small, with an interpreter and nothing else."""

import contextlib
import py_compile
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from etude.errors import SandboxError, blame
from etude.rollout.machine import PYTHON_TARGET, interpreter_mounts
from etude.sandbox import Image, Mount, Sandbox, adopt

_IN_BOX = Path(__file__).parent / "in_box"
_TARGET = "/etude"
PYTHON = f"{PYTHON_TARGET}/bin/python{sys.version_info.major}.{sys.version_info.minor}"
_BESIDE_BYTES = 256 << 20
"""What the processes of the grader may use beside those of the program."""


def start_command(module: str) -> list[str]:
    """Return what runs a module of ours in a box; nothing that lies in the box is imported."""
    code = f"import sys; sys.path.append('{_TARGET}'); from in_box.{module} import main; main()"
    return [PYTHON, "-s", "-P", "-S", "-B", "-c", code]


def bounded(sandbox: Sandbox, memory_bytes: int) -> Sandbox:
    """Return a sandbox whose boxes are as small as one program needs."""
    limits = msgspec.structs.replace(
        sandbox.limits,
        memory_bytes=min(sandbox.limits.memory_bytes, memory_bytes + _BESIDE_BYTES),
        n_processes=min(sandbox.limits.n_processes, 128),
        disk_bytes=min(sandbox.limits.disk_bytes, 128 << 20),
        n_files=min(sandbox.limits.n_files, 10_000),
    )
    return msgspec.structs.replace(sandbox, limits=limits)


@contextlib.contextmanager
def program_image() -> Iterator[Image]:
    """Hold the image of a box that programs run in: an interpreter and an empty workspace."""
    with tempfile.TemporaryDirectory(prefix="etude-") as name:
        with blame(SandboxError, "preparing the boxes that programs run in"):
            workspace, package = Path(name) / "empty", Path(name) / "in_box"
            workspace.mkdir()
            adopt(workspace)
            # Compiled once and not at every start.
            shutil.copytree(_IN_BOX, package, ignore=shutil.ignore_patterns("__pycache__"))
            for source in package.glob("*.py"):
                mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
                py_compile.compile(str(source), doraise=True, invalidation_mode=mode)
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        mounts = [*interpreter_mounts(version), Mount(source=package, target=f"{_TARGET}/in_box")]
        yield Image(workspace=(workspace,), mounts=tuple(mounts), env={"PYTHONHASHSEED": "0"})
