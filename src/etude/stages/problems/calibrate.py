"""Calibrate problems: how hard they are for models, no copies, nothing of a benchmark."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from math import floor
from pathlib import Path

import msgspec

from etude.errors import ConfigError
from etude.records import Episode, FamilyAudit, Grade, Problem, Reference, SolveRate, Tally
from etude.stages.problems.benchmarks import read_items
from etude.stages.problems.decontaminate import find_contamination
from etude.stages.problems.likeness import likenesses
from etude.store import Counts, Dataset, DatasetWriter

NEVER, ALWAYS, UNKNOWN = "never solved", "always solved", "never attempted"
CONTAMINATED = "holds a benchmark's item"
BIN = "bin"
"""Tag that holds the place in the curriculum, from 1 for what is solved most often."""


class CalibrateRecipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stays of a data set of problems."""

    keep: tuple[str, ...] = ()
    """Kept although they are too hard, too easy or unknown: `never`, `always`, `unattempted`."""
    bins: int = 5
    """Steps of the curriculum; bin 1 holds the problems that are solved most often."""
    likeness: tuple[dict[str, object], ...] = ({"use": "exact"},)
    """Senses in which two problems are the same, by name with settings; the first one stays."""
    benchmarks: tuple[str, ...] = ()
    """Files or data sets whose items must not be among the problems."""
    n_words: int = 8
    """Length of the runs of words that are compared with benchmarks."""
    share: float = 0.5
    """Share of such runs, of the shorter text, from which a problem holds an item."""

    def __post_init__(self) -> None:
        """Check what no type can say.

        Raises:
            ConfigError: A setting is out of its range.
        """
        if unknown := set(self.keep) - {"never", "always", "unattempted"}:
            raise ConfigError(f"keep is never, always or unattempted, not {min(unknown)!r}")
        if self.bins < 1 or self.n_words < 1 or not 0 < self.share <= 1:
            raise ConfigError("bins and n_words are from 1 on, share above 0 and up to 1")


class CalibrateOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What stayed, and why the rest did not."""

    path: str
    n_in: int
    n_kept: int
    dropped: dict[str, int]
    bins: dict[str, int]
    """Problems of each bin."""
    pass_at: dict[str, dict[str, float]]
    """Mean pass@k of each model over the problems that came in, by model and k."""


def calibrate(
    dataset: Dataset, episodes: Sequence[Dataset], recipe: CalibrateRecipe, target: Path
) -> CalibrateOutcome:
    """Write the problems that are worth practising on to `target`.

    Benchmarks' items go first, then copies, then what models always or never solve. Without any
    episodes nothing is known of difficulty, and nothing is dropped for it.

    Args:
        dataset: Problems with their references.
        episodes: Graded attempts at them, of any number of models.
        recipe: What stays.
        target: Folder of the data set to write.

    Raises:
        ConfigError: A data set holds something else, a benchmark cannot be read, or none is left.
        RecordError: A data set is damaged.
    """
    problems = list(dataset.rows("problems", Problem))
    references = {r.problem_id: r for r in dataset.rows("references", Reference)}
    dropped: dict[str, str] = {}
    tallies = _drop_contaminated(problems, recipe, dropped)
    _drop_copies(problems, recipe, dropped)
    rates = solve_rates(episodes, {p.id for p in problems})
    if episodes:
        _drop_by_rate(problems, rates, recipe, dropped)
    kept = [_with_bin(p, rates, recipe.bins) for p in problems if p.id not in dropped]
    if not kept:
        raise ConfigError(f"no problem is left of {len(problems)}: {_why(dropped)}")
    reasons = Counter(dropped.values())
    with DatasetWriter(target, record="problem") as writer:
        writer.write("problems", kept)
        writer.write("references", [references[p.id] for p in kept])
        writer.write("solve_rates", [rate for p in kept for rate in rates.get(p.id, ())])
        writer.write("tallies", tallies)
        if "audits" in dataset.tables():
            writer.write("audits", dataset.rows("audits", FamilyAudit))
        writer.finish(
            recipe=msgspec.json.encode(recipe, order="sorted").decode(),
            counts=Counts(n_in=len(problems), dropped=dict(sorted(reasons.items()))),
            parents=(dataset.manifest.digest, *(e.manifest.digest for e in episodes)),
        )
    return CalibrateOutcome(
        path=str(target),
        n_in=len(problems),
        n_kept=len(kept),
        dropped=dict(reasons.most_common()),
        bins=dict(sorted(Counter(p.tags[BIN] for p in kept if BIN in p.tags).items())),
        pass_at=mean_pass_at(rates),
    )


def solve_rates(episodes: Sequence[Dataset], ids: set[str]) -> dict[str, list[SolveRate]]:
    """Return how often each model solved each problem, by problem; faults do not count.

    Raises:
        ConfigError: A data set holds no episodes, or none of them is at any of the problems.
        RecordError: A data set is damaged.
    """
    tried: Counter[tuple[str, str]] = Counter()
    solved: Counter[tuple[str, str]] = Counter()
    for held in episodes:
        models = {e.id: e.model or e.agent for e in held.rows("episodes", Episode)}
        found = False
        for grade in held.rows("grades", Grade):
            found = found or grade.task_id in ids
            if grade.score is not None and grade.task_id in ids and grade.episode_id in models:
                key = (grade.task_id, models[grade.episode_id])
                tried[key] += 1
                solved[key] += grade.solved
        if not found:
            raise ConfigError(f"{held.path}: none of its episodes is at any of these problems")
    rates: dict[str, list[SolveRate]] = defaultdict(list)
    for (problem_id, model), n_attempts in sorted(tried.items()):
        n_solved = solved[problem_id, model]
        rates[problem_id].append(
            SolveRate(
                id=f"{problem_id}/{model}",
                problem_id=problem_id,
                model=model,
                n_attempts=n_attempts,
                n_solved=n_solved,
            )
        )
    return dict(rates)


def mean_pass_at(rates: Mapping[str, Sequence[SolveRate]]) -> dict[str, dict[str, float]]:
    """Return the mean pass@k of each model, for k = 1, 2, 4 … up to its fewest attempts."""
    by_model: dict[str, list[SolveRate]] = defaultdict(list)
    for several in rates.values():
        for rate in several:
            by_model[rate.model].append(rate)
    means: dict[str, dict[str, float]] = {}
    for model, mine in sorted(by_model.items()):
        fewest, k = min(rate.n_attempts for rate in mine), 1
        means[model] = {}
        while k <= fewest:
            mean = sum(rate.pass_at(k) for rate in mine) / len(mine)
            means[model][str(k)] = round(mean, 4)
            k *= 2
    return means


def _drop_contaminated(
    problems: Sequence[Problem], recipe: CalibrateRecipe, dropped: dict[str, str]
) -> list[Tally]:
    counts: Counter[str] = Counter()
    for benchmark in recipe.benchmarks:
        for hit in find_contamination(
            [p.statement for p in problems],
            read_items(benchmark),
            n_words=recipe.n_words,
            share=recipe.share,
        ):
            dropped.setdefault(problems[hit.place].id, CONTAMINATED)
            counts[hit.item] += 1
    step, name = "decontaminate", "contamination"
    return [
        Tally(id=f"{step}/{name}/{item}", step=step, name=name, value=item, count=n)
        for item, n in sorted(counts.items())
    ]


def _drop_copies(
    problems: Sequence[Problem], recipe: CalibrateRecipe, dropped: dict[str, str]
) -> None:
    for table in recipe.likeness:
        likeness = likenesses.make(table)
        left = [p for p in problems if p.id not in dropped]
        for problem, earlier in zip(
            left, likeness.copies([p.statement for p in left]), strict=True
        ):
            if earlier >= 0:
                dropped[problem.id] = likeness.reason


def _drop_by_rate(
    problems: Sequence[Problem],
    rates: Mapping[str, Sequence[SolveRate]],
    recipe: CalibrateRecipe,
    dropped: dict[str, str],
) -> None:
    for problem in problems:
        share = _share(rates.get(problem.id, ()))
        if share is None:
            reason, word = UNKNOWN, "unattempted"
        elif share == 0:
            reason, word = NEVER, "never"
        elif share == 1:
            reason, word = ALWAYS, "always"
        else:
            continue
        if word not in recipe.keep:
            dropped.setdefault(problem.id, reason)


def _share(rates: Sequence[SolveRate]) -> float | None:
    n_attempts = sum(rate.n_attempts for rate in rates)
    return sum(rate.n_solved for rate in rates) / n_attempts if n_attempts else None


def _with_bin(problem: Problem, rates: Mapping[str, Sequence[SolveRate]], n_bins: int) -> Problem:
    share = _share(rates.get(problem.id, ()))
    if share is None:
        return problem
    number = min(n_bins, floor((1 - share) * n_bins) + 1)
    return msgspec.structs.replace(problem, tags={**problem.tags, BIN: str(number)})


def _why(dropped: Mapping[str, str]) -> str:
    return ", ".join(f"{n} {reason}" for reason, n in Counter(dropped.values()).most_common())
