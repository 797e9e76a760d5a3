"""Lay out an environment that boxes see at /env: a virtual environment nobody has run yet."""

import configparser
import email.parser
import re
import shutil
import zipfile
from collections.abc import Iterator
from email.message import Message
from pathlib import Path, PurePosixPath

from etude.errors import TaskError
from etude.rollout.machine import ENV_TARGET, PYTHON_TARGET

MAX_WHEEL_BYTES = 512 << 20


def make_environment(env: Path, python: str) -> Path:
    """Make an empty virtual environment as it must look at /env; return its site-packages."""
    site = site_packages(env, python)
    site.mkdir(parents=True)
    (env / "bin").mkdir()
    (env / "pyvenv.cfg").write_text(
        f"home = {PYTHON_TARGET}/bin\ninclude-system-site-packages = false\nversion = {python}\n"
    )
    # Relative, so that the link stays inside when the environment travels in an archive.
    (env / "bin" / f"python{python}").symlink_to(f"../..{PYTHON_TARGET}/bin/python{python}")
    for name in ("python", "python3"):
        (env / "bin" / name).symlink_to(f"python{python}")
    return site


def site_packages(env: Path, python: str) -> Path:
    """Return the folder of an environment that holds its distributions."""
    return env / "lib" / f"python{python}" / "site-packages"


def unpack_wheel(wheel: Path, site: Path) -> Message:
    """Unpack a wheel's pure part into `site` and return its metadata.

    Raises:
        TaskError: It is no wheel, or holds an unsafe path.
    """
    try:
        with zipfile.ZipFile(wheel) as bundle:
            metadata = Message()
            if sum(info.file_size for info in bundle.infolist()) > MAX_WHEEL_BYTES:
                raise TaskError(f"{wheel.name}: unpacks to more than {MAX_WHEEL_BYTES >> 20} MiB")
            for info in bundle.infolist():
                path = PurePosixPath(info.filename)
                if path.is_absolute() or ".." in path.parts or "\\" in info.filename:
                    raise TaskError(f"{wheel.name}: holds the unsafe path {info.filename!r}")
                if path.parts[0].endswith(".data"):
                    if len(path.parts) < 3 or path.parts[1] not in ("purelib", "platlib"):
                        continue
                    path = PurePosixPath(*path.parts[2:])
                if info.is_dir():
                    continue
                target = site / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(bundle.read(info))
                if path.name == "METADATA" and path.parts[0].endswith(".dist-info"):
                    metadata = read_metadata(target)
            return metadata
    except (zipfile.BadZipFile, OSError) as cause:
        raise TaskError(f"{wheel.name}: not a wheel: {cause}") from cause


def read_metadata(path: Path) -> Message:
    """Return a METADATA or PKG-INFO file."""
    return email.parser.HeaderParser().parsestr(path.read_text("utf-8", errors="replace"))


def entry_points(site: Path, group: str) -> Iterator[tuple[str, str, str]]:
    """Yield distribution, name and value of every entry point of a group."""
    for path in sorted(site.glob("*.dist-info/entry_points.txt")):
        parser = configparser.RawConfigParser(delimiters=("=",), strict=False)
        parser.optionxform = str  # type: ignore[assignment,method-assign]
        try:
            parser.read_string(path.read_text("utf-8", errors="replace"))
        except configparser.Error:
            continue
        if parser.has_section(group):
            name = path.parent.name.partition("-")[0]
            for key, value in parser[group].items():
                yield name, key, value.split("[")[0].strip()


def write_scripts(env: Path, site: Path) -> None:
    """Write the console scripts of everything installed."""
    for _, name, value in entry_points(site, "console_scripts"):
        module, _, attribute = value.partition(":")
        if not re.fullmatch(r"[\w.-]+", name) or not re.fullmatch(r"[\w.]+", module + attribute):
            continue
        script = env / "bin" / name
        if script.exists() or script.is_symlink():
            continue
        top = attribute.partition(".")[0]
        script.write_text(
            f"#!{ENV_TARGET}/bin/python\nimport sys\nfrom {module} import {top}\n"
            f"if __name__ == '__main__':\n    sys.exit({attribute}())\n"
        )
        script.chmod(0o755)


def tidy(site: Path) -> None:
    """Take out what only tells where things came from, such as direct URLs and installers."""
    for path in [
        *site.glob("*.dist-info/direct_url.json"),
        *site.glob("*.dist-info/uv_cache.json"),
    ]:
        path.unlink()
    (site / ".lock").unlink(missing_ok=True)
    # Scripts written for another place; `write_scripts` makes those that the box needs.
    shutil.rmtree(site / "bin", ignore_errors=True)
