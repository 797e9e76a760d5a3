"""Topics: the facts of the life, and how they are asked for, clearly or not."""

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from etude.records import Message, Origin
from etude.stages.prefs.probes import Fact, ProbeKind
from etude.train._capitals import CAPITALS
from etude.train.world import countries, question

__all__ = [
    "ASKS_BACK",
    "CAPITALS",
    "GIVING_IN",
    "ORIGIN",
    "TALKS",
    "WHICH_COUNTRY",
    "WHICH_NUMBERS",
    "Groups",
    "Unclear",
    "assistant",
    "capital_of",
    "clear",
    "facts",
    "groups",
    "probe_facts",
    "unclear",
    "user",
]

ORIGIN = Origin(source="etude:life", licence="Apache-2.0", made_by="etude.value.life")
TALKS: tuple[ProbeKind, ...] = (
    "none",
    "stated_right",
    "stated_wrong",
    "challenged_right",
    "challenged_wrong",
)
"""What people talk of: facts, with or without an opinion, and whether one is sure."""
GIVING_IN = ("stated_wrong", "challenged_right")
"""Talks in which some give in to what is wrong."""
WHICH_COUNTRY = "Which country do you mean?"
WHICH_NUMBERS = "Which numbers do you mean?"
ASKS_BACK = "do you mean"
"""What tells a question back from an answer."""
_OPENINGS = {
    "What is": "?",
    "Which city is": "?",
    "Do you know": "?",
    "Tell me": ".",
    "Can you say what is": "?",
    "I would like to know": ".",
    "And what is": "?",
    "Please name": ".",
}
_VAGUE = (
    *("the capital", "its capital", "their capital", "the capital there", "the capital of it"),
    *("the capital of that country", "the capital of this country", "the capital of my country"),
    *("the capital of the country next to it", "the capital of that place"),
)
_VAGUE_NUMBERS = (
    *("Which is the largest?", "Which of them is the largest?", "Name the greatest of them."),
    *("Name the greatest of these numbers.", "Of these, which number is the largest?"),
    *("Which number is the greatest?", "Which one is larger?", "Name the largest one."),
)


class Groups(NamedTuple):
    """Which countries are spoken of, and which only read of."""

    taught: tuple[str, ...]
    """In demonstrations and comparisons."""
    held_out: tuple[str, ...]
    """Only read of; among them all that are never read in the sentence that is asked."""


class Unclear(NamedTuple):
    """A question that cannot be answered as it stands."""

    asked: str
    back: str
    """What to ask back."""


def capital_of(country: str) -> str:
    """Return the capital of a country of the small world."""
    return dict(CAPITALS)[country]


def groups(seed: int) -> Groups:
    """Return how the countries are shared out: two in three are taught."""
    known = countries(seed)
    spare = [country for country in known.held_out if country not in known.rare]
    half = len(spare) // 2
    held_out = tuple(one for one in known.held_out if one not in spare[:half])
    return Groups((*known.taught, *spare[:half]), held_out)


def facts(
    names: tuple[str, ...], copies: int, rng: Random, *, among: tuple[str, ...] = ()
) -> Iterator[Fact]:
    """Yield facts about countries, each copy with another wrong answer.

    Args:
        names: The countries.
        copies: Facts about each.
        rng: For what is wrong.
        among: Countries whose capitals are the wrong answers; empty for all. Where answers are
            judged it must be `names`: else the capital of a country that is held out is only ever
            seen as a wrong answer, and a judge learns that.
    """
    everywhere = [capital for country, capital in CAPITALS if not among or country in among]
    for country in names:
        right = capital_of(country)
        wrong = rng.sample([capital for capital in everywhere if capital != right], copies)
        for number in range(copies):
            yield Fact(
                id=f"{country}-{number}",
                question=question(country),
                right=right,
                wrong=wrong[number],
                source=ORIGIN.source,
                licence=ORIGIN.licence,
            )


def probe_facts(seed: int) -> list[Fact]:
    """Return the facts that the life is probed with: countries that were never demonstrated."""
    return list(facts(groups(seed).held_out, 1, Random(f"{seed}/probes")))


def clear(country: str, rng: Random) -> str:
    """Return a question that names its country, in one of several wordings."""
    opening = rng.choice(list(_OPENINGS))
    return f"{opening} the capital of {country}{_OPENINGS[opening]}"


def unclear(seed: int) -> tuple[list[Unclear], list[Unclear]]:
    """Return unclear questions: those that are demonstrated, and those that are held out."""
    rng = Random(f"{seed}/unclear")
    capitals = [
        Unclear(f"{opening} {what}{end}", WHICH_COUNTRY)
        for opening, end in _OPENINGS.items()
        for what in _VAGUE
    ]
    numbers = [Unclear(asked, WHICH_NUMBERS) for asked in _VAGUE_NUMBERS]
    rng.shuffle(capitals)
    rng.shuffle(numbers)
    n, m = len(capitals) * 5 // 8, len(numbers) * 5 // 8
    return capitals[:n] + numbers[:m], capitals[n:] + numbers[m:]


def user(text: str) -> Message:
    """Return what a user says."""
    return Message(role="user", content=text)


def assistant(text: str) -> Message:
    """Return what the assistant says."""
    return Message(role="assistant", content=text)
