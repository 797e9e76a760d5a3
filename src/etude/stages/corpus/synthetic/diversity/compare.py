"""How varied text is, and how much of the variety of the human text it came from is left."""

from collections.abc import Sequence
from random import Random

import msgspec
import numpy as np
import numpy.typing as npt

from etude.errors import ConfigError
from etude.stages.corpus.synthetic.diversity._sample import (
    Cluster,
    Samples,
    Sizes,
    Text,
    group,
    sample,
)
from etude.stages.corpus.synthetic.diversity._words import Ints
from etude.stages.corpus.synthetic.diversity.facts import NAME as RARE_FACTS
from etude.stages.corpus.synthetic.diversity.facts import survival
from etude.stages.corpus.synthetic.diversity.measures import Measure, measures

Table = dict[str, str | int | float | bool | None]
"""A measure as a table: `use` is its name, the rest are its settings."""
LEAST_CLUSTERS = 8
"""With fewer independent texts there is no interval."""
_TAILS = (0.025, 0.975)
_WIDER = 1.25
"""Intervals are wider than the half-samples say by so much. On random halves of real text, whose
variety is equal, bare ones hold the truth 86 to 93 % of the time, and these 92 to 98 %."""


class DiversitySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is measured, and how."""

    measures: tuple[Table, ...] = (
        {"use": "distinct_n", "n": 1},
        {"use": "distinct_n", "n": 3},
        {"use": "self_bleu"},
        {"use": "compression"},
        {"use": "ngram_entropy", "n": 2},
        {"use": "rare_words"},
        {"use": "vendi"},
        {"use": "spread"},
    )
    sizes: Sizes = Sizes()
    replicates: int = 200
    """Half-samples from which each interval is made; 0 makes none."""
    seed: int = 0
    """Chooses passages and half-samples."""

    def __post_init__(self) -> None:
        """Check what no type can say.

        Raises:
            ConfigError: A setting is out of its range.
        """
        if not 0 <= self.replicates <= 100_000:
            raise ConfigError("replicates is from 0 to 100000")


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """One figure."""

    name: str
    value: float
    human: float | None = None
    """Of the human text, in an equal sample; `None` where there is none."""
    kept: float | None = None
    """Share of its variety that is there: 1 for as much."""
    low: float | None = None
    """Bounds of the 95 % interval: of `kept` where there is a human text, else of `value`; `None`
    where there are too few texts."""
    high: float | None = None


class Diversity(msgspec.Struct, frozen=True, kw_only=True):
    """How varied some text is."""

    n_texts: int
    n_against: int
    n_clusters: int
    """Independent texts in the sample: those made from one human text count once."""
    n_passages: int
    """Of either side."""
    n_words: int
    """Of the sample."""
    n_rare_facts: int
    """Names and figures that only one human text has; 0 where nothing was made from it."""
    measures: tuple[Measured, ...]

    def measure(self, name: str) -> Measured:
        """Return one figure.

        Raises:
            ConfigError: It was not measured.
        """
        for found in self.measures:
            if found.name == name:
                return found
        known = ", ".join(found.name for found in self.measures)
        raise ConfigError(f"{name!r} was not measured (there are {known})")


def diversity(
    texts: Sequence[Text],
    against: Sequence[Text] = (),
    settings: DiversitySettings = DiversitySettings(),  # noqa: B008 - frozen
) -> Diversity:
    """Measure how varied texts are, against the human text they came from.

    Documents that name a parent among `against` are compared with that parent.

    Raises:
        ConfigError: There is too little text, or a measure is not known.
    """
    made = [measures.make(table) for table in settings.measures]
    rng = Random(f"{settings.seed}")
    clusters = group(texts, against, rng)
    samples = sample(clusters, settings.sizes, rng)
    halves = _halves(samples, settings)
    found = [_measure(measure, samples, halves) for measure in made]
    n_rare = 0
    if any(cluster.related for cluster in clusters):
        facts, n_rare = _rare_facts(clusters, settings)
        found += facts
    return Diversity(
        n_texts=len(texts),
        n_against=len(against),
        n_clusters=len(np.unique(samples.own.clusters)),
        n_passages=len(samples.own),
        n_words=int(samples.own.lengths.sum()),
        n_rare_facts=n_rare,
        measures=tuple(found),
    )


def _halves(samples: Samples, settings: DiversitySettings) -> list[Ints]:
    """Return random halves of the clusters.

    Drawing with replacement, as the bootstrap does, would put copies in, which is what is measured.
    Half of the clusters, without replacement, vary as much as all of them do from draw to draw
    (McCarthy, 1969).
    """
    known = np.unique(samples.own.clusters)
    return _draw_halves(known, settings)


def _draw_halves(known: Ints, settings: DiversitySettings) -> list[Ints]:
    if len(known) < LEAST_CLUSTERS:
        return []
    rng = np.random.default_rng(settings.seed)
    return [rng.choice(known, len(known) // 2, replace=False) for _ in range(settings.replicates)]


def _measure(measure: Measure, samples: Samples, halves: Sequence[Ints]) -> Measured:
    own = measure.prepare(samples.own, samples.human or samples.own)
    whole = np.ones(len(samples.own), dtype=np.bool_)
    masks = [np.isin(samples.own.clusters, half) for half in halves]
    value = own(whole)
    if samples.human is None:
        low, high = _bounds(value, [own(mask) for mask in masks])
        return Measured(name=measure.label, value=value, low=low, high=high)
    human = measure.prepare(samples.human, samples.human)
    theirs = [np.isin(samples.human.clusters, half) for half in halves]
    kept = measure.kept(value, human(whole))
    low, high = _bounds(
        kept,
        [measure.kept(own(a), human(b)) for a, b in zip(masks, theirs, strict=True)],
    )
    return Measured(
        name=measure.label, value=value, human=human(whole), kept=kept, low=low, high=high
    )


def _rare_facts(
    clusters: Sequence[Cluster], settings: DiversitySettings
) -> tuple[list[Measured], int]:
    n_rare, n_kept = survival(clusters)
    if not n_rare.any():
        return [], 0

    def share(chosen: npt.NDArray[np.int64] | slice) -> float:
        return float(n_kept[chosen].sum() / max(1, n_rare[chosen].sum()))

    value = share(slice(None))
    halves = _draw_halves(np.flatnonzero(n_rare), settings)
    low, high = _bounds(value, [share(half) for half in halves])
    return [Measured(name=RARE_FACTS, value=value, human=1.0, kept=value, low=low, high=high)], int(
        n_rare.sum()
    )


def _bounds(value: float, halves: Sequence[float]) -> tuple[float | None, float | None]:
    """Return the interval about a value; how halves differ from their own mean is what counts."""
    if not halves:
        return None, None
    low, high = _WIDER * np.quantile(np.array(halves) - np.mean(halves), _TAILS)
    return max(0.0, value + float(low)), value + float(high)
