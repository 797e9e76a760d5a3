"""Votes: what raters said, as arrays, one row for each pair of answers that a rating compares.

A rating of five answers holds ten pairs. They are not independent, so whatever draws a sample draws
whole comparisons. A rater's first rating of a comparison is their vote; later ones are repeats,
which measure how steady they are and never count twice. Adjudications are rulings on top of votes,
made in knowledge of them, and are kept apart.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

import msgspec
import numpy as np
from numpy.typing import NDArray

from etude.records import Comparison, Rating

LEFT, RIGHT, TIE, BAD = 0, 1, 2, 3
"""Outcomes of a pair: the answer of the lower place is better, the other is, neither, both bad."""
MOST_CANDIDATES = 20
"""Answers of one comparison at most: the pairs of a ranking grow with the square."""
LEAST_S, MOST_S = 0.001, 10_000_000.0
"""Times of a rating that can be true; others count as not known."""
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """Two answers of one comparison."""

    comparison_id: str
    left: int
    """Lower place among the candidates of the comparison."""
    right: int
    left_source: str
    right_source: str


class Votes(msgspec.Struct, frozen=True, kw_only=True):
    """Outcomes of pairs by raters. All arrays are of (votes,), in the order of the ratings."""

    pairs: tuple[Pair, ...]
    raters: tuple[str, ...]
    comparisons: tuple[str, ...]
    """Ids of the comparisons that any vote is about."""
    pair: Ints
    """Place in `pairs`."""
    rater: Ints
    """Place in `raters`."""
    comparison: Ints
    """Place in `comparisons`."""
    rating: Ints
    """Number of the rating that the vote stems from, in the order in which they were created."""
    outcome: Ints
    """`LEFT`, `RIGHT`, `TIE` or `BAD`."""
    strength: Ints
    """How much better, 0 to 3 as `Rating` has it."""
    first: Ints
    """`LEFT` or `RIGHT`, whichever was shown before the other; -1 where nobody knows."""
    seconds: Floats
    """Time spent on the rating; NaN where it is not known."""

    def __len__(self) -> int:
        return len(self.pair)

    def take(self, chosen: NDArray[np.bool_] | Ints) -> "Votes":
        """Return some of the votes, by mask or by place; what they point at keeps its place."""
        return msgspec.structs.replace(
            self, **{name: getattr(self, name)[chosen] for name in _ARRAYS}
        )

    def graded(self) -> Floats:
        """Return each outcome as a number from -3 to 3, positive where the right one is better.

        Both bad is a tie here; a preference without a strength counts as slight.
        """
        reach = np.maximum(self.strength, 1)
        side = np.select([self.outcome == LEFT, self.outcome == RIGHT], [-1, 1], 0)
        return (side * reach).astype(np.float64)

    def table(self, values: Floats | None = None) -> Floats:
        """Return an array of (raters, pairs), NaN where a rater did not judge a pair.

        Args:
            values: What stands in the cells, of (votes,); the outcome if not given.
        """
        table = np.full((len(self.raters), len(self.pairs)), np.nan)
        table[self.rater, self.pair] = self.outcome if values is None else values
        return table

    def pair_groups(self) -> Ints:
        """Return of each pair the number of its comparison, of (pairs,)."""
        place = {name: number for number, name in enumerate(self.comparisons)}
        return np.array([place[pair.comparison_id] for pair in self.pairs], dtype=np.int64)


_ARRAYS = ("pair", "rater", "comparison", "rating", "outcome", "strength", "first", "seconds")


class Ballots(msgspec.Struct, frozen=True, kw_only=True):
    """All ratings of a data set, sorted by what they are good for."""

    votes: Votes
    """The first rating of each rater of each comparison: of work, and of gold items."""
    repeats: Votes
    """Later ratings of the same comparison by the same rater."""
    adjudications: Votes
    """Rulings of adjudicators. The three share their pairs, raters and comparisons."""
    known: Ints
    """Of each pair `LEFT` or `RIGHT` where a gold item says which is better, else -1."""
    n_ratings: int
    """Ratings that were read."""
    set_aside: dict[str, int]
    """Ratings that cannot be used, by reason."""
    unjudged: dict[str, int]
    """Ratings that say `cannot_judge`, by rater."""
    both_bad: dict[str, int]
    """First ratings that say `both_bad`, by comparison."""
    rating_ids: tuple[str, ...]
    """Id of each rating, by the number that votes carry."""


class _Row(msgspec.Struct, frozen=True):
    """One vote, before it becomes part of arrays."""

    pair: tuple[str, int, int]
    rater: str
    rating: int
    outcome: int
    strength: int
    first: int
    seconds: float


def read_ballots(comparisons: Iterable[Comparison], ratings: Sequence[Rating]) -> Ballots:
    """Return the votes that ratings hold.

    A rating that fits no comparison or contradicts itself is set aside and counted, and never
    half used. Ratings need not be in any order: a rater's first is the one that was created first,
    or stands first where times are equal or absent. That one asked for as a repeat comes after the
    one that it repeats.
    """
    known = {comparison.id: comparison for comparison in comparisons}
    ratings = sorted(ratings, key=lambda rating: rating.created)
    aside: Counter[str] = Counter()
    unjudged: Counter[str] = Counter()
    bad: Counter[str] = Counter()
    rows: dict[str, list[_Row]] = {"votes": [], "repeats": [], "adjudications": []}
    seen: set[tuple[str, str]] = set()
    ids: set[str] = set()
    for number in sorted(range(len(ratings)), key=lambda n: ratings[n].purpose == "repeat"):
        rating = ratings[number]
        problem = "rating has the id of another" if rating.id in ids else find_fault(rating, known)
        ids.add(rating.id)
        if problem:
            aside[problem] += 1
            continue
        if rating.verdict == "cannot_judge":
            unjudged[rating.rater] += 1
            continue
        key = (rating.rater, rating.comparison_id)
        kind = "repeats" if key in seen else "votes"
        if rating.purpose == "adjudication":
            kind = "adjudications"
        else:
            seen.add(key)
        if kind == "votes" and rating.verdict == "both_bad":
            bad[rating.comparison_id] += 1
        rows[kind] += _rows(rating, number, len(known[rating.comparison_id].candidates))
    shared = _Shared(rows, known)
    return Ballots(
        votes=shared.votes(rows["votes"]),
        repeats=shared.votes(rows["repeats"]),
        adjudications=shared.votes(rows["adjudications"]),
        known=_known(shared.pairs, known),
        n_ratings=len(ratings),
        set_aside=dict(sorted(aside.items())),
        unjudged=dict(sorted(unjudged.items())),
        both_bad=dict(sorted(bad.items())),
        rating_ids=tuple(rating.id for rating in ratings),
    )


def find_fault(rating: Rating, comparisons: Mapping[str, Comparison]) -> str:
    """Return why a rating cannot be used, in words that fit many; empty if it can."""
    comparison = comparisons.get(rating.comparison_id)
    if comparison is None:
        return "rates a comparison that is not there"
    if not 2 <= len(comparison.candidates) <= MOST_CANDIDATES:
        return f"rates a comparison of fewer than 2 or more than {MOST_CANDIDATES} answers"
    if not rating.rater:
        return "names no rater"
    places = set(range(len(comparison.candidates)))
    if rating.order and (set(rating.order) != places or len(rating.order) != len(places)):
        return "was shown other answers than the comparison has"
    ranked = [place for group in rating.ranking for place in group]
    if len(set(ranked)) != len(ranked) or not set(ranked) <= places:
        return "ranks an answer twice or one that is not there"
    if rating.verdict == "ranked" and len(ranked) < 2:
        return "ranks fewer than two answers"
    if rating.verdict != "ranked" and ranked:
        return "ranks answers and says that it cannot"
    return ""


def _rows(rating: Rating, number: int, n_candidates: int) -> list[_Row]:
    """Return the pairs of one rating that has a verdict."""
    shown = {place: turn for turn, place in enumerate(rating.order)}
    rank = {place: level for level, group in enumerate(rating.ranking) for place in group}
    if rating.verdict == "both_bad":
        rank = dict.fromkeys(range(n_candidates), 0)
    seconds = rating.duration_s
    rows: list[_Row] = []
    for left, right in combinations(sorted(rank), 2):
        outcome = LEFT if rank[left] < rank[right] else RIGHT
        if rank[left] == rank[right]:
            outcome = BAD if rating.verdict == "both_bad" else TIE
        top = min(rank[left], rank[right]) == 0 and outcome in (LEFT, RIGHT)
        first = -1 if not shown else LEFT if shown[left] < shown[right] else RIGHT
        rows.append(
            _Row(
                pair=(rating.comparison_id, left, right),
                rater=rating.rater,
                rating=number,
                outcome=outcome,
                strength=min(3, max(0, rating.strength)) if top else 0,
                first=first,
                seconds=seconds if LEAST_S <= seconds <= MOST_S else float("nan"),
            )
        )
    return rows


class _Shared:
    """What votes, repeats and adjudications have in common, each in one sorted order."""

    def __init__(
        self, rows: Mapping[str, list[_Row]], comparisons: Mapping[str, Comparison]
    ) -> None:
        every = [row for kind in rows.values() for row in kind]
        keys = sorted({row.pair for row in every})
        self.raters = tuple(sorted({row.rater for row in every}))
        self.comparisons = tuple(sorted({row.pair[0] for row in every}))
        self._pair = {key: number for number, key in enumerate(keys)}
        self._rater = {name: number for number, name in enumerate(self.raters)}
        self._comparison = {name: number for number, name in enumerate(self.comparisons)}
        self.pairs = tuple(
            Pair(
                comparison_id=name,
                left=left,
                right=right,
                left_source=comparisons[name].candidates[left].source,
                right_source=comparisons[name].candidates[right].source,
            )
            for name, left, right in keys
        )

    def votes(self, rows: Sequence[_Row]) -> Votes:
        """Return rows as arrays, in an order that does not depend on that of the ratings."""
        rows = sorted(rows, key=lambda row: (row.rating, row.pair))

        def whole(values: Iterable[int]) -> Ints:
            return np.fromiter(values, dtype=np.int64, count=len(rows))

        return Votes(
            pairs=self.pairs,
            raters=self.raters,
            comparisons=self.comparisons,
            pair=whole(self._pair[row.pair] for row in rows),
            rater=whole(self._rater[row.rater] for row in rows),
            comparison=whole(self._comparison[row.pair[0]] for row in rows),
            rating=whole(row.rating for row in rows),
            outcome=whole(row.outcome for row in rows),
            strength=whole(row.strength for row in rows),
            first=whole(row.first for row in rows),
            seconds=np.array([row.seconds for row in rows], dtype=np.float64),
        )


def _known(pairs: Sequence[Pair], comparisons: Mapping[str, Comparison]) -> Ints:
    """Return which side of each pair a gold item names as best; other pairs stay unknown."""
    known = np.full(len(pairs), -1, dtype=np.int64)
    for number, pair in enumerate(pairs):
        gold = comparisons[pair.comparison_id].gold
        if gold is not None and gold in (pair.left, pair.right):
            known[number] = LEFT if gold == pair.left else RIGHT
    return known
