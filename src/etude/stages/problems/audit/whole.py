"""Audit every family of a data set of problems that is there already."""

from collections import defaultdict
from collections.abc import Callable, Sequence

from etude.records import FamilyAudit, Problem, Reference
from etude.rollout import open_bench
from etude.rollout.graders import Means
from etude.stages.problems.audit.run import audit


async def audit_dataset(
    pairs: Sequence[tuple[Problem, Reference]],
    means: Means,
    *,
    seed: int = 0,
    tell: Callable[[int, int], None] = lambda n_done, n_all: None,
) -> list[FamilyAudit]:
    """Return the audit of each family, in the order in which they first appear.

    Args:
        pairs: The problems, each with its reference.
        means: What judges may use.
        seed: Decides which spellings and near misses are taken.
        tell: Told how many families are done, of how many.

    Raises:
        ConfigError: A grader cannot be had here.
    """
    families: dict[str, list[tuple[Problem, Reference]]] = defaultdict(list)
    for problem, reference in pairs:
        families[problem.family].append((problem, reference))
    audits = []
    async with open_bench(means) as bench:
        for name, mine in families.items():
            audits.append(await audit(name, mine, bench, seed=seed))
            tell(len(audits), len(families))
    return audits
