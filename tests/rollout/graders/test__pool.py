"""Real worker processes under hostile payloads."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from etude.errors import ConfigError, GradeError
from etude.rollout.graders._pool import OutOfTime, WorkerPool

ORDERS = "tests.rollout.graders.orders"
"""Where the workers import their functions from."""


def with_pool(
    play: Callable[[WorkerPool], Awaitable[None]], *, jobs: int = 1, memory_bytes: int = 1 << 30
) -> None:
    async def run() -> None:
        pool = WorkerPool(f"{ORDERS}:obey", jobs=jobs, memory_bytes=memory_bytes)
        async with pool:
            await play(pool)

    asyncio.run(run())


async def spent(pool: WorkerPool, payload: bytes, timeout_s: float = 20) -> str:
    with pytest.raises(OutOfTime) as error:
        await pool.ask(payload, timeout_s=timeout_s)
    return str(error.value)


async def echoes(pool: WorkerPool) -> bool:
    return await pool.ask(b"echo well", timeout_s=20) == b"well"


def test_what_hangs_in_c_is_killed_at_the_limit_and_the_next_ask_is_answered() -> None:
    async def play(pool: WorkerPool) -> None:
        await pool.ask(b"echo warm", timeout_s=20)
        started = time.monotonic()
        assert "time limit of 0.3 s" in await spent(pool, b"hang", 0.3)
        assert time.monotonic() - started < 2
        assert await echoes(pool)

    with_pool(play)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"fill", "out of memory"),
        (b"recurse", "nested too deeply"),
        (b"crash", "Segmentation fault"),
        (b"exit 0", "status 0"),
        (b"exit 3", "status 3"),
        (b"leave 0", "left its process"),
    ],
)
def test_a_payload_that_takes_its_worker_down_is_to_blame(payload: bytes, reason: str) -> None:
    async def play(pool: WorkerPool) -> None:
        assert reason in await spent(pool, payload)
        assert await echoes(pool)

    with_pool(play)


def test_an_exception_of_the_function_is_a_fault_and_the_pool_lives_on() -> None:
    async def play(pool: WorkerPool) -> None:
        with pytest.raises(GradeError, match="ZeroDivisionError"):
            await pool.ask(b"raise", timeout_s=20)
        assert await echoes(pool)

    with_pool(play)


def test_a_cancelled_ask_never_answers_the_next_one() -> None:
    async def play(pool: WorkerPool) -> None:
        await pool.ask(b"echo warm", timeout_s=20)
        for wait_s in (0.0, 0.001, 0.05, 0.2):
            asked = asyncio.create_task(pool.ask(b"sleep 0.1", timeout_s=20))
            await asyncio.sleep(wait_s)
            asked.cancel()
            await asyncio.gather(asked, return_exceptions=True)
            assert await echoes(pool)

    with_pool(play)


def test_an_ask_can_be_cancelled_while_its_worker_starts() -> None:
    async def play(pool: WorkerPool) -> None:
        for wait_s in (0.0, 0.01, 0.1):
            asked = asyncio.create_task(pool.ask(b"echo lost", timeout_s=20))
            await asyncio.sleep(wait_s)
            asked.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asked
        assert await echoes(pool)

    with_pool(play)


def test_a_thousand_asks_each_get_their_own_answer_from_the_same_two_workers() -> None:
    async def play(pool: WorkerPool) -> None:
        asked = [pool.ask(b"echo %d" % n, timeout_s=20) for n in range(1000)]
        assert await asyncio.gather(*asked) == [b"%d" % n for n in range(1000)]
        pids = await asyncio.gather(*(pool.ask(b"pid", timeout_s=20) for _ in range(50)))
        assert len(set(pids)) <= 2

    with_pool(play, jobs=2)


def test_no_worker_is_started_that_nobody_needs() -> None:
    async def play(pool: WorkerPool) -> None:
        assert len({await pool.ask(b"pid", timeout_s=20) for _ in range(20)}) == 1

    with_pool(play, jobs=4)


def test_waiting_for_a_free_worker_does_not_count_against_the_limit() -> None:
    async def play(pool: WorkerPool) -> None:
        asked = [pool.ask(b"sleep 0.3", timeout_s=0.8) for _ in range(5)]
        assert await asyncio.gather(*asked) == [b"slept"] * 5

    with_pool(play)


def test_what_a_function_prints_goes_nowhere() -> None:
    async def play(pool: WorkerPool) -> None:
        assert await pool.ask(b"print hello", timeout_s=20) == b"printed"
        assert await echoes(pool)

    with_pool(play)


def test_a_large_payload_comes_back_whole() -> None:
    async def play(pool: WorkerPool) -> None:
        text = b"x" * (8 << 20)
        assert await pool.ask(b"echo " + text, timeout_s=20) == text

    with_pool(play)


def test_a_worker_that_has_grown_answers_and_is_replaced() -> None:
    async def play(pool: WorkerPool) -> None:
        before = await pool.ask(b"pid", timeout_s=20)
        assert await pool.ask(b"grow", timeout_s=20) == b"%d" % (560 << 20)
        assert await pool.ask(b"pid", timeout_s=20) != before

    with_pool(play)


def test_a_worker_that_died_while_nobody_asked_is_replaced() -> None:
    async def play(pool: WorkerPool) -> None:
        os.kill(int(await pool.ask(b"pid", timeout_s=20)), signal.SIGKILL)
        await asyncio.sleep(0.3)
        assert await echoes(pool)

    with_pool(play)


def test_what_a_payload_started_is_killed_with_its_worker(tmp_path: Path) -> None:
    mark = tmp_path / "mark"

    async def play(pool: WorkerPool) -> None:
        await spent(pool, f"child {mark}".encode(), 0.5)
        await asyncio.sleep(1.8)

    with_pool(play)
    assert not mark.exists()


def test_a_worker_knows_nothing_of_its_parents_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "hidden")

    async def play(pool: WorkerPool) -> None:
        assert b"SECRET_KEY" not in await pool.ask(b"environment", timeout_s=20)
        assert int(await pool.ask(b"sid", timeout_s=20)) != os.getsid(0)

    with_pool(play)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_worker_inherits_no_open_files(tmp_path: Path) -> None:
    with (tmp_path / "open").open("w") as file:
        os.set_inheritable(file.fileno(), True)

        async def play(pool: WorkerPool) -> None:
            # The usual three, the two pipes, and the folder that is being listed.
            assert await pool.ask(b"fds", timeout_s=20) == b"[0, 1, 2, 3, 4, 5]"

        with_pool(play)


@pytest.mark.parametrize(
    ("function", "reason"),
    [("tests.rollout.graders.nowhere:f", "nowhere"), (f"{ORDERS}:missing", "missing")],
)
def test_a_worker_that_cannot_start_says_why(function: str, reason: str) -> None:
    async def play() -> None:
        async with WorkerPool(function) as pool:
            for _ in range(2):
                with pytest.raises(GradeError, match=reason):
                    await pool.ask(b"", timeout_s=1)

    asyncio.run(play())


def test_a_closed_pool_answers_nobody_and_blames_no_payload() -> None:
    async def play() -> None:
        pool = WorkerPool(f"{ORDERS}:obey")
        with pytest.raises(GradeError, match="closed"):
            await pool.ask(b"echo early", timeout_s=1)
        async with pool:
            assert await echoes(pool)
            asked = [asyncio.create_task(pool.ask(b"sleep 9", timeout_s=20)) for _ in range(4)]
            await asyncio.sleep(0.1)
        for ended in await asyncio.gather(*asked, return_exceptions=True):
            assert isinstance(ended, GradeError)
        async with pool:
            assert await echoes(pool)

    asyncio.run(play())


def test_a_pool_needs_a_worker() -> None:
    with pytest.raises(ConfigError, match="jobs"):
        WorkerPool(f"{ORDERS}:obey", jobs=0)


@pytest.mark.parametrize("asked", ["sleep 60", "hang"])
def test_workers_end_when_their_parent_is_killed(asked: str) -> None:
    code = f"""
import asyncio
from etude.rollout.graders._pool import WorkerPool
async def play():
    async with WorkerPool("{ORDERS}:obey", jobs=1) as pool:
        print((await pool.ask(b"pid", timeout_s=20)).decode(), flush=True)
        await pool.ask(b"{asked}", timeout_s=60)
asyncio.run(play())
"""
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=".")
    assert parent.stdout is not None
    with parent, parent.stdout:
        worker = int(parent.stdout.readline())
        time.sleep(0.2)
        parent.kill()
    deadline = time.monotonic() + 10
    while _alive(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(worker)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return sys.platform != "linux"


def test_the_memory_of_whoever_starts_a_worker_is_not_its_own() -> None:
    code = """
import asyncio
from etude.rollout.graders._pool import WorkerPool
held = bytearray(600 << 20)
held[::4096] = b"x" * len(held[::4096])
async def play():
    function = "tests.rollout.graders.orders:obey"
    async with WorkerPool(function, jobs=1, memory_bytes=1 << 30) as pool:
        print(len({await pool.ask(b"pid", timeout_s=20) for _ in range(3)}))
asyncio.run(play())
"""
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, check=True, capture_output=True, text=True, cwd=Path.cwd())
    assert done.stdout == "1\n"
