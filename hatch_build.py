"""Compiles the text kernel when Etude is built or installed; `python hatch_build.py` does it alone.

All C files of the kernel's folder become one library beside them, with $CC or the compiler at
hand. Where that fails the package is built without it and runs on its Python reference.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run as a script
    BuildHookInterface = object

KERNEL = Path(__file__).parent / "src" / "etude" / "stages" / "corpus" / "kernel"
LIBRARY = KERNEL / ("_kernel.dylib" if sys.platform == "darwin" else "_kernel.so")
FLAGS = ["-O3", "-std=gnu11", "-shared", "-fPIC"]


def compilers() -> list[str]:
    """Return the compilers to try, best first."""
    wanted = [os.environ.get("CC", ""), "cc", "gcc", "clang"]
    return [name for name in wanted if name and shutil.which(name.split()[0])]


def compile_kernel() -> str:
    """Compile the kernel; return what went wrong, nothing when all went well."""
    sources = sorted(str(path) for path in KERNEL.glob("*.c"))
    # Others may be running the old library: it is exchanged, never written into.
    draft = LIBRARY.with_name(f"{LIBRARY.name}.{os.getpid()}")
    said = "no C compiler found"
    try:
        for compiler in compilers():
            # Dispatch by processor is left out where a compiler or a C library lacks it.
            for extra in ([], ["-DNO_CLONES"]):
                command = [*compiler.split(), *FLAGS, *extra, *sources, "-o", str(draft), "-lm"]
                done = subprocess.run(command, capture_output=True, text=True, check=False)
                if done.returncode == 0:
                    draft.replace(LIBRARY)
                    return ""
                said = done.stderr.strip() or f"{compiler} failed"
    except OSError as error:
        said = str(error)
    finally:
        draft.unlink(missing_ok=True)
    LIBRARY.unlink(missing_ok=True)  # an old one may not fit the Python files any more
    return said


class KernelHook(BuildHookInterface):  # type: ignore[misc]
    """Puts the library into the wheel, which is then one for this platform only."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile; never fail the build."""
        said = compile_kernel()
        if said:
            self.app.display_warning(f"etude: the text kernel was not compiled: {said}")
            return
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform}"
        build_data["artifacts"].append(LIBRARY.relative_to(Path(self.root)).as_posix())


if __name__ == "__main__":
    sys.exit(compile_kernel() or 0)
