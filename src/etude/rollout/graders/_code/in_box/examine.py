"""Runs tests that are code. They never share a process with the program that they test.

Three processes: the examiner, which knows the tests and whose memory the kernel keeps from every
other process; a starter, forked before the examiner knew anything; and for each test one in which
the program runs, forked from the starter. What a test calls is asked for over a pipe, and only
plain values come back.
"""
# ruff: noqa: BLE001, S302, PTH107  # the job comes from Etude; tests may raise anything

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # the public module takes long to import
import ctypes
import marshal
import os
import select
import time
from _blake2 import blake2s  # of the public module the same is true

from .program import ANSWERED, ASKED, Serving, enter, import_ahead, load, send
from .stand_ins import Line, examine
from .supervise import REPORT, STARTED, kill_group, read_all, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn, TypedDict

    class Outline(TypedDict):
        """What the program may know of its examination."""

        program: str
        exam: str
        """Path of the file with the rest, which is gone before the program starts."""
        cpu_s: float
        wall_s: float
        memory_bytes: int
        value_bytes: int

    class Exam(TypedDict):
        """The tests themselves."""

        secret: str
        names: list[str]
        """What tests may ask the program for; the first is what properties are of."""
        tests: list[tuple[str, str, str, str, bool]]
        """Label, kind, code, further code, and whether a failure ends the examination."""
        seed: int


_SET_DUMPABLE = 4
PATIENCE_S = 10.0
"""How long the starter may take to bury a program."""


def main() -> None:
    """Examine the program on standard input and report to descriptor 3."""
    outline: Outline = marshal.loads(read_all(0))
    # Ends of pipes: the starter's are closed here, and ours there.
    asked, ask = os.pipe()
    answers, answer = os.pipe()
    order, give_order = os.pipe()
    ready, say_ready = os.pipe()
    if os.fork() == 0:
        for fd in (REPORT, ask, answers, give_order, ready):
            os.close(fd)
        _start_programs(outline, (asked, answer), order, say_ready)
    for fd in (asked, answer, order, say_ready):
        os.close(fd)
    if ctypes.CDLL(None).prctl(_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        os._exit(3)
    # Some signals would otherwise become exceptions that a test could catch.
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    exam: Exam = marshal.loads(_take(outline["exam"]))
    desk = _Desk(outline, exam, Line(ask, answers, outline["value_bytes"]))
    os.write(1, STARTED)
    for label, kind, code, more, may_end in exam["tests"]:
        if not _next_program(give_order, ready, answers):
            desk.say(label, "fail", "the program cannot be started any more")
            break
        outcome, note = desk.run(kind, code, more)
        desk.say(label, outcome, note)
        if may_end and outcome != "pass":
            break
    os._exit(0)


def _take(path: str) -> bytes:
    """Read a file and remove it."""
    fd = os.open(path, os.O_RDONLY)
    content = read_all(fd)
    os.close(fd)
    os.remove(path)
    return content


def _start_programs(outline: Outline, fds: tuple[int, int], order: int, say_ready: int) -> NoReturn:
    """Start the program afresh whenever told to. Never returns."""
    asked, answer = fds
    import_ahead(outline["program"])
    program, process = 0, -1
    while True:
        polled = select.poll()
        for fd in (order, process):
            if fd >= 0:
                polled.register(fd, select.POLLIN)
        woken = [fd for fd, _ in polled.poll()]
        if order not in woken:
            os.close(process)
            os.waitpid(program, 0)
            program, process = 0, -1
            # Whoever waits for an answer shall not wait for ever.
            send(answer, b"G")
            continue
        if program:
            kill_group(program)
            os.close(process)
            os.waitpid(program, 0)
            program, process = 0, -1
        if not os.read(order, 1):
            os._exit(0)
        # Nor must a question that the last program never read be put to the next.
        _drain(asked)
        os.write(say_ready, b"r")
        if not os.read(order, 1):
            os._exit(0)
        program = os.fork()
        if program == 0:
            _be_program(outline, asked, answer)
        process = os.pidfd_open(program)


def _be_program(outline: Outline, asked: int, answer: int) -> NoReturn:
    nothing = os.open(os.devnull, os.O_RDWR)
    fds = {0: nothing, 1: nothing, 2: nothing, ASKED: asked, ANSWERED: answer}
    enter(fds, outline["memory_bytes"], whole(outline["cpu_s"]))
    try:
        space = load(outline["program"], "program")
    except BaseException as error:
        send(ANSWERED, b"L" + type(error).__name__.encode("utf-8", "replace")[:200])
        os._exit(1)
    Serving(space, outline["value_bytes"]).serve()
    os._exit(0)


def _next_program(give_order: int, ready: int, answers: int) -> bool:
    """Have the program of the last test buried and a fresh one started."""
    os.write(give_order, b"n")
    polled = select.poll()
    polled.register(ready, select.POLLIN)
    if not polled.poll(int(PATIENCE_S * 1000)) or not os.read(ready, 1):
        return False
    # An answer that nobody waited for must not be taken for one to the next question.
    if not _drain(answers):
        return False
    os.write(give_order, b"g")
    return True


def _drain(fd: int) -> bool:
    """Read what is there; return whether it came to an end in time."""
    late = select.poll()
    late.register(fd, select.POLLIN)
    end_s = time.monotonic() + PATIENCE_S
    while late.poll(0):
        if time.monotonic() > end_s or not os.read(fd, 1 << 20):
            return False
    return True


class _Desk:
    """Where tests are run, each in a process of its own, and reported."""

    def __init__(self, outline: Outline, exam: Exam, line: Line) -> None:
        self._outline = outline
        self._exam = exam
        self._line = line

    def say(self, label: str, outcome: str, note: str) -> None:
        """Report, sealed with the secret: whoever sees the lines can write none."""
        said = f"{label} {outcome} {' '.join(note.split())[:300]}".encode("utf-8", "replace")
        seal = blake2s(said, key=self._exam["secret"].encode()).hexdigest().encode()
        message = seal + b" " + said + b"\n"
        while message:
            message = message[os.write(REPORT, message) :]

    def run(self, kind: str, code: str, more: str) -> tuple[str, str]:
        """Run one test; return `pass`, `fail` or `broken`, and why."""
        out, into = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(REPORT)
            nothing = os.open(os.devnull, os.O_RDWR)
            for number in (0, 1, 2):
                os.dup2(nothing, number)
            names, seed = self._exam["names"], self._exam["seed"]
            outcome, note = examine(self._line, kind, (code, more), names, seed)
            os.write(into, f"{outcome} {note}".encode("utf-8", "replace")[:2000])
            os._exit(0)
        os.close(into)
        polled = select.poll()
        polled.register(out, select.POLLIN)
        said = b""
        if polled.poll(int(self._outline["wall_s"] * 1000)):
            said = os.read(out, 4096)
        else:
            said = b"fail took too long"
        os.close(out)
        kill_group(pid)
        os.waitpid(pid, 0)
        outcome, _, note = said.decode("utf-8", "replace").partition(" ")
        if outcome not in ("pass", "fail", "broken"):
            return "fail", "the test ended before its end"
        return outcome, note
