"""Boxes made of Linux namespaces by bubblewrap: no root, no daemon, milliseconds to start.

A box shares the kernel of this machine. That holds against code that is careless or cheats; for
code of strangers who pay for an escape, put a virtual machine around Etude.
"""

import contextlib
import os
import platform
import stat
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from etude.errors import ConfigError, SandboxError, blame
from etude.records import make_patch
from etude.sandbox import _confine
from etude.sandbox._base import Box, Image, Killed, Result, Sandbox
from etude.sandbox._channel import Channel
from etude.sandbox._command import words_of
from etude.sandbox._holder import mounts, wire
from etude.sandbox._image import check_image
from etude.sandbox._owner import box_owner
from etude.sandbox._program import Program, find_program
from etude.sandbox._seccomp import program as seccomp_program
from etude.sandbox._trial import try_out

_KILLED: dict[str, Killed] = {"timeout": "timeout", "memory": "memory", "output": "output"}


class BubblewrapSandbox(Sandbox, frozen=True, kw_only=True):
    """Boxes of Linux namespaces with a system-call filter."""

    copy: bool = False
    """Give each box a copy of its workspace rather than an overlay on it. Slower; done in any case
    for ordinary users of Linux older than 6.6, whose overlays cannot keep all changes."""

    def check(self) -> None:
        """Make sure that boxes can be opened on this machine, by opening one.

        Raises:
            ConfigError: They cannot; the message says what is missing and what to do.
        """
        if platform.system() != "Linux":
            raise ConfigError(
                f"bubblewrap boxes need Linux, this is {platform.system()}; use --sandbox docker"
            )
        try:
            try_out(self)
        except SandboxError as cause:
            raise ConfigError(f"cannot open a box: {cause}. {_advice()}") from cause

    @contextlib.asynccontextmanager
    async def open(self, image: Image) -> AsyncIterator[Box]:
        """Hold a fresh box of `image`.

        Raises:
            SandboxError: The box could not start.
        """
        channel = await Channel.start()
        try:
            box = BubblewrapBox(channel, image, self)
            await box.begin()
            yield box
        finally:
            await channel.close()


class BubblewrapBox(Box):
    """A box and the holder that keeps its files."""

    def __init__(self, channel: Channel, image: Image, spec: BubblewrapSandbox) -> None:
        self.image = image
        self._channel = channel
        self._spec = spec

    async def begin(self) -> None:
        """Mount the box; its files start as its image has them.

        Raises:
            SandboxError: The box could not start.
        """
        order, seccomp = self._order()
        await self._channel.ask(order, wire.Done, doing="opening a box", body=seccomp)

    async def begin_as(self, origin: "BubblewrapBox") -> None:
        """Mount the box; its files start as those of another.

        Raises:
            SandboxError: The box could not start.
        """
        doing = "forking a box"
        order, seccomp = self._order()
        async with origin._channel.held(wire.Freeze(), wire.Frozen, doing=doing) as frozen:
            if frozen.pid:
                order = order._replace(origin=frozen)
                await self._channel.ask(order, wire.Done, doing=doing, body=seccomp)
                return
        order = order._replace(loads=True)
        await self._channel.ask(order, wire.Done, doing=doing, body=seccomp)
        await origin._channel.relay_dump(self._channel, doing=doing)
        await self._channel.ask(wire.Start(), wire.Done, doing=doing)

    def _order(self) -> tuple[wire.Open, bytes]:
        base, owner = _base_folder(), box_owner()
        program = find_program(base)
        with blame(SandboxError, "preparing a box"):
            check_image(self.image, owner=owner)
            jail = self._jail(program, base)
            seccomp = seccomp_program()
        binds = [*program.binds, *_confine.staged(self.image)]
        order = wire.Open(
            base=str(base),
            layers=[str(layer.resolve()) for layer in self.image.workspace],
            binds=[[str(source), name] for source, name in binds],
            owner=-1 if owner is None else owner,
            disk_bytes=self._spec.limits.disk_bytes,
            n_files=self._spec.limits.n_files,
            overlay=not self._spec.copy,
            jail=jail,
            origin=None,
            loads=False,
        )
        return order, seccomp

    def _jail(self, program: Program, base: Path) -> wire.Jail:
        limits = self._spec.limits
        return wire.Jail(
            program=str(program.path),
            options=_confine.options(base, self.image),
            n_processes=limits.n_processes,
            memory_bytes=limits.memory_bytes,
            file_bytes=limits.file_bytes,
            cpu_s=limits.cpu_s,
            output_bytes=limits.output_bytes,
            flood_bytes=limits.flood_bytes,
            report_bytes=limits.report_bytes,
        )

    def is_open(self) -> bool:
        """Return whether the box is still there, as far as is known without asking it."""
        return self._channel.is_open()

    async def run(
        self, command: str | Sequence[str], *, timeout_s: float, stdin: bytes = b""
    ) -> Result:
        """Run a shell command line, or a program with its arguments, in the workspace.

        A caller that is cancelled meanwhile loses the box.

        Raises:
            SandboxError: The box is gone or could not start the command.
        """
        order = wire.Run(argv=words_of(command), timeout_s=timeout_s)
        ran, said = await self._channel.ask(
            order, wire.Ran, doing="running a command in a box", body=stdin
        )
        n_output = ran.n_stdout + ran.n_stderr
        return Result(
            exit=ran.exit,
            stdout=said[: ran.n_stdout].decode("utf-8", "replace"),
            stderr=said[ran.n_stdout : n_output].decode("utf-8", "replace"),
            report=said[n_output:],
            duration_s=ran.duration_s,
            truncated=ran.truncated,
            killed=_KILLED.get(ran.killed, ""),
        )

    async def read(self, path: str, *, limit_bytes: int = 8 << 20) -> bytes:
        """Return a regular file's content.

        Raises:
            SandboxError: No such file, not a regular file, too large, or outside the workspace
                and /tmp.
        """
        tree, inside = self._place(path)
        order = wire.Read(tree, inside, limit_bytes)
        return (await self._channel.ask(order, wire.Done, doing=f"reading {path!r} in a box"))[1]

    async def write(self, path: str, content: bytes) -> None:
        """Write a file whole, making its folders.

        Raises:
            SandboxError: The path leads through a link or out of the box, or the disk is full.
        """
        order = wire.Write(*self._place(path))
        doing = f"writing {path!r} in a box"
        await self._channel.ask(order, wire.Done, doing=doing, body=content)

    async def diff(self) -> str:
        """Return what changed in the workspace since the box opened, as a unified diff.

        Raises:
            SandboxError: More text changed than a diff may hold, 64 MiB.
        """
        changes, data = await self._channel.ask(
            wire.Diff(), wire.Changes, doing="comparing the workspace of a box"
        )
        before: dict[str, str | None] = {}
        after: dict[str, str | None] = {}
        start = 0
        for path, *sizes in changes.files:
            for side, n_bytes in zip((before, after), sizes, strict=True):
                side[path] = None if n_bytes < 0 else data[start : start + n_bytes].decode()
                start += max(0, n_bytes)
        return make_patch(before, after)

    async def save(self, path: str, target: Path) -> None:
        """Copy a folder of the box to `target`, whole or not at all.

        Raises:
            SandboxError: No such folder, or the target exists or cannot be written.
        """
        order = wire.Save(*self._place(path), str(target.absolute()))
        await self._channel.ask(order, wire.Done, doing=f"saving {path!r} of a box to {target}")

    @contextlib.asynccontextmanager
    async def fork(self) -> AsyncIterator[Box]:
        """Hold a second box whose files start as these are now.

        Raises:
            SandboxError: The second box could not start.
        """
        channel = await Channel.start()
        try:
            box = BubblewrapBox(channel, self.image, self._spec)
            await box.begin_as(self)
            yield box
        finally:
            await channel.close()

    def _place(self, path: str) -> tuple[str, str]:
        """Return the tree of the box that a path lies in, and the rest of it."""
        workdir = self.image.workdir.rstrip("/")
        for root, tree in ((workdir, mounts.MERGED), (_confine.TMP, mounts.TMP)):
            if path == root or path.startswith(f"{root}/"):
                return tree, path[len(root) :]
        if path.startswith("/"):
            raise SandboxError(f"{path!r} is outside the workspace {workdir} and /tmp")
        return mounts.MERGED, path


def _base_folder() -> Path:
    """Return the empty folder that every box mounts its own private one on, making it once."""
    folder = Path(tempfile.gettempdir(), f"etude-box-{os.geteuid()}").absolute()
    with blame(SandboxError, f"making {folder}"):
        folder.mkdir(mode=0o711, exist_ok=True)
    info = folder.lstat()
    if not stat.S_ISDIR(info.st_mode) or info.st_uid != os.geteuid():
        raise SandboxError(f"{folder} is not a folder of this user; remove it")
    return folder


def _advice() -> str:
    """Say what usually keeps a machine from opening boxes, as far as it can be told here."""
    if _sysctl("kernel/apparmor_restrict_unprivileged_userns") == "1":
        return (
            "AppArmor keeps ordinary users from making namespaces here: "
            "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, "
            "or run as root, or use --sandbox docker"
        )
    if "0" in (_sysctl("kernel/unprivileged_userns_clone"), _sysctl("user/max_user_namespaces")):
        return (
            "User namespaces are switched off here: sudo sysctl -w "
            "user.max_user_namespaces=15000 kernel.unprivileged_userns_clone=1, "
            "or use --sandbox docker"
        )
    return (
        "Inside a container, start it with the right to make user namespaces "
        "(--privileged, or --security-opt seccomp=unconfined and an unmasked /proc)"
    )


def _sysctl(name: str) -> str:
    path = Path("/proc/sys", name)
    return path.read_text().strip() if path.exists() else ""
