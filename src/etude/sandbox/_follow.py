"""Follow a command that was started here until it ends or breaks a limit."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from etude.sandbox._base import Killed, Limits
from etude.sandbox._holder.stream import Stream

_LINGER_S = 1.0


async def follow(
    process: asyncio.subprocess.Process,
    streams: tuple[Stream, ...],
    limits: Limits,
    *,
    timeout_s: float,
    stdin: bytes,
    stop: Callable[[], Awaitable[None]],
) -> Killed:
    """Read the streams until the command ends or has to be ended; return why.

    Args:
        process: The command; its standard input is a pipe.
        streams: Its standard output and error, and its report where that is a pipe too.
        limits: What may be printed.
        timeout_s: Seconds it may take.
        stdin: What to feed it.
        stop: Kills all that the command started; called in any case.
    """
    loop = asyncio.get_running_loop()
    flooded = asyncio.Event()
    ends = [asyncio.Event() for _ in streams]

    def take(stream: Stream, end: asyncio.Event) -> None:
        if not stream.take():
            loop.remove_reader(stream.fd)
            end.set()
        n_printed = sum(stream.n_bytes for stream in streams[:2])
        n_reported = sum(stream.n_bytes for stream in streams[2:])
        if n_printed > limits.flood_bytes or n_reported > limits.report_bytes:
            flooded.set()

    for stream, end in zip(streams, ends, strict=True):
        loop.add_reader(stream.fd, take, stream, end)
    feeding = asyncio.create_task(_feed(process, stdin))
    ended = asyncio.create_task(process.wait())
    flood = asyncio.create_task(flooded.wait())
    try:
        await asyncio.wait((ended, flood), timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        killed: Killed = ""
        if flooded.is_set():
            killed = "output"
        elif not ended.done():
            killed = "timeout"
        await stop()
        # A process that got away may still hold the pipes: do not wait for it.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LINGER_S):
                for end in ends:
                    await end.wait()
        return killed
    finally:
        for task in (feeding, ended, flood):
            task.cancel()
        for stream in streams:
            loop.remove_reader(stream.fd)


async def _feed(process: asyncio.subprocess.Process, content: bytes) -> None:
    """Give a command its input; it may not want it."""
    if process.stdin is None:
        return
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(content)
        await process.stdin.drain()
    process.stdin.close()
