"""Boxes opened ahead, so that nobody waits for one. Each is handed out once and is then gone."""

import asyncio
import contextlib
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from types import TracebackType
from typing import NamedTuple, Self

from etude.errors import ConfigError, EtudeError, SandboxError
from etude.sandbox._base import Box, Image, Sandbox


class _Opened(NamedTuple):
    box: Box
    stack: contextlib.AsyncExitStack


_Opening = asyncio.Task[_Opened]


class Pool:
    """Keeps boxes waiting for the images that were asked for last.

    A box that waits holds no memory of its own but that of a shell; of `n_images` times `n_ready`
    there are no more. What an image is made of must not change while its boxes wait.
    """

    def __init__(
        self, sandbox: Sandbox, *, n_ready: int = 2, n_images: int = 4, n_boxes: int = 0
    ) -> None:
        """Say how many; nothing is opened yet.

        Args:
            sandbox: Where boxes come from.
            n_ready: Boxes that wait, for each image.
            n_images: Images for which boxes wait; those asked for longest ago lose theirs.
            n_boxes: Boxes that may be in use at a time; whoever wants more waits. 0 for any number.

        Raises:
            ConfigError: A number is too small.
        """
        if n_ready < 1 or n_images < 1 or n_boxes < 0:
            raise ConfigError(
                f"a pool needs n_ready and n_images of at least 1 and n_boxes of at least 0, "
                f"not {n_ready}, {n_images} and {n_boxes}"
            )
        self._sandbox = sandbox
        self._n_ready = n_ready
        self._n_images = n_images
        self._turns = asyncio.Semaphore(n_boxes) if n_boxes else contextlib.nullcontext()
        self._shelves: OrderedDict[str, deque[_Opening]] = OrderedDict()
        self._closing: set[asyncio.Task[None]] = set()
        self._is_closed = False

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        await self.close()

    def prepare(self, image: Image) -> None:
        """Begin to open what is missing for an image.

        Raises:
            SandboxError: The pool is closed.
        """
        if self._is_closed:
            raise SandboxError("this pool of boxes is closed")
        shelf = self._shelves.setdefault(repr(image), deque())
        self._shelves.move_to_end(repr(image))
        while len(shelf) < self._n_ready:
            shelf.append(asyncio.create_task(self._open(image)))
        while len(self._shelves) > self._n_images:
            self._empty(self._shelves.popitem(last=False)[1])

    @contextlib.asynccontextmanager
    async def open(self, image: Image) -> AsyncIterator[Box]:
        """Hold a box of `image` that nobody had before.

        It closes in the background: nobody waits for that either.

        Raises:
            SandboxError: None could be opened, or the pool is closed.
        """
        async with self._turns:
            taken = await self._take(image)
            try:
                yield taken.result().box
            finally:
                self._close(taken)

    async def close(self) -> None:
        """Close all boxes that wait, also those still being opened; one in use closes after use."""
        self._is_closed = True
        while self._shelves:
            self._empty(self._shelves.popitem()[1])
        while self._closing:
            await asyncio.wait(self._closing)

    async def _take(self, image: Image) -> _Opening:
        while True:
            self.prepare(image)
            taken = self._shelves[repr(image)].popleft()
            self.prepare(image)
            try:
                opened = await taken
            except asyncio.CancelledError:
                self._close(taken)
                raise
            # It may have been killed while it waited.
            if opened.box.is_open():
                return taken
            self._close(taken)

    async def _open(self, image: Image) -> _Opened:
        stack = contextlib.AsyncExitStack()
        return _Opened(await stack.enter_async_context(self._sandbox.open(image)), stack)

    def _empty(self, shelf: deque[_Opening]) -> None:
        while shelf:
            self._close(shelf.popleft())

    def _close(self, taken: _Opening) -> None:
        task = asyncio.create_task(_close(taken))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


async def _close(taken: _Opening) -> None:
    # Whoever wanted the box has heard why there is none, and one that is gone need not be closed.
    with contextlib.suppress(EtudeError, asyncio.CancelledError):
        opened = await taken
        await opened.stack.aclose()
