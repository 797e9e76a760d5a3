"""The side of the program: a process of its own that runs it and says what it gave.

The program can change anything in this process, so all that comes from here is a claim.
"""
# ruff: noqa: BLE001, S102, S307  # it exists to run foreign code, inside a box

from __future__ import annotations

import _sitebuiltins
import atexit
import builtins
import os
import resource
import sys
from types import ModuleType

from .values import PlainError, pack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

CHANNEL = 3
"""Descriptor on which a program's process says what a call gave."""
ASKED, ANSWERED = 3, 4
"""Descriptors of a program's process that serves the calls of an examiner."""
LIMIT_MESSAGE = 300
"""Most characters of the message of an exception."""


def enter(fds: dict[int, int], memory_bytes: int, cpu_s: int) -> None:
    """Become the process that a program runs in: few descriptors, limits, no terminal.

    Args:
        fds: Descriptor to have -> descriptor to take it from; all others are closed.
        memory_bytes: Of its address space.
        cpu_s: CPU time after which the kernel kills it.
    """
    os.setsid()
    # Out of the way first, so that none is overwritten before it was taken.
    moved = {number: os.dup2(fd, 100 + number) for number, fd in fds.items()}
    for number, fd in moved.items():
        os.dup2(fd, number)
    os.closerange(max(fds) + 1, 1024)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        mode = "w" if number else "r"
        stream = open(number, mode, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def load(text: str, name: str) -> dict[str, Any]:
    """Run a program's text as the module `name` and return what it defines."""
    for word in ("exit", "quit"):  # what the interpreter itself adds when it starts in full
        setattr(builtins, word, _sitebuiltins.Quitter(word, "Ctrl-D"))
    module = ModuleType(name)
    module.__file__ = "program.py"
    sys.modules[name] = module
    exec(compile(text, "program.py", "exec", dont_inherit=True), module.__dict__)
    return module.__dict__


def import_ahead(text: str) -> None:
    """Import what a program will: once, and not again in each process that runs it.

    Only modules of the standard library that do nothing else; the program is not looked into
    beyond the first words of its lines.
    """
    for line in text.split("\n"):
        words = line.split(None, 2)[:2]
        if len(words) == 2 and words[0] in ("import", "from"):
            for name in words[1].split(","):
                if (top := name.partition(".")[0].strip()) in _HARMLESS:
                    __import__(top)


_HARMLESS = frozenset(
    (
        *("abc", "array", "bisect", "cmath", "collections", "contextlib", "copy", "dataclasses"),
        *("datetime", "decimal", "enum", "fractions", "functools", "hashlib", "heapq", "io"),
        *("itertools", "json", "math", "numbers", "operator", "queue", "random", "re"),
        *("statistics", "string", "time", "types", "typing"),
    )
)


def run_script(text: str) -> NoReturn:
    """Run a whole program as Python would, and end this process."""
    status = 0
    try:
        load(text, "__main__")
    except SystemExit as ending:
        status = _status(ending.code)
    except BaseException:
        status = 1
    try:
        _finish()
    except BaseException:
        status = status or 1
    os._exit(status)


def _status(code: object) -> int:
    if code is None:
        return 0
    return code & 255 if isinstance(code, int) else 1


def _finish() -> None:
    """Wait for threads and run what was put off, as at the end of an interpreter."""
    threading: Any = sys.modules.get("threading")
    if threading:
        threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()


def run_call(text: str, expression: str, limit_bytes: int) -> NoReturn:
    """Evaluate one call in the program, say what it gave, and end this process."""
    try:
        space = load(text, "program")
        bind_method(space, expression.partition("(")[0].strip())
        named = {"inf": float("inf"), "nan": float("nan"), **space}
        said = b"V" + pack(eval(expression, named), limit_bytes)
    except PlainError as error:
        said = b"E" + f"the value {error}".encode("utf-8", "replace")
    except BaseException as error:
        said = b"E" + f"raises {type(error).__name__}".encode("utf-8", "replace")[:200]
    while said:
        said = said[os.write(CHANNEL, said) :]
    os._exit(0)


def bind_method(space: dict[str, Any], name: str) -> None:
    """Make a method of a class `Solution` callable as a function where there is none."""
    solution = space.get("Solution")
    if name and name not in space and isinstance(solution, type) and hasattr(solution, name):
        space[name] = getattr(solution(), name)


class Serving:
    """Answers an examiner's requests to call what the program defines."""

    def __init__(self, space: dict[str, Any], limit_bytes: int) -> None:
        self._space = space
        self._limit_bytes = limit_bytes
        self._held: list[object] = []

    def serve(self) -> None:
        """Answer until the examiner is done."""
        while (request := receive(ASKED, 1 << 30)) is not None:
            send(ANSWERED, self._answer(request.decode("utf-8", "surrogatepass")))

    def _answer(self, request: str) -> bytes:
        names = {"held": self._held, "inf": float("inf"), "nan": float("nan")}
        number, *asked = eval(request, names)
        try:
            said = self._do(*asked)
        except PlainError as error:
            said = b"Ethe value " + str(error).encode("utf-8", "replace")
        except BaseException as error:
            said = b"R" + _raised(error)
        return b"%d " % number + said

    def _do(self, doing: str, target: Any, given: Any, named: Any) -> bytes:
        if isinstance(target, str):
            bind_method(self._space, target)
            if target not in self._space:
                return b"M"
            target = self._space[target]
        if doing == "get":
            return b"V" + self._pack([getattr(target, given), []])
        if doing == "set":
            setattr(target, given, named)
            return b"V" + self._pack([None, []])
        before = [self._pack(item) if _can_change(item) else b"" for item in given]
        result = target(*given, **named)
        changed = [
            (n, item) for n, item in enumerate(given) if before[n] and self._pack(item) != before[n]
        ]
        return b"V" + self._pack([result, changed])

    def _pack(self, value: object) -> bytes:
        return pack(value, self._limit_bytes, self._hold)

    def _hold(self, value: object) -> int:
        for number, known in enumerate(self._held):
            if known is value:
                return number
        self._held.append(value)
        return len(self._held) - 1


def _can_change(item: object) -> bool:
    return type(item) in (list, dict, set, bytearray)


def _raised(error: BaseException) -> bytes:
    """Say which exceptions of Python's own an exception is, nearest first, and its message."""
    own = [cls.__name__ for cls in type(error).__mro__ if cls.__module__ == "builtins"]
    try:
        message = str(error)[:LIMIT_MESSAGE]
    except BaseException:
        message = ""
    return f"{','.join(own)}:{message}".encode("utf-8", "replace")


def send(fd: int, message: bytes) -> None:
    """Write one message, its length before it."""
    left = memoryview(len(message).to_bytes(4, "big") + message)
    while left:
        left = left[os.write(fd, left) :]


def receive(fd: int, limit_bytes: int) -> bytes | None:
    """Read one message; nothing at the end, or when it claims to be longer than allowed."""
    head = _exactly(fd, 4)
    size = int.from_bytes(head, "big")
    if len(head) < 4 or size > limit_bytes:
        return None
    message = _exactly(fd, size)
    return message if len(message) == size else None


def _exactly(fd: int, size: int) -> bytes:
    parts = []
    while size and (part := os.read(fd, min(size, 1 << 20))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
