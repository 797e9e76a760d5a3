"""What every kind of box does the same."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from etude.errors import SandboxError
from etude.records import apply_patch
from etude.sandbox import Box, Image, Sandbox, adopt, sandboxes

KINDS = [
    "bubblewrap",
    "local",
    pytest.param("docker", marks=pytest.mark.docker),
]
pytestmark = pytest.mark.parametrize("kind", KINDS)


def in_box(kind: str, workspace: Path, do: Callable[[Box], Awaitable[None]], **limits: int) -> None:
    """Open a box of a kind and do something with it."""

    async def scene() -> None:
        sandbox: Sandbox = sandboxes.make({"use": kind, "limits": limits})
        async with sandbox.open(Image(workspace=(workspace,))) as box:
            await do(box)

    asyncio.run(scene())


def test_a_command_line_runs_in_the_workspace(kind: str, workspace: Path) -> None:
    async def do(box: Box) -> None:
        result = await box.run("cat a.txt; echo oops >&2; exit 3", timeout_s=10)
        assert (result.exit, result.stdout, result.stderr) == (3, "one\ntwo\n", "oops\n")
        assert (result.killed, result.truncated, result.report) == ("", False, b"")
        assert 0 < result.duration_s < 10

    in_box(kind, workspace, do)


def test_a_program_gets_its_arguments_as_they_are(kind: str, workspace: Path) -> None:
    async def do(box: Box) -> None:
        result = await box.run(["printf", "%s|", "a b", "$HOME", "", "--", "*"], timeout_s=10)
        assert result.stdout == "a b|$HOME||--|*|"

    in_box(kind, workspace, do)


def test_a_program_that_is_not_there_is_a_result(kind: str, workspace: Path) -> None:
    async def do(box: Box) -> None:
        result = await box.run(["no-such-program"], timeout_s=10)
        assert result.exit == 127
        assert "no-such-program" in result.stderr

    in_box(kind, workspace, do)


def test_a_signal_shows_as_128_and_its_number(kind: str, workspace: Path) -> None:
    async def do(box: Box) -> None:
        assert (await box.run("kill -SEGV $$", timeout_s=10)).exit == 139

    in_box(kind, workspace, do)


def test_standard_input_is_what_was_given_and_else_empty(kind: str, workspace: Path) -> None:
    async def do(box: Box) -> None:
        content = bytes(range(256)) * 1000
        result = await box.run("cat >copy; cat >rest", timeout_s=10, stdin=content)
        assert result.exit == 0
        assert await box.read("copy") == content
        assert (await box.run("cat", timeout_s=10)).stdout == ""

    in_box(kind, workspace, do)


def test_a_large_input_that_is_read_late_in_part_or_never_holds_nothing_up(
    kind: str, workspace: Path
) -> None:
    async def do(box: Box) -> None:
        content = bytes(range(256)) * (20 << 10)
        digest = hashlib.sha256(content).hexdigest()
        result = await box.run("sleep 0.3; sha256sum", timeout_s=30, stdin=content)
        assert result.stdout.split()[0] == digest
        for command in ("true", "head -c 9 >/dev/null", "exec <&-; sleep 0.2", "cat >&2"):
            result = await box.run(command, timeout_s=30, stdin=content)
            assert (result.exit, result.killed) == (0, ""), command
        result = await box.run("sleep 60", timeout_s=0.5, stdin=content)
        assert result.killed == "timeout"
        assert (await box.run("cat /dev/stdin", timeout_s=10, stdin=b"named")).stdout == "named"

    in_box(kind, workspace, do)


def test_the_report_is_apart_from_the_output(kind: str, workspace: Path) -> None:
    async def do(box: Box) -> None:
        result = await box.run(r"echo seen; printf 'a\0b\377' >&3", timeout_s=10)
        assert (result.stdout, result.report) == ("seen\n", b"a\0b\xff")

    in_box(kind, workspace, do)


def test_a_command_that_outlives_its_time_is_killed(kind: str, workspace: Path) -> None:
    async def do(box: Box) -> None:
        result = await box.run("echo begun; trap '' TERM INT; sleep 60", timeout_s=1)
        assert (result.killed, result.exit, result.stdout) == ("timeout", 137, "begun\n")
        assert 1 <= result.duration_s < 5
        assert (await box.run("true", timeout_s=10)).exit == 0

    in_box(kind, workspace, do)


def test_a_child_in_the_background_does_not_hold_the_answer_up(kind: str, workspace: Path) -> None:
    async def do(box: Box) -> None:
        result = await box.run("sleep 60 & echo done", timeout_s=30)
        assert (result.stdout, result.killed) == ("done\n", "")
        assert result.duration_s < 5

    in_box(kind, workspace, do)


def test_long_output_keeps_both_ends(kind: str, workspace: Path) -> None:
    async def do(box: Box) -> None:
        result = await box.run("echo first; seq 20000; echo last; echo x >&2", timeout_s=20)
        assert result.truncated
        assert result.stdout.startswith("first\n1\n2\n")
        assert result.stdout.endswith("20000\nlast\n")
        assert "bytes cut" in result.stdout
        assert len(result.stdout) < 1100
        assert result.stderr == "x\n"

    in_box(kind, workspace, do, output_bytes=1000)


def test_bytes_that_are_no_text_are_replaced(kind: str, workspace: Path) -> None:
    async def do(box: Box) -> None:
        assert (await box.run(r"printf 'a\377b'", timeout_s=10)).stdout == "a\ufffdb"

    in_box(kind, workspace, do)


def test_a_flood_of_output_is_stopped(kind: str, workspace: Path) -> None:
    async def do(box: Box) -> None:
        result = await box.run("yes", timeout_s=60)
        assert result.killed == "output"
        assert result.duration_s < 30

    in_box(kind, workspace, do, flood_bytes=1 << 20)


def test_a_flood_of_report_is_stopped(kind: str, workspace: Path) -> None:
    async def do(box: Box) -> None:
        result = await box.run("yes >&3", timeout_s=60)
        assert result.killed == "output"
        assert len(result.report) <= 1 << 20

    in_box(kind, workspace, do, report_bytes=1 << 20)


def test_files_persist_from_one_command_to_the_next(kind: str, workspace: Path) -> None:
    async def do(box: Box) -> None:
        await box.run("echo 1 > new; rm a.txt", timeout_s=10)
        assert (await box.run("ls", timeout_s=10)).stdout == "new\npackage\n"
        assert (workspace / "a.txt").read_text() == "one\ntwo\n"

    in_box(kind, workspace, do)


def test_a_written_file_can_be_read_back_and_changed_by_the_box(kind: str, workspace: Path) -> None:
    async def do(box: Box) -> None:
        await box.write("deep/er/file", b"\0x")
        await box.write("/workspace/a.txt", b"whole")
        await box.run("printf y >> deep/er/file; touch deep/er/other", timeout_s=10)
        assert await box.read("deep/er/file") == b"\0xy"
        assert await box.read("/workspace/a.txt") == b"whole"
        assert await box.read("deep/er/other") == b""

    in_box(kind, workspace, do)


def test_writing_keeps_the_mode_of_a_file(kind: str, workspace: Path) -> None:
    async def do(box: Box) -> None:
        await box.run("printf 'exit 1' > s.sh; chmod 755 s.sh", timeout_s=10)
        await box.write("s.sh", b"#!/bin/sh\nexit 7\n")
        assert (await box.run(["./s.sh"], timeout_s=10)).exit == 7

    in_box(kind, workspace, do)


@pytest.mark.parametrize(
    "path",
    ["missing", "package", "../a.txt", "/etc/passwd", "package/../../x", "", "/", "/workspacex/a"],
)
def test_a_path_that_is_no_file_of_the_box_is_refused(
    kind: str, workspace: Path, path: str
) -> None:
    async def do(box: Box) -> None:
        with pytest.raises(SandboxError):
            await box.read(path)
        assert (await box.run("true", timeout_s=10)).exit == 0

    in_box(kind, workspace, do)


@pytest.mark.parametrize(
    "plant",
    [
        "ln -s /etc/passwd bait",
        "ln -s a.txt bait",
        "mkfifo bait",
        "truncate -s 100M bait",
        "mkdir bait",
    ],
)
def test_bait_is_not_read(kind: str, workspace: Path, plant: str) -> None:
    async def do(box: Box) -> None:
        assert (await box.run(plant, timeout_s=10)).exit == 0
        with pytest.raises(SandboxError):
            await box.read("bait")

    in_box(kind, workspace, do)


@pytest.mark.parametrize("plant", ["ln -s /tmp bait", "ln -s package bait", "mkfifo bait"])
def test_bait_is_not_written_through(kind: str, workspace: Path, plant: str) -> None:
    async def do(box: Box) -> None:
        assert (await box.run(plant, timeout_s=10)).exit == 0
        with pytest.raises(SandboxError):
            await box.write("bait/x", b"")
        with pytest.raises(SandboxError):
            await box.write("bait", b"")

    in_box(kind, workspace, do)


def test_the_diff_of_an_untouched_box_is_empty(kind: str, workspace: Path) -> None:
    async def do(box: Box) -> None:
        await box.run("touch a.txt; cp a.txt c; mv c a.txt; chmod 600 package/b.txt", timeout_s=10)
        assert await box.diff() == ""

    in_box(kind, workspace, do)


def test_the_diff_says_all_that_changed(kind: str, workspace: Path) -> None:
    change = """
        echo three >> a.txt
        rm -r package
        mkdir -p new/deep && echo n > new/deep/n.txt
        mkdir __pycache__ .git && echo x > __pycache__/x.pyc && echo x > .git/config
        ln -s a.txt link && mkfifo pipe
        head -c 2M /dev/zero | tr '\\0' 'a' > large
        printf '\\377' > binary
        mkdir package && echo p > package/p.txt
    """

    async def do(box: Box) -> None:
        assert (await box.run(change, timeout_s=10)).exit == 0
        diff = await box.diff()
        before = {"a.txt": "one\ntwo\n", "package/b.txt": "b\n"}
        assert apply_patch(before, diff) == {
            "a.txt": "one\ntwo\nthree\n",
            "new/deep/n.txt": "n\n",
            "package/p.txt": "p\n",
            "package/b.txt": None,
        }

    in_box(kind, workspace, do)


def test_the_diff_knows_a_file_that_became_a_folder_and_the_reverse(
    kind: str, workspace: Path
) -> None:
    async def do(box: Box) -> None:
        await box.run("rm a.txt; mkdir a.txt; echo i > a.txt/i", timeout_s=10)
        await box.run("rm -r package; echo f > package", timeout_s=10)
        before = {"a.txt": "one\ntwo\n", "package/b.txt": "b\n"}
        after = apply_patch(before, await box.diff())
        assert after == {
            "a.txt": None,
            "a.txt/i": "i\n",
            "package/b.txt": None,
            "package": "f\n",
        }

    in_box(kind, workspace, do)


def test_the_diff_does_not_look_where_a_link_of_the_image_led(
    kind: str, workspace: Path, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret").write_text("secret\n")
    (workspace / "link").symlink_to(tmp_path / "outside")
    adopt(workspace)

    async def do(box: Box) -> None:
        await box.run("rm link; mkdir link; echo own > link/secret", timeout_s=10)
        diff = await box.diff()
        assert "+own" in diff
        assert "-secret" not in diff

    in_box(kind, workspace, do)


def test_a_saved_folder_is_a_copy_with_links_as_links(
    kind: str, workspace: Path, tmp_path: Path
) -> None:
    async def do(box: Box) -> None:
        await box.run(
            "cd package; ln -s /etc/passwd l; mkfifo p; echo x > run; chmod 755 run; rm ../a.txt",
            timeout_s=10,
        )
        await box.save("package", tmp_path / "saved")
        saved = tmp_path / "saved"
        assert sorted(path.name for path in saved.iterdir()) == ["b.txt", "l", "run"]
        assert str((saved / "l").readlink()) == "/etc/passwd"
        assert (saved / "run").stat().st_mode & 0o777 == 0o755
        await box.save(".", tmp_path / "whole")
        assert (tmp_path / "whole/package/b.txt").read_text() == "b\n"
        assert not (tmp_path / "whole/a.txt").exists()
        with pytest.raises(SandboxError):
            await box.save("package", tmp_path / "saved")
        with pytest.raises(SandboxError):
            await box.save("nothing", tmp_path / "nothing")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["saved", "whole", "workspace"]

    in_box(kind, workspace, do)


def test_a_fork_starts_as_the_box_is_and_goes_its_own_way(kind: str, workspace: Path) -> None:
    change = "rm a.txt; rm -r package; mkdir package; echo n > package/n; ln -s n package/l"
    look = "find . -type l -printf '%p->%l\\n' -o -printf '%p %m\\n' | sort; cat package/n"

    async def do(box: Box) -> None:
        await box.run(f"{change}; mkdir -m 700 own; echo x > own/x; chmod 600 own/x", timeout_s=10)
        async with box.fork() as other:
            here, there = await box.run(look, timeout_s=10), await other.run(look, timeout_s=10)
            assert here.stdout == there.stdout
            assert "./package/l->n" in there.stdout
            assert "./package/b.txt" not in there.stdout
            assert await other.diff() == await box.diff()
            await other.run("echo other > package/n", timeout_s=10)
            await box.run("echo own > package/n", timeout_s=10)
            assert await other.read("package/n") == b"other\n"
            async with other.fork() as third:
                assert await third.read("package/n") == b"other\n"
        assert await box.read("package/n") == b"own\n"

    in_box(kind, workspace, do)


def test_a_workspace_of_several_layers_shows_the_topmost(
    kind: str, workspace: Path, tmp_path: Path
) -> None:
    top = tmp_path / "top"
    (top / "package").mkdir(parents=True)
    (top / "a.txt").write_text("top\n")
    (top / "package/c.txt").write_text("c\n")
    adopt(top)

    async def scene() -> None:
        async with sandboxes.make(kind).open(Image(workspace=(top, workspace))) as box:
            result = await box.run("cat a.txt package/*; rm package/b.txt", timeout_s=10)
            assert result.stdout == "top\nb\nc\n"
            gone = {"package/b.txt": None}
            assert apply_patch({"package/b.txt": "b\n"}, await box.diff()) == gone

    asyncio.run(scene())


def test_the_environment_is_the_images(kind: str, workspace: Path) -> None:
    async def scene() -> None:
        image = Image(workspace=(workspace,), env={"SET": "a b\n--", "PATH": "/usr/bin:/bin:/x"})
        async with sandboxes.make(kind).open(image) as box:
            assert (await box.run('echo "$SET|$PATH"', timeout_s=10)).stdout == (
                "a b\n--|/usr/bin:/bin:/x\n"
            )

    asyncio.run(scene())


@pytest.mark.parametrize(
    "image",
    [
        {"workspace": ()},
        {"workspace": (Path("/no/such/folder"),)},
        {"workdir": "relative"},
        {"workdir": "/"},
        {"env": {"A": "\0"}},
        {"env": {"A=B": ""}},
    ],
    ids=str,
)
def test_an_image_that_cannot_be_is_refused(
    kind: str, workspace: Path, image: dict[str, object]
) -> None:
    made = msgspec.structs.replace(Image(workspace=(workspace,)), **image)

    async def scene() -> None:
        with pytest.raises(SandboxError):
            async with sandboxes.make(kind).open(made):
                pass

    asyncio.run(scene())


@pytest.mark.parametrize("command", [[], ["a", "b\0"], "echo \0"], ids=repr)
def test_a_command_that_cannot_be_is_refused(
    kind: str, workspace: Path, command: str | list[str]
) -> None:
    async def do(box: Box) -> None:
        with pytest.raises(SandboxError):
            await box.run(command, timeout_s=10)
        assert (await box.run("true", timeout_s=10)).exit == 0

    in_box(kind, workspace, do)
