"""Signals in the manner of RedPajama-V2, in plain Python."""

import math
import string
from collections import Counter

from etude.stages.corpus.kernel.reference._tables import classes
from etude.stages.corpus.kernel.reference.sentences import n_sentences
from etude.stages.corpus.kernel.reference.words import Split, has_letter, is_symbol

# The same function words as in redpajama.c.
_FUNCTION_WORDS = """
a about above after again against all am an and any are as at be because been before being below
both but by can could did do does doing down during each few for from further had has have having
he her here hers herself him himself his how i if in into is it its itself just me might more most
must my myself no nor not now of off on once only or other our ours out over own same shall she
should so some such than that the their theirs them then there these they this those through to
too under until up very was we were what when where which while who whom why will with would you
your yours
"""
_STOP_WORDS = frozenset(_FUNCTION_WORDS.split())
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def redpajama(text: str, cut: Split) -> list[float]:
    """Return the signals in the order of their columns."""
    words = cut.words
    counted = [word.text.translate(_LOWER) for word in words if not is_symbol(word.text)]
    counts = Counter(counted)
    n, n_all = len(counted), len(words)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    small = text.translate(_LOWER)
    symbols = text.count("#") + text.count("...") + text.count("…")
    return [
        n,
        _share(sum(map(len, counted)), n),
        _share(symbols, n_all),
        _share(len(counts), n),
        -sum(count / n * math.log(count / n) for count in counts.values()),
        _share(sum(_is_all_caps(word.text) for word in words), n_all),
        _share(sum(not has_letter(word.text) for word in words), n_all),
        _share(sum(word in _STOP_WORDS for word in counted), n),
        n_sentences(cut) if words else 0,
        small.count("lorem ipsum") / len(text),
        (text.count("{") + text.count("}")) / len(text),
        sum(map(_is_upper, text)) / len(text),
        sum(map(str.isdecimal, text)) / len(text),
        _share(sum(line.endswith((".", "!", "?", '"')) for line in lines), len(lines)),
        _share(sum(line.endswith(("...", "…")) for line in lines), len(lines)),
        _share(sum(line.startswith(("•", "-")) for line in lines), len(lines)),
        sum("javascript" in line.translate(_LOWER) for line in lines),
    ]


def _is_all_caps(word: str) -> bool:
    # Letters of scripts without case are of both classes.
    lower = any("LOWER" in classes(char) and "UPPER" not in classes(char) for char in word)
    return not lower and any(map(_is_upper, word))


def _is_upper(char: str) -> bool:
    return "UPPER" in classes(char) and "LOWER" not in classes(char)


def _share(part: float, whole: int) -> float:
    return part / whole if whole else math.nan if not part else math.inf
