"""Speed: how long each rater takes, beside what others take for the same comparisons."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from etude.stages.prefs.habits import one_pair_a_rating
from etude.stages.prefs.ratings import Votes

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MAD_TO_SD = 1.4826
"""Factor from the median absolute deviation to the standard deviation of a normal."""


class Speeds(msgspec.Struct, frozen=True, kw_only=True):
    """Times of ratings, split into what is due to comparison, to rater, and to neither."""

    rater: Ints
    """Of (timed ratings,)."""
    rating: Ints
    """Of (timed ratings,): numbers as `Votes` carries them."""
    ratio: Floats
    """Of (timed ratings,): time over what a typical rater takes for the same comparison."""
    pace: Floats
    """Of (raters,): middle logarithm of the ratio; NaN where no time was recorded."""
    pace_z: Floats
    """Of (raters,): robust z of the pace among raters; below -3 is far faster than the rest."""
    rating_z: Floats
    """Of (timed ratings,): robust z of each time against both its comparison and its rater."""


def measure_speeds(votes: Votes) -> Speeds:
    """Split log times by three rounds of median polish (Tukey 1977)."""
    kept = votes.take(one_pair_a_rating(votes))
    kept = kept.take(np.isfinite(kept.seconds))
    logs = np.log(kept.seconds)
    n_items, n_raters = len(votes.comparisons), len(votes.raters)
    pace = np.zeros(n_raters)
    item = np.zeros(n_items)
    for _ in range(3):
        item = grouped_median(logs - pace[kept.rater], kept.comparison, n_items)
        pace = grouped_median(logs - item[kept.comparison], kept.rater, n_raters)
        # A typical rater has pace 0, so that an item's effect is what a typical one takes.
        pace = pace - (np.nanmedian(pace) if np.isfinite(pace).any() else 0.0)
    item = grouped_median(logs - pace[kept.rater], kept.comparison, n_items)
    over = logs - item[kept.comparison]
    return Speeds(
        rater=kept.rater,
        rating=kept.rating,
        ratio=np.exp(over),
        pace=pace,
        pace_z=robust_z(pace),
        rating_z=robust_z(over - pace[kept.rater]),
    )


def robust_z(values: Floats) -> Floats:
    """Return distances from the median in units of the scaled median absolute deviation."""
    there = values[np.isfinite(values)]
    if not len(there):
        return values
    middle = float(np.median(there))
    spread = MAD_TO_SD * float(np.median(np.abs(there - middle)))
    return (values - middle) / spread if spread > 0 else np.zeros_like(values)


def grouped_median(values: Floats, group: Ints, n_groups: int) -> Floats:
    """Return the median of each group, of (groups,); NaN where it is empty."""
    order = np.lexsort((values, group))
    sizes = np.bincount(group, minlength=n_groups)
    starts = np.cumsum(sizes) - sizes
    medians = np.full(n_groups, np.nan)
    some = np.flatnonzero(sizes)
    ordered = values[order]
    low = ordered[starts[some] + (sizes[some] - 1) // 2]
    high = ordered[starts[some] + sizes[some] // 2]
    medians[some] = (low + high) / 2
    return medians
