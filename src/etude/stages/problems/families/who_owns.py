"""Finds who has what from clues (a small zebra puzzle)."""

from collections.abc import Callable, Mapping
from itertools import islice, permutations
from random import Random
from typing import ClassVar, NamedTuple

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import NAMES, listed, worded

PETS = ("cat", "dog", "parrot", "rabbit", "tortoise", "goldfish")
DRINKS = ("tea", "coffee", "milk", "juice", "cocoa", "water")
TEMPLATES = (
    "{who} each keep a different pet ({pets}) and each like a different drink ({drinks}).\n\n"
    "{clues}\n\n{asked}",
    "Of {who}, everybody has exactly one of the pets {pets} and exactly one favourite among the "
    "drinks {drinks}; no two have the same.\n\n{clues}\n\n{asked}",
    "Here is a puzzle about {who}. Their pets are {pets}, one for each. Their drinks are {drinks}, "
    "again one for each.\n\n{clues}\n\n{asked}",
)


class _World(NamedTuple):
    """Who has which pet and which drink: the name that belongs to each."""

    pets: dict[str, str]
    drinks: dict[str, str]


Clue = tuple[str, Callable[[_World], bool]]


class WhoOwnsFamily(Family, frozen=True, kw_only=True):
    """Three to five people with a pet and a drink each; the clues leave one way."""

    topic = "logic"
    grader: ClassVar[Mapping[str, object]] = {"use": "text"}

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one puzzle."""
        size = by_level(level, 3, 3, 4, 4, 5)
        people = sorted(rng.sample(NAMES, size))
        pets, drinks = sorted(rng.sample(PETS, size)), sorted(rng.sample(DRINKS, size))
        world = _World(
            dict(zip(pets, rng.sample(people, size), strict=True)),
            dict(zip(drinks, rng.sample(people, size), strict=True)),
        )
        worlds = [
            _World(dict(zip(pets, p, strict=True)), dict(zip(drinks, d, strict=True)))
            for p in permutations(people)
            for d in permutations(people)
        ]
        clues: list[Clue] = []
        left = worlds
        while len(left) > 1:
            clue = _clue(rng, world, level)
            fewer = [w for w in left if clue[1](w)]
            if len(fewer) < len(left):
                clues.append(clue)
                left = fewer
        for clue in list(clues):
            others = [other for other in clues if other is not clue]
            fits = (w for w in worlds if all(test(w) for _, test in others))
            if len(list(islice(fits, 2))) == 1:
                clues = others
        rng.shuffle(clues)
        table, what = rng.choice(((world.pets, "owns the"), (world.drinks, "likes")))
        told = {text for text, _ in clues}
        hidden = [
            thing
            for thing, name in sorted(table.items())
            if not told & {f"{name} has the {thing}.", f"{name} likes {thing}."}
        ]
        thing = rng.choice(hidden or sorted(table))
        answer = table[thing]
        facts = [f"{n} has the {p}" for p, n in world.pets.items()]
        facts += [f"{n} likes {d}" for d, n in world.drinks.items()]
        return Posed(
            statement=worded(
                rng,
                TEMPLATES,
                who=listed(people),
                pets=listed([f"a {pet}" for pet in pets]).replace("a a", "a"),
                drinks=listed(drinks),
                clues="\n".join(f"- {text}" for text, _ in clues),
                asked=f"Who {what} {thing}? Answer with the name.",
            ),
            answer=answer,
            near_misses=slips(answer, *(name for name in people if name != answer)),
            solution=f"Only one way fits all the clues: {listed(facts)}. So it is {answer}.",
        )


def _clue(rng: Random, world: _World, level: int) -> Clue:
    """Draw something that holds of the world."""
    pet, drink = rng.choice(sorted(world.pets)), rng.choice(sorted(world.drinks))
    owner, fan = world.pets[pet], world.drinks[drink]
    other = rng.choice([name for name in sorted(world.pets.values()) if name != owner])
    last = rng.choice([name for name in sorted(world.pets.values()) if name != fan])
    chances = by_level(level, (3, 3, 2, 2, 2), (2, 2, 2, 3, 3), *[(1, 1, 3, 4, 4)] * 3)
    kind = rng.choices(("pet", "drink", "both", "not pet", "not drink"), chances)[0]
    same = owner == fan
    made: dict[str, Clue] = {
        "pet": (f"{owner} has the {pet}.", lambda w: w.pets[pet] == owner),
        "drink": (f"{fan} likes {drink}.", lambda w: w.drinks[drink] == fan),
        "both": (
            f"Whoever has the {pet} {'likes' if same else 'does not like'} {drink}.",
            lambda w: (w.pets[pet] == w.drinks[drink]) == same,
        ),
        "not pet": (f"{other} does not have the {pet}.", lambda w: w.pets[pet] != other),
        "not drink": (f"{last} does not like {drink}.", lambda w: w.drinks[drink] != last),
    }
    return made[kind]
