"""Forks of a box: each goes its own way from the same files, however often and deep."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from etude.errors import SandboxError
from etude.sandbox import Box, Image, adopt, sandboxes

SEE = (
    "find . /tmp /dev/shm -mindepth 1 -printf '%p %y %m %s %l\\n' | sort;"
    " find . /tmp /dev/shm -type f | sort | xargs -r sha256sum"
)


def in_box(workspace: Path, do: Callable[[Box], Awaitable[None]], **limits: int) -> None:
    """Do something in a box of small limits."""

    async def scene() -> None:
        sandbox = sandboxes.make({"use": "bubblewrap", "limits": limits})
        async with sandbox.open(Image(workspace=(workspace,))) as box:
            await do(box)

    asyncio.run(scene())


async def told(box: Box, command: str) -> str:
    """Run a command that must succeed."""
    result = await box.run(command, timeout_s=30)
    assert (result.exit, result.stderr) == (0, "")
    return result.stdout


async def seen(box: Box) -> str:
    """Tell everything that can be seen of a box's files, apart from how large folders are."""
    lines = (await told(box, SEE)).splitlines()
    return "\n".join(line for line in lines if " d " not in line or not line.startswith("."))


@pytest.mark.parametrize(
    "change",
    [
        "echo new > new; mkdir -p deep/er; echo x > deep/er/x",
        "rm a.txt",
        "rm -r package",
        "rm -r package; mkdir package; echo other > package/c.txt",
        "rm a.txt; mkdir a.txt; echo in > a.txt/in",
        "rm -r package; echo file > package",
        "mv package moved; mv a.txt moved/",
        "ln -s a.txt link; ln -s nowhere broken; ln -s /etc/passwd out; ln -s package folder",
        "rm a.txt; ln -s package/b.txt a.txt",
        "chmod 700 package; chmod 400 a.txt; chmod 711 .",
        "echo more >> a.txt; rm a.txt; echo again > a.txt",
        "echo t > /tmp/t; mkdir /tmp/d; ln -s t /tmp/d/l; echo s > /dev/shm/s",
        "truncate -s 2M hole; printf end >> hole",
        "true",
    ],
)
def test_a_fork_has_what_the_box_had_and_neither_sees_what_the_other_does(
    workspace: Path, change: str
) -> None:
    async def do(box: Box) -> None:
        await told(box, change)
        before, diff = await seen(box), await box.diff()
        async with box.fork() as other:
            assert (await seen(other), await other.diff()) == (before, diff)
            await told(other, "echo o > other; rm -rf package /tmp/t; echo o > /tmp/o")
            assert (await seen(box), await box.diff()) == (before, diff)
            async with other.fork() as third:
                assert await seen(third) == await seen(other)
                await told(box, "echo b > mine; rm -rf a.txt /tmp/d; echo b > /dev/shm/b")
                assert "mine" not in await seen(other)
                assert "other" not in await seen(box)
                assert await seen(third) == await seen(other)
                await told(third, "rm -rf ./* /tmp/*; echo 3 > three")
                assert (await told(third, "ls")) == "three\n"
        async with box.fork() as other:
            assert (await seen(other), await other.diff()) == (await seen(box), await box.diff())

    in_box(workspace, do)


def test_what_was_deleted_stays_deleted_in_forks_of_forks(workspace: Path) -> None:
    async def do(box: Box) -> None:
        await told(box, "echo x > x; echo t > /tmp/t")
        async with box.fork() as one:
            await told(one, "rm x a.txt /tmp/t; rm -r package; mkdir package")
            async with one.fork() as two:
                assert (await told(two, "find . /tmp | sort")) == ".\n./package\n/tmp\n"
                await told(two, "echo y > x; echo u > /tmp/t; echo c > package/c")
                async with two.fork() as three:
                    assert (await told(three, "cat x /tmp/t package/*")) == "y\nu\nc\n"
                    assert "b.txt" in await three.diff()
            assert (await told(one, "find . /tmp | sort")) == ".\n./package\n/tmp\n"
        assert (await told(box, "cat x /tmp/t a.txt package/b.txt")) == "x\nt\none\ntwo\nb\n"

    in_box(workspace, do)


def test_a_fork_outlives_its_box(workspace: Path) -> None:
    async def scene() -> None:
        async with AsyncExitStack() as forks:
            sandbox = sandboxes.make("bubblewrap")
            async with sandbox.open(Image(workspace=(workspace,))) as box:
                await told(box, "echo kept > kept; echo t > /tmp/t")
                other = await forks.enter_async_context(box.fork())
            assert (await told(other, "cat kept a.txt /tmp/t")) == "kept\none\ntwo\nt\n"
            with pytest.raises(SandboxError, match="gone"):
                async with box.fork():
                    pass

    asyncio.run(scene())


def test_many_forks_of_one_state_are_made_at_once(workspace: Path) -> None:
    async def do(box: Box) -> None:
        await told(box, "echo start > start")

        async def branch(n: int) -> str:
            async with box.fork() as other:
                await told(other, f"echo {n} > own")
                return await told(other, "cat start own; ls")

        told_all = await asyncio.gather(*(branch(n) for n in range(8)))
        assert told_all == [f"start\n{n}\na.txt\nown\npackage\nstart\n" for n in range(8)]
        assert (await told(box, "ls")) == "a.txt\npackage\nstart\n"

    in_box(workspace, do)


def test_a_box_that_is_forked_at_every_turn_keeps_its_files_and_its_speed(workspace: Path) -> None:
    async def do(box: Box) -> None:
        # More turns than a box keeps layers apart.
        for turn in range(40):
            change = f"echo {turn} > f{turn % 7}; rm -rf d{turn % 3}; mkdir d{turn % 3}"
            change += f"; echo {turn} > d{turn % 3}/n{turn}; echo {turn} > /tmp/t{turn % 5}"
            change += f"; rm -f /tmp/t{(turn + 1) % 5}"
            await told(box, change)
            async with box.fork() as other:
                if turn % 10 == 4:
                    assert await seen(other) == await seen(box)
        found = await told(box, "cat f* d*/* /tmp/t*; ls /tmp; ls d*; find /tmp -type c")
        assert " ".join(found.split()) == (
            "35 36 37 38 39 33 34 39 37 38 36 37 38 39 t1 t2 t3 t4 d0: n39 d1: n37 d2: n38"
        )

    in_box(workspace, do)


def test_a_box_and_its_forks_keep_within_the_limit_on_disk(workspace: Path) -> None:
    async def do(box: Box) -> None:
        await told(box, "head -c 5M /dev/zero > five")
        async with box.fork() as other:
            for each in (box, other):
                full = await each.run("head -c 5M /dev/zero > more", timeout_s=20)
                assert "No space left" in full.stderr
            again = await other.run("head -c 5M /dev/zero > /tmp/more", timeout_s=20)
            assert "No space left" in again.stderr
            # A box with a full disk can be forked nevertheless.
            async with other.fork() as third:
                assert (await told(third, "stat -c %s five")) == f"{5 << 20}\n"

    in_box(workspace, do, disk_bytes=8 << 20)


def test_a_box_and_its_forks_keep_within_the_limit_on_files(workspace: Path) -> None:
    async def do(box: Box) -> None:
        await told(box, "for i in $(seq 300); do echo > f$i; done")
        async with box.fork() as other:
            full = await other.run("for i in $(seq 300); do echo > g$i || exit; done", timeout_s=20)
            assert "No space left" in full.stderr

    in_box(workspace, do, n_files=500)


def test_a_fork_holds_only_what_it_changes(tmp_path: Path) -> None:
    folder = tmp_path / "large"
    folder.mkdir()
    (folder / "old.bin").write_bytes(bytes(range(256)) * (1 << 16))
    adopt(folder)

    async def do(box: Box) -> None:
        used = "df --output=used -k . | tail -1"
        await told(box, "head -c 6M /dev/urandom > new.bin")
        async with box.fork() as other:
            assert int(await told(other, used)) < 256
            await told(other, "head -c 1M /dev/urandom > own.bin")
            assert 1024 <= int(await told(other, used)) < 1280

    in_box(folder, do)


def test_a_fork_before_any_command_and_after_a_write_from_outside(workspace: Path) -> None:
    async def do(box: Box) -> None:
        await box.write("w.txt", b"w\n")
        async with box.fork() as other:
            await box.write("a.txt", b"changed\n")
            assert await other.read("w.txt") == b"w\n"
            assert (await told(other, "cat a.txt w.txt")) == "one\ntwo\nw\n"
            assert (await told(box, "cat a.txt")) == "changed\n"
            assert "changed" not in await other.diff()

    in_box(workspace, do)


def test_a_mark_planted_in_tmp_lets_a_fork_see_nothing_more(workspace: Path) -> None:
    async def do(box: Box) -> None:
        await box.run("mknod /tmp/gone c 0 0; mkdir /tmp/d; mkfifo /tmp/pipe pipe", timeout_s=20)
        async with box.fork() as other:
            await told(other, "echo t > /tmp/d/t")
            assert (await told(other, "ls /tmp | grep -v gone; ls")) == (
                "d\npipe\na.txt\npackage\npipe\n"
            )

    in_box(workspace, do)
