"""Features from text: hashed words and pairs of words, as a sparse matrix of rows."""

import re
import zlib
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_N_BUCKETS = 1 << 14
"""Most columns of a matrix; runs of words that fall into one are not told apart."""
_WORD = re.compile(r"\w+|[^\w\s]")
_LONGEST = 20_000


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """A sparse matrix by rows. A column that occurs twice in a row counts with the sum."""

    columns: Ints
    values: Floats
    owners: Ints
    """The row of each value, ascending."""
    n_rows: int
    n_columns: int
    """Buckets that any text of the whole set fell into."""

    def take(self, places: Ints) -> "Rows":
        """Return some of the rows, in the order of `places`."""
        starts = np.searchsorted(self.owners, places, side="left")
        lengths = np.searchsorted(self.owners, places, side="right") - starts
        new = np.cumsum(lengths) - lengths
        flat = np.arange(int(lengths.sum())) + np.repeat(starts - new, lengths)
        return Rows(
            columns=self.columns[flat],
            values=self.values[flat],
            owners=np.repeat(np.arange(len(places)), lengths),
            n_rows=len(places),
            n_columns=self.n_columns,
        )

    def times(self, weights: Floats) -> Floats:
        """Return the product with weights of (columns, classes), as (rows, classes)."""
        products = [
            np.bincount(self.owners, self.values * column[self.columns], minlength=self.n_rows)
            for column in weights.T
        ]
        return np.stack(products, axis=1)

    def transposed_times(self, values: Floats) -> Floats:
        """Return the product of the transpose with (rows, classes), as (columns, classes)."""
        products = [
            np.bincount(self.columns, self.values * column[self.owners], minlength=self.n_columns)
            for column in values.T
        ]
        return np.stack(products, axis=1)


def hash_texts(texts: Sequence[str]) -> Rows:
    """Return one row of length one for each text: rare words count more (tf-idf)."""
    found = [_runs(text) for text in texts]
    lengths = [len(runs) for runs in found]
    buckets = np.array([bucket for runs in found for bucket in runs], dtype=np.int64)
    used, columns = np.unique(buckets, return_inverse=True)
    counts = np.array([count for runs in found for count in runs.values()], dtype=np.float64)
    owners = np.repeat(np.arange(len(texts)), lengths)
    spread = np.bincount(columns)
    values = np.log1p(counts) * (1.0 + np.log((1.0 + len(texts)) / (1.0 + spread[columns])))
    norms = np.sqrt(np.bincount(owners, values**2, minlength=len(texts)))
    return Rows(
        columns=columns,
        values=values / norms[owners],
        owners=owners,
        n_rows=len(texts),
        n_columns=len(used),
    )


def hash_differences(better: Sequence[str], worse: Sequence[str]) -> Rows:
    """Return one row for each pair: the row of the first text less that of the second."""
    both = hash_texts([*better, *worse])
    n = len(better)
    pair = both.owners % n
    order = np.argsort(pair, kind="stable")
    signed = np.where(both.owners < n, both.values, -both.values)
    return Rows(
        columns=both.columns[order],
        values=signed[order],
        owners=pair[order],
        n_rows=n,
        n_columns=both.n_columns,
    )


def _runs(text: str) -> Counter[int]:
    words = _WORD.findall(text[:_LONGEST].casefold())
    runs = [*words, *(f"{a} {b}" for a, b in pairwise(words))]
    return Counter(zlib.crc32(run.encode("utf-8", "surrogatepass")) % _N_BUCKETS for run in runs)
