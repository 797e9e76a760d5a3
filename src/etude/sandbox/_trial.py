"""Open one box, to see whether boxes can be opened."""

import asyncio
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from etude.errors import SandboxError
from etude.sandbox._base import Image, Sandbox
from etude.sandbox._owner import adopt

_PATIENCE_S = 60.0


def try_out(sandbox: Sandbox) -> None:
    """Open a box, run a command that does nothing, and close it.

    Raises:
        SandboxError: That did not work; the message says what did not.
    """
    with tempfile.TemporaryDirectory(prefix="etude-check-") as folder:
        workspace = Path(folder, "workspace")
        workspace.mkdir()
        adopt(workspace)
        # In a thread, as the caller may be in a running event loop.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, _live(sandbox, workspace)).result()


async def _live(sandbox: Sandbox, workspace: Path) -> None:
    async with sandbox.open(Image(workspace=(workspace,))) as box:
        result = await box.run("true", timeout_s=_PATIENCE_S)
        if result.exit != 0:
            raise SandboxError(f"`true` ended with {result.exit} in a box: {result.stderr}")
