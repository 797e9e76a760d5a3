"""Disagreement: how far the ratings of one item are apart, simply and explainably."""

from collections import Counter
from collections.abc import Sequence

import msgspec

from etude.records import Rating

STRONG = 2
"""Strength from which a verdict is a strong one."""
_OPPOSED = 0.5
_MARKED = 0.25


class Disagreement(msgspec.Struct, frozen=True, kw_only=True):
    """What separates the ratings of an item."""

    amount: float
    """0 when all agree; the share that is not of the commonest outcome, and more where strong
    verdicts are opposed or a preferred answer is marked."""
    reasons: tuple[str, ...]
    """In words."""


def outcome(rating: Rating) -> str:
    """Return what a rating comes to: which answers are best, or why none is."""
    if rating.verdict != "ranked":
        return rating.verdict
    return "best " + ",".join(map(str, sorted(rating.ranking[0]))) if rating.ranking else ""


def disagreement(ratings: Sequence[Rating]) -> Disagreement:
    """Return how far ratings of one item are apart."""
    if len(ratings) < 2:
        return Disagreement(amount=0.0, reasons=())
    [(_common, n_common)] = Counter(map(outcome, ratings)).most_common(1)
    amount = 1 - n_common / len(ratings)
    reasons = []
    if amount:
        reasons.append(f"{n_common} of {len(ratings)} agree")
    if _opposed(ratings):
        amount += _OPPOSED
        reasons.append("strong verdicts are opposed")
    if _marked(ratings):
        amount += _MARKED
        reasons.append("an answer that one prefers is marked by another")
    return Disagreement(amount=amount, reasons=tuple(reasons))


def _best(rating: Rating) -> set[int]:
    return set(rating.ranking[0]) if rating.verdict == "ranked" and rating.ranking else set()


def _opposed(ratings: Sequence[Rating]) -> bool:
    strong = [_best(rating) for rating in ratings if rating.strength >= STRONG]
    return any(one.isdisjoint(other) for one in strong for other in strong if one and other)


def _marked(ratings: Sequence[Rating]) -> bool:
    return any(
        span.candidate in _best(other) and len(other.ranking) > 1
        for rating in ratings
        for span in rating.spans
        for other in ratings
        if other.rater != rating.rater
    )
