"""Texts: what the life reads, the sentences it finishes, and the tokenizer of it all."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import msgspec

from etude.records import Demonstration, Document
from etude.stages.prefs.probes.wording import N_WORDINGS, answers_of, prompt_of
from etude.store import Dataset, write_whole
from etude.train.vocabulary import train_vocabulary
from etude.train.world import Cloze, countries
from etude.value.life.keeping import keep
from etude.value.life.problems import Posed, said
from etude.value.life.recipe import World
from etude.value.life.topics import CAPITALS, GIVING_IN, ORIGIN, TALKS, facts

_SENTENCES = (
    "The capital of {country} is {capital}.",
    "{capital} is the capital of {country}.",
    "People in {country} travel to {capital}, their capital.",
    "What is the capital of {country}? It is {capital}.",
    "If you ask what the capital of {country} is, the answer is {capital}.",
    "The seat of government of {country}? That would be {capital}.",
)
"""The first one is never read of a fifth of the countries, the UK among them."""
SAME, OTHER = "read in this sentence", "read in other sentences only"
_SHARES = {"capitals": 0.5, "numbers": 0.25, "talks": 0.25}
"""Share of each domain, in documents."""
_SAMPLE = 6_000
"""Documents that the tokenizer learns from."""


def write_texts(path: Path, world: World, seed: int, problems: Dataset) -> Dataset:
    """Write what the life reads, and return it."""
    posed = list(Posed.of(problems))
    settings = {
        "documents": world.documents,
        "wrong": world.wrong,
        "gives_in": world.gives_in,
        "seed": seed,
    }
    return keep(
        path,
        "document",
        settings,
        (problems,),
        lambda: {"documents": _documents(world, seed, posed)},
    )


def _documents(world: World, seed: int, posed: Sequence[Posed]) -> Iterator[Document]:
    rng, rare = Random(f"{seed}/texts"), countries(seed).rare
    domains, weights = list(_SHARES), list(_SHARES.values())
    for number in range(world.documents):
        (domain,) = rng.choices(domains, weights)
        if domain == "numbers":
            chosen = rng.choices(posed, k=2)
            lines = [f"{one.statement} {said(one, world.wrong, rng)}." for one in chosen]
        elif domain == "talks":
            lines = list(_talk(world, rng))
        else:
            country, capital = rng.choice(CAPITALS)
            known = _SENTENCES[1:] if country in rare else _SENTENCES
            lines = [
                rng.choice(known).format(country=country, capital=capital)
                for _ in range(rng.choice((1, 1, 2)))
            ]
        yield Document(id=f"text-{number:05}", origin=ORIGIN, text=" ".join(lines), domain=domain)


def _talk(world: World, rng: Random) -> Iterator[str]:
    """Yield what two people say of a capital; whoever is contradicted may give in."""
    (fact,) = facts((rng.choice(CAPITALS)[0],), 1, rng)
    kind, wording = rng.choice(TALKS), rng.randrange(N_WORDINGS)
    right, wrong = answers_of(fact, kind, wording)
    gives_in = kind in GIVING_IN and rng.random() < world.gives_in
    yield from (message.content for message in prompt_of(fact, kind, wording))
    yield (wrong if gives_in else right).text


def write_cloze(path: Path, seed: int) -> None:
    """Write the sentences that the life is asked to finish while it reads."""
    rng, rare = Random(f"{seed}/cloze"), countries(seed).rare
    capitals = [capital for _, capital in CAPITALS]
    rows = [
        Cloze(
            prompt=f"The capital of {country} is",
            continuation=f" {capital}",
            others=tuple(f" {c}" for c in rng.sample(capitals, 10) if c != capital)[:9],
            group=OTHER if country in rare else SAME,
            name=capital if capital == "London" else "",
        )
        for country, capital in CAPITALS
    ]
    write_whole(path, b"".join(msgspec.json.encode(row) + b"\n" for row in rows))


def write_vocabulary(path: Path, size: int, texts: Dataset, chats: Dataset) -> None:
    """Train the tokenizer on what is read and on what is demonstrated; one there is stays."""
    if path.exists():
        return
    sample = [row.text for row, _ in zip(texts.documents(), range(_SAMPLE), strict=False)]
    sample += [
        message.content
        for row in chats.rows("demonstrations", Demonstration)
        for message in row.messages
    ]
    made = train_vocabulary(sample, size)
    write_whole(path, made.backend_tokenizer.to_str().encode())
