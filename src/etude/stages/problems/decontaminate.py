"""Find problems that hold a benchmark's items, by the runs of words that they share."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

import msgspec

_WORD = re.compile(r"[^\W_]++")


class Contamination(msgspec.Struct, frozen=True, kw_only=True):
    """A problem that holds a benchmark's item, or is held in one."""

    place: int
    """Place of the problem among those given."""
    item: str
    """Id of the item."""
    share: float
    """Share of the shorter one's runs of words that the other has, from 0 to 1."""


def find_contamination(
    statements: Sequence[str],
    items: Iterable[tuple[str, str]],
    *,
    n_words: int = 8,
    share: float = 0.5,
) -> list[Contamination]:
    """Return the problems that share runs of words with an item, each with its nearest item.

    Numbers are words: a problem that takes over an item's sentences with other numbers shares the
    runs between the numbers only.

    Args:
        statements: The problems.
        items: The benchmark's, each with its id.
        n_words: Length of a run (Brown et al. 2020 take 13 for documents; problems are shorter). A
            text of fewer words is one run.
        share: From which share of the runs of the shorter text on.
    """
    owners: dict[int, list[str]] = defaultdict(list)
    n_runs: dict[str, int] = {}
    for name, text in items:
        runs = set(_runs(text, n_words))
        n_runs[name] = len(runs)
        for run in runs:
            owners[run].append(name)
    found = []
    for place, statement in enumerate(statements):
        mine = set(_runs(statement, n_words))
        shared = Counter(name for run in mine for name in owners.get(run, ()))
        shares = [(n / min(n_runs[name], len(mine)), name) for name, n in shared.items()]
        most, name = max(shares, default=(0.0, ""))
        if most >= share:
            found.append(Contamination(place=place, item=name, share=round(most, 3)))
    return found


def _runs(text: str, n_words: int) -> Iterator[int]:
    words = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    for first in range(max(1, len(words) - n_words + 1) if words else 0):
        yield hash(tuple(words[first : first + n_words]))
