"""What only boxes of containers do. Needs Docker or Podman and the image they start from."""

import asyncio
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from etude.errors import ConfigError
from etude.sandbox import Box, Image, Mount, sandboxes

pytestmark = pytest.mark.docker


def in_box(workspace: Path, do: Callable[[Box], Awaitable[None]], **limits: int) -> None:
    """Do something in a container."""

    async def scene() -> None:
        sandbox = sandboxes.make({"use": "docker", "limits": limits})
        async with sandbox.open(Image(workspace=(workspace,))) as box:
            await do(box)

    asyncio.run(scene())


def test_the_check_passes_where_boxes_open() -> None:
    sandboxes.make("docker").check()


def test_a_client_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigError, match="no-such-client: not installed"):
        sandboxes.make({"use": "docker", "program": "no-such-client"}).check()


def test_nothing_outlives_a_command(workspace: Path) -> None:
    async def do(box: Box) -> None:
        await box.run("(setsid sleep 4714 >/dev/null 2>&1 &); sleep 0.2; echo", timeout_s=20)
        count = "cat /proc/[0-9]*/cmdline | tr '\\0' '\\n' | grep -c 471[4]"
        assert (await box.run(count, timeout_s=20)).stdout == "0\n"

    in_box(workspace, do)


def test_memory_over_the_limit_is_said_to_be_that(workspace: Path) -> None:
    async def do(box: Box) -> None:
        result = await box.run("head -c 300M /dev/zero | tail -n 1 | wc -c", timeout_s=60)
        assert (result.killed, result.exit) == ("memory", 137)
        assert (await box.run("true", timeout_s=20)).exit == 0

    in_box(workspace, do, memory_bytes=128 << 20)


def test_a_fork_bomb_meets_its_limit_and_dies(workspace: Path) -> None:
    async def do(box: Box) -> None:
        result = await box.run("for i in $(seq 100); do sleep 60 & done", timeout_s=3)
        assert "Resource temporarily unavailable" in result.stderr
        assert (await box.run("true", timeout_s=20)).exit == 0

    in_box(workspace, do, n_processes=30)


def test_it_has_no_network_no_privilege_and_a_system_that_is_read_only(workspace: Path) -> None:
    probe = """
        grep -E '^(CapEff|NoNewPrivs)' /proc/self/status
        cat /proc/net/dev | grep -vc -e lo: -e '|'
        touch /usr/x /etc/x /x
        id -u
    """

    async def do(box: Box) -> None:
        result = await box.run(probe, timeout_s=20)
        assert result.stdout.split() == [
            *("CapEff:", "0000000000000000", "NoNewPrivs:", "1", "0", "1000"),
        ]
        assert result.stderr.count("Read-only file system") == 3

    in_box(workspace, do)


def test_mounts_are_seen_read_only(workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()
    (tmp_path / "env/x").write_text("x\n")
    image = Image(workspace=(workspace,), mounts=(Mount(source=tmp_path / "env", target="/env"),))

    async def scene() -> None:
        async with sandboxes.make("docker").open(image) as box:
            result = await box.run("cat /env/x; echo y > /env/x", timeout_s=20)
            assert result.stdout == "x\n"
            assert "Read-only file system" in result.stderr

    asyncio.run(scene())


def test_the_container_ends_with_etude_even_when_that_is_killed(workspace: Path) -> None:
    mark = f"4715{os.getpid()}"
    program = f"""
        import asyncio, pathlib
        from etude.sandbox import Image, sandboxes
        async def main():
            image = Image(workspace=(pathlib.Path({str(workspace)!r}),))
            async with sandboxes.make("docker").open(image) as box:
                print("open", flush=True)
                await box.run("(setsid sleep {mark} &); sleep {mark}", timeout_s=60)
        asyncio.run(main())
    """
    etude = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
    )
    assert etude.stdout is not None
    assert etude.stdout.readline() == b"open\n"
    time.sleep(1)
    etude.kill()
    etude.communicate()
    end_s = time.monotonic() + 30
    while _is_running(mark) and time.monotonic() < end_s:
        time.sleep(0.1)
    assert not _is_running(mark)


def _is_running(mark: str) -> bool:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if (folder / "cmdline").read_bytes() == f"sleep\0{mark}\0".encode():
                    return True
            except (FileNotFoundError, ProcessLookupError):
                continue
    return False
