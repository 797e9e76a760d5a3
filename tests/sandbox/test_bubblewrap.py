"""What only boxes of bubblewrap do."""

import asyncio
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from etude.errors import SandboxError
from etude.sandbox import Image, Limits, Mount, adopt, sandboxes


def test_the_check_passes_where_boxes_open() -> None:
    sandboxes.make("bubblewrap").check()


def test_the_check_can_be_made_inside_a_running_loop() -> None:
    async def scene() -> None:
        sandboxes.make("bubblewrap").check()

    asyncio.run(scene())


def test_it_can_be_written_down_with_its_limits() -> None:
    sandbox = sandboxes.make({"use": "bubblewrap", "limits": {"n_processes": 7}})
    assert sandbox.limits == Limits(n_processes=7)


def test_mounts_are_seen_read_only(workspace: Path, tmp_path: Path) -> None:
    folder, file = tmp_path / "folder: odd,name", tmp_path / "file"
    folder.mkdir(mode=0o755)
    (folder / "x").write_text("x\n")
    file.write_text("f\n")
    image = Image(
        workspace=(workspace,),
        mounts=(Mount(source=folder, target="/env/deep"), Mount(source=file, target="/one")),
    )

    async def scene() -> None:
        async with sandboxes.make("bubblewrap").open(image) as box:
            assert (await box.run("cat /env/deep/x /one", timeout_s=20)).stdout == "x\nf\n"
            result = await box.run("echo y > /env/deep/x; rm /one; > /env/new", timeout_s=20)
            assert result.stderr.count("Read-only file system") == 3
        assert (folder / "x").read_text() == "x\n"

    asyncio.run(scene())


def test_a_mount_may_lie_in_a_folder_that_only_its_owner_can_enter(
    workspace: Path, tmp_path: Path
) -> None:
    private = tmp_path / "private"
    (private / "env").mkdir(parents=True, mode=0o755)
    (private / "env/x").write_text("x\n")
    private.chmod(0o700)
    image = Image(workspace=(workspace,), mounts=(Mount(source=private / "env", target="/env"),))

    async def scene() -> None:
        async with sandboxes.make("bubblewrap").open(image) as box:
            assert (await box.run("cat /env/x", timeout_s=20)).stdout == "x\n"

    asyncio.run(scene())


def test_a_mount_that_cannot_be_is_refused(workspace: Path, tmp_path: Path) -> None:
    async def scene(source: Path, target: str) -> None:
        image = Image(workspace=(workspace,), mounts=(Mount(source=source, target=target),))
        with pytest.raises(SandboxError, match=r"no absolute path|does not exist"):
            async with sandboxes.make("bubblewrap").open(image):
                pass

    asyncio.run(scene(tmp_path / "missing", "/x"))
    for target in ("x", "/", "/a/../etc", "/a/"):
        asyncio.run(scene(tmp_path, target))


def test_no_other_copy_of_a_package_can_be_imported(workspace: Path, tmp_path: Path) -> None:
    prefix = tmp_path / "prefix"
    for name in ("site-packages", "ensurepip/_bundled", "json"):
        (prefix / "lib/python3.99" / name).mkdir(parents=True)
        (prefix / "lib/python3.99" / name / "module.py").touch()
    image = Image(
        workspace=(workspace,),
        mounts=(Mount(source=prefix, target="/python"), Mount(source=prefix, target="/env")),
    )
    look = """
        find /usr/lib/python3*/dist-packages /usr/local/lib/python3*/*-packages \
            /usr/lib*/python3*/site-packages /usr/share/python-wheels -mindepth 1 2>/dev/null
        find /python /env -type f | sort
    """

    async def scene() -> None:
        async with sandboxes.make("bubblewrap").open(image) as box:
            assert (await box.run(look, timeout_s=20)).stdout.split() == [
                "/env/lib/python3.99/ensurepip/_bundled/module.py",
                "/env/lib/python3.99/json/module.py",
                "/env/lib/python3.99/site-packages/module.py",
                "/python/lib/python3.99/json/module.py",
            ]

    asyncio.run(scene())


def test_the_box_sees_a_plain_small_machine(workspace: Path) -> None:
    async def scene() -> None:
        async with sandboxes.make("bubblewrap").open(Image(workspace=(workspace,))) as box:
            result = await box.run("pwd; hostname; whoami; echo ~; umask; ls /", timeout_s=20)
            place, host, user, home, mask, *names = result.stdout.split()
            assert (place, host, user, home, mask) == (
                *("/workspace", "sandbox", "user", "/tmp", "0022"),
            )
            assert {"bin", "usr", "etc", "dev", "proc", "tmp", "workspace"} <= set(names)
            assert not {"root", "home", "srv", "opt", "mnt", "sys", "run"} & set(names)
            assert (await box.run("yes | head -1", timeout_s=20)).stdout == "y\n"
            assert (await box.run("yes | head -1; echo ${PIPESTATUS[0]}", timeout_s=20)).stdout == (
                "y\n141\n"
            )

    asyncio.run(scene())


def test_what_is_written_to_tmp_stays_and_goes_along_to_a_fork(workspace: Path) -> None:
    async def scene() -> None:
        async with sandboxes.make("bubblewrap").open(Image(workspace=(workspace,))) as box:
            await box.run("mkdir -p /tmp/d; echo t > /tmp/d/t; ln -s t /tmp/d/l", timeout_s=20)
            await box.run("truncate -s 50M /tmp/hole; printf end >> /tmp/hole", timeout_s=20)
            await box.write("/tmp/d/u", b"u\n")
            assert (await box.run("cat /tmp/d/*", timeout_s=20)).stdout == "t\nt\nu\n"
            async with box.fork() as other:
                assert (await other.run("cat /tmp/d/*", timeout_s=20)).stdout == "t\nt\nu\n"
                used = await other.run(
                    "stat -c '%s %b' /tmp/hole; tail -c 3 /tmp/hole", timeout_s=9
                )
                size, blocks, end = used.stdout.split()
                assert (int(size), end) == ((50 << 20) + 3, "end")
                assert int(blocks) < 100
            with pytest.raises(SandboxError):
                await box.read("/tmp/d/l")

    asyncio.run(scene())


def test_modes_and_times_go_along_to_a_fork(workspace: Path) -> None:
    look = "stat -c '%n %a %Y %F' a.txt d d/* | sort"

    async def scene() -> None:
        async with sandboxes.make("bubblewrap").open(Image(workspace=(workspace,))) as box:
            await box.run(
                "mkdir d; echo x > d/x; chmod 750 d/x; touch -d @1000000000 d/x a.txt; chmod 555 d",
                timeout_s=20,
            )
            async with box.fork() as other:
                here = (await box.run(look, timeout_s=20)).stdout
                there = (await other.run(look, timeout_s=20)).stdout
                assert "d/x 750 1000000000 regular file" in here
                assert (
                    here.replace("\n", " ").split(" directory")[1:]
                    == (there.replace("\n", " ").split(" directory")[1:])
                )

    asyncio.run(scene())


def test_a_large_change_goes_along_to_a_fork_whole(workspace: Path) -> None:
    async def scene() -> None:
        async with sandboxes.make("bubblewrap").open(Image(workspace=(workspace,))) as box:
            make = "head -c 11M /dev/urandom > big; for i in $(seq 2500); do echo $i > f$i; done"
            await box.run(make, timeout_s=20)
            count = "cat f* | wc -l; sha256sum < big"
            async with box.fork() as other:
                assert (await other.run(count, timeout_s=20)).stdout == (
                    (await box.run(count, timeout_s=20)).stdout
                )

    asyncio.run(scene())


def test_a_copied_workspace_does_the_same_as_an_overlay(workspace: Path, tmp_path: Path) -> None:
    top = tmp_path / "top"
    top.mkdir()
    (top / "a.txt").write_text("top\n")
    adopt(top)

    async def scene(spec: dict[str, object]) -> list[str]:
        image = Image(workspace=(top, workspace))
        async with sandboxes.make({"use": "bubblewrap", **spec}).open(image) as box:
            seen = [(await box.run("cat a.txt package/b.txt", timeout_s=20)).stdout]
            await box.run("rm -r package; echo n > n; echo more >> a.txt", timeout_s=20)
            async with box.fork() as other:
                await other.run("rm n", timeout_s=20)
                seen += [await other.diff(), (await other.run("find", timeout_s=20)).stdout]
            full = await box.run("head -c 9M /dev/zero > z", timeout_s=20)
            seen += [await box.diff(), full.stderr]
            return seen

    overlay = asyncio.run(scene({"limits": {"disk_bytes": 8 << 20}}))
    copy = asyncio.run(scene({"limits": {"disk_bytes": 8 << 20}, "copy": True}))
    assert overlay == copy
    assert "No space left" in copy[-1]


def test_commands_of_one_box_wait_for_each_other(workspace: Path) -> None:
    async def scene() -> None:
        async with sandboxes.make("bubblewrap").open(Image(workspace=(workspace,))) as box:
            add = "n=$(cat n 2>/dev/null || echo 0); sleep 0.05; echo $((n + 1)) > n"
            await asyncio.gather(*(box.run(add, timeout_s=20) for _ in range(4)))
            assert await box.read("n") == b"4\n"

    asyncio.run(scene())


def test_many_boxes_live_side_by_side(workspace: Path) -> None:
    async def one(n: int) -> str:
        async with sandboxes.make("bubblewrap").open(Image(workspace=(workspace,))) as box:
            await box.run(f"echo {n} > own", timeout_s=20)
            return (await box.run("cat own", timeout_s=20)).stdout

    async def scene() -> None:
        assert await asyncio.gather(*(one(n) for n in range(8))) == [f"{n}\n" for n in range(8)]

    asyncio.run(scene())


def test_any_argument_arrives_as_it_is(workspace: Path) -> None:
    odd = [
        "",
        "-n",
        "$(id)",
        "a\nb",
        "*",
        *map(chr, range(1, 256)),
        "\udcff\udc81\x01\x7f",
        "x" * 99_999,
        "",
    ]

    async def scene() -> None:
        async with sandboxes.make("bubblewrap").open(Image(workspace=(workspace,))) as box:
            # Once by the command that was started ahead, and once by one that was not.
            for _ in range(2):
                await box.run(
                    ["/usr/bin/env", "bash", "-c", 'printf "%s\\0" "$@" > got', "-", *odd],
                    timeout_s=20,
                )
                got = (await box.read("got")).split(b"\0")
                assert got == [*(os.fsencode(word) for word in odd), b""]
            with pytest.raises(SandboxError, match="131072 bytes"):
                await box.run(["echo", "x" * 200_000], timeout_s=20)
            assert (await box.run(["-n"], timeout_s=20)).exit == 127

    asyncio.run(scene())


def test_a_closed_box_is_gone(workspace: Path) -> None:
    async def scene() -> None:
        async with sandboxes.make("bubblewrap").open(Image(workspace=(workspace,))) as box:
            pass
        with pytest.raises(SandboxError, match="gone"):
            await box.run("true", timeout_s=20)

    asyncio.run(scene())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_workspace_that_was_not_adopted_is_refused_with_what_to_do(tmp_path: Path) -> None:
    async def scene() -> None:
        with pytest.raises(SandboxError, match="adopt"):
            async with sandboxes.make("bubblewrap").open(Image(workspace=(tmp_path,))):
                pass

    asyncio.run(scene())


def test_adopting_gives_the_whole_tree_away_and_follows_no_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").touch()
    tree = tmp_path / "tree"
    (tree / "a/b").mkdir(parents=True)
    (tree / "a/b/file").touch()
    (tree / "link").symlink_to(outside)
    (tree / "broken").symlink_to("nowhere")
    adopt(tree)
    owners = {path.lstat().st_uid for path in (tree, *tree.rglob("*"))}
    assert len(owners) == 1
    assert (owners == {os.geteuid()}) == (os.geteuid() != 0)
    assert (outside / "file").stat().st_uid == outside.stat().st_uid == os.geteuid()


ORDINARY = 65534
SCENE = """
    import asyncio, pathlib, shutil, tempfile
    from etude.sandbox import Image, Pool, adopt, sandboxes

    async def main():
        folder = pathlib.Path(tempfile.mkdtemp())
        (folder / "old").mkdir()
        (folder / "old/x").write_text("x\\n")
        adopt(folder)
        sandbox = sandboxes.make({"use": "bubblewrap", "limits": {"n_processes": 30}})
        sandbox.check()
        async with sandbox.open(Image(workspace=(folder,))) as box:
            result = await box.run("rm -r old; mkdir old; echo y > old/y; id -u", timeout_s=20)
            assert (result.exit, result.stdout) == (0, "1000\\n"), result
            async with box.fork() as other:
                assert (await other.run("ls old", timeout_s=20)).stdout == "y\\n"
            await box.run("mkdir /tmp/d; echo t > /tmp/d/t; rm -r old; mkdir old", timeout_s=20)
            await box.run("echo y > old/y", timeout_s=20)
            async with box.fork() as other, Pool(sandbox) as pool:
                await other.run("echo u > /tmp/d/u; rm /tmp/d/t", timeout_s=20)
                async with other.fork() as third:
                    found = await third.run("find /tmp /workspace | sort; df -k .", timeout_s=20)
                    assert found.stdout.startswith(
                        "/tmp\\n/tmp/d\\n/tmp/d/u\\n/workspace\\n/workspace/old\\n/workspace/old/y\\n"
                    ), found
                assert (await box.run("ls /tmp/d", timeout_s=20)).stdout == "t\\n"
                for _ in range(3):
                    async with pool.open(box.image) as warm:
                        assert (await warm.run("cat old/x", timeout_s=20)).stdout == "x\\n"
            diff = await box.diff()
            assert "-x" in diff and "+y" in diff, diff
            bomb = await box.run("for i in $(seq 60); do sleep 9 & done", timeout_s=1)
            assert "Resource temporarily unavailable" in bomb.stderr, bomb
            saved = folder.with_name(folder.name + "-saved")
            await box.save(".", saved)
            assert (saved / "old/y").read_text() == "y\\n"
            shutil.rmtree(saved)
        shutil.rmtree(folder)
        print("done")

    asyncio.run(main())
"""


def test_an_ordinary_user_needs_no_privilege() -> None:
    program = _interpreter_for(ORDINARY)
    if program is None:
        pytest.skip("an ordinary user can read no interpreter and packages that fit these tests")
    done = _run_as(ORDINARY, program, textwrap.dedent(SCENE))
    assert (done.stdout, done.returncode) == ("done\n", 0), done.stderr


def _interpreter_for(user: int) -> str | None:
    """Return an interpreter that a user can start and that can import what these tests import."""
    version = f"python3.{sys.version_info.minor}"
    for program in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        try:
            if _run_as(user, program, "import etude.sandbox.bubblewrap").returncode == 0:
                return program
        except (FileNotFoundError, PermissionError):
            continue
    return None


def _run_as(user: int, program: str, code: str) -> "subprocess.CompletedProcess[str]":
    """Run a program as a user; as this one unless root runs the tests."""
    as_root = os.geteuid() == 0
    return subprocess.run(
        [program, "-c", code],
        env={
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        user=user if as_root else None,
        group=user if as_root else None,
        extra_groups=[] if as_root else None,
    )
