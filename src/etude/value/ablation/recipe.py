"""AblateRecipe: which texts are compared, on what, and with which small model."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from etude.config import read_toml
from etude.errors import ConfigError
from etude.stages.corpus.recipe import CorpusRecipe

Settings = dict[str, object]
"""A plug-in as a table: `use` is its name, the rest are its settings."""
Count = Annotated[int, msgspec.Meta(ge=0)]
Positive = Annotated[int, msgspec.Meta(ge=1)]
Share = Annotated[float, msgspec.Meta(gt=0, lt=1)]


class Arm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One text that is compared."""

    data: tuple[str, ...]
    """Data sets of documents."""
    steps: tuple[Settings, ...] = ()
    """Steps of a corpus that are done to it first, such as a filter or de-duplication."""
    steps_of: str = ""
    """Recipe of a corpus whose steps are done to it, before those of `steps`."""
    domains: tuple[str, ...] = ()
    """Only these; none means all."""
    without: tuple[str, ...] = ()
    """All but these."""


class Mixtures(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Proxies on different shares of the domains of one arm."""

    arm: str
    runs: Annotated[int, msgspec.Meta(ge=4)] = 24
    """Mixtures to try, a proxy each: by size, all the same, and draws around them."""
    confirm: Count = 3
    """Seeds with which the best mixture is compared with shares by size, by proxies on text of
    their own that had no part in choosing it; 0 does not."""
    form: Literal["linear", "quadratic"] = "linear"
    """Of the law; `quadratic` needs many more runs, and can find a best mixture within."""


class AblateRecipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is compared, and how."""

    arms: dict[str, Arm]
    """The texts, by name."""
    against: str = ""
    """The arm that all others are compared with; needed where there are several."""
    tokens: Positive
    """What each proxy reads: the same for every arm, so that text is compared and not amount."""
    amounts: tuple[Positive, ...] = ()
    """Smaller numbers of tokens to read as well, for a curve of each arm; three or more."""
    seeds: Annotated[int, msgspec.Meta(ge=1, le=100)] = 4
    """Proxies of each arm. They differ in their weights, in the documents that are drawn and in
    their order; seed for seed, arms begin with the same weights and draw the same documents."""
    proxy: Settings = {}
    """The model and how it is trained, as a recipe of `etude train pretrain`; text, seed, number of
    steps and tokenizer are not its to say."""
    mixtures: Mixtures | None = None
    """Learn what share each domain of an arm should have; `None` does not."""
    held_out: tuple[str, ...] = ()
    """Data sets to measure on. None keeps back documents of `held_out_from` from every arm."""
    held_out_steps: tuple[Settings, ...] = ()
    """Steps of a corpus that are done to these first."""
    held_out_from: str = ""
    """Arm whose documents are kept back where there is no `held_out`; empty keeps back none."""
    held_out_share: Share = 0.05
    passages: Positive = 60
    """Measured on in each domain."""
    passage_chars: Annotated[int, msgspec.Meta(ge=200)] = 1500
    cloze: Count = 150
    """Sentences of what is held out, in each domain, whose last word is to be told from three other
    words; 0 asks for none."""
    text_bytes: Count = 0
    """Text of each arm that is drawn for each seed, by the ids of documents; 0 means 6 bytes for
    each token that is read, which is all fresh text. Arms with less are read more than once."""
    document_chars: Count = 4000
    """Most of one document that is read, a passage from somewhere in it: else few long ones would
    be all there is, and chance decide between arms; 0 reads documents whole."""
    data_seed: int = 0
    """Chooses documents, passages and words."""
    level: Share = 0.95
    """Of the intervals."""

    def __post_init__(self) -> None:
        """Check what no type can say.

        Raises:
            ConfigError: A name is of no arm, or settings do not go together.
        """
        alone = len(self.arms) == 1 and (self.amounts or self.mixtures is not None)
        if len(self.arms) < 2 and not alone:
            raise ConfigError(
                "arms: an ablation compares two texts or more; a single one needs amounts or "
                "[mixtures]"
            )
        for field, name in (("against", self.against), ("held_out_from", self.held_out_from)):
            if name not in self.arms and (name or (field == "against" and not alone)):
                raise ConfigError(f"{field}: there is no arm {name!r} ({', '.join(self.arms)})")
        if self.mixtures is not None and self.mixtures.arm not in self.arms:
            raise ConfigError(f"mixtures: there is no arm {self.mixtures.arm!r}")
        if not self.held_out and not self.held_out_from:
            raise ConfigError("name what to measure on: held_out, or held_out_from an arm")
        if any("/" in name or name.startswith(".") or not name for name in self.arms):
            raise ConfigError("arms: a name must be fit for a folder")
        if self.amounts and max(self.amounts) >= self.tokens:
            raise ConfigError("amounts: are smaller than tokens, which is the largest one")
        if 0 < len(set(self.amounts)) < 3:
            raise ConfigError("amounts: a curve needs three or more beside tokens")
        taken = {"data", "held_out", "held_out_share", "seed", "steps", "epochs", "cloze"}
        if wrong := sorted(taken & self.proxy.keys()):
            raise ConfigError(f"proxy: {wrong[0]} is not its to say; the recipe above it says so")

    @property
    def most_bytes(self) -> int:
        """Most text of an arm."""
        return self.text_bytes or 6 * self.tokens

    def resolved(self) -> "AblateRecipe":
        """Return the recipe with the steps of other recipes spelt out.

        Raises:
            ConfigError: A recipe of a corpus cannot be read.
        """
        arms = {
            name: msgspec.structs.replace(
                arm,
                steps_of="",
                steps=(*read_toml(Path(arm.steps_of), CorpusRecipe).steps, *arm.steps),
            )
            if arm.steps_of
            else arm
            for name, arm in self.arms.items()
        }
        return msgspec.structs.replace(self, arms=arms)

    def preparation(self) -> bytes:
        """Return what decides what is measured on; seeds, amounts and other arms can be added."""
        said = [
            self.arms.get(self.held_out_from), self.held_out_from, self.held_out,
            self.held_out_steps,
            self.held_out_share, self.passages, self.passage_chars, self.cloze, self.most_bytes,
            self.document_chars, self.data_seed, self.proxy.get("vocabulary"),
        ]  # fmt: skip
        return msgspec.json.encode(said, order="deterministic")
