"""What only local boxes do."""

import asyncio
import os
import time
from pathlib import Path

import pytest

from etude.errors import SandboxError
from etude.sandbox import Image, Mount, sandboxes
from etude.sandbox import local as local_module


def test_it_says_first_that_it_isolates_nothing() -> None:
    assert (local_module.__doc__ or "").startswith("Isolates nothing")
    assert (local_module.LocalSandbox.__doc__ or "").startswith("Isolates nothing")


def test_the_check_passes_anywhere() -> None:
    sandboxes.make("local").check()


def test_a_mount_that_is_not_on_this_machine_is_refused_by_name(
    workspace: Path, tmp_path: Path
) -> None:
    image = Image(workspace=(workspace,), mounts=(Mount(source=tmp_path, target="/no/such"),))

    async def scene() -> None:
        with pytest.raises(SandboxError, match="/no/such"):
            async with sandboxes.make("local").open(image):
                pass

    asyncio.run(scene())


def test_its_processes_are_killed_as_a_group_and_its_folder_is_removed(workspace: Path) -> None:
    async def scene() -> tuple[int, str]:
        async with sandboxes.make("local").open(Image(workspace=(workspace,))) as box:
            result = await box.run("sleep 60 & echo $!; pwd", timeout_s=20)
            pid, place = result.stdout.split()
            return int(pid), place

    pid, place = asyncio.run(scene())
    assert not Path(place).exists()
    end_s = time.monotonic() + 5
    while _is_alive(pid) and time.monotonic() < end_s:
        time.sleep(0.02)
    assert not _is_alive(pid)


def test_a_cancelled_command_is_killed(workspace: Path) -> None:
    async def scene() -> int:
        async with sandboxes.make("local").open(Image(workspace=(workspace,))) as box:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.5):
                    await box.run("echo $$ > pid; exec sleep 60", timeout_s=60)
            return int(await box.read("pid"))

    assert not _is_alive(asyncio.run(scene()))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return not Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].startswith(" Z")
