"""Measures obscene, abusive and adult text by a list of terms, and can drop it.

A list cannot tell abuse from a quotation of it. It finds what is thick with such terms, as comment
sections and adult sites are; for finer judgement train a classifier.
"""

from __future__ import annotations

import re
from functools import cache
from typing import ClassVar, NamedTuple
from urllib.parse import urlsplit

import ahocorasick
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from etude.stages.corpus.batch import drop_where, texts, with_signal
from etude.stages.corpus.lexicons.toxic_terms import Term, adult_hosts, toxic_terms
from etude.stages.corpus.steps._base import Step

_CATEGORIES = ("obscene", "slur", "adult")
# A word and the space behind it, in bytes of UTF-8, over languages; good enough to divide by.
_BYTES_A_WORD = 6
_LEET = str.maketrans("013457@$!|", "oieastasii")
# Scripts that put no spaces between words begin here.
_NO_SPACES = 0x2E80
_OTHER_SCRIPTS = ("ar", "hi", "ja", "ko", "ru", "zh")
# English terms that are understood in all languages, and words of none.
_PLAINEST = "en-plain"
_PLAIN_WEIGHT = 0.9
_NOT_LETTER = re.compile(r"[^a-z]+")


class _Hits(NamedTuple):
    """What was found in one text."""

    toxic: float
    adult: float
    n: int


class Toxicity(Step, frozen=True, kw_only=True):
    """Adds the signals `toxic_density`, `adult_density` and `adult_url`; drops above thresholds."""

    changes_text: ClassVar[bool] = False

    max_toxic: float | None = 1.0
    """Most obscene and abusive terms for 100 words, each counted with its weight of 0 to 1; `None`
    drops none. Not a published threshold."""
    max_adult: float | None = 2.0
    """The same for adult terms."""
    min_terms: int = 3
    """Texts with fewer terms stay, however short they are."""
    adult_urls: bool = True
    """Drop documents from hosts whose names mark adult sites."""
    languages: tuple[str, ...] = ()
    """Languages whose terms count (ISO 639-1) in every document. Empty takes each document's own
    language and the plainest terms of English; of a document whose language is not known, English
    and languages of other scripts. What is harmless in one language may be a term of another."""
    obfuscated: bool = False
    """Also read digits and signs as the letters that they stand for, as in `sh1t`; slower."""

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the batch with the signals; documents above a threshold marked."""
        column = texts(batch)
        languages = batch.column("language").to_pylist()
        hits = [
            self._hits(text, self.languages or spoken_in(language))
            for text, language in zip(column.to_pylist(), languages, strict=True)
        ]
        words = pc.binary_length(column).to_numpy(zero_copy_only=False) / _BYTES_A_WORD
        hundreds = np.maximum(words, 1) / 100
        toxic = np.array([hit.toxic for hit in hits], dtype=np.float32) / hundreds
        adult = np.array([hit.adult for hit in hits], dtype=np.float32) / hundreds
        enough = np.array([hit.n for hit in hits], dtype=np.int64) >= self.min_terms
        urls = np.array([is_adult_url(url) for url in batch.column("url").to_pylist()], dtype=bool)
        batch = with_signal(batch, "toxic_density", toxic)
        batch = with_signal(batch, "adult_density", adult)
        batch = with_signal(batch, "adult_url", urls)
        rules: dict[str, npt.NDArray[np.bool_]] = {}
        if self.adult_urls:
            rules["adult address"] = urls
        if self.max_toxic is not None:
            rules["toxic"] = enough & (toxic > self.max_toxic)
        if self.max_adult is not None:
            rules["adult"] = enough & (adult > self.max_adult)
        return drop_where(batch, rules) if any(mask.any() for mask in rules.values()) else batch

    def _hits(self, text: str | None, languages: tuple[str, ...]) -> _Hits:
        """Return the weights of the terms in a text."""
        lower = (text or "").lower()
        found = _found(lower, languages)
        if self.obfuscated:
            found |= _found(lower.translate(_LEET), languages)
        if not found:
            return _Hits(0.0, 0.0, 0)
        sums = dict.fromkeys(_CATEGORIES, 0.0)
        for _, term in found:
            sums[term.category] += term.weight
        return _Hits(sums["obscene"] + sums["slur"], sums["adult"], len(found))


def spoken_in(language: str) -> tuple[str, ...]:
    """Return the languages whose terms count in a document; its own may be empty or `und`."""
    if language in {"", "und"}:
        return ("en", *_OTHER_SCRIPTS)
    return ("en",) if language == "en" else (language, _PLAINEST)


def toxic_found(text: str, language: str = "en") -> list[tuple[int, Term]]:
    """Return the terms in a text and where in its lower-case form each ends, in order."""
    found = _found(text.lower(), spoken_in(language))
    return sorted(found, key=lambda hit: (hit[0], hit[1].text))


def is_adult_url(url: str) -> bool:
    """Say whether the name of an address's host marks an adult site."""
    if not url:
        return False
    try:
        host = (urlsplit(url if "//" in url else f"//{url}").hostname or "").lower()
    except ValueError:
        return False
    parts = adult_hosts()
    return any(part in host for part in parts.anywhere) or not parts.words.isdisjoint(
        _NOT_LETTER.split(host)
    )


def _found(lower: str, languages: tuple[str, ...]) -> set[tuple[int, Term]]:
    """Return the terms in a lower-case text that stand there as words and in no exception."""
    words: list[tuple[int, Term]] = []
    spared: list[tuple[int, int]] = []
    for last, term in _automaton(languages).iter(lower):
        start, end = last + 1 - len(term.text), last + 1
        if term.category == "except":
            spared.append((start, end))
        elif _is_word(lower, start, end, term):
            words.append((end, term))
    # Of terms that begin together the longest counts, so that endings do not count twice.
    longest: dict[int, tuple[int, Term]] = {}
    for end, term in words:
        start = end - len(term.text)
        if not any(low <= start and end <= high for low, high in spared):
            known = longest.get(start)
            if known is None or known[0] < end:
                longest[start] = (end, term)
    return set(longest.values())


def _is_word(lower: str, start: int, end: int, term: Term) -> bool:
    """Say whether a term stands as a word, and is no part of a longer one."""
    if ord(term.text[0]) >= _NO_SPACES:
        return True
    if start and (lower[start - 1].isalnum() or lower[start - 1] == "_"):
        return False
    behind = lower[end : end + 1]
    return term.open_end or not (behind.isalnum() or behind == "_")


@cache
def _automaton(languages: tuple[str, ...]) -> ahocorasick.Automaton:
    automaton = ahocorasick.Automaton()
    for term in toxic_terms():
        plain = term.language == "en" and term.weight >= _PLAIN_WEIGHT
        if term.language in languages or (plain and _PLAINEST in languages):
            automaton.add_word(term.text, term)
    # Without any term it could not be asked.
    automaton.add_word("\0", Term("\0", "except", 0.0, "", False))
    automaton.make_automaton()
    return automaton
