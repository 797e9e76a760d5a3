"""Toolbox: the hands of an agent in one box, for models and for programs alike.

What an agent asks for wrongly (an unknown tool, a missing argument, a path that is not there) is
answered with an observation that says so, never with an exception. Only a dead box raises.
"""

import asyncio
import math
import re
from collections.abc import Awaitable, Callable

from etude.errors import SandboxError
from etude.models import Tool
from etude.records import ToolCall
from etude.sandbox import Box, Result

TOOLS: tuple[Tool, ...] = (
    Tool(
        name="bash",
        description="Run a shell command in the workspace. Files persist from one command to the "
        "next; variables, the current folder and background processes do not.",
        parameters={"command": "The command line, as for bash -c."},
        required=("command",),
    ),
    Tool(
        name="read_file",
        description="Show a text file with line numbers, whole or a range of its lines.",
        parameters={
            "path": "The file, relative to the workspace or absolute.",
            "first_line": "First line to show, counted from 1; empty for the start.",
            "last_line": "Last line to show; empty for the end.",
        },
        required=("path",),
    ),
    Tool(
        name="edit_file",
        description="Replace one piece of a text file. `old` must be in the file exactly once, "
        "without line numbers and with its exact indentation.",
        parameters={
            "path": "The file, relative to the workspace or absolute.",
            "old": "The exact text to replace, with enough lines around it to be unique.",
            "new": "The text to put in its place; empty to delete it.",
        },
        required=("path", "old", "new"),
    ),
    Tool(
        name="write_file",
        description="Write a whole text file, making its folders; what was there is replaced.",
        parameters={
            "path": "The file, relative to the workspace or absolute.",
            "content": "The whole text of the file.",
        },
        required=("path", "content"),
    ),
    Tool(
        name="find",
        description="Search the text files of the workspace with a regular expression; gives "
        "lines as path:line: text.",
        parameters={
            "pattern": "The regular expression.",
            "path": "File or folder to search; empty for the whole workspace.",
        },
        required=("pattern",),
    ),
    Tool(
        name="submit",
        description="Hand in the workspace as it is now. Ends the attempt.",
        parameters={},
    ),
)
"""What `Toolbox.call` can do, as models are told of it."""

_BY_NAME = {tool.name: tool for tool in TOOLS}
_MAX_MATCHES = 200
_MAX_MATCH_CHARS = 300
# Exit 2 is kept for a pattern that grep refuses; some greps know -E only.
_SEARCH = f"""
mode=-P
grep -P -e x /dev/null 2>/dev/null
[ $? -gt 1 ] && mode=-E
grep $mode -e "$1" /dev/null
[ $? -gt 1 ] && exit 2
[ -e "$2" ] || exit 3
find "$2" \\( -name .git -o -name __pycache__ -o -name .pytest_cache \\) -prune \\
  -o -type f -print0 | LC_ALL=C sort -z \\
  | xargs -0 -r grep $mode -nHI -e "$1" -- 2>/dev/null | head -n {_MAX_MATCHES + 1}
exit 0
"""


class Toolbox:
    """The tools of one agent in one open box.

    The methods named like tools return the whole observation; `call` cuts it to the limit.
    """

    deadline: float
    """Event-loop time after which every command is stopped; infinite unless an agent sets it."""
    submitted: bool
    """Whether the agent has handed in its work."""

    def __init__(
        self, box: Box, *, command_s: float = 120.0, observation_chars: int = 16_000
    ) -> None:
        self._box = box
        self._command_s = command_s
        self._observation_chars = observation_chars
        self.deadline = math.inf
        self.submitted = False

    async def call(self, call: ToolCall) -> str:
        """Run one tool and return what came back, its middle cut to the observation limit.

        Raises:
            SandboxError: The box is gone.
        """
        if complaint := _complaint(call):
            return complaint
        if self.submitted:
            return "Not run: the work was already handed in."
        actions: dict[str, Callable[..., Awaitable[str]]] = {
            "bash": self.bash,
            "read_file": self.read_file,
            "edit_file": self.edit_file,
            "write_file": self.write_file,
            "find": self.find,
            "submit": self.submit,
        }
        # A tool that takes nothing cannot be misunderstood, whatever it is given.
        given = call.arguments if _BY_NAME[call.name].parameters else {}
        return cut_middle(await actions[call.name](**given), self._observation_chars)

    async def run(self, command: str) -> Result:
        """Run a shell command under the time limits and return all of what it left behind.

        Raises:
            SandboxError: The box is gone.
        """
        return await self._box.run(command, timeout_s=self._left_s())

    async def read_text(self, path: str) -> str:
        """Return the whole text of a file, line ends as they are.

        Raises:
            SandboxError: There is no such file, it is not UTF-8 text, or the box is gone.
        """
        content = await self._box.read(path)
        try:
            return content.decode()
        except UnicodeDecodeError as cause:
            raise SandboxError(f"{path} is not UTF-8 text: {cause}") from cause

    async def bash(self, command: str) -> str:
        """Run a shell command; return its output and how it ended."""
        return _told(await self.run(command))

    async def read_file(self, path: str, first_line: str = "", last_line: str = "") -> str:
        """Show a file, or a range of its lines, with line numbers."""
        try:
            first, last = int(first_line or 1), int(last_line or 10**9)
        except ValueError:
            return f"first_line and last_line must be numbers, got {first_line!r}, {last_line!r}."
        try:
            text = _shown((await self._box.read(path)).decode(errors="replace"))
        except SandboxError as error:
            return await self._refused(error)
        lines = text.split("\n")
        if lines[-1] == "":
            lines.pop()
        chosen = lines[max(first, 1) - 1 : last]
        if not lines:
            return f"{path} is empty."
        if not chosen:
            return f"{path} has {len(lines)} lines; lines {first} to {last_line} are none of them."
        return "\n".join(
            f"{number:6}\t{line.removesuffix(chr(13))}"
            for number, line in enumerate(chosen, max(first, 1))
        )

    async def edit_file(self, path: str, old: str, new: str) -> str:
        """Replace the one place where `old` stands in a file."""
        if not old or old == new:
            return "Nothing changed: `old` must not be empty, and must differ from `new`."
        try:
            # Bytes that are no text come back as they were, so any file can be edited.
            text = (await self._box.read(path)).decode(errors="surrogateescape")
        except SandboxError as error:
            return await self._refused(error)
        if old not in text and "\r\n" in text:
            old, new = (part.replace("\r\n", "\n").replace("\n", "\r\n") for part in (old, new))
        if (count := text.count(old)) != 1:
            return _not_unique(path, text, old, count)
        line = text.count("\n", 0, text.index(old)) + 1
        try:
            changed = text.replace(old, new).encode(errors="surrogateescape")
            await self._box.write(path, changed)
        except SandboxError as error:
            return await self._refused(error)
        return f"Replaced one place in {path}, at line {line}."

    async def write_file(self, path: str, content: str) -> str:
        """Write a whole file."""
        try:
            await self._box.write(path, content.encode())
        except SandboxError as error:
            return await self._refused(error)
        return f"Wrote {path}: {len(content.splitlines())} lines."

    async def find(self, pattern: str, path: str = "") -> str:
        """Search the text files below a path with a regular expression."""
        place = path or "."
        # A leading dash would be read as an option by `find`.
        place = place if place.startswith(("/", ".")) else f"./{place}"
        found = await self._box.run(
            ["bash", "-c", _SEARCH, "find", pattern, place], timeout_s=self._left_s()
        )
        if found.exit == 2:
            return f"{pattern!r} is not a regular expression: {found.stderr.strip()}"
        if found.exit == 3:
            return f"There is no {path} in the workspace."
        if found.exit:
            return _told(found)
        lines = [_match_line(line) for line in found.stdout.splitlines()]
        if not lines:
            return f"No line matches {pattern!r}" + (f" in {path}." if path else ".")
        if len(lines) > _MAX_MATCHES:
            lines[_MAX_MATCHES:] = [f"[more than {_MAX_MATCHES} lines match: narrow the search]"]
        return "\n".join(lines)

    async def submit(self) -> str:
        """Hand in the workspace as it is."""
        self.submitted = True
        return "Handed in."

    def _left_s(self) -> float:
        """Seconds the next command may take."""
        left_s = self.deadline - asyncio.get_running_loop().time()
        return max(0.1, min(self._command_s, left_s))

    async def _refused(self, error: SandboxError) -> str:
        """Tell a bad request from a dead box: the dead one cannot run `true` either."""
        await self._box.run(["true"], timeout_s=self._command_s)
        return f"Not done: {error}"


def cut_middle(text: str, limit_chars: int) -> str:
    """Return `text` with its middle left out, at line ends where they are near."""
    if len(text) <= limit_chars:
        return text
    half = max(limit_chars // 2, 1)
    head, tail = text[:half], text[-half:]
    if (end := head.rfind("\n")) > half * 3 // 4:
        head = head[: end + 1]
    if -1 < (start := tail.find("\n")) < half // 4:
        tail = tail[start + 1 :]
    middle = text[len(head) : len(text) - len(tail)]
    n_lines = middle.count("\n")
    return f"{head}\n[... {len(middle)} characters ({n_lines} lines) left out ...]\n{tail}"


def _complaint(call: ToolCall) -> str:
    """Say what is wrong with a call; empty when nothing is."""
    tool = _BY_NAME.get(call.name)
    if tool is None:
        return f"There is no tool {call.name!r}. The tools are: {', '.join(_BY_NAME)}."
    unknown = sorted(call.arguments.keys() - tool.parameters.keys()) if tool.parameters else []
    missing = [name for name in tool.required if name not in call.arguments]
    if unknown or missing:
        parts = [f"unknown argument {name!r}" for name in unknown]
        parts += [f"missing argument {name!r}" for name in missing]
        takes = ", ".join(
            name if name in tool.required else f"{name} (optional)" for name in tool.parameters
        )
        return f"{call.name}: {'; '.join(parts)}. It takes: {takes}."
    for name, value in call.arguments.items():
        if "\0" in value or value != _shown(value):
            return f"{call.name}: argument {name!r} holds characters that are not text."
    return ""


def _told(result: Result) -> str:
    """Put a command's result into words."""
    parts = [_shown(result.stdout).rstrip("\n")]
    if result.stderr.strip():
        parts.append("[standard error]\n" + _shown(result.stderr).rstrip("\n"))
    if result.killed == "timeout":
        parts.append(f"[killed: it ran longer than {result.duration_s:.0f} s]")
    elif result.killed:
        parts.append(f"[killed: over the {result.killed} limit]")
    else:
        parts.append(f"[exit {result.exit}]")
    return "\n".join(part for part in parts if part)


def _not_unique(path: str, text: str, old: str, count: int) -> str:
    """Say why `old` names no one place in `text`, and where the near misses are."""
    if count:
        at, lines = -1, []
        for _ in range(min(count, 10)):
            at = text.index(old, at + 1)
            lines.append(str(text.count("\n", 0, at) + 1))
        return (
            f"Nothing changed: `old` is in {path} {count} times, at lines {', '.join(lines)}"
            f"{' and more' if count > 10 else ''}. Give more lines around the one you mean."
        )
    loose = r"\s+".join(re.escape(word) for word in old.split())
    near = re.search(loose, text) if loose else None
    if near is None:
        return f"Nothing changed: `old` is not in {path}. Read the file and copy the text exactly."
    first = text.count("\n", 0, near.start())
    last = text.count("\n", 0, near.end())
    actual = "\n".join(_shown(line) for line in text.split("\n")[first : last + 1])
    return (
        f"Nothing changed: `old` is not in {path}, but lines {first + 1} to {last + 1} differ from "
        f"it only in white space. They are exactly:\n{actual}"
    )


def _match_line(line: str) -> str:
    path, _, rest = line.removeprefix("./").partition(":")
    number, _, text = rest.partition(":")
    return f"{path}:{number}: {_shown(text)[:_MAX_MATCH_CHARS]}"


def _shown(text: str) -> str:
    """Return text that any encoder takes: half surrogates become question marks."""
    return text.encode(errors="replace").decode()
