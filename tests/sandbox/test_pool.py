"""Boxes opened ahead: handed out once, never too many, and gone with whoever opened them."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from etude.errors import ConfigError, SandboxError
from etude.sandbox import Box, Image, Pool, adopt, sandboxes
from etude.sandbox.bubblewrap import BubblewrapSandbox

LOOK = "ls -A . /tmp /dev/shm | tr '\\n' ' '; id -u; ulimit -u; cat /proc/self/status | grep -E "
LOOK += "'^(NoNewPrivs|Seccomp|Cap(Inh|Prm|Eff|Bnd|Amb)):'; ls /proc | grep -c '^[0-9]'; env | sort"


class Counting(BubblewrapSandbox, frozen=True, kw_only=True):
    """Writes down how many boxes are open."""

    seen: list[int] = msgspec.field(default_factory=lambda: [0])

    @asynccontextmanager
    async def open(self, image: Image) -> AsyncIterator[Box]:
        """Hold a fresh box of `image`."""
        async with super().open(image) as box:
            self.seen.append(self.seen[-1] + 1)
            try:
                yield box
            finally:
                self.seen.append(self.seen[-1] - 1)


def test_a_box_is_handed_out_once(workspace: Path) -> None:
    async def scene() -> None:
        image = Image(workspace=(workspace,))
        async with Pool(sandboxes.make("bubblewrap"), n_ready=2) as pool:
            for _ in range(6):
                async with pool.open(image) as box:
                    result = await box.run(
                        "ls /tmp; cat a.txt; echo x > /tmp/x; rm a.txt", timeout_s=20
                    )
                    assert result.stdout == "one\ntwo\n"

    asyncio.run(scene())


def test_a_box_of_the_pool_allows_what_any_other_does(workspace: Path) -> None:
    async def scene() -> None:
        sandbox = sandboxes.make({"use": "bubblewrap", "limits": {"n_processes": 77}})
        image = Image(workspace=(workspace,), env={"NAME": "value"})
        async with Pool(sandbox) as pool, sandbox.open(image) as plain, pool.open(image) as warm:
            await asyncio.sleep(0.2)
            seen = await warm.run(LOOK, timeout_s=20)
            assert (seen.exit, seen.stderr) == (0, "")
            assert seen.stdout == (await plain.run(LOOK, timeout_s=20)).stdout
            assert "77\n" in seen.stdout
            # The next command of a box starts when it comes, and not ahead.
            assert seen.stdout == (await warm.run(LOOK, timeout_s=20)).stdout

    asyncio.run(scene())


def test_waiting_costs_a_command_none_of_its_time(workspace: Path) -> None:
    async def scene() -> None:
        async with sandboxes.make("bubblewrap").open(Image(workspace=(workspace,))) as box:
            await asyncio.sleep(1.2)
            result = await box.run("sleep 0.3; cat", timeout_s=1, stdin=b"given")
            assert (result.stdout, result.killed) == ("given", "")
            assert result.duration_s < 1

    asyncio.run(scene())


def test_boxes_wait_for_the_images_asked_for_last_and_for_no_others(tmp_path: Path) -> None:
    sandbox = Counting()
    images = []
    for n in range(3):
        folder = tmp_path / str(n)
        folder.mkdir()
        adopt(folder)
        images.append(Image(workspace=(folder,)))

    async def scene() -> None:
        async with Pool(sandbox, n_ready=2, n_images=2) as pool:
            for image in images * 2:
                async with pool.open(image) as box:
                    assert (await box.run("true", timeout_s=20)).exit == 0
            await asyncio.sleep(0.5)
            assert sandbox.seen[-1] == 4
        assert sandbox.seen[-1] == 0

    asyncio.run(scene())


def test_no_more_boxes_are_in_use_than_may_be(workspace: Path) -> None:
    in_use = [0]

    async def use(pool: Pool) -> None:
        async with pool.open(Image(workspace=(workspace,))) as box:
            in_use.append(in_use[-1] + 1)
            await box.run("true", timeout_s=20)
            in_use.append(in_use[-1] - 1)

    async def scene() -> None:
        async with Pool(sandboxes.make("bubblewrap"), n_boxes=2) as pool:
            await asyncio.gather(*(use(pool) for _ in range(6)))

    asyncio.run(scene())
    assert max(in_use) == 2


def test_a_box_that_died_while_it_waited_is_not_handed_out(workspace: Path) -> None:
    before = set(_children(os.getpid()))

    async def scene() -> None:
        image = Image(workspace=(workspace,))
        async with Pool(sandboxes.make("bubblewrap"), n_ready=1) as pool:
            pool.prepare(image)
            await asyncio.sleep(0.5)
            (nursery,) = set(_children(os.getpid())) - before
            for holder in _children(nursery):
                os.kill(holder, signal.SIGKILL)
            await asyncio.sleep(0.2)
            async with pool.open(image) as box:
                assert (await box.run("cat a.txt", timeout_s=20)).stdout == "one\ntwo\n"

    # A thread of its own has a nursery of its own, whatever else runs in this process.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, scene()).result()


def test_a_box_that_cannot_be_opened_is_an_error_of_whoever_wants_it(tmp_path: Path) -> None:
    async def scene() -> None:
        async with Pool(sandboxes.make("bubblewrap")) as pool:
            for _ in range(2):
                with pytest.raises(SandboxError, match="does not exist"):
                    async with pool.open(Image(workspace=(tmp_path / "nowhere",))):
                        pass

    asyncio.run(scene())


def test_whoever_stops_waiting_for_a_box_leaves_none_behind(workspace: Path) -> None:
    sandbox = Counting()

    async def use(pool: Pool) -> None:
        async with pool.open(Image(workspace=(workspace,))) as box:
            await box.run("sleep 60", timeout_s=90)

    async def scene() -> None:
        async with Pool(sandbox) as pool:
            for delay_s in (0.0, 0.002, 0.01, 0.3):
                task = asyncio.create_task(use(pool))
                await asyncio.sleep(delay_s)
                task.cancel()
                await asyncio.wait([task])
        assert sandbox.seen[-1] == 0

    asyncio.run(scene())


def test_a_closed_pool_hands_nothing_out(workspace: Path) -> None:
    async def scene() -> None:
        pool = Pool(sandboxes.make("bubblewrap"))
        await pool.close()
        with pytest.raises(SandboxError, match="closed"):
            async with pool.open(Image(workspace=(workspace,))):
                pass

    asyncio.run(scene())


@pytest.mark.parametrize("numbers", [{"n_ready": 0}, {"n_images": 0}, {"n_boxes": -1}], ids=repr)
def test_a_pool_of_no_boxes_is_refused(numbers: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="at least"):
        Pool(sandboxes.make("bubblewrap"), **numbers)


def test_a_pool_dies_with_etude_even_when_that_is_killed(workspace: Path) -> None:
    program = f"""
        import asyncio, pathlib
        from etude.sandbox import Image, Pool, sandboxes
        async def main():
            async with Pool(sandboxes.make("bubblewrap"), n_ready=3) as pool:
                pool.prepare(Image(workspace=(pathlib.Path({str(workspace)!r}),)))
                await asyncio.sleep(0.5)
                print("ready", flush=True)
                await asyncio.sleep(60)
        asyncio.run(main())
    """
    before = sorted(Path(workspace.parent).rglob("*"))
    etude = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
    )
    try:
        assert etude.stdout is not None
        assert etude.stdout.readline() == b"ready\n"
        below = _descendants(etude.pid)
        assert len(below) > 3 * 3
    finally:
        etude.kill()
        etude.communicate()
    end_s = time.monotonic() + 10
    while time.monotonic() < end_s and any(map(_is_alive, below)):
        time.sleep(0.02)
    assert not any(map(_is_alive, below))
    assert sorted(Path(workspace.parent).rglob("*")) == before


def _children(pid: int) -> list[int]:
    tasks = sorted(Path(f"/proc/{pid}/task").iterdir())
    return [int(n) for task in tasks for n in (task / "children").read_text().split()]


def _descendants(pid: int) -> list[int]:
    below = _children(pid)
    return below + [each for child in below for each in _descendants(child)]


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
