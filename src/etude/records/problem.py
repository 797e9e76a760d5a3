"""Problem and Reference: what is asked, and what only the grader may see.

Two types and two tables, as with tasks: whoever answers has no parameter through which the answer
could come.
"""

from math import comb
from typing import Literal

import msgspec

from etude.records._base import Record

TestKind = Literal["stdin", "call", "unit", "property"]


class Problem(Record, frozen=True, kw_only=True):
    """One question with a checkable answer: everything that whoever answers may see."""

    statement: str
    """What is asked, in Markdown; formulas in LaTeX between dollar signs."""
    instruction: str = ""
    """The form that a response must have, such as a boxed answer; empty when any will do."""
    topic: str = ""
    """Field it belongs to, such as `algebra`."""
    family: str = ""
    """What posed it: a family of problems, or the file or codebase it was taken from."""
    level: int = 0
    """Difficulty as posed, from 1 for the easiest; 0 when nothing is known of it."""
    tags: dict[str, str] = msgspec.field(default_factory=dict)
    """Labels of the user's own. Never hold anything about the answer."""

    @property
    def prompt(self) -> str:
        """What is put to a model: the statement, and the form its response must have."""
        return f"{self.statement}\n\n{self.instruction}" if self.instruction else self.statement


class CodeTest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One hidden test of a program."""

    kind: TestKind
    given: str
    """`stdin`: what the program reads. `call`: a Python expression that calls the function with
    literals, such as `f([1], 2)`. `unit`: Python code that raises when the program is wrong.
    `property`: Python code that defines `inputs(rng)`, which returns a list of argument tuples."""
    wanted: str = ""
    """`stdin`: what it must print. `call`: the value as a Python literal. `unit`: empty.
    `property`: Python code that defines `holds(arguments, result)`."""


class Reference(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What only the grader may see of a problem. Kept in a table of its own."""

    problem_id: str
    answer: str = ""
    """The answer as the grader understands it, without any wrapping; empty when it needs none."""
    grader: str = '{"use": "maths"}'
    """The grader, its name and settings, as JSON."""
    tests: tuple[CodeTest, ...] = ()
    """Hidden tests, where the answer is a program."""
    entry: str = ""
    """Name of the function that the program must define, or several with spaces between; empty for
    a whole program."""
    solution: str = ""
    """A worked solution or a program that is right; empty when none is known."""
    spellings: tuple[str, ...] = ()
    """Other answers that are right as well, in other words."""
    near_misses: tuple[str, ...] = ()
    """Answers that look right and are wrong."""
    data: str = ""
    """What else the grader needs, as JSON; empty when nothing."""


class FamilyAudit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How well the grader of one family tells right from wrong, counted over its problems."""

    family: str
    n_problems: int
    n_spellings: int
    """Right responses that were judged."""
    n_false_rejects: int
    """How many of them were refused."""
    n_near_misses: int
    """Wrong responses that were judged."""
    n_false_accepts: int
    """How many of them were paid anything at all."""
    n_faults: int = 0
    """Responses on which there was no verdict."""
    refused: str = ""
    """Why the family was left out of the data set; empty when it is in."""
    examples: tuple[str, ...] = ()
    """Of the mistakes, at most the first ten: what was answered, and what should have been."""


class SolveRate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often one model solved one problem."""

    id: str
    """Problem and model, joined by a slash."""
    problem_id: str
    model: str
    n_attempts: int
    """Attempts with a verdict; faults do not count."""
    n_solved: int

    def pass_at(self, k: int) -> float:
        """Return the unbiased estimate of pass@k (Chen et al. 2021, arXiv:2107.03374).

        Raises:
            ValueError: There are fewer than `k` attempts, or `k` is not positive.
        """
        if not 1 <= k <= self.n_attempts:
            raise ValueError(f"pass@{k} needs at least {max(k, 1)} attempts, got {self.n_attempts}")
        n_wrong = self.n_attempts - self.n_solved
        return 1.0 - comb(n_wrong, k) / comb(self.n_attempts, k)
