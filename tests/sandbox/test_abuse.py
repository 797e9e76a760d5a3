"""Attempts to exhaust a machine from inside a box, or to outlive the box, each stopped."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from etude.errors import SandboxError
from etude.sandbox import Box, Image, Mount, sandboxes

MIB = 1 << 20
PYTHON = f"{sys.base_prefix}/bin/python3"


def in_box(workspace: Path, do: Callable[[Box], Awaitable[None]], **limits: float) -> None:
    """Do something in a box that also has the interpreter of these tests."""
    prefix = Path(sys.base_prefix)
    mounts = () if prefix.is_relative_to("/usr") else (Mount(source=prefix, target=str(prefix)),)

    async def scene() -> None:
        sandbox = sandboxes.make({"use": "bubblewrap", "limits": limits})
        async with sandbox.open(Image(workspace=(workspace,), mounts=mounts)) as box:
            await do(box)
            # Whatever was tried, the box is still good.
            assert (await box.run("true", timeout_s=20)).exit == 0

    asyncio.run(scene())


def python(code: str) -> list[str]:
    """Return the command that runs a program."""
    return [PYTHON, "-I", "-S", "-c", textwrap.dedent(code)]


def processes_with(mark: str) -> list[int]:
    """Return the processes of this machine that have `mark` in their command line."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if mark.encode() in (folder / "cmdline").read_bytes():
                    found.append(int(folder.name))
            except (FileNotFoundError, ProcessLookupError):
                continue
    return found


def wait_until(holds: Callable[[], bool], timeout_s: float = 10.0) -> bool:
    """Return whether something comes true in time."""
    end_s = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > end_s:
            return False
        time.sleep(0.02)
    return True


def test_a_fork_bomb_meets_its_limit_and_dies(workspace: Path) -> None:
    bomb = """
        import errno, os, time
        n = 0
        try:
            while True:
                if os.fork() == 0:
                    time.sleep(60)
                n += 1
        except OSError as error:
            print(errno.errorcode[error.errno], n)
    """

    async def do(box: Box) -> None:
        result = await box.run(python(bomb), timeout_s=30)
        name, n = result.stdout.split()
        assert name == "EAGAIN"
        assert 20 < int(n) <= 40

    in_box(workspace, do, n_processes=40)


def test_a_fork_bomb_does_not_starve_the_next_box(workspace: Path) -> None:
    async def do(box: Box) -> None:
        bomb = asyncio.create_task(
            box.run("for i in $(seq 100); do sleep 5 & done; wait", timeout_s=2)
        )
        await asyncio.sleep(0.7)
        async with sandboxes.make({"use": "bubblewrap", "limits": {"n_processes": 20}}).open(
            Image(workspace=(workspace,))
        ) as other:
            result = await other.run("for i in 1 2 3 4 5; do sleep 0.1 & done; wait", timeout_s=9)
            assert (result.exit, result.stderr) == (0, "")
        await bomb

    in_box(workspace, do, n_processes=30)


def test_one_process_cannot_map_more_than_twice_the_memory(workspace: Path) -> None:
    async def do(box: Box) -> None:
        result = await box.run(python("x = bytearray(300 << 20)"), timeout_s=20)
        assert result.exit == 1
        assert "MemoryError" in result.stderr

    in_box(workspace, do, memory_bytes=128 * MIB)


@pytest.mark.parametrize(
    "code",
    [
        "x = bytearray(b'x') * (200 << 20)",
        """
        import os
        for n in range(8):
            if os.fork() == 0:
                break
        x = bytearray(b'x') * (40 << 20)
        """,
        """
        import mmap
        m = mmap.mmap(-1, 200 << 20)
        for n in range(200):
            m.write(b'x' * (1 << 20))
        """,
    ],
    ids=["one process", "many processes", "shared memory"],
)
def test_memory_over_the_limit_ends_the_command(workspace: Path, code: str) -> None:
    async def do(box: Box) -> None:
        program = textwrap.dedent(code) + "\nimport time; time.sleep(30)"
        result = await box.run(python(program), timeout_s=20)
        assert (result.killed, result.exit) == ("memory", 137)

    in_box(workspace, do, memory_bytes=150 * MIB)


def test_memory_that_processes_share_counts_once(workspace: Path) -> None:
    program = """
        import os, time
        x = bytearray(b'x') * (60 << 20)
        for n in range(5):
            if os.fork() == 0:
                break
        time.sleep(1)
    """

    async def do(box: Box) -> None:
        result = await box.run(python(program), timeout_s=20)
        assert (result.killed, result.exit) == ("", 0)

    in_box(workspace, do, memory_bytes=150 * MIB)


@pytest.mark.parametrize("place", ["/workspace", "/tmp", "/dev/shm"])
def test_a_full_disk_is_the_boxs_own(workspace: Path, place: str) -> None:
    async def do(box: Box) -> None:
        fill = f"for i in 1 2 3 4 5 6; do head -c 10M /dev/zero > {place}/$i || exit 9; done"
        result = await box.run(fill, timeout_s=20)
        assert result.exit == 9
        assert "No space left" in result.stderr
        with pytest.raises(SandboxError, match="No space left"):
            await box.write("more", b"x" * 20 * MIB)
        assert (await box.run(f"rm {place}/?; ls -a", timeout_s=20)).stdout.split() == [
            *(".", "..", "a.txt", "package"),
        ]

    in_box(workspace, do, disk_bytes=32 * MIB)


def test_the_places_to_write_share_one_disk(workspace: Path) -> None:
    async def do(box: Box) -> None:
        fill = "head -c 20M /dev/zero > /tmp/x && head -c 20M /dev/zero > x"
        assert "No space left" in (await box.run(fill, timeout_s=20)).stderr

    in_box(workspace, do, disk_bytes=32 * MIB)


def test_many_small_files_meet_their_limit(workspace: Path) -> None:
    async def do(box: Box) -> None:
        result = await box.run("mkdir d; cd d; seq 3000 | xargs touch", timeout_s=20)
        assert "No space left" in result.stderr
        assert int((await box.run("ls d | wc -l", timeout_s=20)).stdout) < 1000

    in_box(workspace, do, n_files=1000)


def test_a_file_over_its_size_ends_the_process(workspace: Path) -> None:
    async def do(box: Box) -> None:
        bomb = "head -c 20M /dev/zero | gzip > bomb.gz; gzip -dc bomb.gz > large"
        result = await box.run(bomb, timeout_s=20)
        assert result.exit == 128 + signal.SIGXFSZ
        assert (await box.run("stat -c %s large", timeout_s=20)).stdout == f"{8 * MIB}\n"

    in_box(workspace, do, file_bytes=8 * MIB)


def test_a_gigabyte_on_one_line_is_cut(workspace: Path) -> None:
    async def do(box: Box) -> None:
        result = await box.run(["head", "-c", "1G", "/dev/zero"], timeout_s=30)
        assert result.killed == "output"
        assert len(result.stdout) < 2 * MIB

    in_box(workspace, do)


def test_deep_folders_are_no_trouble_to_look_at_save_or_leave(
    workspace: Path, tmp_path: Path
) -> None:
    dig = """
        import os
        for n in range(1500):
            os.mkdir('d' * 50)
            os.chdir('d' * 50)
        open('bottom', 'w').write('x')
    """

    async def do(box: Box) -> None:
        assert (await box.run(python(dig), timeout_s=20)).exit == 0
        await box.write("a.txt", b"changed\n")
        assert "+changed" in await box.diff()
        with pytest.raises(SandboxError, match="nested"):
            await box.save(".", tmp_path / "saved")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["workspace"]

    in_box(workspace, do)


def test_busy_loops_that_ignore_signals_end_in_time(workspace: Path) -> None:
    spin = "trap '' TERM INT HUP QUIT; for i in 1 2 3; do (while :; do :; done) & done; wait"

    async def do(box: Box) -> None:
        result = await box.run(spin, timeout_s=1)
        assert (result.killed, result.exit) == ("timeout", 137)
        assert result.duration_s < 3

    in_box(workspace, do)


def test_cpu_time_is_limited_apart_from_wall_time(workspace: Path) -> None:
    async def do(box: Box) -> None:
        result = await box.run(["bash", "-c", "while :; do :; done"], timeout_s=20)
        assert result.exit == 128 + signal.SIGXCPU
        assert result.killed == ""

    in_box(workspace, do, cpu_s=1)


def test_stopped_and_stopping_processes_end_too(workspace: Path) -> None:
    async def do(box: Box) -> None:
        result = await box.run("kill -STOP -1; kill -STOP $$; echo no", timeout_s=1)
        assert (result.killed, result.stdout) == ("timeout", "")

    in_box(workspace, do)


def test_killing_everything_reaches_only_the_box(workspace: Path) -> None:
    async def do(box: Box) -> None:
        result = await box.run("kill -9 -1; kill -9 1; kill -9 $PPID; echo alive", timeout_s=20)
        assert result.stdout == "alive\n"

    in_box(workspace, do)


def test_zombies_and_open_files_meet_a_limit(workspace: Path) -> None:
    code = """
        import errno, os
        files = []
        try:
            while True:
                files.append(open('/dev/null'))
        except OSError as error:
            print(errno.errorcode[error.errno], len(files))
    """

    async def do(box: Box) -> None:
        name, n = (await box.run(python(code), timeout_s=20)).stdout.split()
        assert name == "EMFILE"
        assert int(n) < 1024

    in_box(workspace, do)


@pytest.mark.parametrize(
    "escape",
    [
        "sleep {mark} &",
        "setsid sleep {mark} &",
        "(setsid bash -c 'trap \"\" TERM HUP; exec sleep {mark}' >/dev/null 2>&1 &) ; sleep 0.1",
        "nohup sleep {mark} >/dev/null 2>&1 & disown -a",
        '{python} -c "import os,time\nif os.fork(): os._exit(0)\nos.setsid()\n'
        "if os.fork(): os._exit(0)\nos.execvp('sleep', ['sleep', '{mark}'])\"; sleep 0.2",
    ],
    ids=["background", "own session", "ignores signals", "nohup", "daemon"],
)
def test_no_process_outlives_its_command(workspace: Path, escape: str) -> None:
    mark = f"4711{os.getpid()}"

    async def do(box: Box) -> None:
        command = escape.replace("{mark}", mark).replace("{python}", PYTHON)
        result = await box.run(f"{command}\necho started", timeout_s=20)
        assert result.stdout.endswith("started\n")
        assert processes_with(mark) == []

    in_box(workspace, do)


def test_a_cancelled_command_ends_with_its_box(workspace: Path) -> None:
    mark = f"4712{os.getpid()}"

    async def scene() -> None:
        async with sandboxes.make("bubblewrap").open(Image(workspace=(workspace,))) as box:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.5):
                    await box.run(["sleep", mark], timeout_s=60)
            with pytest.raises(SandboxError, match="gone"):
                await box.run("true", timeout_s=1)

    asyncio.run(scene())
    assert processes_with(mark) == []


@pytest.mark.parametrize("delay_s", [0.02, 0.05, 0.1])
def test_a_box_closes_after_a_call_was_cut_short_while_it_answered(
    workspace: Path, delay_s: float
) -> None:
    async def scene() -> None:
        async with asyncio.timeout(30):
            async with sandboxes.make("bubblewrap").open(Image(workspace=(workspace,))) as box:
                command = "head -c 30000000 /dev/zero >&3"
                running = asyncio.create_task(box.run(command, timeout_s=20))
                await asyncio.sleep(delay_s)
                running.cancel()
                await asyncio.wait([running])

    asyncio.run(scene())


def test_a_box_dies_with_etude_even_when_that_is_killed(workspace: Path) -> None:
    mark = f"4713{os.getpid()}"
    program = f"""
        import asyncio, pathlib
        from etude.sandbox import Image, sandboxes
        async def main():
            image = Image(workspace=(pathlib.Path({str(workspace)!r}),))
            async with sandboxes.make("bubblewrap").open(image) as box:
                await box.run("(setsid sleep {mark} &); sleep {mark}", timeout_s=60)
        asyncio.run(main())
    """
    etude = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        assert wait_until(lambda: len(processes_with(f"sleep\0{mark}")) == 2)
        before = set(children_of(etude.pid))
        assert before
    finally:
        etude.kill()
        etude.wait()
    assert wait_until(lambda: processes_with(mark) == [])
    assert wait_until(lambda: not any(is_alive(pid) for pid in before))


def children_of(pid: int) -> list[int]:
    """Return the children of a process."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in text.split()]


def is_alive(pid: int) -> bool:
    """Return whether a process runs, that is, exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_nothing_is_left_on_the_machine(workspace: Path) -> None:
    mounts = Path("/proc/self/mounts").read_text()

    async def do(box: Box) -> None:
        await box.run("echo x > x; echo y > /tmp/y", timeout_s=20)
        async with box.fork():
            assert Path("/proc/self/mounts").read_text() == mounts

    before = sorted(path.name for path in workspace.rglob("*"))
    in_box(workspace, do)
    assert Path("/proc/self/mounts").read_text() == mounts
    assert sorted(path.name for path in workspace.rglob("*")) == before
    assert (workspace / "a.txt").read_text() == "one\ntwo\n"
