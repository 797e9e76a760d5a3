"""Statistics of published filters, in plain Python: what the kernel must agree with."""

import hashlib
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from etude.stages.corpus.kernel._texts import Texts
from etude.stages.corpus.kernel.columns import SHORT_LINE, C4Rules
from etude.stages.corpus.kernel.reference._tables import classes
from etude.stages.corpus.kernel.reference.redpajama import redpajama
from etude.stages.corpus.kernel.reference.sentences import n_sentences
from etude.stages.corpus.kernel.reference.words import Word, has_letter, is_symbol, split

Floats = npt.NDArray[np.float64]

_BREAKS = re.compile("\n+")
_BLANK = re.compile("\n{2,}")
_CITATION = re.compile(r"\[\d*\]|\[edit\]|\[citation needed\]")
_ELLIPSES = ("...", "…")
_POLICY = (
    "terms of use",
    "privacy policy",
    "cookie policy",
    "uses cookies",
    "use of cookies",
    "use cookies",
)
_STOP_WORDS = {"be", "to", "of", "the", "and", "that", "have", "with"}


def measure(
    texts: Texts, arrays: Mapping[str, Floats], rules: C4Rules, short_line: int
) -> list[str]:
    """Fill the rows of the texts that are not empty; return what C4 leaves of each text."""
    left = []
    for index in range(len(texts)):
        text = texts.text(index).decode(errors="replace")
        new = _measure_one(text, index, arrays, rules, short_line) if text else ""
        left.append(new)
    return left


def text_keys(texts: Texts) -> npt.NDArray[np.uint64]:
    """Return a hash of each text."""
    digests = (hashlib.blake2b(texts.text(i), digest_size=8).digest() for i in range(len(texts)))
    return np.frombuffer(b"".join(digests), dtype=np.uint64)


def _measure_one(
    text: str, index: int, arrays: Mapping[str, Floats], rules: C4Rules, short_line: int
) -> str:
    cut = split(text)
    words = cut.words
    if "repetition" in arrays:
        arrays["repetition"][index] = repetition(text, words)
    if "quality" in arrays:
        arrays["quality"][index] = quality(text, words)
    if "fineweb" in arrays:
        arrays["fineweb"][index] = fineweb(text, len(words), short_line)
    if "redpajama" in arrays:
        arrays["redpajama"][index] = redpajama(text, cut)
    if "c4" not in arrays:
        return ""
    numbers, new = c4(text, rules)
    arrays["c4"][index] = numbers
    if numbers[0] == 0:
        arrays["after"][index] = fineweb(new, int(numbers[-1]), SHORT_LINE)
    return new


def repetition(text: str, words: Sequence[Word]) -> list[float]:
    """How much of a text repeats itself (Gopher)."""
    found: list[float] = []
    for parts in (_BLANK.split(text.strip()), _BREAKS.split(text)):
        copies = _copies(parts)
        found += [len(copies) / len(parts), sum(map(len, copies)) / len(text)]
    strings = [word.text for word in words]
    for n in (2, 3, 4):
        grams = Counter(" ".join(strings[i : i + n]) for i in range(len(strings) - n + 1))
        # `max` takes the first of those that are equally frequent.
        top = max(grams.items(), key=lambda item: item[1], default=("", 0))
        found.append(len(top[0]) * top[1] / len(text))
    found += [_repeated_chars(strings, n) / len(text) for n in range(5, 11)]
    return found


def _copies(parts: Sequence[str]) -> list[str]:
    seen: set[str] = set()
    copies = []
    for part in parts:
        if part in seen:
            copies.append(part)
        seen.add(part)
    return copies


def _repeated_chars(words: Sequence[str], n: int) -> int:
    seen: set[str] = set()
    chars = i = 0
    while i + n <= len(words):
        gram = "".join(words[i : i + n])
        if gram in seen:
            chars += len(gram)
            i += n
        else:
            seen.add(gram)
            i += 1
    return chars


def quality(text: str, words: Sequence[Word]) -> list[float]:
    """What tells prose from other text (Gopher)."""
    counted = [len(word.text) for word in words if not is_symbol(word.text)]
    lines = text.splitlines()
    n = len(words)
    return [
        n,
        len(counted),
        _share(sum(counted), len(counted)),
        _share(text.count("#"), n),
        _share(sum(map(text.count, _ELLIPSES)), n),
        _share(sum(line.lstrip().startswith(("•", "-")) for line in lines), len(lines)),
        _share(sum(line.rstrip().endswith(_ELLIPSES) for line in lines), len(lines)),
        _share(sum(has_letter(word.text) for word in words), n),
        len(_STOP_WORDS.intersection(word.text for word in words)),
    ]


def fineweb(text: str, n_words: int, short_line: int) -> list[float]:
    """What tells running text from lists (FineWeb)."""
    lines = [line for line in text.split("\n") if line.strip()]
    n_breaks = text.count("\n")
    if not lines:
        blank = _share(0, len(text) - n_breaks)
        return [0, math.nan, math.nan, blank, _share(n_breaks, n_words)]
    return [
        len(lines),
        sum("TERMINAL" in classes(line[-1]) for line in lines) / len(lines),
        sum(len(line) <= short_line for line in lines) / len(lines),
        sum(map(len, _copies(lines))) / (len(text) - n_breaks),
        _share(n_breaks, n_words),
    ]


def c4(text: str, rules: C4Rules) -> tuple[list[float], str]:
    """Count lines by what C4 does with them; return the counts and what is left of the text."""
    lines = text.splitlines()
    dropped: Counter[str] = Counter()
    kept: list[str] = []
    sentences = n_words = verdict = 0
    for line in map(str.strip, lines):
        new = _CITATION.sub("", line) if rules.remove_citations else line
        fate = _c4_fate(line.split(), new, rules)
        if isinstance(fate, int):
            verdict = fate
            break
        dropped[fate] += 1
        if fate == "":
            cut = split(new)
            kept.append(new)
            sentences += n_sentences(cut)
            n_words += len(cut.words)
    if not verdict and rules.min_sentences >= 0 and sentences < rules.min_sentences:
        verdict = 3
    reasons = ("long", "punctuation", "few", "javascript", "policy")
    counts = [*(dropped[reason] for reason in reasons), sentences, n_words]
    left = "" if verdict else "\n".join(kept).strip()
    return [verdict, len(lines), len(kept), *counts], left


def _c4_fate(chunks: Sequence[str], line: str, rules: C4Rules) -> str | int:
    """Why a line goes, or the number of why the document does; empty if it stays."""
    lower = line.lower()
    sentence = line.endswith((".", "?", "!", '"', "'")) and not line.endswith("...")
    fates: list[tuple[bool, str | int]] = [
        (0 <= rules.longest_word < max(map(len, chunks), default=0), "long"),
        (rules.need_punctuation and not sentence, "punctuation"),
        (len(chunks) < rules.min_words, "few"),
        (rules.no_lorem_ipsum and "lorem ipsum" in lower, 1),
        (rules.no_javascript and "javascript" in lower, "javascript"),
        (rules.no_curly_bracket and "{" in line, 2),
        (rules.no_policy and any(phrase in lower for phrase in _POLICY), "policy"),
    ]
    return next((fate for holds, fate in fates if holds), "")


def _share(part: float, whole: int) -> float:
    # What C makes of a division by zero.
    return part / whole if whole else math.nan if not part else math.inf
