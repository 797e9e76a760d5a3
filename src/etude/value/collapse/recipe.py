"""CollapseRecipe: what is read, what each generation writes, and how much real text is kept."""

from typing import Annotated

import msgspec

from etude.errors import ConfigError

Settings = dict[str, object]
Positive = Annotated[int, msgspec.Meta(ge=1)]


class Way(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What each generation reads."""

    real: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0
    """Share of the text that is real, drawn anew for each generation; the rest was written by the
    generation before."""
    accumulate: bool = False
    """Read all real text and what every generation before has written, and never throw any away;
    then `real` says nothing."""

    def __post_init__(self) -> None:
        """Check what no type can say.

        Raises:
            ConfigError: Both ways at once.
        """
        if self.accumulate and self.real:
            raise ConfigError("ways: `real` is for a way that does not accumulate")


class CollapseRecipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The experiment."""

    data: tuple[str, ...]
    """Data sets of real documents."""
    domains: tuple[str, ...] = ()
    """Only these; none means all."""
    ways: dict[str, Way]
    """What is compared, by name."""
    generations: Annotated[int, msgspec.Meta(ge=1, le=100)] = 5
    """Generations that read what others wrote; generation 0 reads real text alone."""
    seeds: Annotated[int, msgspec.Meta(ge=1, le=100)] = 3
    text_bytes: Positive = 400_000
    """Real text, and what a generation that reads nothing else is given of its forebear."""
    tokens: Positive = 200_000
    """What each model reads: the same for all."""
    piece_chars: Annotated[int, msgspec.Meta(ge=50)] = 400
    """Documents are cut into pieces of so many characters, at most: what a model writes at once."""
    held_out_bytes: Positive = 60_000
    """Real text of other documents, which is measured on."""
    temperature: Annotated[float, msgspec.Meta(gt=0)] = 1.0
    """Of what is written; below 1 the likeliest gets likelier and the tail thins out."""
    rare_share: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.1
    """The rarest tokens, which make up this share of real text, are its tail."""
    proxy: Settings = {}
    """The model and how it is trained, as a recipe of `etude train pretrain`."""
    data_seed: int = 0
    level: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.95
    """Of the intervals."""

    def __post_init__(self) -> None:
        """Check what no type can say.

        Raises:
            ConfigError: There is nothing to compare.
        """
        if not self.ways:
            raise ConfigError("ways: name one at least, such as [ways.own] with real = 0.0")
        taken = {"data", "held_out", "held_out_share", "seed", "steps", "epochs", "cloze"}
        if wrong := sorted(taken & self.proxy.keys()):
            raise ConfigError(f"proxy: {wrong[0]} is not its to say; the recipe above it says so")
