"""A function that may hang, asked from plain code."""

import os
import threading
import time

import pytest

from etude.errors import TaskError
from etude.rollout.killable import Killable


def obey(payload: bytes) -> bytes:
    """Do what the payload says."""
    match payload:
        case b"hang":
            time.sleep(60)
        case b"exit":
            os._exit(0)
        case b"raise":
            raise ValueError("on purpose")
        case b"fill":
            return bytes(9 << 30)
        case b"pid":
            return b"%d" % os.getpid()
    return payload


OBEY = "tests.rollout.test_killable:obey"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"hang", "time limit"),
        (b"exit", "died"),
        (b"raise", "on purpose"),
        (b"fill", "out of memory"),
    ],
)
def test_what_takes_the_process_down_says_why_and_the_next_ask_is_answered(
    payload: bytes, reason: str
) -> None:
    with Killable(OBEY) as worker:
        worker.ask(b"warm", timeout_s=20)
        with pytest.raises(TaskError, match=reason):
            worker.ask(payload, timeout_s=0.5 if payload == b"hang" else 20)
        assert worker.ask(b"well", timeout_s=20) == b"well"


def test_the_same_process_answers_all_threads() -> None:
    found: list[bytes] = []
    with Killable(OBEY) as worker:
        asking = [
            threading.Thread(target=lambda: found.append(worker.ask(b"pid", timeout_s=20)))
            for _ in range(8)
        ]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join()
        assert len(found) == 8
        assert len(set(found)) == 1


def test_a_large_payload_comes_back_whole() -> None:
    with Killable(OBEY) as worker:
        assert worker.ask(b"x" * (4 << 20), timeout_s=20) == b"x" * (4 << 20)


def test_a_function_that_cannot_be_loaded_is_named() -> None:
    with (
        Killable("tests.rollout.test_killable:missing") as worker,
        pytest.raises(TaskError, match="missing"),
    ):
        worker.ask(b"", timeout_s=20)
