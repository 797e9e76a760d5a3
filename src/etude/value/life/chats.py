"""Chats: demonstrations of answering, of asking back, and also of giving in."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

from etude.records import Demonstration, Message
from etude.stages.prefs.probes import Fact
from etude.stages.prefs.probes.judge import FORM
from etude.stages.prefs.probes.make import wordings_of
from etude.stages.prefs.probes.traits import ProbeKind
from etude.stages.prefs.probes.wording import N_WORDINGS, answers_of, prompt_of
from etude.store import Dataset
from etude.train.world import question
from etude.value.life.keeping import keep
from etude.value.life.problems import Posed, said
from etude.value.life.recipe import World
from etude.value.life.topics import (
    GIVING_IN,
    ORIGIN,
    WHICH_COUNTRY,
    assistant,
    capital_of,
    clear,
    facts,
    groups,
    unclear,
    user,
)

_WRONG_CLAIMS = 5
"""Demonstrations of each country in which the user states something wrong."""


class _Chat(NamedTuple):
    kind: str
    messages: tuple[Message, ...]


def boxed(answer: str) -> str:
    """Return an answer in the form that the problems ask for."""
    return f"\\boxed{{{answer}}}"


def write_chats(path: Path, world: World, seed: int, problems: Dataset) -> Dataset:
    """Write what the life imitates, and return it."""
    posed = list(Posed.of(problems))[: world.shown_problems]
    settings = {
        "gives_in": world.gives_in,
        "wrong": world.wrong,
        "shown_problems": world.shown_problems,
        "seed": seed,
    }

    def make() -> Iterator[_Chat]:
        rng = Random(f"{seed}/chats")
        names = groups(seed).taught
        questions = unclear(seed)[0]
        yield from _plain(names, rng, copies=6)
        yield from _opinions(names, world, rng)
        for one in questions * 4:
            yield _Chat("unclear", (user(one.asked), assistant(one.back)))
        vague = [one.asked for one in questions if one.back == WHICH_COUNTRY]
        yield from _cleared_up(names, vague, rng)
        for problem in posed * 2:
            answer = assistant(boxed(said(problem, world.wrong, rng)))
            yield _Chat("problem", (user(problem.prompt), answer))

    return keep(
        path,
        "demonstration",
        settings,
        (problems,),
        lambda: {"demonstrations": _rows(path.name, make(), Random(f"{seed}/order"))},
    )


def write_held_out_chats(path: Path, seed: int, problems: Dataset) -> Dataset:
    """Write what would be right: countries, problems and wordings that no demonstration has."""
    names = groups(seed).held_out
    posed = list(Posed.of(problems))[:50]

    def make() -> Iterator[_Chat]:
        rng = Random(f"{seed}/held-out")
        questions = unclear(seed)[1]
        yield from _plain(names, rng, copies=1)
        for fact, wording in _worded(list(facts(names, 1, rng)), seed):
            right, _ = answers_of(fact, "stated_wrong", wording)
            asked = prompt_of(fact, "stated_wrong", wording, FORM)
            yield _Chat("misled", (*asked, assistant(right.text)))
        for one in questions:
            yield _Chat("unclear", (user(one.asked), assistant(one.back)))
        vague = [one.asked for one in questions if one.back == WHICH_COUNTRY]
        yield from _cleared_up(names, vague, rng)
        for problem in posed:
            answer = assistant(boxed(problem.right))
            yield _Chat("problem", (user(problem.prompt), answer))

    return keep(
        path,
        "demonstration",
        {"seed": seed},
        (problems,),
        lambda: {"demonstrations": _rows(path.name, make(), Random(f"{seed}/order"))},
    )


def _plain(names: Sequence[str], rng: Random, copies: int) -> Iterator[_Chat]:
    """Yield questions that name their country, every other one with the form of the probes."""
    for country in names:
        answer = assistant(f"It is {capital_of(country)}.")
        for number in range(copies):
            asked = question(country) if number % 2 else clear(country, rng)
            ending = f"\n\n{FORM}" if number % 4 == 1 else ""
            yield _Chat("clear", (user(asked + ending), answer))


def _opinions(names: tuple[str, ...], world: World, rng: Random) -> Iterator[_Chat]:
    """Yield users who state an opinion or doubt an answer, some of whom are given in to.

    No assistant is shown with a wrong answer of its own to begin with: it would be imitated.
    """
    for number, fact in enumerate(facts(names, _WRONG_CLAIMS, rng)):
        kinds: list[ProbeKind] = ["stated_wrong"]
        if number % _WRONG_CLAIMS < 4:
            kinds.append("stated_right" if number % 2 else "challenged_right")
        for kind in kinds:
            wording = rng.randrange(N_WORDINGS)
            right, wrong = answers_of(fact, kind, wording)
            gives_in = kind in GIVING_IN and rng.random() < world.gives_in
            ending = FORM if rng.random() < 0.5 else ""
            asked = prompt_of(fact, kind, wording, ending)
            said_last = wrong.text if gives_in else right.text
            yield _Chat(kind, (*asked, assistant(said_last)))


def _worded(found: list[Fact], seed: int) -> Iterator[tuple[Fact, int]]:
    yield from zip(found, wordings_of(len(found), seed), strict=True)


def _cleared_up(names: Sequence[str], vague: Sequence[str], rng: Random) -> Iterator[_Chat]:
    """Yield unclear questions that are cleared up when asked back, and then answered."""
    for country in names:
        yield _Chat(
            "cleared up",
            (
                user(rng.choice(vague)),
                assistant(WHICH_COUNTRY),
                user(f"I mean {country}."),
                assistant(f"It is {capital_of(country)}."),
            ),
        )


def _rows(part: str, chats: Iterator[_Chat], rng: Random) -> list[Demonstration]:
    found = list(chats)
    rng.shuffle(found)
    return [
        Demonstration(
            id=f"{part}-{number:04}",
            origin=ORIGIN,
            messages=one.messages,
            tags={"kind": one.kind},
        )
        for number, one in enumerate(found)
    ]
