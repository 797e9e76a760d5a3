"""Which of several copies is kept: each document gets a score, and the highest stays."""

import functools
import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from etude.errors import ConfigError
from etude.stages.corpus.batch import SIGNAL, signal

_NAMES = ("first", "longest", "newest", "best_licence")
_SIGNAL = "signal:"
_LICENCE_RANKS = (
    # A stronger rule stands above a weaker one whose words it contains.
    (0.0, r"proprietary|all rights reserved|unlicen[cs]ed(?![- ]?license)|^none$|noassertion"),
    (2.0, r"\bnc\b|non-?commercial|\bnd\b|no-?deriv"),
    (7.0, r"cc0|public.?domain|\bpd\b|unlicense|0bsd|wtfpl|us-gov"),
    (3.0, r"agpl|affero"),
    (5.0, r"lgpl|lesser general|mpl|mozilla|epl|eclipse|cddl|eupl|by-sa|share-?alike|odbl|gfdl"),
    (4.0, r"gpl|general public"),
    (6.0, r"mit\b|bsd|apache|isc|zlib|psf|python|boost|bsl-1|cc-by|\bby\b|odc|artistic|x11|ofl"),
)
"""Higher is freer to use: public domain, permissive, weak copyleft, copyleft, network copyleft,
no commercial use or no changes, unknown words, none stated, forbidden."""
_LICENCE_UNKNOWN = 1.0
_LICENCE_NONE = 0.5


def check_keep(keep: str) -> None:
    """Refuse a setting `keep` that names no rule.

    Raises:
        ConfigError: It names none.
    """
    if keep not in _NAMES and not (keep.startswith(_SIGNAL) and len(keep) > len(_SIGNAL)):
        raise ConfigError(f"keep = {keep!r} is none of {', '.join(_NAMES)}, {_SIGNAL}NAME")


def scores(batch: pa.RecordBatch, keep: str) -> npt.NDArray[np.float64] | None:
    """Return how much each document deserves to be the copy that stays, float64 [rows].

    Returns `None` for `first`, where the order of the corpus decides; it decides between equals
    under the other rules also.

    Raises:
        ConfigError: A signal is asked for that no earlier step measured.
    """
    if keep == "first":
        return None
    if keep == "longest":
        return _floats(pc.binary_length(batch.column("text")))
    if keep == "newest":
        return _dates(batch.column("date"))
    if keep == "best_licence":
        return _licences(pc.struct_field(batch.column("origin"), "licence"))
    name = keep.removeprefix(_SIGNAL).removeprefix(SIGNAL)
    values = signal(batch, name)
    if values is None:
        raise ConfigError(f"keep = {keep!r}, but no earlier step measured {name!r}")
    return np.nan_to_num(values.astype(np.float64), nan=-np.inf, posinf=np.inf, neginf=-np.inf)


def _dates(values: pa.StringArray) -> npt.NDArray[np.float64]:
    """Return dates as numbers YYYYMMDDhhmmss; what is left out of one counts as its beginning."""
    stated = pc.match_substring_regex(values, r"^\d{4}")
    digits = pc.replace_substring_regex(values, r"\D+", "")
    digits = pc.utf8_rpad(pc.utf8_slice_codeunits(digits, 0, 14), 14, "0")
    return _floats(pc.if_else(stated, digits, "0").cast(pa.int64()))


def _licences(values: pa.StringArray) -> npt.NDArray[np.float64]:
    encoded = values.dictionary_encode()
    ranks = np.array([licence_rank(name) for name in encoded.dictionary.to_pylist()] or [0.0])
    picked: npt.NDArray[np.float64] = ranks[encoded.indices.fill_null(0).to_numpy()]
    return picked


@functools.cache
def licence_rank(expression: str) -> float:
    """Return how free a licence leaves its user: more is freer; unknown words are near the end.

    Of licences joined by OR the best counts, of those joined by AND the worst.
    """
    words = expression.strip().lower()
    if not words:
        return _LICENCE_NONE
    ways = re.split(r"\s+or\s+|/", words) if "://" not in words else [words]
    return max(min(_rank_one(name) for name in re.split(r"\s+and\s+", way)) for way in ways)


def _rank_one(name: str) -> float:
    found = (rank for rank, pattern in _LICENCE_RANKS if re.search(pattern, name))
    return next(found, _LICENCE_UNKNOWN)


def _floats(values: pa.Array) -> npt.NDArray[np.float64]:
    numbers: npt.NDArray[np.float64] = values.to_numpy(zero_copy_only=False).astype(np.float64)
    return numbers
