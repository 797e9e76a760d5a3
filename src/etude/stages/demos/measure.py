"""Measure demonstrations: what they hold, what is wrong, and how diverse and hard they are."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from etude.errors import ConfigError
from etude.records import Demonstration
from etude.stages.demos.checking import CheckCount, check_all, count_findings, make_checks
from etude.stages.demos.copies import find_benchmark_copies, find_copies, read_items
from etude.stages.demos.difficulty import Scorer, measure_difficulty
from etude.stages.demos.diversity import Diversity, measure_diversity
from etude.stages.demos.endpoint_scorer import EndpointScorer
from etude.stages.demos.texts import answer, instruction, words
from etude.stages.demos.vectors import embed
from etude.store import Dataset

_EXAMPLES = 5


class MeasureRecipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to measure by."""

    checks: tuple[str | dict[str, object], ...] = ()
    """Names of checks, or tables with `use` and settings; empty for the usual ones."""
    benchmarks: tuple[str, ...] = ()
    """Data sets, or JSON Lines, whose items are looked for."""
    copy_share: float = 0.7
    """Share of runs of five words from which on two demonstrations are copies."""
    embedder: str = "wordllama"
    """Where vectors of instructions come from; empty for vectors of words."""
    difficulty: bool = True
    """Measure how hard the instructions are."""
    endpoint: EndpointScorer | None = None
    """A language model for that; without one, n-grams of the demonstrations themselves."""
    seed: int = 0
    """Chance in finding groups."""


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """How values lie."""

    n: int
    mean: float
    low: float
    """The value that a tenth is below."""
    median: float
    high: float
    """The value that a tenth is above."""


class CopyCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many are copies."""

    n: int
    examples: tuple[str, ...]
    """At most the first five: id, and id of what it is like."""


class DemosReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a data set of demonstrations is like."""

    digest: str
    """Of the data set."""
    n: int
    reviews: dict[str, int]
    """Demonstrations by state of review."""
    languages: dict[str, int]
    """By language, where it is said."""
    guidelines: dict[str, int]
    """By version of the guidelines, where it is said."""
    writers: dict[str, int]
    """By writer, the busiest twenty, where one is said."""
    licences: dict[str, int]
    """By licence; empty names those that state none."""
    n_with_tools: int
    """Demonstrations in which a tool is called."""
    turns: Spread | None
    """Messages of the assistant."""
    instruction_words: Spread | None
    answer_words: Spread | None
    findings: tuple[CheckCount, ...]
    copies: CopyCount
    """Near-copies of each other."""
    benchmark_copies: CopyCount
    """Those that hold an item of a benchmark."""
    diversity: Diversity
    difficulty: Spread | None
    """Instruction-following difficulty; `None` when it was not measured."""
    n_misleading: int
    """Instructions that make their answer less likely."""
    scorer: str
    """What scored the difficulty."""


def measure(
    dataset: Dataset, recipe: MeasureRecipe | None = None, *, scorer: Scorer | None = None
) -> DemosReport:
    """Return what a data set of demonstrations is like.

    Raises:
        ConfigError: It holds none, or the recipe cannot be followed.
        ModelError: The language model could not answer.
        RecordError: The data set is damaged.
    """
    recipe = recipe or MeasureRecipe()
    rows = [*dataset.rows("demonstrations", Demonstration)]
    if not rows:
        raise ConfigError(f"{dataset.path}: holds no demonstrations")
    asked, answered = [instruction(d) for d in rows], [answer(d) for d in rows]
    texts = [f"{q}\n\n{a}" for q, a in zip(asked, answered, strict=True)]
    items = [item for name in recipe.benchmarks for item in read_items(Path(name))]
    used = scorer or recipe.endpoint
    hard = measure_difficulty(rows, used) if recipe.difficulty else []
    found = [value for value in hard if value is not None]
    ids = [row.id for row in rows]
    copies = [
        f"{ids[copy.place]} = {ids[int(copy.of)]}"
        for copy in find_copies(texts, share=recipe.copy_share)
    ]
    tainted = [f"{ids[copy.place]} = {copy.of}" for copy in find_benchmark_copies(texts, items)]
    return DemosReport(
        digest=dataset.manifest.digest,
        n=len(rows),
        reviews=_counted([row.review for row in rows]),
        languages=_counted([row.language for row in rows if row.language]),
        guidelines=_counted([row.guidelines for row in rows if row.guidelines]),
        writers=_counted([row.writer for row in rows if row.writer]),
        licences=_counted([row.origin.licence for row in rows]),
        n_with_tools=sum(any(m.calls for m in row.messages) for row in rows),
        turns=_spread([sum(m.role == "assistant" for m in row.messages) for row in rows]),
        instruction_words=_spread([len(words(text)) for text in asked]),
        answer_words=_spread([len(words(text)) for text in answered]),
        findings=tuple(count_findings(check_all(rows, make_checks(recipe.checks)))),
        copies=CopyCount(n=len(copies), examples=tuple(copies[:_EXAMPLES])),
        benchmark_copies=CopyCount(n=len(tainted), examples=tuple(tainted[:_EXAMPLES])),
        diversity=measure_diversity(asked, embed(asked, recipe.embedder), seed=recipe.seed),
        difficulty=_spread(found),
        n_misleading=sum(value > 1 for value in found),
        scorer=_scorer_name(used) if recipe.difficulty else "",
    )


def _counted(values: Sequence[str]) -> dict[str, int]:
    return dict(Counter(values).most_common(20))


def _spread(values: Sequence[float]) -> Spread | None:
    if not values:
        return None
    low, median, high = (round(float(q), 3) for q in np.quantile(values, (0.1, 0.5, 0.9)))
    return Spread(
        n=len(values), mean=round(float(np.mean(values)), 3), low=low, median=median, high=high
    )


def _scorer_name(scorer: Scorer | None) -> str:
    if scorer is None:
        return "n-grams of the demonstrations themselves"
    return scorer.model if isinstance(scorer, EndpointScorer) else type(scorer).__name__
