"""Sandbox: how to get a box. Image: what is in it. Box: the live machine you got."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Literal

import msgspec

from etude.plugins import Spec

Killed = Literal["", "timeout", "memory", "output"]


class Mount(msgspec.Struct, frozen=True, kw_only=True):
    """A file or folder of this machine that the box sees, read-only."""

    source: Path
    target: str
    """Absolute path inside the box."""


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """What a box is opened on. Nothing in it is ever changed by the box."""

    workspace: tuple[Path, ...]
    """Folders laid over each other, topmost first; the box sees a copy-on-write view at `workdir`.

    Each must have been given to `adopt`, so that the user that boxes run as may change it.
    """
    workdir: str = "/workspace"
    mounts: tuple[Mount, ...] = ()
    env: dict[str, str] = {}
    """Environment variables besides PATH, HOME and LANG, which the box sets itself."""


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one box may use. Sizes in bytes."""

    memory_bytes: int = 2 << 30
    """Of all processes of the box together, and of each one's address space times two."""
    n_processes: int = 256
    disk_bytes: int = 1 << 30
    """Of everything written: workspace, /tmp and /dev/shm together."""
    n_files: int = 200_000
    """Files and folders that may be made in the box."""
    file_bytes: int = 256 << 20
    """Of one file."""
    cpu_s: float = 3600.0
    """CPU time of one command's process."""
    output_bytes: int = 1 << 20
    """Kept of each of standard output and error: the first and the last half of it."""
    flood_bytes: int = 64 << 20
    """A command that prints more than this is killed."""
    report_bytes: int = 256 << 20
    """A command that writes more than this to descriptor 3 is killed."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What one command left behind."""

    exit: int
    """Exit status; 128 + signal number when a signal ended it."""
    stdout: str
    """Decoded as UTF-8 with replacement."""
    stderr: str
    report: bytes = b""
    """What the command wrote to file descriptor 3; empty when it wrote nothing."""
    duration_s: float
    truncated: bool = False
    """Whether the middle of the output was cut."""
    killed: Killed = ""
    """Which limit ended the command; empty when it ended by itself."""


class Box(ABC):
    """A live, isolated machine. Obtained from `Sandbox.open`, gone when it closes.

    Files persist from one command to the next; processes do not: every command has a process
    tree of its own, and all of it is dead when `run` returns.
    """

    image: Image

    def is_open(self) -> bool:
        """Return whether the box is still there, as far as is known without asking it."""
        return True

    @abstractmethod
    async def run(
        self, command: str | Sequence[str], *, timeout_s: float, stdin: bytes = b""
    ) -> Result:
        """Run a shell command line, or a program with its arguments, in the workspace.

        A command that outlives `timeout_s` or breaks a limit is killed, which is a result and not
        an error.

        Raises:
            SandboxError: The box is gone or could not start the command.
        """

    @abstractmethod
    async def read(self, path: str, *, limit_bytes: int = 8 << 20) -> bytes:
        """Return a regular file's content; `path` is absolute or relative to the workspace.

        No link is followed, so a planted one cannot lead out of the box.

        Raises:
            SandboxError: No such file, not a regular file, too large, or outside the workspace
                and /tmp.
        """

    @abstractmethod
    async def write(self, path: str, content: bytes) -> None:
        """Write a file whole, making its folders; same rules for `path` as `read`.

        Raises:
            SandboxError: The path leads through a link or out of the box, or the disk is full.
        """

    @abstractmethod
    async def diff(self) -> str:
        """Return what changed in the workspace since the box opened, as a unified diff.

        Text files only; links, special files, files over 1 MiB and bytecode are left out.
        """

    @abstractmethod
    async def save(self, path: str, target: Path) -> None:
        """Copy a folder of the box to `target` on this machine, which must not exist yet.

        Regular files, folders and symbolic links (as links) only.
        """

    @abstractmethod
    def fork(self) -> AbstractAsyncContextManager["Box"]:
        """Return a context manager that holds a second box whose files start as these are now."""


class Sandbox(Spec, frozen=True, kw_only=True):
    """How to get a box. Its fields are its settings, so it can be written down."""

    limits: Limits = Limits()

    @abstractmethod
    def check(self) -> None:
        """Make sure that boxes can be opened on this machine.

        Raises:
            ConfigError: They cannot; the message says what is missing and what to do.
        """
        raise NotImplementedError

    @abstractmethod
    def open(self, image: Image) -> AbstractAsyncContextManager[Box]:
        """Return a context manager that holds a fresh box of `image`.

        Raises:
            SandboxError: The box could not start.
        """
        raise NotImplementedError
