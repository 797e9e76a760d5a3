"""Etude's end of the line to a box's holder."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Self, TypeVar

from etude.errors import SandboxError
from etude.sandbox._holder.wire import SIZES, Done, Dump, Entries, Failed, Message, pack, unpack

_START = "import sys; sys.path.append(sys.argv.pop()); from _holder.serve import main; main()"
_PATIENCE_S = 5.0
AnswerT = TypeVar("AnswerT", bound=Message)


class Channel:
    """A running holder."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._lock = asyncio.Lock()
        self._in_step = True

    @classmethod
    async def start(cls) -> Self:
        """Start a holder; it dies with this process."""
        folder = str(Path(__file__).parent)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", "-c", _START, str(os.getpid()), folder),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={name: value for name, value in os.environ.items() if name == "LD_LIBRARY_PATH"},
            start_new_session=True,
        )
        return cls(process)

    async def ask(
        self, request: Message, answer: type[AnswerT], *, doing: str, body: bytes = b""
    ) -> tuple[AnswerT, bytes]:
        """Send a request and return the answer.

        Raises:
            SandboxError: The holder could not do it, or is gone.
        """
        async with self._lock, self._exchange(doing):
            await self._send(request, body)
            got, content = await self._receive()
        return self._expect(got, answer, doing), content

    async def relay_dump(self, to: Self, *, doing: str) -> None:
        """Have another holder load all that was written in this one's box.

        Raises:
            SandboxError: Either could not do it, or is gone.
        """
        async with self._lock, self._exchange(doing):
            await self._send(Dump(), b"")
            last = False
            while not last:
                got, content = await self._receive()
                part = self._expect(got, Entries, doing)
                await to.ask(part, Done, doing=doing, body=content)
                last = part.last

    async def close(self) -> None:
        """Hang up and wait until the holder, and with it the whole box, is gone."""
        stdin = self._process.stdin
        try:
            if stdin is not None:
                stdin.close()
            async with asyncio.timeout(_PATIENCE_S):
                await self._gone()
        except TimeoutError:
            pass
        finally:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._gone()

    async def _gone(self) -> None:
        """Wait until the holder has ended and all that it said has been read.

        A call that was cut short leaves output unread, and asyncio does not count a process as
        ended while that is so.
        """
        async with self._lock:
            for stream in (self._process.stdout, self._process.stderr):
                while stream is not None and await stream.read(1 << 20):
                    pass
            await self._process.wait()

    @contextlib.asynccontextmanager
    async def _exchange(self, doing: str) -> AsyncIterator[None]:
        """Mark the line as out of step until the block has read its whole answer."""
        if not self._in_step:
            raise SandboxError(f"{doing}: the box is gone, as an earlier call was cut short")
        self._in_step = False
        try:
            yield
        except asyncio.CancelledError:
            if self._process.stdin is not None:
                self._process.stdin.close()
            raise
        except (asyncio.IncompleteReadError, ConnectionError) as cause:
            raise SandboxError(f"{doing}: the box is gone: {await self._last_words()}") from cause
        self._in_step = True

    async def _send(self, message: Message, body: bytes) -> None:
        stdin = self._process.stdin
        if stdin is None or stdin.is_closing():
            raise ConnectionResetError
        stdin.write(pack(message, len(body)))
        stdin.write(body)
        await stdin.drain()

    async def _receive(self) -> tuple[Message, bytes]:
        stdout = self._process.stdout
        if stdout is None:
            raise ConnectionResetError
        n_header, n_body = SIZES.unpack(await stdout.readexactly(SIZES.size))
        header = await stdout.readexactly(n_header)
        return unpack(header), await stdout.readexactly(n_body)

    def _expect(self, got: Message, answer: type[AnswerT], doing: str) -> AnswerT:
        if isinstance(got, Failed):
            raise SandboxError(f"{doing}: {got.why}")
        if not isinstance(got, answer):
            raise SandboxError(f"{doing}: the holder answered {type(got).__name__}")
        return got

    async def _last_words(self) -> str:
        stderr = self._process.stderr
        said = b"" if stderr is None else await stderr.read()
        lines = said.decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "its holder ended without a word"
