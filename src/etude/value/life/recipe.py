"""LifeRecipe: what there is to learn from, and how each stage of the life learns."""

from typing import Annotated

import msgspec

from etude.errors import ConfigError
from etude.train.loops import Loop, loops

Settings = dict[str, object]
Positive = Annotated[int, msgspec.Meta(ge=1)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]

LOOPS = {
    "read": "pretrain",
    "imitate": "sft",
    "judge": "reward",
    "prefer": "dpo",
    "practise": "grpo",
}
"""Which loop each stage of the life is."""
_OURS = {"data", "held_out", "held_out_share", "model", "cloze", "vocabulary", "judge", "seed"}
"""Settings that the life decides, where a loop has them."""
_OPEN = {"read": {"model", "vocabulary"}}
"""Of these, what a stage may say after all: shape and size of the new model."""


class World(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What there is to learn from, all of it made here."""

    documents: Positive = 30_000
    """Texts to read: half of capitals of a hundred countries, a quarter of people who talk of them,
    a quarter of numbers compared."""
    wrong: Share = 0.4
    """Share of comparisons of numbers that come out wrong, in texts and demonstrations."""
    gives_in: Share = 0.5
    """Share of talks and demonstrations that give in where the user is wrong."""
    family: str = "largest_number"
    """Family of problems that are posed."""
    problems: Annotated[int, msgspec.Meta(ge=20)] = 900
    """Problems, of which a fifth is held out, by the numbers in them."""
    shown_problems: Positive = 400
    """Problems that are demonstrated, each twice."""
    copies: Positive = 4
    """Facts that raters compare answers about: so many of each country, differing in what is
    wrong. Pairs of the other kinds are made as often; those of numbers once for each problem."""
    own: Annotated[int, msgspec.Meta(ge=0)] = 800
    """Prompts that the model answers itself, to be compared where it is once right and once
    wrong."""
    raters: Positive = 7
    """Simulated raters who are honest, with accuracies from 0.7 to 0.95."""
    sycophants: Annotated[int, msgspec.Meta(ge=0)] = 1
    """Raters who prefer the answer that agrees with the user, six times in ten."""
    spammers: Annotated[int, msgspec.Meta(ge=0)] = 1
    """Raters who click at random."""
    overlap: Positive = 5
    """Raters of each comparison."""


class LifeRecipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole life of one small model."""

    world: World = World()
    read: Settings
    """Settings of `pretrain`; data and model come from the life, here and below."""
    imitate: Settings
    """Settings of `sft`."""
    judge: Settings
    """Settings of `reward`."""
    prefer: Settings
    """Settings of `dpo`."""
    practise: Settings
    """Settings of `grpo`."""
    seed: int = 0
    """Of the data and of every stage."""
    practise_seeds: Annotated[int, msgspec.Meta(ge=1, le=20)] = 3
    """How often practice is run, each time with another seed."""
    attempts: Positive = 4
    """At each held-out problem, after each stage, for pass@1."""
    answer_tokens: Positive = 32
    """Most tokens of an answer that is measured after each stage."""
    level: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.95
    """Of the interval over the seeds of practice."""

    def stage(self, name: str, given: Settings) -> Loop:
        """Return the recipe of one stage.

        Args:
            name: `read`, `imitate`, `judge`, `prefer` or `practise`.
            given: What the life decides.

        Raises:
            ConfigError: A setting is unknown, does not fit, or is not the recipe's to say.
        """
        said: Settings = getattr(self, name)
        if wrong := sorted((_OURS - _OPEN.get(name, set())) & said.keys()):
            raise ConfigError(f"{name}: {wrong[0]} is not its to say; the life decides it")
        kind = loops.load(LOOPS[name])
        joined = dict(said)
        for key, value in given.items():
            inner = said.get(key)
            both = isinstance(value, dict) and isinstance(inner, dict)
            joined[key] = {**inner, **value} if both else value  # type: ignore[dict-item]
        try:
            return msgspec.convert(joined, kind)
        except (msgspec.ValidationError, ValueError) as cause:
            raise ConfigError(f"{name}: {cause}") from cause

    def check(self) -> None:
        """Check every stage before anything is made.

        Raises:
            ConfigError: A stage has a setting that does not fit.
        """
        for name in LOOPS:
            given: Settings = {"data": ()}
            if name != "read":
                given["model"] = ""
            self.stage(name, given)
