"""SynthesisRecipe: what synthetic text is made of, by whom, and what is asked of it."""

import msgspec

from etude.errors import ConfigError
from etude.stages.corpus.synthetic.asking import ModelTable
from etude.stages.corpus.synthetic.diversity import DiversitySettings
from etude.stages.corpus.synthetic.gate import Gate


class SynthesisRecipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What decides the content of a data set of synthetic text."""

    generator: dict[str, object]
    """The generator as a table: `use` is its name, the rest are its settings."""
    model: ModelTable = msgspec.field(default_factory=dict)
    """The model as a table, with its kind under `use`. A `seed` in it grows by one with each
    question. A generator that asks none needs none."""
    limit: int = 100
    """So many human texts are read, chosen by the seed; 0 means all."""
    least_chars: int = 200
    """Shorter human texts are left out."""
    where: dict[str, str] = msgspec.field(default_factory=dict)
    """Only texts with this `domain`, `language` or `media_type`."""
    domain: str = "synthetic"
    """Domain of what is made, by which a later mixture can weigh it."""
    max_alike: float = 0.6
    """Share of its runs of five words that a text may have in common with any one earlier text."""
    max_cost_usd: float = 0.0
    """No further question is asked once so much was paid; 0 means no limit."""
    diversity: DiversitySettings = DiversitySettings()
    gate: Gate = Gate()
    seed: int = 0

    def __post_init__(self) -> None:
        """Check what no type can say.

        Raises:
            ConfigError: A setting is out of its range.
        """
        if min(self.limit, self.least_chars) < 0 or self.max_cost_usd < 0:
            raise ConfigError("limit, least_chars and max_cost_usd are from 0 on")
        if not 0 < self.max_alike <= 1:
            raise ConfigError("max_alike is above 0 and up to 1")
