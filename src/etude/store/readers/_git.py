"""A git repository read through plumbing alone: no checkout, no hooks, no filters, no network.

Settings of the repository itself are not obeyed where they could run anything, and those of the
user and the machine are not read.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import msgspec

from etude.errors import ConfigError
from etude.store.readers._rows import DamageError

_SAFE = {
    "safe.directory": "*",
    "core.fsmonitor": "",
    "core.hooksPath": os.devnull,
    "core.alternateRefsCommand": "",
    "core.askPass": "",
    "protocol.allow": "never",
}
_TIMEOUT_S = 600
_BUNDLE = (b"# v2 git bundle\n", b"# v3 git bundle\n")
_FILES = ("100644", "100755")


class Blob(msgspec.Struct, frozen=True):
    """A file of a revision."""

    oid: str
    size: int
    """In bytes; -1 when git cannot tell."""
    path: str


class Repository:
    """A repository, or a bundle unpacked for as long as it is open."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.folder = path
        self._stack = ExitStack()
        self._cat: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        if Path(self.path).is_file():
            self.folder = self._stack.enter_context(tempfile.TemporaryDirectory())
            self.call("init", "--quiet", "--bare", "--template=", self.folder)
            refs = self.call("bundle", "unbundle", os.path.abspath(self.path))  # noqa: PTH100
            for line in refs.decode("utf-8", "replace").splitlines():
                oid, _, name = line.partition(" ")
                if name.startswith("refs/"):
                    self.call("update-ref", name, oid)
                elif name == "HEAD":
                    self.call("update-ref", "--no-deref", "HEAD", oid)
        return self

    def __exit__(self, *_: object) -> None:
        if self._cat is not None:
            self._cat.kill()
            self._cat.communicate()
        self._stack.close()

    def call(self, *words: str) -> bytes:
        """Return what a git command prints.

        Raises:
            ConfigError: There is no git.
            DamageError: It failed.
        """
        try:
            done = subprocess.run(
                self._command(words),
                capture_output=True,
                check=True,
                env=_environment(),
                timeout=_TIMEOUT_S,
            )
        except FileNotFoundError as cause:
            raise ConfigError("the git reader needs the program git") from cause
        except subprocess.TimeoutExpired as cause:
            raise DamageError("git does not answer") from cause
        except subprocess.CalledProcessError as cause:
            raise DamageError(f"git {words[0]} failed") from cause
        return done.stdout

    def commit(self, revision: str) -> tuple[str, str]:
        """Return the commit's name and date.

        Raises:
            DamageError: There is no such revision.
        """
        try:
            name = self.call("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
        except DamageError as error:
            raise DamageError("no such revision") from error
        oid = name.decode().strip()
        date = self.call("show", "--no-patch", "--no-show-signature", "--format=%cI", oid)
        return oid, date.decode("utf-8", "replace").strip()

    def blobs(self, oid: str) -> Iterator[Blob]:
        """Yield the files of a commit: no links, no other repositories."""
        listed = self.call("ls-tree", "-r", "-z", "--long", "--full-tree", oid)
        for entry in listed.split(b"\0"):
            facts, _, path = entry.partition(b"\t")
            words = facts.decode("ascii", "replace").split()
            if len(words) == 4 and words[0] in _FILES:
                size = int(words[3]) if words[3].isdigit() else -1
                yield Blob(words[2], size, path.decode("utf-8", "backslashreplace"))

    def read(self, blob: Blob, limit_bytes: int) -> bytes:
        """Return the bytes of a file.

        Raises:
            DamageError: It is missing, damaged or too long.
        """
        if blob.size > limit_bytes:
            raise DamageError("longer than max_document_bytes")
        if self._cat is None or self._cat.poll() is not None:
            self._cat = subprocess.Popen(
                self._command(("cat-file", "--batch")),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_environment(),
            )
        asked, answers = self._cat.stdin, self._cat.stdout
        if asked is None or answers is None:
            raise DamageError("git does not answer")
        try:
            asked.write(blob.oid.encode() + b"\n")
            asked.flush()
        except BrokenPipeError as cause:
            raise DamageError("git cat-file failed") from cause
        words = answers.readline().split()
        if len(words) != 3 or words[1] != b"blob":
            raise DamageError("object is missing or damaged")
        data = answers.read(int(words[2]) + 1)
        if len(data) != int(words[2]) + 1:
            raise DamageError("object is missing or damaged")
        return data[:-1]

    def _command(self, words: Sequence[str]) -> list[str]:
        safe = [word for key, value in _SAFE.items() for word in ("-c", f"{key}={value}")]
        return ["git", "--no-pager", "--literal-pathspecs", *safe, "-C", self.folder, *words]


def is_repository(path: Path) -> bool:
    """Whether there is a repository or a bundle."""
    if path.is_dir():
        return (path / ".git").exists() or (
            (path / "objects").is_dir() and (path / "HEAD").exists()
        )
    with path.open("rb") as file:
        return file.read(len(_BUNDLE[0])) in _BUNDLE


def _environment() -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": os.devnull,
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        # No way to fetch is allowed, whatever the repository's own settings say.
        "GIT_ALLOW_PROTOCOL": "none",
    }
