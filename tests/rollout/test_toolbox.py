import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pytest

from etude.errors import SandboxError
from etude.records import ToolCall
from etude.rollout.toolbox import TOOLS, Toolbox, cut_middle

if TYPE_CHECKING:
    from tests.rollout.conftest import OpenBox

FILES: Mapping[str, bytes | str] = {
    "shop/cart.py": "def total(prices):\n    return sum(prices)\n\n\ndef count(prices):\n"
    "    return len(prices)\n",
    "shop/dos.py": "a = 1\r\nb = 2\r\n",
    "latin.txt": b"caf\xe9 = 1\n",
    "logo.png": b"\x89PNG\x00\x01total",
    "-dash/odd name.py": "total = 1\n",
}


def observed(open_box: "OpenBox", *calls: tuple[str, dict[str, str]]) -> list[str]:
    async def play() -> list[str]:
        async with open_box(FILES) as box:
            tools = Toolbox(box, command_s=20)
            return [await tools.call(ToolCall(name=name, arguments=given)) for name, given in calls]

    return asyncio.run(play())


def test_every_tool_that_models_are_told_of_can_be_called(open_box: "OpenBox") -> None:
    given = {
        "command": "true",
        "path": "shop/cart.py",
        "pattern": "x",
        "old": "sum(prices)",
        "new": "0",
        "content": "",
    }
    calls = [(tool.name, {name: given[name] for name in tool.required}) for tool in TOOLS]
    for tool, seen in zip(TOOLS, observed(open_box, *calls), strict=True):
        assert seen
        assert "no tool" not in seen, tool.name
        assert "argument" not in seen, tool.name


def test_a_command_tells_its_output_its_errors_and_its_exit(open_box: "OpenBox") -> None:
    seen, kept = observed(
        open_box,
        ("bash", {"command": "echo out; echo err >&2; touch made; exit 3"}),
        ("bash", {"command": "ls made"}),
    )
    assert seen == "out\n[standard error]\nerr\n[exit 3]"
    assert kept == "made\n[exit 0]"


def test_a_file_is_read_with_numbers_whole_or_in_part(open_box: "OpenBox") -> None:
    whole, part, past, words, dos = observed(
        open_box,
        ("read_file", {"path": "shop/cart.py"}),
        ("read_file", {"path": "shop/cart.py", "first_line": "5", "last_line": "5"}),
        ("read_file", {"path": "shop/cart.py", "first_line": "70"}),
        ("read_file", {"path": "shop/cart.py", "first_line": "five"}),
        ("read_file", {"path": "shop/dos.py"}),
    )
    assert whole.splitlines()[1] == "     2\t    return sum(prices)"
    assert len(whole.splitlines()) == 6
    assert part == "     5\tdef count(prices):"
    assert "has 6 lines" in past
    assert "must be numbers" in words
    assert dos == "     1\ta = 1\n     2\tb = 2"


def test_an_edit_replaces_exactly_one_place(open_box: "OpenBox") -> None:
    done, after = observed(
        open_box,
        ("edit_file", {"path": "shop/cart.py", "old": "sum(prices)", "new": "max(prices)"}),
        ("bash", {"command": "sed -n 2p shop/cart.py"}),
    )
    assert done == "Replaced one place in shop/cart.py, at line 2."
    assert after == "    return max(prices)\n[exit 0]"


def test_an_edit_that_is_not_unique_or_not_there_changes_nothing_and_helps(
    open_box: "OpenBox",
) -> None:
    path = {"path": "shop/cart.py"}
    twice, spaces, absent, empty, same, after = observed(
        open_box,
        ("edit_file", path | {"old": "(prices)", "new": "()"}),
        ("edit_file", path | {"old": "def count(prices):\n  return len(prices)", "new": "x"}),
        ("edit_file", path | {"old": "def nothing()", "new": "x"}),
        ("edit_file", path | {"old": "", "new": "x"}),
        ("edit_file", path | {"old": "sum", "new": "sum"}),
        ("bash", {"command": "cat shop/cart.py"}),
    )
    assert "4 times, at lines 1, 2, 5, 6" in twice
    assert "lines 5 to 6 differ from it only in white space" in spaces
    assert spaces.endswith("def count(prices):\n    return len(prices)")
    assert "is not in shop/cart.py. Read the file" in absent
    assert "must not be empty" in empty
    assert "differ from `new`" in same
    assert after == f"{FILES['shop/cart.py']!s}[exit 0]"


def test_an_edit_keeps_line_ends_and_bytes_that_are_no_text(open_box: "OpenBox") -> None:
    *_, dos, latin = observed(
        open_box,
        ("edit_file", {"path": "shop/dos.py", "old": "a = 1\nb = 2", "new": "a = 1\nb = 3"}),
        ("edit_file", {"path": "latin.txt", "old": "= 1", "new": "= 2"}),
        ("bash", {"command": "od -An -c shop/dos.py"}),
        ("bash", {"command": "od -An -tx1 latin.txt"}),
    )
    assert "".join(dos.split()).removesuffix("[exit0]") == r"a=1\r\nb=3\r\n"
    assert latin == " 63 61 66 e9 20 3d 20 32 0a\n[exit 0]"


def test_a_file_is_written_whole_with_its_folders(open_box: "OpenBox") -> None:
    wrote, read = observed(
        open_box,
        ("write_file", {"path": "new/deep/a.txt", "content": "één\nzwei"}),
        ("read_file", {"path": "new/deep/a.txt"}),
    )
    assert wrote == "Wrote new/deep/a.txt: 2 lines."
    assert read == "     1\téén\n     2\tzwei"


def test_find_gives_lines_of_text_files_in_a_fixed_order(open_box: "OpenBox") -> None:
    found, below, dash, nothing, broken, nowhere = observed(
        open_box,
        ("find", {"pattern": r"^def \w+|total"}),
        ("find", {"pattern": "total", "path": "shop"}),
        ("find", {"pattern": "total", "path": "-dash"}),
        ("find", {"pattern": "no such words"}),
        ("find", {"pattern": "(a"}),
        ("find", {"pattern": "a", "path": "no/such"}),
    )
    assert found.splitlines() == [
        "-dash/odd name.py:1: total = 1",
        "shop/cart.py:1: def total(prices):",
        "shop/cart.py:5: def count(prices):",
    ]
    assert below == "shop/cart.py:1: def total(prices):"
    assert dash == "-dash/odd name.py:1: total = 1"
    assert nothing == "No line matches 'no such words'."
    assert "'(a' is not a regular expression" in broken
    assert nowhere == "There is no no/such in the workspace."


def test_find_says_when_too_many_lines_match(open_box: "OpenBox") -> None:
    *_, many = observed(
        open_box,
        ("bash", {"command": "seq 1000 > numbers.txt"}),
        ("find", {"pattern": r"\d", "path": "numbers.txt"}),
    )
    assert len(many.splitlines()) == 201
    assert "narrow the search" in many


@pytest.mark.parametrize(
    ("name", "given", "told"),
    [
        ("open", {}, "no tool 'open'. The tools are: bash, read_file"),
        ("bash", {}, "missing argument 'command'"),
        ("bash", {"cmd": "ls", "command": "ls"}, "unknown argument 'cmd'"),
        ("read_file", {}, "It takes: path, first_line (optional), last_line (optional)"),
        ("read_file", {"path": "no/such.py"}, "Not done: "),
        ("read_file", {"path": "/etc/hostname"}, "Not done: "),
        ("read_file", {"path": "../../etc/passwd"}, "Not done: "),
        ("edit_file", {"path": "no.py", "old": "a", "new": "b"}, "Not done: "),
        ("write_file", {"path": "/usr/bin/x", "content": ""}, "Not done: "),
        ("write_file", {"path": "shop", "content": ""}, "Not done: "),
        ("write_file", {"path": "a", "content": "\ud800"}, "are not text"),
        ("bash", {"command": "echo \0"}, "are not text"),
        ("read_file", {"path": ""}, "Not done: "),
    ],
)
def test_what_is_asked_wrongly_is_answered_with_an_observation(
    open_box: "OpenBox", name: str, given: dict[str, str], told: str
) -> None:
    [seen] = observed(open_box, (name, given))
    assert told in seen


def test_nothing_runs_after_the_work_was_handed_in(open_box: "OpenBox") -> None:
    async def play() -> None:
        async with open_box(FILES) as box:
            tools = Toolbox(box)
            assert not tools.submitted
            await tools.call(ToolCall(name="submit", arguments={"path": "whatever"}))
            assert tools.submitted
            late = await tools.call(ToolCall(name="bash", arguments={"command": "touch late"}))
            assert "already handed in" in late
            assert await box.diff() == ""

    asyncio.run(play())


def test_a_long_command_is_killed_and_says_so(open_box: "OpenBox") -> None:
    async def play() -> str:
        async with open_box(FILES) as box:
            tools = Toolbox(box, command_s=0.5)
            return await tools.bash("echo begun; sleep 30")

    seen = asyncio.run(play())
    assert seen.startswith("begun")
    assert "[killed: it ran longer than" in seen


def test_a_deadline_stops_commands_however_long_they_may_take(open_box: "OpenBox") -> None:
    async def play() -> tuple[str, str]:
        async with open_box(FILES) as box:
            tools = Toolbox(box, command_s=60)
            tools.deadline = asyncio.get_running_loop().time() + 0.5
            killed = await tools.bash("sleep 30")
            return killed, (await box.run("echo alive", timeout_s=20)).stdout

    killed, alive = asyncio.run(play())
    assert "[killed" in killed
    assert alive == "alive\n"


def test_programs_read_whole_texts_and_uncut_output(open_box: "OpenBox") -> None:
    async def play() -> None:
        async with open_box(FILES) as box:
            tools = Toolbox(box, observation_chars=100)
            assert await tools.read_text("shop/dos.py") == "a = 1\r\nb = 2\r\n"
            with pytest.raises(SandboxError, match=r"latin\.txt is not UTF-8"):
                await tools.read_text("latin.txt")
            assert len((await tools.run("seq 1000")).stdout) == 3893
            call = ToolCall(name="bash", arguments={"command": "seq 1000"})
            assert len(await tools.call(call)) < 200

    asyncio.run(play())


def test_a_box_that_is_gone_raises(open_box: "OpenBox") -> None:
    async def play() -> None:
        async with open_box(FILES) as box:
            tools = Toolbox(box)
        for name, given in (("read_file", {"path": "a"}), ("bash", {"command": "ls"})):
            with pytest.raises(SandboxError):
                await tools.call(ToolCall(name=name, arguments=given))

    asyncio.run(play())


def test_the_middle_is_cut_at_line_ends_and_counted() -> None:
    text = "".join(f"line {number}\n" for number in range(1000))
    cut = cut_middle(text, 400)
    head, _, rest = cut.partition("[... ")
    note, _, tail = rest.partition(" left out ...]\n")
    assert head.startswith("line 0\n")
    assert head.endswith("\n\n")
    assert tail.startswith("line ")
    assert tail.endswith("line 999\n")
    n_left_out = 1000 - head.count("line") - tail.count("line")
    assert note == f"{len(text) - len(head) + 1 - len(tail)} characters ({n_left_out} lines)"
    assert len(cut) < 460
    assert cut_middle("short", 400) == "short"
    assert len(cut_middle("x" * 10_000, 400)) < 460
