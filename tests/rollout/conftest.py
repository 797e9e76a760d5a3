"""Real boxes on small folders."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from etude.errors import ConfigError
from etude.sandbox import Box, Image, Sandbox, adopt, sandboxes

OpenBox = Callable[[Mapping[str, bytes | str]], AbstractAsyncContextManager[Box]]


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    """The sandbox that isolates where this machine can, else plain processes."""
    made = sandboxes.make("bubblewrap")
    try:
        made.check()
    except ConfigError:
        return sandboxes.make("local")
    return made


@pytest.fixture
def open_box(sandbox: Sandbox, tmp_path: Path) -> OpenBox:
    """Opens a box on a workspace of the given files."""

    @asynccontextmanager
    async def opened(files: Mapping[str, bytes | str]) -> AsyncIterator[Box]:
        folder = tmp_path / "workspace"
        for path, content in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.encode() if isinstance(content, str) else content)
        adopt(folder)
        async with sandbox.open(Image(workspace=(folder,))) as box:
            yield box

    return opened
