"""Get a project's source, whole and as it was published, without running any of its code."""

import hashlib
import os
import re
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import msgspec
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version
from pypi_simple import DistributionPackage, NoSuchProjectError, PyPISimple

from etude.errors import ConfigError, blame
from etude.store import tree_digest

MAX_BYTES = 512 << 20
"""Unpacked size over which an archive is refused."""
MAX_FILES = 50_000
ARCHIVES = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar", ".zip")
LEFT_OUT = {".git", ".hg", ".svn", ".tox", ".nox", ".venv", "venv", "__pycache__", "node_modules"}


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A project's source, unpacked."""

    spec: str
    """What was asked for, made exact: `pypi:boltons==26.2.0`."""
    tree: Path
    """Folder that holds the project's root."""
    digest: str
    """sha256 of the archive, or of the tree when there was none."""


def fetch(spec: str, into: Path) -> Source:
    """Bring the source that `spec` names into the folder `into`.

    Args:
        spec: `pypi:NAME[==VERSION]`, a folder, an sdist file, or `git:URL-or-path[@REV]`.
        into: An empty folder.

    Raises:
        ConfigError: There is no such source, or it is not what it says.
    """
    path = Path(spec).expanduser()
    if spec.startswith("pypi:"):
        return _from_pypi(spec.removeprefix("pypi:"), into)
    if spec.startswith("git:"):
        return _without_links_out(_from_git(spec.removeprefix("git:"), into))
    if path.is_dir():
        return _without_links_out(_from_folder(path, into))
    if path.is_file():
        return _from_archive(path, into, f"file:{path.name}")
    raise ConfigError(
        f"{spec}: no such folder or file; name a codebase as pypi:NAME[==VERSION], a folder, "
        f"an sdist, or git:URL[@REV]"
    )


def _without_links_out(source: Source) -> Source:
    """Remove links that lead out of the tree, before anything on this machine follows one."""
    for where, folders, files in os.walk(source.tree):
        for name in (*folders, *files):
            path = Path(where) / name
            if path.is_symlink() and not path.resolve().is_relative_to(source.tree.resolve()):
                path.unlink()
    return source


def _from_pypi(requirement: str, into: Path) -> Source:
    name, _, version = requirement.partition("==")
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", name):
        raise ConfigError(f"pypi:{requirement}: not a package name; write pypi:NAME[==VERSION]")
    with blame(ConfigError, f"pypi:{requirement}: asking the package index"), PyPISimple() as index:
        try:
            packages = index.get_project_page(name).packages
        except NoSuchProjectError:
            raise ConfigError(f"pypi:{name}: the package index has no such project") from None
        package = _pick(name, version, packages)
        archive = into / package.filename
        index.download_package(package, archive)
    return _from_archive(archive, into, f"pypi:{canonicalize_name(name)}=={package.version}")


def releases(name: str) -> list[Version]:
    """Return the versions of which the index has a source archive that stands, oldest first.

    Raises:
        ConfigError: The index cannot be asked, or has no such project.
    """
    with blame(ConfigError, f"pypi:{name}: asking the package index"), PyPISimple() as index:
        try:
            packages = index.get_project_page(name).packages
        except NoSuchProjectError:
            raise ConfigError(f"pypi:{name}: the package index has no such project") from None
    sdists = [p for p in packages if p.package_type == "sdist" and p.version and not p.is_yanked]
    return sorted({_version(package) for package in sdists})


def _pick(name: str, version: str, packages: list[DistributionPackage]) -> DistributionPackage:
    found = [p for p in packages if p.package_type == "sdist" and p.version and not p.is_yanked]
    if not found:
        raise ConfigError(f"pypi:{name}: no source distribution is published, only built ones")
    if version:
        for package in found:
            if _version(package) == _parse(version):
                return package
        known = ", ".join(str(v) for v in sorted({_version(p) for p in found})[-5:])
        raise ConfigError(f"pypi:{name}=={version}: no such source release (newest: {known})")
    finals = [p for p in found if not _version(p).is_prerelease]
    return max(finals or found, key=_version)


def _version(package: DistributionPackage) -> Version:
    return _parse(package.version or "0")


def _parse(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        return Version("0")


def _from_git(place: str, into: Path) -> Source:
    url, at, revision = place.rpartition("@")
    if not at or "/" in revision or ":" in revision:
        url, revision = place, "HEAD"
    if shutil.which("git") is None:
        raise ConfigError(f"git:{place}: the program git is not installed")
    if url.startswith("-") or revision.startswith("-") or url.startswith("ext::"):
        raise ConfigError(f"git:{place}: not a repository address")
    clone = into / "clone"
    run_git(place, "clone", "--quiet", "--no-checkout", "--", url, str(clone))
    run_git(place, "-C", str(clone), "checkout", "--quiet", "--detach", revision)
    commit = run_git(place, "-C", str(clone), "rev-parse", "HEAD").strip()
    shutil.rmtree(clone / ".git")
    _refuse_monsters(clone, f"git:{place}")
    return Source(spec=f"git:{url}@{commit}", tree=clone, digest=tree_digest(clone))


def run_git(place: str, *words: str) -> str:
    """Return what git says, with nothing of the repository's own run.

    Args:
        place: The repository, for messages.
        words: What git is told.

    Raises:
        ConfigError: It failed.
    """
    # A repository's own hooks, filters and submodules would run code of the project here.
    safe = ["-c", "core.hooksPath=/dev/null", "-c", "protocol.ext.allow=never"]
    environment = {
        **os.environ,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    done = subprocess.run(
        ["git", *safe, *words],
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        check=False,
        env=environment,
    )
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or ["git failed"]
        raise ConfigError(f"git:{place}: {last[0]}")
    return done.stdout


def _from_folder(folder: Path, into: Path) -> Source:
    tree = into / "tree"
    _refuse_monsters(folder, str(folder))

    def left_out(where: str, names: list[str]) -> set[str]:
        return {
            name
            for name in names
            if name in LEFT_OUT or not ((p := Path(where) / name).is_dir() or p.is_file())
        }

    with blame(ConfigError, f"{folder}: copying it"):
        shutil.copytree(folder, tree, symlinks=True, ignore=left_out)
    return Source(spec=f"folder:{folder.resolve().name}", tree=tree, digest=tree_digest(tree))


def _refuse_monsters(folder: Path, spec: str) -> None:
    n_files = size = 0
    for where, names, files in os.walk(folder):
        names[:] = [name for name in names if name not in LEFT_OUT]
        n_files += len(files)
        size += sum((Path(where) / f).lstat().st_size for f in files)
        if n_files > MAX_FILES or size > MAX_BYTES:
            raise ConfigError(
                f"{spec}: larger than {MAX_FILES} files or {MAX_BYTES >> 20} MiB; "
                f"point at the project's own folder"
            )


def _from_archive(archive: Path, into: Path, spec: str) -> Source:
    if not archive.name.endswith(ARCHIVES):
        raise ConfigError(f"{archive}: not a source archive ({', '.join(ARCHIVES)})")
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    tree = into / "tree"
    tree.mkdir()
    try:
        if zipfile.is_zipfile(archive) and archive.name.endswith(".zip"):
            _unzip(archive, tree)
        else:
            _untar(archive, tree)
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError, ValueError) as cause:
        raise ConfigError(f"{archive.name}: a broken archive: {cause}") from cause
    inside = list(tree.iterdir())
    root = inside[0] if len(inside) == 1 and inside[0].is_dir() else tree
    return Source(spec=spec, tree=root, digest=digest)


def _untar(archive: Path, tree: Path) -> None:
    """Unpack files and folders, then hard links as copies, then links that stay inside."""
    links: list[tuple[Path, str]] = []
    with tarfile.open(archive) as tar:
        size = 0
        for n_files, member in enumerate(tar, start=1):
            size += member.size
            _limit(archive, n_files, size)
            target = tree / _safe(archive, member.name)
            if member.isdir():
                target.mkdir(parents=True, exist_ok=True)
            elif member.issym():
                links.append((target, member.linkname))
            elif member.islnk():
                _copy(tree / _safe(archive, member.linkname), target)
            elif member.isreg() and (content := tar.extractfile(member)):
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("wb") as out:
                    shutil.copyfileobj(content, out)
                target.chmod(0o755 if member.mode & 0o100 else 0o644)
    # Last, so that nothing is ever written through a link.
    for path, link in links:
        inside = os.path.normpath(path.parent / link)
        if not Path(link).is_absolute() and Path(inside).is_relative_to(tree):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(link)


def _copy(source: Path, target: Path) -> None:
    if source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def _safe(archive: Path, name: str) -> PurePosixPath:
    """Return a member's name as a path inside the tree.

    Raises:
        ConfigError: It leads outside.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name:
        raise ConfigError(f"{archive.name}: holds the unsafe path {name!r}")
    return path


def _unzip(archive: Path, tree: Path) -> None:
    with zipfile.ZipFile(archive) as bundle:
        size = 0
        for n_files, info in enumerate(bundle.infolist(), start=1):
            _limit(archive, n_files, size + info.file_size)
            target = tree / _safe(archive, info.filename)
            if info.is_dir():
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            with bundle.open(info) as packed, target.open("wb") as out:
                # The size an archive states may be a lie: count what comes out.
                while block := packed.read(1 << 20):
                    size += len(block)
                    _limit(archive, n_files, size)
                    out.write(block)


def _limit(archive: Path, n_files: int, size: int) -> None:
    if n_files > MAX_FILES or size > MAX_BYTES:
        raise ConfigError(
            f"{archive.name}: unpacks to more than {MAX_FILES} files or {MAX_BYTES >> 20} MiB; "
            f"refused as an archive bomb"
        )


def walk(tree: Path) -> Iterator[Path]:
    """Yield the regular files of a tree in a stable order, following no link."""
    for where, names, files in os.walk(tree):
        names[:] = sorted(n for n in names if not (Path(where) / n).is_symlink())
        for name in sorted(files):
            path = Path(where) / name
            if path.is_file() and not path.is_symlink():
                yield path


def is_python(tree: Path) -> bool:
    """Whether a tree holds a Python project."""
    names = ("pyproject.toml", "setup.py", "setup.cfg", "PKG-INFO")
    return any((tree / n).is_file() for n in names) or any(tree.glob("*.py"))


def refuse_foreign(source: Source) -> None:
    """Raise when the source is no Python project.

    Raises:
        ConfigError: It is not.
    """
    if not is_python(source.tree):
        raise ConfigError(
            f"{source.spec}: no Python project here (no pyproject.toml, setup.py or setup.cfg)"
        )
