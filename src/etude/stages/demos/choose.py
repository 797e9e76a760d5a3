"""Choose the demonstrations that are worth most: sound, hard, and unlike each other.

The order is that of DEITA (Liu et al. 2023, arXiv:2312.15685): by complexity times quality, each
one only if it is far enough from all that were chosen before it.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

from etude.errors import ConfigError
from etude.models.embedders import Vectors
from etude.records import Demonstration
from etude.stages.demos.checking import Checked, make_checks, run_checks
from etude.stages.demos.copies import find_benchmark_copies, find_copies, read_items
from etude.stages.demos.difficulty import Scorer, measure_difficulty
from etude.stages.demos.endpoint_scorer import EndpointScorer
from etude.stages.demos.texts import answer, instruction, words
from etude.stages.demos.vectors import embed
from etude.store import Counts, Dataset, DatasetWriter

_WARNING_COST = 0.8
"""What a warning leaves of the quality of a demonstration."""

NOT_WANTED = "refused in review"
COPY = "near-copy of another"
BENCHMARK = "holds an item of a benchmark"
MISLEADING = "its instruction makes its answer less likely"
TOO_NEAR = "too near to one that was chosen"
NOT_NEEDED = "enough were chosen"


class ChooseRecipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to choose by."""

    n: int = 0
    """How many to choose; 0 for all that are good enough."""
    complexity: str = "ifd"
    """`ifd` for difficulty by a language model, `words` for the length of the answer, `none`, or
    `tag:NAME` for a number that a tag of the demonstrations holds."""
    quality: str = "checks"
    """`checks`, by which each warning leaves four fifths, `none`, or `tag:NAME`."""
    checks: tuple[str | dict[str, object], ...] = ()
    """Names of checks, or tables with `use` and settings; empty for the usual ones."""
    allow_errors: bool = False
    """Keep demonstrations in which a check finds an error."""
    reviews: tuple[Literal["unreviewed", "accepted", "sent_back", "rejected"], ...] = (
        "unreviewed",
        "accepted",
    )
    """States of review that are let in."""
    copy_share: float = 0.7
    """Share of runs of five words from which on two demonstrations are copies; 0 looks for none."""
    benchmarks: tuple[str, ...] = ()
    """Data sets, or JSON Lines, whose items no demonstration may hold."""
    min_distance: float = 0.1
    """Cosine distance to those chosen before (DEITA takes 0.1); 0 for none."""
    embedder: str = "wordllama"
    """Where vectors of instructions come from; empty for vectors of words."""
    max_ifd: float = 1.0
    """Those above are dropped, for their instruction misleads; 0 lets all pass."""
    endpoint: EndpointScorer | None = None
    """A language model for `ifd`; without one, n-grams of the demonstrations themselves."""


class ChooseOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What was chosen."""

    path: str
    n_in: int
    n_chosen: int
    dropped: dict[str, int]


def choose(
    dataset: Dataset, recipe: ChooseRecipe, target: Path, *, scorer: Scorer | None = None
) -> ChooseOutcome:
    """Write the chosen demonstrations of a data set to `target`, in the order of their worth.

    Raises:
        ConfigError: The recipe cannot be followed, or none is left, or `target` holds something
            else.
        ModelError: The language model could not answer.
        RecordError: The data set is damaged.
    """
    _check_recipe(recipe)
    candidates = [*dataset.rows("demonstrations", Demonstration)]
    n_in = len(candidates)
    dropped: Counter[str] = Counter()
    candidates, found = _sound(candidates, recipe, dropped)
    candidates = _not_copied(candidates, recipe, dropped)
    worth, candidates = _worth(candidates, found, recipe, scorer, dropped)
    vectors = embed([instruction(d) for d in candidates], recipe.embedder)
    chosen, n_near = select(worth, vectors, n=recipe.n, min_distance=recipe.min_distance)
    dropped[TOO_NEAR] += n_near
    dropped[NOT_NEEDED] += len(candidates) - n_near - len(chosen)
    if not chosen:
        raise ConfigError(f"{dataset.path}: none of {n_in} is left: {dict(+dropped)}")
    with DatasetWriter(target, record="demonstration") as writer:
        writer.write("demonstrations", [candidates[place] for place in chosen])
        writer.finish(
            recipe=msgspec.json.encode({"choose": recipe}, order="sorted").decode(),
            counts=Counts(n_in=n_in, dropped=dict(sorted((+dropped).items()))),
            parents=(dataset.manifest.digest,),
        )
    return ChooseOutcome(
        path=str(target), n_in=n_in, n_chosen=len(chosen), dropped=dict((+dropped).most_common())
    )


def select(
    worth: Sequence[float], vectors: Vectors, *, n: int, min_distance: float
) -> tuple[list[int], int]:
    """Return the places of the best ones that lie apart, best first, and how many were too near.

    Args:
        worth: What each is worth; equal ones are taken in their order.
        vectors: Of length 1, [len(worth), width].
        n: How many at most; 0 for no limit.
        min_distance: Least cosine distance to every one chosen before; 0 for none.
    """
    order = sorted(range(len(worth)), key=lambda place: (-worth[place], place))
    kept: npt.NDArray[np.float32] = np.zeros_like(vectors)
    chosen: list[int] = []
    n_near = 0
    for place in order:
        if n and len(chosen) == n:
            break
        cosines = kept[: len(chosen)] @ vectors[place]
        # A little slack: the cosine of equal vectors is one only but for rounding.
        if min_distance and len(chosen) and float(cosines.max()) > 1 - min_distance + 1e-6:
            n_near += 1
            continue
        kept[len(chosen)] = vectors[place]
        chosen.append(place)
    return chosen, n_near


def _check_recipe(recipe: ChooseRecipe) -> None:
    for name, value, known in (
        ("complexity", recipe.complexity, ("ifd", "words", "none")),
        ("quality", recipe.quality, ("checks", "none")),
    ):
        if value not in known and not value.startswith("tag:"):
            raise ConfigError(f"{name} is {' or '.join(known)} or tag:NAME, and not {value!r}")
    if recipe.n < 0 or not 0 <= recipe.min_distance <= 2 or not 0 <= recipe.copy_share <= 1:
        raise ConfigError("n, min_distance (0 to 2) or copy_share (0 to 1) cannot be that")


def _sound(
    candidates: Sequence[Demonstration], recipe: ChooseRecipe, dropped: Counter[str]
) -> tuple[list[Demonstration], dict[str, list[Checked]]]:
    """Return those that review and checks let through, and what was found in each."""
    using = make_checks(recipe.checks)
    kept, found = [], {}
    for demonstration in candidates:
        if demonstration.review not in recipe.reviews:
            dropped[NOT_WANTED] += 1
            continue
        told = run_checks(demonstration, using)
        errors = [one.check for one in told if one.finding.severity == "error"]
        if errors and not recipe.allow_errors:
            dropped[f"check {errors[0]}"] += 1
            continue
        found[demonstration.id] = told
        kept.append(demonstration)
    return kept, found


def _not_copied(
    candidates: list[Demonstration], recipe: ChooseRecipe, dropped: Counter[str]
) -> list[Demonstration]:
    texts = [f"{instruction(d)}\n\n{answer(d)}" for d in candidates]
    items = [item for name in recipe.benchmarks for item in read_items(Path(name))]
    tainted = {copy.place for copy in find_benchmark_copies(texts, items)} if items else set()
    dropped[BENCHMARK] += len(tainted)
    left = [place for place in range(len(texts)) if place not in tainted]
    if recipe.copy_share:
        found = find_copies([texts[place] for place in left], share=recipe.copy_share)
        dropped[COPY] += len(found)
        copied = {left[copy.place] for copy in found}
        left = [place for place in left if place not in copied]
    return [candidates[place] for place in left]


def _worth(
    candidates: list[Demonstration],
    found: dict[str, list[Checked]],
    recipe: ChooseRecipe,
    scorer: Scorer | None,
    dropped: Counter[str],
) -> tuple[list[float], list[Demonstration]]:
    """Return complexity times quality, and those that have any."""
    if recipe.complexity == "ifd":
        hard = measure_difficulty(candidates, scorer or recipe.endpoint)
        complexity = [0.0 if value is None else value for value in hard]
    elif recipe.complexity == "words":
        complexity = [float(len(words(answer(d)))) for d in candidates]
    else:
        complexity = [_tagged(d, recipe.complexity) for d in candidates]
    worth, kept = [], []
    for demonstration, value in zip(candidates, complexity, strict=True):
        if recipe.complexity == "ifd" and 0 < recipe.max_ifd < value:
            dropped[MISLEADING] += 1
            continue
        if recipe.quality == "checks":
            told = found[demonstration.id]
            quality = _WARNING_COST ** sum(one.finding.severity == "warning" for one in told)
        else:
            quality = _tagged(demonstration, recipe.quality)
        worth.append(value * quality)
        kept.append(demonstration)
    return worth, kept


def _tagged(demonstration: Demonstration, source: str) -> float:
    """Return the number that a tag holds; 1 where no tag is asked for."""
    if source == "none":
        return 1.0
    name = source.removeprefix("tag:")
    try:
        return float(demonstration.tags[name])
    except (KeyError, ValueError) as cause:
        raise ConfigError(
            f"the demonstration {demonstration.id!r} has no number in the tag {name!r}"
        ) from cause
