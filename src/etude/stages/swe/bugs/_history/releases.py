"""Releases: what changed between the releases of a project before the one that was prepared."""

import logging
import tempfile
from pathlib import Path

import msgspec
from packaging.utils import InvalidSdistFilename, canonicalize_name, parse_sdist_filename
from packaging.version import InvalidVersion, Version

from etude.errors import ConfigError
from etude.records import TextFile
from etude.stages.swe.bugs._base import Material
from etude.stages.swe.bugs._history.hunks import Change, Tree, change_between
from etude.stages.swe.bugs._history.stories import entries_of, is_changelog, without_section
from etude.stages.swe.sources import fetch, releases, walk

_log = logging.getLogger(__name__)
MAX_TEXT = 2_000_000
"""Files with more bytes are not looked at."""


def changes_of_releases(
    material: Material, healthy: Tree, n_back: int, sdists: str
) -> tuple[tuple[Change, ...], bool]:
    """Return what led from each of `n_back` older releases to the next, the newest first.

    The second part of the answer is whether all of them could be read: a release that could not
    leaves a gap, over which nothing is compared.

    Args:
        material: The codebase.
        healthy: Its source.
        n_back: How many releases to go back.
        sdists: Folder of source archives to take them from; empty asks the package index.

    Raises:
        ConfigError: The index or an archive cannot be read.
    """
    source = material.codebase.origin.source
    specs = _in_folder(material, Path(sdists).expanduser()) if sdists else _on_index(source)
    older = specs[-n_back:] if n_back else []
    changelogs = read_texts(material.source, changelogs=True)
    newer, newer_version = healthy, material.codebase.version
    changes: list[Change] = []
    for spec, version in reversed(older):
        with tempfile.TemporaryDirectory(prefix="etude-") as folder:
            try:
                tree = fetch(spec, Path(folder)).tree
            except ConfigError as error:
                _log.warning("%s %s is left out: %s", material.codebase.name, version, error)
                return tuple(changes), False
            old: Tree = read_texts(tree)
        label = f"{version} -> {newer_version}"
        entries = [e for text in changelogs.values() for e in entries_of(text, newer_version)]
        change = change_between(old, newer, healthy, label)
        cut = {path: without_section(text, newer_version) for path, text in changelogs.items()}
        changed = {path: text for path, text in cut.items() if text != changelogs[path]}
        changes.append(
            msgspec.structs.replace(
                change, entries=tuple(dict.fromkeys(entries)), beside=as_files(changed)
            )
        )
        newer, newer_version = old, version
    return tuple(changes), True


def as_files(texts: Tree) -> tuple[TextFile, ...]:
    """Return texts by path as files."""
    return tuple(TextFile(path=path, text=text) for path, text in sorted(texts.items()))


def read_texts(tree: Path, *, changelogs: bool = False) -> dict[str, str]:
    """Return the Python files of a tree, or its changelogs, by path."""
    texts = {}
    for path in walk(tree):
        name = path.relative_to(tree).as_posix()
        wanted = is_changelog(name) if changelogs else path.suffix == ".py"
        if not wanted or path.stat().st_size > MAX_TEXT:
            continue
        try:
            texts[name] = path.read_bytes().decode()
        except UnicodeDecodeError:
            continue
    return texts


def _on_index(source: str) -> list[tuple[str, str]]:
    """Return the releases before the one a `pypi:` source names, oldest first."""
    name, _, version = source.removeprefix("pypi:").partition("==")
    if not source.startswith("pypi:") or not version:
        return []
    found = [str(v) for v in releases(name) if v < Version(version) and not v.is_prerelease]
    return [(f"pypi:{name}=={v}", v) for v in found]


def _in_folder(material: Material, folder: Path) -> list[tuple[str, str]]:
    """Return the releases before this one of which a folder holds the sdist, oldest first."""
    if not folder.is_dir():
        raise ConfigError(f"history: sdists = {str(folder)!r} is no folder")
    current = _version(material.codebase.version)
    found = []
    for path in sorted(folder.iterdir()):
        try:
            name, version = parse_sdist_filename(path.name)
        except InvalidSdistFilename:
            continue
        if name == canonicalize_name(material.codebase.name) and version < current:
            found.append((version, path))
    return [(str(path), str(version)) for version, path in sorted(found)]


def _version(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        return Version("0")
