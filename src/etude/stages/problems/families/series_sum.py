"""Sums an arithmetic or geometric sequence."""

from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import ordinal, worded

FIRST = (
    "What is the sum of the first {n} terms of the {kind} sequence ${terms}, \\dots$?",
    "An {kind} sequence begins ${terms}, \\dots$. Add up its first {n} terms.",
    "Find the sum of the first {n} terms of the sequence ${terms}, \\dots$, which is {kind}.",
)
RANGE = (
    "In the {kind} sequence ${terms}, \\dots$, what is the sum of the terms from the {m} to the "
    "{n}, both included?",
    "An {kind} sequence begins ${terms}, \\dots$. Add up its {m} through {n} terms, both ends "
    "included.",
    "Find the sum of the {m} term, the {n} term and all terms between them in the sequence "
    "${terms}, \\dots$, which is {kind}.",
)


class SeriesSumFamily(Family, frozen=True, kw_only=True):
    """Sums of the first terms, or of a range of terms."""

    topic = "algebra"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one sum."""
        geometric = level >= 3 and rng.random() < 0.5
        first = rng.choice((1, 1, -1)) * rng.randint(1, by_level(level, 9, 20, 9, 12, 15))
        if geometric:
            step = rng.choice((2, 3, -2, -3) if level > 3 else (2, 3))
            n = rng.randint(5, by_level(level, 6, 6, 8, 9, 10))
            terms = [first * step**i for i in range(n + 1)]
        else:
            step = rng.choice((1, 1, -1)) * rng.randint(2, by_level(level, 5, 9, 15, 20, 30))
            n = rng.randint(8, by_level(level, 15, 30, 60, 120, 250))
            terms = [first + step * i for i in range(n + 1)]
        start = rng.randint(3, n - 2) if level == 5 else 1
        answer = sum(terms[start - 1 : n])
        kind = "geometric" if geometric else "arithmetic"
        wrong = [sum(terms[start:n]), sum(terms[start - 1 : n + 1]), sum(terms[start - 1 : n - 1])]
        wrong += [terms[n - 1], answer // 2, -answer]
        text = worded(
            rng,
            RANGE if start > 1 else FIRST,
            kind=kind,
            terms=", ".join(str(term) for term in terms[:4]),
            n=ordinal(n) if start > 1 else n,
            m=ordinal(start),
        )
        return Posed(
            statement=text.replace("An geometric", "A geometric"),
            answer=str(answer),
            near_misses=slips(answer, *wrong),
            solution=_solution(terms, start, n, geometric=geometric),
        )


def _solution(terms: list[int], start: int, n: int, *, geometric: bool) -> str:
    """Write the sum out by its formula."""
    count, first, last = n - start + 1, terms[start - 1], terms[n - 1]
    answer = sum(terms[start - 1 : n])
    if not geometric:
        return (
            f"There are ${count}$ terms from ${first}$ to ${last}$, so the sum is "
            rf"$\frac{{{count} \cdot ({first} + ({last}))}}{{2}} = {answer}$."
        )
    ratio = terms[1] // terms[0]
    return (
        f"There are ${count}$ terms, the first is ${first}$ and the ratio ${ratio}$, so the sum is "
        rf"${first} \cdot \frac{{({ratio})^{{{count}}} - 1}}{{{ratio} - 1}} = {answer}$."
    )
