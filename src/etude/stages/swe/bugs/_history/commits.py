"""Commits: what single commits and merges changed, from a local repository or a bundle."""

import re
import shutil
import tempfile
from pathlib import Path

import msgspec

from etude.errors import ConfigError
from etude.stages.swe.bugs._base import Material
from etude.stages.swe.bugs._history.hunks import Change, Tree, change_between, take_back
from etude.stages.swe.bugs._history.releases import MAX_TEXT, as_files, read_texts
from etude.stages.swe.bugs._history.stories import entries_of_commit, is_changelog
from etude.stages.swe.sources import run_git

_TEST = re.compile(
    r"(?:^|/)(?:tests?|_tests|testing)/|(?:^|/)(?:test_[^/]*|[^/]*_test|tests?)\.py$"
)
_LOOKED_AT = 20
"""Commits that are looked at for each one wanted: most touch no source or no test."""


def changes_of_commits(
    material: Material, healthy: Tree, n_commits: int, repository: str
) -> tuple[Change, ...]:
    """Return what commits changed that touch source and tests, the newest first.

    The main line is followed, so that a merged branch is one change.

    Args:
        material: The codebase.
        healthy: Its source.
        n_commits: How many such commits to return.
        repository: Folder or bundle; empty takes where the codebase itself came from.

    Raises:
        ConfigError: The repository cannot be read.
    """
    source = material.codebase.origin.source
    place, _, revision = source.removeprefix("git:").rpartition("@")
    if not source.startswith("git:"):
        place, revision = "", "HEAD"
    place = str(Path(repository).expanduser()) if repository else place
    if not place or not n_commits:
        return ()
    if place.startswith("-") or place.startswith("ext::") or shutil.which("git") is None:
        raise ConfigError(f"history: {place!r} is no repository, or the program git is missing")
    changelogs = read_texts(material.source, changelogs=True)
    today = {**healthy, **changelogs}
    changes: list[Change] = []
    with tempfile.TemporaryDirectory(prefix="etude-") as folder:
        run_git(place, "clone", "--quiet", "--bare", "--", place, folder)
        at = ("-C", folder)
        log = ("rev-list", "--first-parent", f"--max-count={_LOOKED_AT * n_commits}", revision)
        for commit in run_git(place, *at, *log, "--").split():
            if len(changes) >= n_commits:
                break
            change = _change(_Commit(place, folder, commit), today)
            if change is not None:
                changes.append(_told(change, changelogs))
    return tuple(changes)


def _told(change: Change, changelogs: Tree) -> Change:
    """Return the change of the source alone, with what was written about it."""
    about = [hunk for hunk in change.hunks if hunk.path in changelogs]
    return Change(
        label=change.label,
        hunks=tuple(hunk for hunk in change.hunks if hunk.path not in changelogs),
        added=tuple(path for path in change.added if path not in changelogs),
        n_lost=change.n_lost,
        entries=change.entries,
        beside=as_files(take_back(changelogs, about)),
    )


class _Commit:
    """One commit of a bare clone."""

    def __init__(self, place: str, folder: str, id_: str) -> None:
        self.place = place
        self.folder = folder
        self.id = id_

    def git(self, *words: str) -> str:
        return run_git(self.place, "-C", self.folder, *words)

    def paths(self) -> list[tuple[str, str]]:
        """Return each changed path before and after; empty where there is none."""
        try:
            said = self.git(
                "diff-tree", "-r", "-z", "-M", "--name-status", f"{self.id}^1", self.id, "--"
            )
        except ConfigError:
            return []  # The first commit has none before it.
        words = iter(said.split("\0"))
        found = []
        for status in words:
            if status.startswith(("R", "C")):
                found.append((next(words, ""), next(words, "")))
            elif status:
                path = next(words, "")
                found.append(("" if status == "A" else path, "" if status == "D" else path))
        return found

    def text(self, revision: str, path: str) -> str | None:
        try:
            if int(self.git("cat-file", "-s", f"{revision}:{path}")) > MAX_TEXT:
                return None
            text = self.git("cat-file", "blob", f"{revision}:{path}")
        except (ConfigError, ValueError):
            return None
        return text if _is_text(text) else None


def _is_text(text: str) -> bool:
    """Whether what git said was UTF-8."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _change(commit: _Commit, today: Tree) -> Change | None:
    """Return what a commit changed; `None` when it does not touch source and tests."""
    paths = commit.paths()
    tests = [after for _, after in paths if _TEST.search(after) and after.endswith(".py")]
    source = [
        (before, after)
        for before, after in paths
        if after and not _TEST.search(after) and (after.endswith(".py") or is_changelog(after))
    ]
    if not tests or not any(after.endswith(".py") for _, after in source):
        return None
    old, new = dict[str, str](), dict[str, str]()
    for before, after in source:
        text = commit.text(commit.id, after)
        if text is None:
            continue
        new[after] = text
        # One path for both, so that a renamed file is one file.
        if before and (text := commit.text(f"{commit.id}^1", before)) is not None:
            old[after] = text
    change = change_between(old, new, today, commit.id[:12])
    message = commit.git("log", "-1", "--format=%B", commit.id, "--")
    entries = entries_of_commit(message) if _is_text(message) else ()
    return msgspec.structs.replace(change, entries=entries)
