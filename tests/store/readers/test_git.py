"""Git repositories and bundles: read at a revision, and nothing of theirs is run."""

import os
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from etude.errors import ConfigError

MIT = """Permission is hereby granted, free of charge, to any person obtaining a copy of this
software and associated documentation files (the "Software"). The above copyright notice and this
permission notice shall be included in all copies or substantial portions of the Software."""
FILES = {
    "src/a.py": "print('a')\n",
    "src/b.c": "/* SPDX-License-Identifier: GPL-2.0-or-later */\nint b;\n",
    "vendor/c.js": "let c;\n",
    "README.md": "# A\n",
    "LICENSE.txt": MIT,
    "logo.png": "not read",
    "src/empty.py": "",
}
SHOWN = {
    "repo/src/a.py": "MIT",
    "repo/src/b.c": "GPL-2.0-or-later",
    "repo/vendor/c.js": "MIT",
    "repo/README.md": "MIT",
}


def git(*words: str | Path, folder: Path) -> None:
    identity = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "a"), ("EMAIL", "a@b"), ("DATE", "2024-01-02T03:04:05Z"))
    }
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **identity}
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, env=environment)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    folder.mkdir()
    git("init", "-q", "-b", "main", folder=folder)
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "link.py").symlink_to("/etc/passwd")
    git("add", ".", folder=folder)
    git("commit", "-qm", "a", folder=folder)
    git("tag", "v1", folder=folder)
    (folder / "src/a.py").write_text("changed = 1\n")
    git("commit", "-qam", "b", folder=folder)
    return folder


def test_a_repository_is_read_at_a_revision_without_a_checkout(read: Any, repository: Path) -> None:
    found, broken = read("git", repository, revision="v1", base_url="https://b/")
    assert {one.id: one.origin.licence for one in found} == SHOWN
    texts = {one.id: one.text for one in found}
    assert texts["repo/src/a.py"] == "print('a')\n"
    assert found[0].date == "2024-01-02T03:04:05+00:00"
    assert found[0].url == "https://b/README.md"
    assert not broken
    head, _ = read("git", repository)
    assert {one.text for one in head} - {one.text for one in found} == {"changed = 1\n"}


def test_bundles_and_bare_repositories_are_read_as_well(
    read: Any, repository: Path, tmp_path: Path
) -> None:
    git("bundle", "create", tmp_path / "x.bundle", "main", "v1", folder=repository)
    git("clone", "-q", "--bare", repository, tmp_path / "bare", folder=tmp_path)
    for path, revision in ((tmp_path / "x.bundle", "main"), (tmp_path / "bare", "HEAD")):
        found, _ = read("git", path, revision=revision)
        assert len(found) == 4


def test_what_a_hostile_repository_sets_is_not_run(
    read: Any, repository: Path, tmp_path: Path
) -> None:
    witness = tmp_path / "witness"
    script = tmp_path / "run"
    script.write_text(f"#!/bin/sh\ntouch {witness}\n")
    script.chmod(0o755)
    for key in (
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
        "filter.x.smudge",
        "diff.external",
    ):
        git("config", key, str(script), folder=repository)
    (repository / ".git/info/attributes").write_text("* filter=x diff=x\n")
    for hook in ("post-checkout", "reference-transaction", "post-index-change"):
        path = repository / ".git/hooks" / hook
        path.write_text(script.read_text())
        path.chmod(0o755)
    found, _ = read("git", repository)
    assert len(found) == 4
    assert not witness.exists()


def test_missing_revisions_and_objects_are_set_aside(
    read: Any, make_reader: Callable[..., Any], repository: Path, tmp_path: Path
) -> None:
    found, broken = read("git", repository, revision="--upload-pack=x")
    assert (found, [one.reason for one in broken]) == ([], ["no such revision"])
    for path in (repository / ".git/objects").glob("??/*"):
        if b"blob 12" in _inflated(path):
            path.unlink()
    found, broken = read("git", repository)
    assert len(found) == 3
    assert "object is missing or damaged" in {one.reason for one in broken}
    with pytest.raises(ConfigError, match="is no git repository"):
        make_reader("git", tmp_path / "repo/src").parts()


def _inflated(path: Path) -> bytes:
    return zlib.decompress(path.read_bytes())
