"""Pace: how far a run is, what it has cost so far and how long the rest will take."""

import resource
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable

import msgspec

from etude.stages.swe.ledger import Verdict


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a run is, told after every step."""

    codebase: str
    doing: str
    number: int = 1
    """Which of the codebases this is, counted from 1."""
    n_codebases: int = 1
    n_kept: int = 0
    """Of this codebase."""
    n_wanted: int = 0
    n_judged: int = 0
    machine_s: float = 0.0
    """Spent on this codebase so far, boxes side by side added up."""
    n_tasks: int = 0
    """Of all codebases so far."""
    left_s: float | None = None
    """Wall seconds until all that is wanted is made, at the pace of this sitting; `None` while
    nothing was made in it."""


Tell = Callable[[Progress], None]


class MakerShare(msgspec.Struct, frozen=True, kw_only=True):
    """What one maker of bugs gave, and what its bugs cost."""

    maker: str
    n_kept: int = 0
    n_judged: int = 0
    machine_s: float = 0.0
    """Of judging its bugs; what is done once for a codebase is not in it."""


def by_maker(seen: Iterable[Verdict], kept: Iterable[Verdict]) -> tuple[MakerShare, ...]:
    """Return what each maker gave, by name."""
    n_judged: dict[str, int] = defaultdict(int)
    n_kept: dict[str, int] = defaultdict(int)
    spent: dict[str, float] = defaultdict(float)
    for verdict in seen:
        n_judged[verdict.maker] += 1
        spent[verdict.maker] += verdict.duration_s
    for verdict in kept:
        n_kept[verdict.maker] += 1
    return tuple(
        MakerShare(
            maker=maker,
            n_kept=n_kept[maker],
            n_judged=n_judged[maker],
            machine_s=round(spent[maker], 1),
        )
        for maker in sorted(n_judged)
    )


def add_shares(shares: Iterable[MakerShare]) -> tuple[MakerShare, ...]:
    """Add up what each maker gave over codebases."""
    total: dict[str, MakerShare] = {}
    for one in shares:
        so_far = total.get(one.maker, MakerShare(maker=one.maker))
        total[one.maker] = MakerShare(
            maker=one.maker,
            n_kept=so_far.n_kept + one.n_kept,
            n_judged=so_far.n_judged + one.n_judged,
            machine_s=round(so_far.machine_s + one.machine_s, 1),
        )
    return tuple(total[maker] for maker in sorted(total))


class Pace:
    """Adds to the progress of one codebase what is known of the whole run."""

    def __init__(self, tell: Tell, n_codebases: int, limit: int) -> None:
        """Begin a sitting.

        Args:
            tell: Who is told.
            n_codebases: How many there are in all.
            limit: Tasks wanted of each.
        """
        self._tell = tell
        self._n_codebases = n_codebases
        self._limit = limit
        self._number = 0
        self._n_before = 0
        self._n_fresh = 0
        self._spent_s = 0.0
        self._since = time.monotonic()

    def begin(self, n_tasks: int) -> None:
        """Go on to the next codebase; so many tasks are kept of those before."""
        self._number += 1
        self._n_before = n_tasks

    def took(self, *, fresh: bool) -> None:
        """Say that a task was kept: `fresh` if it was judged in this sitting."""
        now = time.monotonic()
        if fresh:
            self._n_fresh += 1
            self._spent_s += now - self._since
        self._since = now

    def tell(self, progress: Progress) -> None:
        """Pass progress on."""
        left = self._limit * (self._n_codebases - self._number) + self._limit - progress.n_kept
        each_s = self._spent_s / self._n_fresh if self._n_fresh else None
        self._tell(
            msgspec.structs.replace(
                progress,
                number=self._number,
                n_codebases=self._n_codebases,
                n_tasks=self._n_before + progress.n_kept,
                left_s=None if each_s is None else round(left * each_s, 1),
            )
        )


def peak_mb() -> float:
    """Return the memory of the largest process so far, this one or one it waited for, in MB."""
    most = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    # Kilobytes, but bytes on a Mac.
    return round(most / (1e6 if sys.platform == "darwin" else 1e3), 1)
