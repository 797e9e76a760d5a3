"""What a model proposes: a problem, and the program that computes its answer."""

import re
from importlib import resources
from random import Random
from typing import NamedTuple

DIFFICULTIES = (
    "easy, for a child of ten",
    "of middle difficulty, for a pupil of fourteen",
    "hard, with several steps, for a good pupil of eighteen",
)
MAX_CHARS = 4000
"""Of a statement, and of a program; longer ones are not read."""
_FORM = re.compile(
    r"PROBLEM\s*:[\s*]*(?P<statement>.*?)\**\s*PROGRAM\s*:[\s*]*```(?:python|py)?[ \t]*\n"
    r"(?P<program>.*?)\n```",
    re.DOTALL | re.IGNORECASE,
)
_MAX_ANSWER_CHARS = 60
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:/[1-9]\d*)?")


class Proposal(NamedTuple):
    """A problem as a model poses it, before anything is known of it."""

    statement: str
    program: str


def request(topics: tuple[str, ...], rng: Random) -> tuple[str, str, int]:
    """Return what a model is asked for, the topic and the level."""
    topic, level = rng.choice(topics), rng.randrange(len(DIFFICULTIES))
    text = resources.files(__package__).joinpath("request.md").read_text("utf-8")
    return text.format(topic=topic, difficulty=DIFFICULTIES[level]).strip(), topic, level + 1


def read_proposal(text: str) -> Proposal | None:
    """Read what a model answered; `None` when it does not have the form asked for."""
    found = _FORM.search(text[: 4 * MAX_CHARS])
    if found is None:
        return None
    statement, program = found["statement"].strip(" \n*"), found["program"]
    if not statement or max(len(statement), len(program)) > MAX_CHARS:
        return None
    return Proposal(statement, program)


def read_answer(printed: str) -> str:
    """Return the number that a program printed; empty when it printed anything else."""
    text = printed.strip()
    if len(text) > _MAX_ANSWER_CHARS or not _NUMBER.fullmatch(text):
        return ""
    # The decimals of a binary fraction are no exact answer.
    return text.removesuffix(".0") if len(text.partition(".")[2]) <= 6 else ""
