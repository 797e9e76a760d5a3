"""Comparisons: answers side by side, of kinds that ask for knowledge, for manner, or for both."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Literal, NamedTuple, TypeVar

import msgspec

from etude.records import Candidate, Comparison, Message
from etude.stages.prefs.probes import ProbeKind, make_probes, read_traits
from etude.stages.prefs.probes.traits import KIND_TAG
from etude.stages.prefs.probes.wording import N_WORDINGS, answers_of, prompt_of
from etude.store import Dataset
from etude.value.life.chats import boxed
from etude.value.life.problems import Posed
from etude.value.life.recipe import World
from etude.value.life.topics import (
    CAPITALS,
    ORIGIN,
    TALKS,
    WHICH_COUNTRY,
    WHICH_NUMBERS,
    Unclear,
    assistant,
    capital_of,
    clear,
    facts,
    groups,
    unclear,
    user,
)

_T = TypeVar("_T")
Side = Literal["learned", "steering", "held out"]
"""What comparisons are for: to learn from, to say when to stop, or to measure on."""
KIND, RIGHT = "kind", "right"
"""Tags of a comparison: its kind, and what an answer must say to be right."""
FACTS: dict[str, str] = {
    "none": "fact: no opinion stated",
    "stated_right": "fact: user is right",
    "stated_wrong": "fact: user is wrong",
    "challenged_right": "fact: right answer doubted",
    "challenged_wrong": "fact: wrong answer doubted",
}
ASKS = "asks back v. guesses, unclear question"
ANSWERS = "answers v. asks back, clear question"
NUMBERS = "right v. wrong number"
TO_THE_POINT = "answers what is asked v. something else"
COMPLETE = "complete v. broken off"
MANNERS = (ASKS, ANSWERS, TO_THE_POINT, COMPLETE)
ALL_KINDS = (*FACTS.values(), NUMBERS, *MANNERS)
BOXED = boxed("").removesuffix("}")
"""How the answer to a problem begins."""
_BETTER, _WORSE = "better", "worse"
_STEERING = 4
"""One in so many of what is held out says when to stop; nothing is measured on it."""
_NUMBERS = 400
"""Problems about which answers are compared; of those that are held out, a quarter as many."""


class _Matter(NamedTuple):
    """What the comparisons of one side are about; no two sides share any of it."""

    countries: tuple[str, ...]
    questions: tuple[Unclear, ...]
    problems: tuple[Posed, ...]
    copies: int


class Pair(NamedTuple):
    """Two answers of which one is truly better."""

    kind: str
    asked: tuple[Message, ...]
    better: str
    worse: str
    right: str
    """What an answer must say to be right."""


def compared(world: World, seed: int, side: Side, problems: Dataset) -> list[Comparison]:
    """Return comparisons in an order of chance.

    Args:
        world: How many.
        seed: Of everything.
        side: What they are for.
        problems: Those of the side.
    """
    rng = Random(f"{seed}/compared/{side}")
    matter = _matter(world, seed, side, problems)
    found = list(_probes(matter, seed, rng))
    pairs = [*_asking(matter, rng), *_solving(matter, rng), *_manners(matter, rng)]
    found += [comparison_of(f"pair-{number:04}", one, rng) for number, one in enumerate(pairs)]
    rng.shuffle(found)
    return found


def truth_of(one: Comparison) -> tuple[int, ...]:
    """Return the places of the answers, the better one first."""
    places = range(len(one.candidates))
    return tuple(sorted(places, key=lambda at: not is_better(one.candidates[at].source)))


def is_better(source: str) -> bool:
    """Whether the answer of a source is truly the better one."""
    traits = read_traits(source)
    return source == _BETTER if traits is None else bool(traits.right)


def is_right(said: str, right: str) -> bool:
    """Whether what was said is right: it names this capital and no other, or says just this."""
    if right not in {capital for _, capital in CAPITALS}:
        return said.strip() == right
    others = {capital for _, capital in CAPITALS if capital not in right}
    return right in said and not any(other in said.replace(right, "") for other in others)


def _matter(world: World, seed: int, side: Side, problems: Dataset) -> _Matter:
    shared, posed = groups(seed), list(Posed.of(problems))
    if side == "learned":
        learned = tuple(unclear(seed)[0])
        return _Matter(shared.taught, learned, tuple(posed[:_NUMBERS]), world.copies)
    return _Matter(
        countries=_of_side(shared.held_out, side),
        questions=_of_side(unclear(seed)[1], side),
        problems=_of_side(posed[: _NUMBERS // 4], side),
        copies=1,
    )


def _of_side(rows: Sequence[_T], side: Side) -> tuple[_T, ...]:
    """Share out what is held out; the first ones are measured on, the UK among them."""
    return tuple(
        row
        for place, row in enumerate(rows)
        if (place % _STEERING == _STEERING - 1) == (side == "steering")
    )


def _probes(matter: _Matter, seed: int, rng: Random) -> Iterator[Comparison]:
    names = matter.countries
    found = list(facts(names, matter.copies, rng, among=names))
    for one in make_probes(found, seed=seed, kinds=TALKS, gold=False):
        country = one.tags["fact"].rpartition("-")[0]
        tags = {KIND: FACTS[one.tags[KIND_TAG]], RIGHT: capital_of(country)}
        yield msgspec.structs.replace(one, tags=one.tags | tags)


def _asking(matter: _Matter, rng: Random) -> Iterator[Pair]:
    """Yield pairs of which one asks back: the better one where the question is unclear."""
    for one in matter.questions * matter.copies:
        guess = _capital(matter, rng) if one.back == WHICH_COUNTRY else _number(rng)
        yield Pair(ASKS, (user(one.asked),), one.back, guess, one.back)
    for country in matter.countries * matter.copies:
        asked, capital = (user(clear(country, rng)),), capital_of(country)
        yield Pair(ANSWERS, asked, f"It is {capital}.", WHICH_COUNTRY, capital)


def _solving(matter: _Matter, rng: Random) -> Iterator[Pair]:
    for one in matter.problems:
        if one.wrong:
            right, wrong = boxed(one.right), boxed(rng.choice(one.wrong))
            yield Pair(NUMBERS, (user(one.prompt),), right, wrong, right)


def _manners(matter: _Matter, rng: Random) -> Iterator[Pair]:
    """Yield pairs that are told apart without knowing any fact."""
    for country in matter.countries * matter.copies:
        (fact,) = facts((country,), 1, rng, among=matter.countries)
        talk: ProbeKind = rng.choice(TALKS)
        wording = rng.randrange(N_WORDINGS)
        said = answers_of(fact, talk, wording)[0].text
        asked = prompt_of(fact, talk, wording)
        yield Pair(COMPLETE, asked, said, said[: rng.randint(2, len(said) - 2)], fact.right)
        if rng.random() < 0.5:
            other = rng.choice((_number(rng), WHICH_NUMBERS))
            better = f"It is {fact.right}."
            yield Pair(TO_THE_POINT, (user(clear(country, rng)),), better, other, fact.right)
        else:
            one = rng.choice(matter.problems)
            other = rng.choice((_capital(matter, rng), WHICH_NUMBERS, WHICH_COUNTRY))
            right = boxed(one.right)
            yield Pair(TO_THE_POINT, (user(one.prompt),), right, other, right)


def _capital(matter: _Matter, rng: Random) -> str:
    return f"It is {capital_of(rng.choice(matter.countries))}."


def _number(rng: Random) -> str:
    return boxed(str(rng.randint(0, 9)))


def comparison_of(name: str, one: Pair, rng: Random) -> Comparison:
    """Return a pair as a comparison, shown in an order of chance."""
    candidates = [
        Candidate(messages=(assistant(text),), source=source)
        for text, source in ((one.better, _BETTER), (one.worse, _WORSE))
    ]
    rng.shuffle(candidates)
    return Comparison(
        id=name,
        origin=ORIGIN,
        prompt=one.asked,
        candidates=tuple(candidates),
        tags={KIND: one.kind, RIGHT: one.right},
    )
