"""One running container, through the command-line client of Docker or Podman."""

import asyncio
import contextlib
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Sequence
from typing import IO, Self

from etude.errors import ConfigError, SandboxError

_CLIENTS = ("docker", "podman")
_USER = "1000:1000"
_PATIENCE_S = 30.0
# The first process ends with its standard input, that is, with Etude, and the container with it.
# Asked by a line, it kills all others; it needs no new process for that, which may not be had.
_KEEPER = """
echo ready
while read -r _; do
    kill -9 -1 2>/dev/null
    for ((n = 0; n < 100000; n++)); do kill -0 -1 2>/dev/null || break; done
    echo done
done
"""
# The folder itself is left out: whoever unpacks may not own the one it goes into.
_PACK_ALL = """
cd "$1" && find . -mindepth 1 -maxdepth 1 -print0 | tar --sparse --null -T - -cf -
"""


def find_client(program: str) -> str:
    """Return the client to use: the one asked for, or the first whose service answers.

    Raises:
        ConfigError: None does.
    """
    tried = []
    for client in (program,) if program else _CLIENTS:
        found = shutil.which(client)
        if found is None:
            tried.append(f"{client}: not installed")
            continue
        try:
            done = subprocess.run([found, "info"], capture_output=True, text=True, timeout=60)
        except (OSError, subprocess.TimeoutExpired) as error:
            tried.append(f"{client}: {error}")
            continue
        if done.returncode == 0:
            return found
        tried.append(f"{client}: {(done.stderr.strip() or 'no answer').splitlines()[-1]}")
    raise ConfigError(
        f"no container service answers ({'; '.join(tried)}); install and start Docker or Podman"
    )


class Container:
    """A container that runs until it is closed or Etude ends."""

    def __init__(self, client: str, name: str, keeper: asyncio.subprocess.Process) -> None:
        self._client = client
        self._name = name
        self._keeper = keeper
        self._lock = asyncio.Lock()

    @classmethod
    async def start(cls, client: str, options: Sequence[str], image: str) -> Self:
        """Start a container of `image` that does nothing.

        Raises:
            SandboxError: It did not start.
        """
        name = f"etude-{secrets.token_hex(8)}"
        keeper = await asyncio.create_subprocess_exec(
            *(client, "run", "--interactive", "--rm", "--name", name, "--user", _USER),
            *(*options, "--entrypoint", "/bin/bash", image, "-c", _KEEPER),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        container = cls(client, name, keeper)
        try:
            await container._hear("ready")
        except BaseException:
            await container.close()
            raise
        return container

    def exec_words(self, options: Sequence[str], words: Sequence[str]) -> list[str]:
        """Return the command line that runs something in the container."""
        return [self._client, "exec", "--interactive", *options, self._name, *words]

    async def kill_all(self) -> None:
        """Kill every process in the container but the first.

        Raises:
            SandboxError: The container is gone.
        """
        async with self._lock:
            if self._keeper.stdin is not None:
                with contextlib.suppress(ConnectionResetError, BrokenPipeError):
                    self._keeper.stdin.write(b"kill\n")
                    await self._keeper.stdin.drain()
            await self._hear("done")

    async def call(
        self,
        *words: str,
        stdin: IO[bytes] | None = None,
        stdout: IO[bytes] | None = None,
        user: str = _USER,
    ) -> tuple[int, bytes, str]:
        """Run a short command of our own; return its exit status, output and error."""
        process = await asyncio.create_subprocess_exec(
            *self.exec_words(("--user", user), words),
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=subprocess.PIPE if stdout is None else stdout,
            stderr=subprocess.PIPE,
        )
        out, err = await process.communicate()
        return process.returncode or 0, out or b"", err.decode("utf-8", "replace").strip()

    @contextlib.asynccontextmanager
    async def pack(self, folder: str, *names: str) -> AsyncIterator[IO[bytes]]:
        """Hold a tar archive of what lies in a folder.

        Args:
            folder: Absolute path in the container.
            names: Only these, without what lies below them; those that are missing are left out.

        Raises:
            SandboxError: The folder cannot be read.
        """
        if names:
            words = ("tar", "-C", folder, "--sparse", "--no-recursion", "-cf", "-", "--", *names)
        else:
            words = ("/bin/bash", "-c", _PACK_ALL, "box", folder)
        with tempfile.TemporaryFile() as file:
            status, _, said = await self.call(*words, stdout=file)
            if status and not names:
                raise SandboxError(said)
            file.seek(0)
            yield file

    async def unpack(self, folder: str, archive: IO[bytes]) -> None:
        """Write an archive into a folder.

        Raises:
            SandboxError: The disk is full, or the folder is not there.
        """
        archive.seek(0)
        words = ("tar", "-C", folder, "--no-overwrite-dir", "-xf", "-")
        status, _, said = await self.call(*words, stdin=archive)
        if status:
            raise SandboxError(said)

    async def close(self) -> None:
        """Stop the container; it removes itself."""
        try:
            if self._keeper.stdin is not None:
                self._keeper.stdin.close()
            async with asyncio.timeout(_PATIENCE_S):
                await self._keeper.wait()
        except TimeoutError:
            remove = await asyncio.create_subprocess_exec(
                *(self._client, "rm", "--force", self._name),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            await remove.wait()
        finally:
            with contextlib.suppress(ProcessLookupError):
                self._keeper.kill()
            await self._keeper.wait()

    async def _hear(self, word: str) -> None:
        stdout, stderr = self._keeper.stdout, self._keeper.stderr
        heard = b"" if stdout is None else await stdout.readline()
        if heard.strip() != word.encode():
            said = b"" if stderr is None else await stderr.read()
            raise SandboxError(
                f"the container is gone: {said.decode('utf-8', 'replace').strip() or 'no word'}"
            )
