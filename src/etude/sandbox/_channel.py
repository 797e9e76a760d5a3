"""Etude's end of the line to a box's holder."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from typing import Self, TypeVar

from etude.errors import SandboxError
from etude.sandbox._holder.wire import (
    SIZES,
    Born,
    Done,
    Dump,
    Entries,
    Failed,
    Message,
    pack,
    unpack,
)
from etude.sandbox._nursery import Nursery, new_holder

_PATIENCE_S = 5.0
AnswerT = TypeVar("AnswerT", bound=Message)


class Channel:
    """The line to a running holder."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, nursery: Nursery
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._nursery = nursery
        self._process = -1
        """Descriptor of the holder's process, once it has said which."""
        self._lock = asyncio.Lock()
        self._in_step = True

    @classmethod
    async def start(cls) -> Self:
        """Get a holder; it dies with this thread.

        Raises:
            SandboxError: There is none.
        """
        line, nursery = new_holder()
        reader, writer = await asyncio.open_connection(sock=line)
        return cls(reader, writer, nursery)

    def is_open(self) -> bool:
        """Return whether the holder has not hung up yet."""
        return self._in_step and not self._reader.at_eof() and not self._writer.is_closing()

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

    @contextlib.asynccontextmanager
    async def held(
        self, request: Message, answer: type[AnswerT], *, doing: str
    ) -> AsyncIterator[AnswerT]:
        """Ask, and let nobody else ask anything until the block ends.

        Raises:
            SandboxError: The holder could not do it, or is gone.
        """
        async with self._lock:
            async with self._exchange(doing):
                await self._send(request, b"")
                got, _ = await self._receive()
            yield self._expect(got, answer, doing)

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
        try:
            self._hang_up()
            async with asyncio.timeout(_PATIENCE_S):
                await self._gone()
        except TimeoutError:
            pass
        finally:
            if self._process >= 0:
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(self._process, signal.SIGKILL)
                await self._gone()
                os.close(self._process)
                self._process = -1
            self._writer.transport.abort()
            with contextlib.suppress(ConnectionError):
                await self._writer.wait_closed()

    def _hang_up(self) -> None:
        if self._writer.can_write_eof() and not self._writer.is_closing():
            with contextlib.suppress(OSError):
                self._writer.write_eof()

    async def _gone(self) -> None:
        """Wait until the holder has ended; read what it still says, or it would wait for that."""
        async with self._lock:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                if self._process < 0:
                    await self._meet()
                while await self._reader.read(1 << 20):
                    pass
            if self._process >= 0:
                await _readable(self._process)

    async def _meet(self) -> None:
        """Learn which process the holder is: the first that it says."""
        born, _ = await self._frame()
        if isinstance(born, Born):
            with contextlib.suppress(ProcessLookupError):
                self._process = os.pidfd_open(born.pid)

    @contextlib.asynccontextmanager
    async def _exchange(self, doing: str) -> AsyncIterator[None]:
        """Mark the line as out of step until the block has read its whole answer."""
        if not self._in_step:
            raise SandboxError(f"{doing}: the box is gone, as an earlier call was cut short")
        self._in_step = False
        try:
            yield
        except asyncio.CancelledError:
            self._hang_up()
            raise
        except (asyncio.IncompleteReadError, ConnectionError) as cause:
            raise SandboxError(f"{doing}: the box is gone: {self._nursery.last_words()}") from cause
        self._in_step = True

    async def _send(self, message: Message, body: bytes) -> None:
        if self._writer.is_closing():
            raise ConnectionResetError
        self._writer.write(pack(message, len(body)))
        self._writer.write(body)
        await self._writer.drain()

    async def _receive(self) -> tuple[Message, bytes]:
        if self._process < 0:
            await self._meet()
        return await self._frame()

    async def _frame(self) -> tuple[Message, bytes]:
        n_header, n_body = SIZES.unpack(await self._reader.readexactly(SIZES.size))
        header = await self._reader.readexactly(n_header)
        return unpack(header), await self._reader.readexactly(n_body)

    def _expect(self, got: Message, answer: type[AnswerT], doing: str) -> AnswerT:
        if isinstance(got, Failed):
            raise SandboxError(f"{doing}: {got.why}")
        if not isinstance(got, answer):
            raise SandboxError(f"{doing}: the holder answered {type(got).__name__}")
        return got


async def _readable(fd: int) -> None:
    """Wait until there is something to read, which for a process means that it has ended."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(fd, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(fd)
