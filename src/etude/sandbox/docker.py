"""Boxes made of containers by Docker or Podman, where bubblewrap cannot run.

Some twenty times slower than bubblewrap. The workspace and /tmp may each grow to the limit on
disk, what is written counts as memory too, and files are not counted.
"""

import asyncio
import contextlib
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

from etude.errors import ConfigError, SandboxError, blame
from etude.records import make_patch
from etude.sandbox._archive import (
    archive_of,
    archive_of_file,
    extract,
    members_of,
    plain_parts,
    read_archive,
)
from etude.sandbox._base import Box, Image, Result, Sandbox
from etude.sandbox._command import words_of
from etude.sandbox._container import Container, find_client
from etude.sandbox._follow import follow
from etude.sandbox._holder import layer, mounts, transfer
from etude.sandbox._holder.stream import Stream
from etude.sandbox._image import check_image, hidden_folders
from etude.sandbox._trial import try_out

_OWN_PROCESSES = 8
_TMP = "/tmp"  # noqa: S108  # the box's own
_REPORT = "/report"
# Sizes in KiB.
_RUN = 'ulimit -c 0 -n 1024 -t "$1" -f "$2" -v "$3"; exec 3>/report/3; shift 3; exec "$@"'
_AFTER = """
n=$(cat /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control 2>/dev/null |
    sed -n 's/^oom_kill //p')
echo "${n:-0}"
test -f /report/3 && cat /report/3
rm -rf /report/3
"""
_MOVE = 'mkdir -p -- "$1" && mv -T -- "$2" "$3" || { rm -f -- "$2"; exit 1; }'


class DockerSandbox(Sandbox, frozen=True, kw_only=True):
    """Boxes of containers."""

    program: str = ""
    """`docker` or `podman`, or the path of either; empty for whichever answers."""
    image: str = "debian:stable-slim"
    """What a container starts from. On Linux it sees this machine's /usr instead of its own."""

    def check(self) -> None:
        """Make sure that boxes can be opened on this machine, by opening one.

        Raises:
            ConfigError: They cannot; the message says what is missing and what to do.
        """
        client = find_client(self.program)
        try:
            try_out(self)
        except SandboxError as cause:
            raise ConfigError(
                f"cannot open a box: {cause}. Is the image there ({client} pull {self.image})?"
            ) from cause

    @contextlib.asynccontextmanager
    async def open(self, image: Image) -> AsyncIterator[Box]:
        """Hold a fresh box of `image`.

        Raises:
            SandboxError: The box could not start.
        """
        check_image(image, owner=None)
        async with _folder() as base:
            corner = mounts.Corner.plain(base)
            before = corner.part(mounts.BASE)
            corner.part(mounts.EMPTY).mkdir()
            with blame(SandboxError, "copying the workspace of a container"):
                for source in reversed(image.workspace):
                    transfer.copy_tree(corner, source.resolve(), before)
            async with self.container(image, corner.part(mounts.EMPTY)) as container:
                with archive_of(before) as archive:
                    await container.unpack(image.workdir, archive)
                yield DockerBox(container, corner, image, self)

    @contextlib.asynccontextmanager
    async def container(self, image: Image, empty: Path) -> AsyncIterator[Container]:
        """Hold a container of `image` with an empty workspace, given an empty folder."""
        options = [*_limits(self), *_places(self, image, empty)]
        container = await Container.start(find_client(self.program), options, self.image)
        try:
            # Podman gives a new folder the mode of the one it covers.
            places = (image.workdir, _TMP, _REPORT)
            status, _, said = await container.call("chmod", "1777", *places, user="0:0")
            if status:
                raise SandboxError(f"preparing a container: {said}")
            yield container
        finally:
            await container.close()


class DockerBox(Box):
    """A container, and the folder of its workspace as it was at first."""

    def __init__(
        self, container: Container, corner: mounts.Corner, image: Image, spec: DockerSandbox
    ) -> None:
        self.image = image
        self._container = container
        self._corner = corner
        self._spec = spec
        self._lock = asyncio.Lock()
        self._n_killed = 0

    async def run(
        self, command: str | Sequence[str], *, timeout_s: float, stdin: bytes = b""
    ) -> Result:
        """Run a shell command line, or a program with its arguments, in the workspace.

        Raises:
            SandboxError: The container is gone or could not start the command.
        """
        limits, words = self._spec.limits, self._words(command)
        loop = asyncio.get_running_loop()
        async with self._lock:
            streams = Stream(limits.output_bytes), Stream(limits.output_bytes)
            started_s = loop.time()
            with blame(SandboxError, "running a command in a container"):
                process = await _start(words, streams)
            try:
                killed = await follow(
                    process,
                    streams,
                    limits,
                    timeout_s=timeout_s,
                    stdin=stdin,
                    stop=self._container.kill_all,
                )
            finally:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
                for stream in streams:
                    stream.close()
            duration_s = loop.time() - started_s
            report, out_of_memory = await self._after()
        if not killed and out_of_memory:
            killed = "memory"
        if len(report) > limits.report_bytes:
            killed = "output"
        out, err = streams
        exit_code = process.returncode or 0
        return Result(
            exit=137 if killed else exit_code,
            stdout=out.kept().decode("utf-8", "replace"),
            stderr=err.kept().decode("utf-8", "replace"),
            report=report[: limits.report_bytes],
            duration_s=duration_s,
            truncated=out.truncated or err.truncated,
            killed=killed,
        )

    async def read(self, path: str, *, limit_bytes: int = 8 << 20) -> bytes:
        """Return a regular file's content.

        Raises:
            SandboxError: No such file, not a regular file, too large, or outside the workspace
                and /tmp.
        """
        root, parts = self._place(path)
        names = _prefixes(parts)
        async with self._lock, self._container.pack(root, *names) as packed:
            archive = read_archive(packed)
            members = archive.getmembers()
            if len(members) < len(names) or not all(member.isdir() for member in members[:-1]):
                raise SandboxError(f"{path!r} is not there, or a link leads to it")
            content = archive.extractfile(members[-1]) if members[-1].isreg() else None
            if content is None or members[-1].size > limit_bytes:
                raise SandboxError(f"{path!r} is no regular file of at most {limit_bytes} bytes")
            return content.read()

    async def write(self, path: str, content: bytes) -> None:
        """Write a file whole, making its folders.

        Raises:
            SandboxError: The path leads through a link or out of the box, or the disk is full.
        """
        root, parts = self._place(path)
        names = _prefixes(parts)
        mode = 0o644
        async with self._lock:
            async with self._container.pack(root, *names) as packed:
                for member in members_of(packed):
                    is_last = len(plain_parts(member.name)) == len(parts)
                    if not (member.isreg() if is_last else member.isdir()):
                        raise SandboxError(f"{path!r} leads through a link, or is no file")
                    mode = member.mode if is_last else mode
            with archive_of_file(".etude-part", content, mode) as part:
                await self._container.unpack(root, part)
            folder, target = (f"{root}/{'/'.join(some)}" for some in (parts[:-1], parts))
            move = ("/bin/bash", "-c", _MOVE, "box", folder, f"{root}/.etude-part", target)
            status, _, said = await self._container.call(*move)
            if status:
                raise SandboxError(f"writing {path!r}: {said}")

    async def diff(self) -> str:
        """Return what changed in the workspace since the box opened, as a unified diff.

        Raises:
            SandboxError: More text changed than a diff may hold, 64 MiB.
        """
        before: dict[str, str | None] = {}
        after: dict[str, str | None] = {}
        merged = self._corner.part(mounts.MERGED)
        async with self._lock, self._container.pack(self.image.workdir) as packed:
            with _emptied(merged), blame(SandboxError, "comparing the workspace"):
                extract(packed, merged)
                for path, old, new in layer.changes(self._corner):
                    before[path] = None if old is None else old.decode()
                    after[path] = None if new is None else new.decode()
        return make_patch(before, after)

    async def save(self, path: str, target: Path) -> None:
        """Copy a folder of the box to `target`, whole or not at all.

        Raises:
            SandboxError: No such folder, or the target exists or cannot be written.
        """
        root, parts = self._place(path, folder=True)
        if target.exists() or target.is_symlink():
            raise SandboxError(f"{target} exists already")
        names = _prefixes(parts)
        async with self._lock:
            async with self._container.pack(root, ".", *names) as packed:
                members = members_of(packed)
                if len(members) <= len(names) or not all(member.isdir() for member in members):
                    raise SandboxError(f"{path!r} is no folder, or a link leads to it")
            with blame(SandboxError, f"saving {path!r} to {target}"):
                async with (
                    self._container.pack("/".join([root, *parts])) as packed,
                    _folder(target.parent) as base,
                ):
                    copy = base / "copy"
                    copy.mkdir()
                    extract(packed, copy)
                    copy.rename(target)

    @contextlib.asynccontextmanager
    async def fork(self) -> AsyncIterator[Box]:
        """Hold a second box whose files start as these are now.

        Raises:
            SandboxError: The second box could not start.
        """
        async with self._spec.container(self.image, self._corner.part(mounts.EMPTY)) as container:
            async with self._lock:
                for root in (self.image.workdir, _TMP):
                    async with self._container.pack(root) as packed:
                        await container.unpack(root, packed)
            yield DockerBox(container, self._corner, self.image, self._spec)

    def _words(self, command: str | Sequence[str]) -> list[str]:
        limits = self._spec.limits
        environment = {"PATH": "/usr/bin:/bin", "HOME": _TMP, "LANG": "C.UTF-8", **self.image.env}
        options = ["--workdir", self.image.workdir]
        for name, value in environment.items():
            options += ["--env", f"{name}={value}"]
        numbers = (
            max(1, round(limits.cpu_s)),
            limits.file_bytes >> 10,
            2 * limits.memory_bytes >> 10,
        )
        wrapper = ["/bin/bash", "-c", _RUN, "box", *map(str, numbers)]
        return self._container.exec_words(options, [*wrapper, *words_of(command)])

    async def _after(self) -> tuple[bytes, bool]:
        """Return the report of the last command, and whether the kernel had to free memory."""
        _, said, _ = await self._container.call("/bin/bash", "-c", _AFTER)
        counted, _, report = said.partition(b"\n")
        n_killed = int(counted)
        out_of_memory, self._n_killed = n_killed > self._n_killed, n_killed
        return report, out_of_memory

    def _place(self, path: str, *, folder: bool = False) -> tuple[str, list[str]]:
        """Return the folder of the box that a path lies in, and the rest of it."""
        workdir = self.image.workdir
        place, inside = workdir, path
        for root in (workdir, _TMP):
            if path == root or path.startswith(f"{root}/"):
                place, inside = root, path[len(root) :]
                break
        else:
            if path.startswith("/"):
                raise SandboxError(f"{path!r} is outside the workspace {workdir} and {_TMP}")
        parts = plain_parts(inside)
        if not parts and not folder:
            raise SandboxError(f"{path!r} names no file")
        return place, parts


def _limits(spec: DockerSandbox) -> Iterator[str]:
    limits = spec.limits
    yield from ("--network", "none", "--hostname", "sandbox", "--read-only")
    yield from ("--cap-drop", "ALL", "--security-opt", "no-new-privileges")
    yield from ("--pids-limit", str(limits.n_processes + _OWN_PROCESSES))
    yield from ("--memory", str(limits.memory_bytes), "--memory-swap", str(limits.memory_bytes))


def _places(spec: DockerSandbox, image: Image, empty: Path) -> Iterator[str]:
    writable = "rw,exec,nosuid,nodev,mode=1777"
    for place in (image.workdir, _TMP):
        yield from ("--tmpfs", f"{place}:{writable},size={spec.limits.disk_bytes}")
    yield from ("--tmpfs", f"{_REPORT}:{writable},size={spec.limits.report_bytes + 4096}")
    if platform.system() == "Linux":
        yield from ("--mount", "type=bind,source=/usr,target=/usr,readonly")
    for mount in image.mounts:
        source = mount.source.resolve()
        if set(f"{source}{mount.target}") & set(',"'):
            raise SandboxError(f"{source} cannot be mounted: it has a comma or a quote in its name")
        yield from ("--mount", f"type=bind,source={source},target={mount.target},readonly")
    for folder in hidden_folders(image):
        yield from ("--mount", f"type=bind,source={empty},target={folder},readonly")


async def _start(words: Sequence[str], streams: tuple[Stream, ...]) -> asyncio.subprocess.Process:
    out, err = streams
    try:
        return await asyncio.create_subprocess_exec(
            *words,
            stdin=subprocess.PIPE,
            stdout=out.write_fd,
            stderr=err.write_fd,
            start_new_session=True,
        )
    finally:
        for stream in streams:
            os.close(stream.write_fd)


def _prefixes(parts: Sequence[str]) -> list[str]:
    """Return the path of every folder on the way, and of the last component."""
    return ["/".join(parts[: n + 1]) for n in range(len(parts))]


@contextlib.asynccontextmanager
async def _folder(parent: Path | None = None) -> AsyncIterator[Path]:
    base = Path(tempfile.mkdtemp(prefix=".etude-", dir=parent))
    try:
        yield base
    finally:
        shutil.rmtree(base, ignore_errors=True)


@contextlib.contextmanager
def _emptied(folder: Path) -> Iterator[None]:
    """Hold an empty folder."""
    folder.mkdir()
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)
