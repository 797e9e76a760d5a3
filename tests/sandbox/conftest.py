"""A small workspace to open boxes on, and one box that many attempts to escape can share."""

import asyncio
import contextlib
import os
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from etude.sandbox import Box, Image, Mount, Pool, adopt, sandboxes

PYTHON = f"{sys.base_prefix}/bin/python3"
# What every attempt starts from. Only an error of the system counts as contained: any other would
# mean that the attempt itself is wrong, and proves nothing.
HEAD = """
import ctypes, errno, fcntl, mmap, os, pathlib, resource, signal, socket, subprocess, sys, time
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *arguments):
    number = name if isinstance(name, int) else None
    result = libc.syscall(number, *arguments) if number else getattr(libc, name)(*arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), str(name))
    return result
def show(attempt):
    if pid := os.fork():
        os.waitpid(pid, 0)
        return
    try:
        outcome = attempt()
    except OSError as error:
        print("contained", errno.errorcode.get(error.errno, error.errno))
    else:
        print("contained" if outcome is None else f"ESCAPED {outcome}")
    sys.stdout.flush()
    os._exit(0)
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A folder of two files, fit to be a layer."""
    folder = tmp_path / "workspace"
    (folder / "package").mkdir(parents=True)
    (folder / "a.txt").write_text("one\ntwo\n")
    (folder / "package/b.txt").write_text("b\n")
    adopt(folder)
    return folder


@pytest.fixture(scope="session")
def secret() -> Iterator[str]:
    """A word in the environment of these tests that no box may know."""
    word = "etude-canary-4711"
    os.environ["ETUDE_TEST_SECRET"] = word
    yield word
    del os.environ["ETUDE_TEST_SECRET"]


@pytest.fixture(scope="session", params=["opened", "from a pool", "forked"])
def shared_box(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, secret: str
) -> Iterator[tuple[asyncio.Runner, Box]]:
    """A box with the interpreter of these tests and nothing else but /usr; where it lives.

    However it was come by, it must hold.
    """
    folder = tmp_path_factory.mktemp("shared") / "workspace"
    folder.mkdir()
    adopt(folder)
    assert secret in os.environ.values()
    prefix = Path(sys.base_prefix)
    mounts = () if prefix.is_relative_to("/usr") else (Mount(source=prefix, target=str(prefix)),)
    image = Image(workspace=(folder,), mounts=mounts)
    with asyncio.Runner() as runner:
        stack = contextlib.AsyncExitStack()
        box = runner.run(_box(stack, image, request.param))
        yield runner, box
        runner.run(stack.aclose())


async def _box(stack: contextlib.AsyncExitStack, image: Image, way: str) -> Box:
    sandbox = sandboxes.make("bubblewrap")
    if way == "from a pool":
        pool = await stack.enter_async_context(Pool(sandbox, n_ready=1))
        return await stack.enter_async_context(pool.open(image))
    box = await stack.enter_async_context(sandbox.open(image))
    if way == "forked":
        await box.run("echo x > /tmp/x; echo x > x; echo x > /dev/shm/x", timeout_s=30)
        box = await stack.enter_async_context(box.fork())
        await box.run("rm /tmp/x x /dev/shm/x", timeout_s=30)
    return box


@pytest.fixture(scope="session")
def probe_all(
    shared_box: tuple[asyncio.Runner, Box],
) -> Callable[[Mapping[str, str]], Mapping[str, str]]:
    """Run the bodies of attempts in the box, each in a process of its own, once."""
    known: dict[str, str] = {}
    runner, box = shared_box

    def run(codes: Mapping[str, str]) -> Mapping[str, str]:
        new = [code for code in dict.fromkeys(codes.values()) if code not in known]
        program = HEAD
        for code in new:
            body = textwrap.indent(textwrap.dedent(code), "    ")
            program += f"def attempt():\n{body}\nshow(attempt)\n"
        if new:
            command = [PYTHON, "-I", "-S", "-"]
            result = runner.run(box.run(command, timeout_s=30, stdin=program.encode()))
            assert (result.exit, result.stderr) == (0, "")
            known.update(zip(new, result.stdout.splitlines(), strict=True))
        return {name: known[code] for name, code in codes.items()}

    return run


@pytest.fixture
def probe(probe_all: Callable[[Mapping[str, str]], Mapping[str, str]]) -> Callable[[str], str]:
    """Run the body of one attempt in the box."""

    def run(code: str) -> str:
        return probe_all({"it": code})["it"]

    return run
