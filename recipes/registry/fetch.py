"""Fetch the packages that `packages.toml` lists, for the corpus of `corpus-registry.toml`.

    python recipes/registry/fetch.py --out registry-corpus

Debian packages come with `apt-get download`, source distributions from the package index that pip
is set up for, npm packages with `npm pack`. Nothing is installed and no code of a package is run.
Started again, it goes on where it stopped. `fetched.json` then says what was fetched, with sizes
and sha256. On a machine without apt or npm, name the registries to use with `--registry`.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import click
import msgspec
from packaging.version import InvalidVersion, Version
from pypi_simple import DigestMismatchError, DistributionPackage, NoSuchProjectError, PyPISimple
from requests import RequestException

LIST = Path(__file__).with_name("packages.toml")
AT_ONCE = 2
"""Downloads that run side by side: registries are a commons."""
ATTEMPTS = 3


class Wanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One package of the list."""

    name: str
    version: str = ""
    """As it was when the list was made. Debian's registry keeps only the newest of a suite, so
    there it is a note; elsewhere it is what is fetched, and empty means the newest."""
    licence: str = ""
    """SPDX expression that we expect, for most of it; readers say what each file states."""


class Group(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Packages of one registry that belong to one part of the mixture."""

    registry: str
    domain: str
    packages: tuple[Wanted, ...]
    suite: str = ""
    """Debian suite the names are from."""


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """What was fetched of one package."""

    registry: str
    name: str
    version: str
    domain: str
    licence: str
    path: str
    """Below the output folder."""
    size_bytes: int
    sha256: str


class FetchError(Exception):
    """A package could not be had; the message says why."""


def groups(path: Path = LIST) -> tuple[Group, ...]:
    """Read the list."""
    return msgspec.convert(tomllib.loads(path.read_text())["group"], tuple[Group, ...])


def from_debian(wanted: Wanted, into: Path) -> tuple[Path, str]:
    """Download a Debian package; return the file and its version."""
    _run(["apt-get", "-q", "download", wanted.name], into)
    file = _only_file(into)
    version = file.name.split("_")[1].replace("%3a", ":")
    return file, version


def from_npm(wanted: Wanted, into: Path) -> tuple[Path, str]:
    """Download an npm package without running its scripts; return the file and its version."""
    name = f"{wanted.name}@{wanted.version}" if wanted.version else wanted.name
    _run(["npm", "pack", "--ignore-scripts", "--silent", name], into)
    file = _only_file(into)
    found = re.search(r"-(\d+\.\d+\.\d+[^/]*)\.tgz$", file.name)
    return file, found[1] if found else wanted.version


def from_pypi(wanted: Wanted, into: Path) -> tuple[Path, str]:
    """Download a source distribution, as it is published; return the file and its version."""
    with PyPISimple() as index:
        try:
            packages = index.get_project_page(wanted.name).packages
            package = _pick(wanted, packages)
            file = into / package.filename
            index.download_package(package, file)
        except (NoSuchProjectError, DigestMismatchError, RequestException, OSError) as cause:
            raise FetchError(f"package index: {cause}") from cause
    return file, package.version or ""


def _pick(wanted: Wanted, packages: list[DistributionPackage]) -> DistributionPackage:
    found = [p for p in packages if p.package_type == "sdist" and p.version and not p.is_yanked]
    if wanted.version:
        found = [p for p in found if p.version == wanted.version]
    finals = [p for p in found if not _version(p).is_prerelease]
    if not found:
        raise FetchError(f"no source distribution {wanted.version}".rstrip())
    return max(finals or found, key=_version)


def _version(package: DistributionPackage) -> Version:
    try:
        return Version(package.version or "0")
    except InvalidVersion:
        return Version("0")


FETCHERS: dict[str, Callable[[Wanted, Path], tuple[Path, str]]] = {
    "debian": from_debian,
    "pypi": from_pypi,
    "npm": from_npm,
}


def _run(words: list[str], folder: Path) -> None:
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        raise FetchError(f"{' '.join(words[:2])}: {lines[-1] if lines else 'failed'}")


def _only_file(folder: Path) -> Path:
    files = sorted(folder.iterdir())
    if len(files) != 1:
        raise FetchError(f"expected one file, got {len(files)}")
    return files[0]


def fetch(group: Group, wanted: Wanted, out: Path) -> Fetched:
    """Fetch one package into the folder of its registry and domain.

    Raises:
        FetchError: It cannot be had.
    """
    home = out / group.registry / group.domain
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".part-", dir=out) as folder:
        file, version = FETCHERS[group.registry](wanted, Path(folder))
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        final = home / file.name
        file.replace(final)
    return Fetched(
        registry=group.registry,
        name=wanted.name,
        version=version,
        domain=group.domain,
        licence=wanted.licence,
        path=str(final.relative_to(out)),
        size_bytes=final.stat().st_size,
        sha256=sha256,
    )


def _with_patience(group: Group, wanted: Wanted, out: Path) -> Fetched:
    for attempt in range(ATTEMPTS):
        try:
            return fetch(group, wanted, out)
        except FetchError:
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError


class State:
    """What was fetched so far, kept in `fetched.json`."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.path = out / "fetched.json"
        known: tuple[Fetched, ...] = ()
        if self.path.exists():
            known = msgspec.json.decode(self.path.read_bytes(), type=tuple[Fetched, ...])
        self.known = {(f.registry, f.name): f for f in known}

    def has(self, registry: str, wanted: Wanted) -> bool:
        """Whether the package lies there whole, in the version that is wanted."""
        one = self.known.get((registry, wanted.name))
        if one is None or (registry != "debian" and wanted.version not in ("", one.version)):
            return False
        file = self.out / one.path
        return file.exists() and file.stat().st_size == one.size_bytes

    def add(self, one: Fetched) -> None:
        """Note a package, so that an interrupted run loses nothing."""
        before = self.known.get((one.registry, one.name))
        if before is not None and before.path != one.path:
            (self.out / before.path).unlink(missing_ok=True)
        self.known[one.registry, one.name] = one
        self._write()

    def keep_only(self, listed: Iterable[Group]) -> None:
        """Remove packages that the list has no longer; take over what it now says of others."""
        wanted = {(g.registry, one.name): (g, one) for g in listed for one in g.packages}
        for key, held in list(self.known.items()):
            group, one = wanted.get(key, (None, None))
            if group is None or one is None or group.domain != held.domain:
                (self.out / held.path).unlink(missing_ok=True)
                del self.known[key]
            else:
                self.known[key] = msgspec.structs.replace(held, licence=one.licence)
        self._write()

    def _write(self) -> None:
        ordered = [self.known[key] for key in sorted(self.known)]
        draft = self.path.with_suffix(".draft")
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(ordered), indent=1) + b"\n")
        draft.replace(self.path)


def _missing(state: State, registries: tuple[str, ...]) -> Iterator[tuple[Group, Wanted]]:
    for group in groups():
        if group.registry in registries:
            for wanted in group.packages:
                if not state.has(group.registry, wanted):
                    yield group, wanted


def _prepare_apt() -> None:
    """Bring apt's lists when this machine has none for Debian's packages."""
    lists = Path("/var/lib/apt/lists")
    if any(lists.glob("*_Packages*")):
        return
    try:
        _run(["apt-get", "-q", "update"], Path.cwd())
    except FetchError as cause:
        raise click.ClickException(f"{cause}; run `apt-get update` as root first") from cause


def _require_programs(registries: tuple[str, ...]) -> None:
    for registry, program in (("debian", "apt-get"), ("npm", "npm")):
        if registry in registries and shutil.which(program) is None:
            raise click.ClickException(
                f"{program} is not on this machine; leave {registry} out with --registry"
            )


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path("registry-corpus"))
@click.option("--registry", "registries", multiple=True, type=click.Choice(sorted(FETCHERS)))
def main(out: Path, registries: tuple[str, ...]) -> None:
    """Fetch every package of the list that is not yet in the folder OUT."""
    registries = registries or tuple(sorted(FETCHERS))
    out = out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    _require_programs(registries)
    if "debian" in registries:
        _prepare_apt()
    os.environ["NPM_CONFIG_CACHE"] = str(out / ".npm-cache")
    state = State(out)
    state.keep_only(groups())
    failed: list[str] = []
    todo = list(_missing(state, registries))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        jobs = {pool.submit(_with_patience, *job, out): job for job in todo}
        for number, job in enumerate(as_completed(jobs), start=1):
            group, wanted = jobs[job]
            try:
                one = job.result()
            except FetchError as error:
                failed.append(f"{group.registry}:{wanted.name}: {error}")
                click.echo(f"[{number}/{len(todo)}] {failed[-1]}", err=True)
                continue
            state.add(one)
            click.echo(
                f"[{number}/{len(todo)}] {one.registry}:{one.name} {one.version} "
                f"{one.size_bytes / 1e6:.1f} MB"
            )
    shutil.rmtree(out / ".npm-cache", ignore_errors=True)
    size = sum(one.size_bytes for one in state.known.values())
    click.echo(f"{len(state.known)} packages, {size / 1e9:.2f} GB in {out}")
    if failed:
        click.echo(f"{len(failed)} could not be fetched; run it again to retry", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
