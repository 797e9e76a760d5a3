"""Fresh boxes, opened ahead: each sees one response and is gone."""

import asyncio
import contextlib
import py_compile
import shutil
import sys
import tempfile
from collections import deque
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec

from etude.errors import EtudeError, SandboxError, blame
from etude.rollout.machine import PYTHON_TARGET, interpreter_mounts
from etude.sandbox import Box, Image, Mount, Sandbox, adopt

_IN_BOX = Path(__file__).parent / "in_box"
_TARGET = "/etude"
PYTHON = f"{PYTHON_TARGET}/bin/python{sys.version_info.major}.{sys.version_info.minor}"
_BESIDE_BYTES = 256 << 20
"""What the processes of the grader may use beside those of the program."""


def start_command(module: str) -> list[str]:
    """Return what runs a module of ours in a box; nothing that lies in the box is imported."""
    code = f"import sys; sys.path.append('{_TARGET}'); from in_box.{module} import main; main()"
    return [PYTHON, "-s", "-P", "-S", "-B", "-c", code]


def bounded(sandbox: Sandbox, memory_bytes: int) -> Sandbox:
    """Return a sandbox whose boxes are as small as one program needs."""
    limits = msgspec.structs.replace(
        sandbox.limits,
        memory_bytes=min(sandbox.limits.memory_bytes, memory_bytes + _BESIDE_BYTES),
        n_processes=min(sandbox.limits.n_processes, 128),
        disk_bytes=min(sandbox.limits.disk_bytes, 128 << 20),
        n_files=min(sandbox.limits.n_files, 10_000),
    )
    return msgspec.structs.replace(sandbox, limits=limits)


@contextlib.contextmanager
def program_image() -> Iterator[Image]:
    """Hold the image of a box that programs run in: an interpreter and an empty workspace."""
    with tempfile.TemporaryDirectory(prefix="etude-") as name:
        with blame(SandboxError, "preparing the boxes that programs run in"):
            workspace, package = Path(name) / "empty", Path(name) / "in_box"
            workspace.mkdir()
            adopt(workspace)
            # Compiled once and not at every start.
            shutil.copytree(_IN_BOX, package, ignore=shutil.ignore_patterns("__pycache__"))
            for source in package.glob("*.py"):
                mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
                py_compile.compile(str(source), doraise=True, invalidation_mode=mode)
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        mounts = [*interpreter_mounts(version), Mount(source=package, target=f"{_TARGET}/in_box")]
        yield Image(workspace=(workspace,), mounts=tuple(mounts), env={"PYTHONHASHSEED": "0"})


class BoxStock:
    """Keeps fresh boxes open ahead, so that a response need not wait for one."""

    def __init__(self, sandbox: Sandbox, image: Image, n_boxes: int) -> None:
        self._sandbox = sandbox
        self._image = image
        self._turns = asyncio.Semaphore(n_boxes)
        self._n_boxes = n_boxes
        self._opening: deque[asyncio.Task[tuple[contextlib.AsyncExitStack, Box]]] = deque()
        self._closing: set[asyncio.Task[None]] = set()

    def fill(self) -> None:
        """Begin to open what is missing."""
        while len(self._opening) < self._n_boxes:
            self._opening.append(asyncio.create_task(self._open()))

    @contextlib.asynccontextmanager
    async def take(self) -> AsyncIterator[Box]:
        """Hold a box that nothing has run in.

        Raises:
            SandboxError: None could be opened.
        """
        async with self._turns:
            self.fill()
            taken = self._opening.popleft()
            self.fill()
            try:
                stack, box = await taken
            except asyncio.CancelledError:
                self._close(taken)
                raise
            try:
                yield box
            finally:
                self._close(taken)
                del stack

    async def drop(self) -> None:
        """Close all boxes; those that are still being opened too."""
        while self._opening:
            self._close(self._opening.popleft())
        while self._closing:
            await asyncio.wait(self._closing)

    async def _open(self) -> tuple[contextlib.AsyncExitStack, Box]:
        stack = contextlib.AsyncExitStack()
        box = await stack.enter_async_context(self._sandbox.open(self._image))
        return stack, box

    def _close(self, taken: asyncio.Task[tuple[contextlib.AsyncExitStack, Box]]) -> None:
        """Close a box in the background: no verdict waits for that."""
        task = asyncio.create_task(_close(taken))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


async def _close(taken: asyncio.Task[tuple[contextlib.AsyncExitStack, Box]]) -> None:
    # Whoever wanted the box has heard why there is none, and one that is gone need not be closed.
    with contextlib.suppress(EtudeError, asyncio.CancelledError):
        stack, _ = await taken
        await stack.aclose()
