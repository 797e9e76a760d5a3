"""Life: what came of it, in records that stand in `life.json`."""

import msgspec

from etude.stages.prefs.probes import ProbeReport
from etude.train.manifest import Bin, Figure, Ingredient, Machine, Sample
from etude.value.life.recipe import LifeRecipe
from etude.value.statistics.difference import Difference

LONDON = "P(London)"
ANSWERS, ASKS, ASKS_WRONGLY = "answers right", "asks back, unclear", "asks back, clear"
CLEARED_UP = "right once cleared up"
PASS, GREEDY = "pass@1", "right at the likeliest"
ALL_PAIRS, FACT_PAIRS, BUT_FACTS = "all pairs", "pairs about facts", "all other pairs"
Points = tuple[tuple[int, float], ...]


class Spent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a stage took, over all sittings."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    """Of the process and what it started."""


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One number over the steps of a stage."""

    name: str
    split: str
    points: Points


class Dialogue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One held-out question, and what the model says to it."""

    kind: str
    asked: tuple[str, ...]
    """Turn by turn; the user begins."""
    said: str


class Abilities(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a model can do after a stage, all of it on what is held out."""

    figures: dict[str, Figure]
    probes: ProbeReport
    """Does it give in to what the user believes?"""
    dialogues: tuple[Dialogue, ...]


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One data set, as its manifest says."""

    name: str
    record: str
    n_rows: int
    digest: str
    parents: tuple[str, ...]
    """Digests of the data sets it was made of."""
    made_by: str
    """What its manifest says of how it was made, as JSON."""


class Stage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One run of one loop."""

    name: str
    """Folder of the run."""
    stage: str
    loop: str
    seed: int
    digest: str
    """Of what it was made from."""
    ingredients: tuple[Ingredient, ...]
    n_steps: int
    ended: str
    figures: dict[str, Figure]
    curves: tuple[Line, ...]
    samples: tuple[Sample, ...]
    reliability: tuple[Bin, ...]
    abilities: Abilities | None
    """`None` for a judge, who does not speak."""


class ByKind(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How held-out pairs of one kind are judged, and whose answers to their prompts win."""

    kind: str
    before: Figure
    """Share of pairs that the reward model judges as raters do, before it learned."""
    after: Figure
    """The same, when it had learned."""
    true: Figure
    """Share in which it then prefers what is truly better."""
    blind: Figure
    """Share that the better of two rules gets right that read nothing: the longer, the shorter."""
    implicit: Figure
    """Share in which preference training made the preferred answer gain on the other one."""
    win_judged: Figure
    """How often answers after preference training beat those before it, as the judge sees it;
    ties count half."""
    win_true: Figure
    """The same by what is true: an answer that is right beats one that is not."""


class Gain(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one stage changed of one ability, and which data it learned from."""

    ability: str
    stage: str
    before: Figure
    after: Figure
    over: str
    """Of what the interval is: `held-out questions`, or `seeds`."""
    data: tuple[str, ...]
    """Names of the data sets."""
    wanted: str
    """`up` or `down`: which way is a gain."""
    difference: Difference | None = None
    """Pair by pair: over the seeds, where there are several, or over facts."""

    @property
    def verdict(self) -> str:
        """Return `better`, `worse`, or `not told apart` where the intervals overlap."""
        if self.difference is not None and self.difference.n > 1:
            up, sure = self.difference.mean > 0, self.difference.is_sure
        else:
            up = self.after.value > self.before.value
            sure = _apart(self.before, self.after)
        if not sure:
            return "not told apart"
        return "better" if up == (self.wanted == "up") else "worse"


class Life(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole life."""

    recipe: LifeRecipe
    parts: tuple[Part, ...]
    stages: tuple[Stage, ...]
    gains: tuple[Gain, ...]
    kinds: tuple[ByKind, ...]
    """Of comparisons: all held-out pairs, some groups of them, and each kind."""
    figures: dict[str, Figure]
    """Of the data: how far raters agree, and how often what they say comes out right."""
    spent: dict[str, Spent]
    """What each stage took, data and measurements included."""
    n_sittings: int
    """How often the life was begun or gone on with."""
    machine: Machine
    packages: dict[str, str]
    code_version: str

    @property
    def wall_s(self) -> float:
        """Seconds by the clock, over all sittings."""
        return sum(one.wall_s for one in self.spent.values())

    @property
    def cpu_s(self) -> float:
        """Seconds of processor time, over all sittings."""
        return sum(one.cpu_s for one in self.spent.values())

    def of(self, stage: str) -> list[Stage]:
        """Return the runs of a stage, by seed."""
        return [one for one in self.stages if one.stage == stage]


def _apart(a: Figure, b: Figure) -> bool:
    """Whether two intervals leave a gap; numbers without one are exact."""
    low_a, high_a = _bounds(a)
    low_b, high_b = _bounds(b)
    return high_a < low_b or high_b < low_a


def _bounds(one: Figure) -> tuple[float, float]:
    low = one.value if one.low is None else one.low
    high = one.value if one.high is None else one.high
    return low, high
