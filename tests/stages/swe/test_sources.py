"""Archives and folders come from strangers."""

import contextlib
import io
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from etude.errors import ConfigError
from etude.stages.swe.sources import fetch


def tar(path: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for info, content in members:
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def test_an_sdist_is_unpacked_below_its_top_folder(tmp_path: Path) -> None:
    archive = tar(tmp_path / "p-1.0.tar.gz", [(member("p-1.0/setup.py"), b"x = 1\n")])
    (tmp_path / "into").mkdir()
    source = fetch(str(archive), tmp_path / "into")
    assert (source.tree / "setup.py").read_text() == "x = 1\n"
    assert len(source.digest) == 64


@pytest.mark.parametrize(
    "info",
    [
        member("../escape"),
        member("/tmp/escape"),
        member("p/link", tarfile.SYMTYPE, "/etc/passwd"),
        member("p/link", tarfile.SYMTYPE, "../../../etc/passwd"),
        member("p/hard", tarfile.LNKTYPE, "/etc/passwd"),
    ],
    ids=["parent", "absolute", "absolute link", "link out", "hard link"],
)
def test_an_archive_that_reaches_outside_is_refused(info: tarfile.TarInfo, tmp_path: Path) -> None:
    archive = tar(tmp_path / "p-1.0.tar.gz", [(member("p/setup.py"), b""), (info, b"")])
    (tmp_path / "deep" / "into").mkdir(parents=True)
    # Links that lead outside are left out; paths that do are refused.
    with contextlib.suppress(ConfigError):
        fetch(str(archive), tmp_path / "deep" / "into")
    outside = [p for p in tmp_path.rglob("*") if "into" not in p.parts and p.name == "escape"]
    assert outside == []
    assert not Path("/tmp/escape").exists()
    assert not any(p.is_symlink() for p in (tmp_path / "deep").rglob("*"))


def test_a_zip_that_reaches_outside_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p-1.0.zip"
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr("../../escape.py", "x")
    (tmp_path / "into").mkdir()
    with pytest.raises(ConfigError, match="unsafe path"):
        fetch(str(path), tmp_path / "into")


def test_a_folder_is_copied_without_what_does_not_belong(tmp_path: Path) -> None:
    project = tmp_path / "project"
    for name in ("pkg/__init__.py", ".git/config", ".venv/x.py", "pkg/__pycache__/a.pyc"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("x")
    (tmp_path / "into").mkdir()
    source = fetch(str(project), tmp_path / "into")
    assert [p.name for p in source.tree.rglob("*") if p.is_file()] == ["__init__.py"]


def test_links_of_a_folder_that_lead_outside_are_left_out(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "a.py").write_text("x = 1\n")
    (project / "inside.py").symlink_to("a.py")
    (project / "setup.py").symlink_to("/etc/passwd")
    (project / "etc").symlink_to("/etc")
    (project / "up").symlink_to("../..")
    (tmp_path / "into").mkdir()
    tree = fetch(str(project), tmp_path / "into").tree
    assert sorted(p.name for p in tree.iterdir()) == ["a.py", "inside.py"]


def test_a_git_repository_is_taken_at_a_revision_and_loses_its_history(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()

    def git(*words: str) -> None:
        who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        subprocess.run(["git", *who, *words], cwd=repository, check=True, capture_output=True)

    git("init", "-q")
    (repository / "a.py").write_text("first\n")
    git("add", ".")
    git("commit", "-qm", "first")
    git("tag", "v1")
    (repository / "a.py").write_text("second\n")
    git("commit", "-qam", "second")
    (tmp_path / "into").mkdir()
    source = fetch(f"git:{repository}@v1", tmp_path / "into")
    assert (source.tree / "a.py").read_text() == "first\n"
    assert not (source.tree / ".git").exists()
    (tmp_path / "again").mkdir()
    with pytest.raises(ConfigError, match="git:"):
        fetch(f"git:{repository}@v2", tmp_path / "again")


@pytest.mark.parametrize("spec", ["git:ext::sh -c id", "git:--upload-pack=id", "pypi:../x"])
def test_a_spec_cannot_smuggle_in_a_command(spec: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        fetch(spec, tmp_path)
