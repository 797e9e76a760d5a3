"""What every format of problems needs: each problem with its reference."""

from collections.abc import Iterator

from etude.errors import ConfigError
from etude.records import Problem, Reference
from etude.store.dataset import Dataset


def read_problems(dataset: Dataset) -> Iterator[tuple[Problem, Reference]]:
    """Yield the problems of a data set with their references, in order.

    Raises:
        ConfigError: The references were withheld, or one is missing.
        RecordError: The data set is damaged.
    """
    references = {r.problem_id: r for r in dataset.rows("references", Reference)}
    for problem in dataset.rows("problems", Problem):
        if problem.id not in references:
            raise ConfigError(f"{dataset.path}: the problem {problem.id!r} has no reference")
        yield problem, references[problem.id]
