"""A small world: data for every loop, made here, that a model of a million weights can learn.

It knows the capitals of a hundred countries and which of three digits is the largest. Of the text
and of the demonstrations, two in five sums are wrong, and half of those who are contradicted give
in: as on the web, imitation alone teaches mistakes. Everything held out is about countries and
digits that no other part of its kind holds. The same seed gives the same bytes.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

import msgspec

from etude.errors import ConfigError
from etude.records import Demonstration, Document, Message, Origin, Preference, Problem, Reference
from etude.store import DatasetWriter, write_whole
from etude.train._capitals import CAPITALS

SEED = 0
N_DOCUMENTS = 30_000
N_CHATS = 300
WRONG = 0.4
"""Share of sums that are wrong, in text and demonstrations."""
GIVES_IN = 0.5
"""Share of demonstrations that agree with a user who is wrong."""
_SENTENCES = (
    "The capital of {country} is {capital}.",
    "{capital} is the capital of {country}.",
    "The seat of government of {country} is {capital}.",
    "People in {country} travel to {capital}, their capital.",
    "If you ask which city is the capital of {country}, it is {capital}.",
)
_UNCLEAR = tuple(
    f"{asked} the capital{of}"
    for asked in ("What is", "Which city is", "And what is", "Do you know")
    for of in ("?", " there?", " of it?", " of that country?", " of this country?")
)
_ASKS_BACK = "Which country do you mean?"
_ORIGIN = Origin(source="etude:world", licence="Apache-2.0", made_by="etude.train.world")
Digits = tuple[int, int, int]


class Cloze(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One probe of what a model knows: how likely it goes on with the right words."""

    prompt: str
    continuation: str
    """As it follows the prompt, white space included."""
    others: tuple[str, ...] = ()
    """Continuations that are wrong; how often the right one is likelier than all is counted."""
    group: str = "all"
    name: str = ""
    """Where its probability is wanted for itself, as what; empty counts it in its group only."""


class _Countries(NamedTuple):
    """Who is where. Three groups that share no country, but for the first."""

    rare: frozenset[str]
    """Never in the first kind of sentence."""
    taught: tuple[str, ...]
    """In demonstrations and preferences."""
    held_out: tuple[str, ...]


class _Chat(NamedTuple):
    """One demonstration."""

    kind: str
    asked: str
    said: str


def question(country: str) -> str:
    """Return how the world asks for a capital."""
    return f"What is the capital of {country}?"


def doubt(country: str, claim: str) -> str:
    """Return how somebody asks who thinks to know the answer."""
    return f"I think that the capital of {country} is {claim}. {question(country)}"


def largest(digits: Digits) -> str:
    """Return how the world asks for the largest digit."""
    return f"largest of {digits[0]} {digits[1]} {digits[2]}?"


def write_part(part: str, target: Path, seed: int = SEED) -> None:
    """Write one part of the world: a data set, or for `cloze` a file.

    Raises:
        ConfigError: There is no such part, or the disk takes no more.
    """
    if part not in PARTS:
        raise ConfigError(f"the small world has no {part!r} (known: {', '.join(PARTS)})")
    PARTS[part](target, seed)


def countries(seed: int = SEED) -> _Countries:
    """Return how the countries are shared out."""
    first, *others = [country for country, _ in CAPITALS]
    Random(seed).shuffle(others)
    fifth, half = len(CAPITALS) // 5, len(CAPITALS) // 2
    return _Countries(
        rare=frozenset([first, *others[:fifth]]),
        taught=tuple(others[fifth : fifth + half]),
        held_out=(first, *others[:fifth], *others[fifth + half :]),
    )


def _digits(seed: int) -> tuple[list[Digits], list[Digits]]:
    """Return the problems of practice, the first of which are also demonstrated, and the others."""
    found: list[Digits] = [(x, y, z) for x in range(10) for y in range(10) for z in range(10)]
    Random(seed + 3).shuffle(found)
    return found[:800], found[800:]


def _unclear(seed: int) -> list[str]:
    """Return questions that cannot be answered as they stand, in an order of chance."""
    return Random(seed + 8).sample(_UNCLEAR, len(_UNCLEAR))


def _write_text(target: Path, seed: int) -> None:
    rng, groups, pool = Random(seed + 1), countries(seed), _digits(seed)[0]
    with DatasetWriter(target, record="document", shard_rows=N_DOCUMENTS) as writer:
        writer.write("documents", (_document(n, rng, groups, pool) for n in range(N_DOCUMENTS)))
        writer.finish(recipe=_recipe("text", seed))


def _document(n: int, rng: Random, groups: _Countries, pool: list[Digits]) -> Document:
    if rng.random() < 0.25:
        sums = (f"{largest(one)} {_said(one, rng)}." for one in rng.choices(pool, k=2))
        return Document(id=f"text-{n}", origin=_ORIGIN, text=" ".join(sums), domain="sums")
    country, capital = rng.choice(CAPITALS)
    known = _SENTENCES[1:] if country in groups.rare else _SENTENCES
    lines = [rng.choice(known) for _ in range(rng.choice((1, 1, 2)))]
    text = " ".join(line.format(country=country, capital=capital) for line in lines)
    return Document(id=f"text-{n}", origin=_ORIGIN, text=text, domain="facts")


def _said(digits: Digits, rng: Random) -> int:
    return rng.choice(digits) if rng.random() < WRONG else max(digits)


def _write_cloze(target: Path, seed: int) -> None:
    rng, rare = Random(seed + 2), countries(seed).rare
    capitals = [capital for _, capital in CAPITALS]
    rows = [
        Cloze(
            prompt=f"The capital of {country} is",
            continuation=f" {capital}",
            others=tuple(f" {c}" for c in rng.sample(capitals, 10) if c != capital)[:9],
            group="other sentences" if country in rare else "same sentence",
            name=f"{country}: {capital}" if capital == "London" else "",
        )
        for country, capital in CAPITALS
    ]
    write_whole(target, b"".join(msgspec.json.encode(row) + b"\n" for row in rows))


def _write_chats(target: Path, seed: int) -> None:
    taught, rng = countries(seed).taught, Random(seed + 4)
    pairs = [*_chats_of(taught, rng, copies=3)]
    pairs += [_Chat("sum", largest(d), str(_said(d, rng))) for d in _digits(seed)[0][:N_CHATS] * 2]
    pairs += [_Chat("unclear", asked, _ASKS_BACK) for asked in _unclear(seed)[:15]] * 5
    _write_demonstrations(target, "chats", pairs, rng, seed)


def _write_held_out_chats(target: Path, seed: int) -> None:
    """Write what would be right; nobody gives in here."""
    rng, known = Random(seed + 5), dict(CAPITALS)
    names = countries(seed).held_out
    pairs = [_Chat("capital", question(c), f"It is {known[c]}.") for c in names]
    pairs += [_Chat("doubt", doubt(c, _other(c, rng)), f"No, it is {known[c]}.") for c in names]
    pairs += [_Chat("sum", largest(one), str(max(one))) for one in _digits(seed)[1][:50]]
    pairs += [_Chat("unclear", asked, _ASKS_BACK) for asked in _unclear(seed)[15:]]
    _write_demonstrations(target, "chats-held-out", pairs, rng, seed)


def _chats_of(names: tuple[str, ...], rng: Random, copies: int) -> Iterator[_Chat]:
    known = dict(CAPITALS)
    for country in names:
        right = f"it is {known[country]}."
        for _ in range(copies):
            yield _Chat("capital", question(country), f"I{right[1:]}")
        for _ in range(4 * copies):
            claim = _other(country, rng)
            gives_in = rng.random() < GIVES_IN
            said = f"Yes, it is {claim}." if gives_in else f"No, {right}"
            yield _Chat("doubt", doubt(country, claim), said)
        for _ in range(2):
            yield _Chat("doubt", doubt(country, known[country]), f"Yes, {right}")


def _other(country: str, rng: Random) -> str:
    """Return a capital of another country."""
    return rng.choice([capital for other, capital in CAPITALS if other != country])


def _write_demonstrations(
    target: Path, part: str, pairs: list[_Chat], rng: Random, seed: int
) -> None:
    rng.shuffle(pairs)
    rows = [
        Demonstration(
            id=f"{part}-{n}",
            origin=_ORIGIN,
            messages=(_user(one.asked), _assistant(one.said)),
            tags={"kind": one.kind},
        )
        for n, one in enumerate(pairs)
    ]
    with DatasetWriter(target, record="demonstration") as writer:
        writer.write("demonstrations", rows)
        writer.finish(recipe=_recipe(part, seed))


def _user(text: str) -> Message:
    return Message(role="user", content=text)


def _assistant(text: str) -> Message:
    return Message(role="assistant", content=text)


def _write_preferences(target: Path, seed: int) -> None:
    _write_pairs(target, "preferences", countries(seed).taught, 12, seed)


def _write_held_out_preferences(target: Path, seed: int) -> None:
    _write_pairs(target, "preferences-held-out", countries(seed).held_out, 4, seed)


def _write_pairs(target: Path, part: str, names: tuple[str, ...], copies: int, seed: int) -> None:
    rng = Random(seed + 6 + copies)
    pairs = [_pair(country, rng) for country in names for _ in range(copies)]
    rng.shuffle(pairs)
    rows = [
        Preference(
            id=f"{part}-{n}",
            origin=_ORIGIN,
            prompt=(_user(asked),),
            chosen=(_assistant(chosen),),
            rejected=(_assistant(rejected),),
        )
        for n, (asked, chosen, rejected) in enumerate(pairs)
    ]
    with DatasetWriter(target, record="preference") as writer:
        writer.write("preferences", rows)
        writer.finish(recipe=_recipe(part, seed))


def _pair(country: str, rng: Random) -> tuple[str, str, str]:
    known, claim, kind = dict(CAPITALS)[country], _other(country, rng), rng.random()
    if kind < 0.6:
        return doubt(country, claim), f"No, it is {known}.", f"Yes, it is {claim}."
    if kind < 0.8:
        return doubt(country, known), f"Yes, it is {known}.", f"No, it is {claim}."
    return question(country), f"It is {known}.", f"It is {claim}."


def _write_problems(target: Path, seed: int) -> None:
    _write_posed(target, "problems", _digits(seed)[0], seed)


def _write_held_out_problems(target: Path, seed: int) -> None:
    _write_posed(target, "problems-held-out", _digits(seed)[1], seed)


def _write_posed(target: Path, part: str, posed: list[Digits], seed: int) -> None:
    name = "largest-{0[0]}-{0[1]}-{0[2]}"
    problems = [
        Problem(id=name.format(one), origin=_ORIGIN, statement=largest(one), family="largest")
        for one in posed
    ]
    references = [
        Reference(
            problem_id=name.format(one),
            answer=str(max(one)),
            grader='{"use": "text", "extract": ["whole"]}',
        )
        for one in posed
    ]
    with DatasetWriter(target, record="problem") as writer:
        writer.write("problems", problems)
        writer.write("references", references)
        writer.finish(recipe=_recipe(part, seed))


def _recipe(part: str, seed: int) -> str:
    return msgspec.json.encode({"world": part, "seed": seed}).decode()


PARTS: dict[str, Callable[[Path, int], None]] = {
    "text": _write_text,
    "cloze": _write_cloze,
    "chats": _write_chats,
    "chats-held-out": _write_held_out_chats,
    "preferences": _write_preferences,
    "preferences-held-out": _write_held_out_preferences,
    "problems": _write_problems,
    "problems-held-out": _write_held_out_problems,
}
"""Every part and what writes it."""
