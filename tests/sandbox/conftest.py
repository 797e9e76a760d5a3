"""A small workspace to open boxes on, and one box that many tests can share."""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from etude.sandbox import Box, Image, adopt, sandboxes


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A folder of two files, fit to be a layer."""
    folder = tmp_path / "workspace"
    (folder / "package").mkdir(parents=True)
    (folder / "a.txt").write_text("one\ntwo\n")
    (folder / "package/b.txt").write_text("b\n")
    adopt(folder)
    return folder


@pytest.fixture(scope="module")
def shared_box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[asyncio.Runner, Box]]:
    """One bubblewrap box for all tests of a file, and the runner it lives in."""
    folder = tmp_path_factory.mktemp("shared") / "workspace"
    folder.mkdir()
    (folder / "a.txt").write_text("one\ntwo\n")
    adopt(folder)
    sandbox = sandboxes.make("bubblewrap")
    with asyncio.Runner() as runner:
        stack = contextlib.AsyncExitStack()
        box = runner.run(stack.enter_async_context(sandbox.open(Image(workspace=(folder,)))))
        try:
            yield runner, box
        finally:
            runner.run(stack.aclose())
