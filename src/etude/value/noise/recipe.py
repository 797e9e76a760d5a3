"""NoiseRecipe: which text is labelled, how many labels are wrong, and who learns them."""

from typing import Annotated

import msgspec

from etude.errors import ConfigError

Settings = dict[str, object]
Positive = Annotated[int, msgspec.Meta(ge=1)]
Share = Annotated[float, msgspec.Meta(gt=0, lt=1)]
Noise = Annotated[float, msgspec.Meta(ge=0, lt=1)]


class Learning(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the labels are learned."""

    lr: Annotated[float, msgspec.Meta(gt=0)] = 1e-3
    """Learning rate of AdamW, after ten steps of warming up."""
    batch: Positive = 16
    """Examples of a step."""
    weight_decay: Annotated[float, msgspec.Meta(ge=0)] = 0.01
    length: Annotated[int, msgspec.Meta(ge=8)] = 96
    """Tokens of an example that are read, the first ones."""
    kept_back: Share = 0.2
    """Share of the examples that only say when to stop; as many of their labels are wrong."""
    most_epochs: Positive = 20
    patience: Positive = 3
    """Epochs without a better loss on what is kept back after which it stops. What counts is the
    best epoch by that loss: whoever has wrong labels has no others to choose by."""


class NoiseRecipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The experiment."""

    data: tuple[str, ...]
    """Data sets of documents that say their label."""
    label: str = "domain"
    """What the label is: `domain`, `language` or `media_type`, or else a tag of that name."""
    labels: tuple[str, ...] = ()
    """Only these; none means all that occur."""
    noises: tuple[Noise, ...] = (0.0, 0.1, 0.2, 0.3, 0.4)
    """Shares of labels that are wrong, drawn evenly among the other ones; 0 is one of them."""
    amounts: tuple[Positive, ...]
    """Numbers of examples, two or more, each label as often; those kept back are among them."""
    seeds: Annotated[int, msgspec.Meta(ge=2, le=100)] = 3
    """Each draws examples, wrong labels, the order and the new weights anew. Seed for seed, more
    noise makes more of the same examples wrong, and more examples are the same ones and others."""
    example_chars: Annotated[int, msgspec.Meta(ge=50)] = 300
    """Documents are cut into pieces of so many characters, at most: the examples."""
    per_document: Positive = 40
    """Pieces of one document, so that a few long ones are not all there is."""
    held_out: Positive = 60
    """Examples of each label to measure on, all labelled rightly."""
    held_out_share: Share = 0.15
    """Share of the documents that these come from, of which nothing is read or learned."""
    tokens: Positive = 300_000
    """Text without labels that the model reads first, once for all."""
    proxy: Settings = {}
    """The model and how it reads, as a recipe of `etude train pretrain`."""
    learning: Learning = Learning()
    """How it learns the labels."""
    data_seed: int = 0
    level: Share = 0.95
    """Of the intervals."""

    def __post_init__(self) -> None:
        """Check what no type can say.

        Raises:
            ConfigError: Noise could not be told from anything.
        """
        if 0 not in self.noises or len(set(self.noises)) < 2:
            raise ConfigError("noises: name 0 and one share of wrong labels at least")
        if len(set(self.noises)) < len(self.noises):
            raise ConfigError("noises: each share once")
        if len(set(self.amounts)) < 2 or len(set(self.amounts)) < len(self.amounts):
            raise ConfigError("amounts: name two different numbers of examples at least")
        if self.label == "id" or not self.label:
            raise ConfigError("label: name a field, such as domain, or a tag")
        taken = {"data", "held_out", "held_out_share", "seed", "steps", "epochs", "cloze"}
        if wrong := sorted(taken & self.proxy.keys()):
            raise ConfigError(f"proxy: {wrong[0]} is not its to say; the recipe above it says so")
