"""Isolates nothing: commands run on this machine, as this user, on a copy of the workspace.

For tests of Etude itself and for code you would run by hand anyway. It sees every file, secret
and network you see, and of the limits it keeps only those on time and output.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from etude.errors import SandboxError, blame
from etude.records import make_patch
from etude.sandbox._base import Box, Image, Limits, Result, Sandbox
from etude.sandbox._command import words_of
from etude.sandbox._follow import follow
from etude.sandbox._holder import layer, mounts, transfer, tree
from etude.sandbox._holder.stream import Stream
from etude.sandbox._image import check_image

# The report descriptor has whatever number was free; the command expects it at 3.
_RUN = 'fd=$1; shift; exec 3>&"$fd"; eval "exec $fd>&-"; exec "$@"'
_TMP = "/tmp"  # noqa: S108  # this machine's own, as everything here


class LocalSandbox(Sandbox, frozen=True, kw_only=True):
    """Isolates nothing. Copies of a workspace on this machine."""

    def check(self) -> None:
        """Do nothing: there is always a machine."""

    @contextlib.asynccontextmanager
    async def open(self, image: Image) -> AsyncIterator[Box]:
        """Hold a fresh copy of the workspace of `image`.

        Raises:
            SandboxError: A folder or a mount does not exist on this machine.
        """
        check_image(image, owner=None)
        for mount in image.mounts:
            if not Path(mount.target).exists():
                raise SandboxError(
                    f"{mount.target} of the image's mounts does not exist on this machine, and a "
                    "local box mounts nothing; use another sandbox"
                )
        async with _folder() as base:
            box = LocalBox(base, image, self.limits)
            with blame(SandboxError, "copying the workspace of a local box"):
                for source in reversed(image.workspace):
                    transfer.copy_tree(box.corner, source.resolve(), box.before)
                transfer.copy_tree(box.corner, box.before, box.workspace)
            yield box


class LocalBox(Box):
    """A copy of a workspace, and one of how it was at first."""

    def __init__(self, base: Path, image: Image, limits: Limits) -> None:
        self.image = image
        self.corner = mounts.Corner.plain(base)
        self.before = self.corner.part(mounts.BASE)
        self.workspace = self.corner.part(mounts.MERGED)
        self._home = base / "home"
        self._home.mkdir()
        self._limits = limits

    async def run(
        self, command: str | Sequence[str], *, timeout_s: float, stdin: bytes = b""
    ) -> Result:
        """Run a command in the copy of the workspace.

        Raises:
            SandboxError: The command could not be started.
        """
        limits, words = self._limits, words_of(command)
        streams = (
            Stream(limits.output_bytes),
            Stream(limits.output_bytes),
            Stream(2 * limits.report_bytes + 2),
        )
        loop = asyncio.get_running_loop()
        started_s = loop.time()
        with blame(SandboxError, "running a command in a local box"):
            process = await self._start(words, streams)

        async def stop() -> None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

        try:
            killed = await follow(
                process, streams, limits, timeout_s=timeout_s, stdin=stdin, stop=stop
            )
        finally:
            await stop()
            exit_code = await process.wait()
            for stream in streams:
                stream.close()
        out, err, report = streams
        return Result(
            exit=exit_code if exit_code >= 0 else 128 - exit_code,
            stdout=out.kept().decode("utf-8", "replace"),
            stderr=err.kept().decode("utf-8", "replace"),
            report=report.kept()[: limits.report_bytes],
            duration_s=loop.time() - started_s,
            truncated=out.truncated or err.truncated,
            killed=killed,
        )

    async def read(self, path: str, *, limit_bytes: int = 8 << 20) -> bytes:
        """Return a regular file's content.

        Raises:
            SandboxError: No such file, not a regular file, too large, or outside the workspace
                and /tmp.
        """
        with blame(SandboxError, f"reading {path!r}"):
            return tree.read(*self._place(path), limit_bytes)

    async def write(self, path: str, content: bytes) -> None:
        """Write a file whole, making its folders.

        Raises:
            SandboxError: The path leads through a link or elsewhere, or the disk is full.
        """
        with blame(SandboxError, f"writing {path!r}"):
            tree.write(self.corner, *self._place(path), content)

    async def diff(self) -> str:
        """Return what changed in the workspace since the box opened, as a unified diff.

        Raises:
            SandboxError: More text changed than a diff may hold, 64 MiB.
        """
        before: dict[str, str | None] = {}
        after: dict[str, str | None] = {}
        with blame(SandboxError, "comparing the workspace"):
            for path, old, new in layer.changes(self.corner):
                before[path] = None if old is None else old.decode()
                after[path] = None if new is None else new.decode()
        return make_patch(before, after)

    async def save(self, path: str, target: Path) -> None:
        """Copy a folder of the box to `target`, whole or not at all.

        Raises:
            SandboxError: No such folder, or the target exists or cannot be written.
        """
        with blame(SandboxError, f"saving {path!r}"):
            transfer.save(self.corner, *self._place(path), target.absolute())

    @contextlib.asynccontextmanager
    async def fork(self) -> AsyncIterator[Box]:
        """Hold a second box whose workspace starts as this one's is now."""
        async with _folder() as base:
            box = LocalBox(base, self.image, self._limits)
            with blame(SandboxError, "forking a local box"):
                transfer.copy_tree(box.corner, self.before, box.before)
                transfer.copy_tree(box.corner, self.workspace, box.workspace)
                transfer.copy_tree(box.corner, self._home, box._home)
            yield box

    async def _start(
        self, words: Sequence[str], streams: tuple[Stream, ...]
    ) -> asyncio.subprocess.Process:
        out, err, report = streams
        try:
            return await asyncio.create_subprocess_exec(
                *("/bin/bash", "-c", _RUN, "box", str(report.write_fd), *words),
                cwd=self.workspace,
                env={
                    "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
                    "HOME": str(self._home),
                    "LANG": "C.UTF-8",
                    **self.image.env,
                },
                stdin=asyncio.subprocess.PIPE,
                stdout=out.write_fd,
                stderr=err.write_fd,
                pass_fds=(report.write_fd,),
                start_new_session=True,
            )
        except BaseException:
            for stream in streams:
                stream.close()
            raise
        finally:
            for stream in streams:
                os.close(stream.write_fd)

    def _place(self, path: str) -> tuple[Path, str]:
        """Return the folder that a path of the box lies in, and the rest of it."""
        workdir = self.image.workdir.rstrip("/")
        for root, folder in ((workdir, self.workspace), (_TMP, Path(_TMP).resolve())):
            if path == root or path.startswith(f"{root}/"):
                return folder, path[len(root) :]
        if path.startswith("/"):
            raise SandboxError(f"{path!r} is outside the workspace {workdir} and {_TMP}")
        return self.workspace, path


@contextlib.asynccontextmanager
async def _folder() -> AsyncIterator[Path]:
    base = Path(tempfile.mkdtemp(prefix="etude-local-"))
    try:
        yield base
    finally:
        shutil.rmtree(base, ignore_errors=True)
