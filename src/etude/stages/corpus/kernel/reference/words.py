"""Words of a text as spaCy 3.8 splits English, whitespace left out as datatrove leaves it out."""

from collections.abc import Iterator
from typing import NamedTuple

from etude.stages.corpus.kernel.reference._rules import (
    infixes,
    is_url,
    prefix_length,
    suffix_length,
)
from etude.stages.corpus.kernel.reference._tables import classes, english

STOP_WORDS = ("to", "with", "and", "be", "have", "the", "that", "of")
"""Gopher's, in the order of their bits."""


class Word(NamedTuple):
    """A word and where it is."""

    text: str
    start: int
    """Characters before it in the text."""
    gap: bool
    """Whether whitespace other than exactly one blank stands before it."""

    @property
    def end(self) -> int:
        """Where it ends, in characters."""
        return self.start + len(self.text)


class Split(NamedTuple):
    """A text in words."""

    words: list[Word]
    end_gap: bool
    """Whether whitespace other than exactly one blank stands after the last word."""


def split(text: str) -> Split:
    """Split a text."""
    words: list[Word] = []
    place, end_gap = 0, False
    while place < len(text):
        start = _skip(text, place, space=True)
        gap = start > place and (text[place:start] != " " or place == 0)
        place = _skip(text, start, space=False)
        if start == place:
            end_gap = gap
            break
        chunk = text[start:place]
        for token in split_chunk(chunk):
            words.append(Word(token, start, gap))
            start, gap = start + len(token), False
    return Split(_join_phrases(words), end_gap)


def _skip(text: str, place: int, *, space: bool) -> int:
    while place < len(text) and ("SPACE" in classes(text[place])) == space:
        place += 1
    return place


def split_chunk(chunk: str) -> list[str]:
    """Split what stands between whitespace, by exceptions, affixes, URLs and infixes."""
    exceptions = english().exceptions
    start, end = 0, len(chunk)
    before: list[str] = []
    after: list[str] = []

    def is_exception(first: int, last: int) -> bool:
        return first < last <= first + 30 and chunk[first:last] in exceptions

    while start < end and not is_exception(start, end):
        prefix = prefix_length(chunk, start, end)
        if prefix and is_exception(start + prefix, end):
            before.append(chunk[start : start + prefix])
            start += prefix
            break
        suffix = suffix_length(chunk, start + prefix, end)
        if suffix and is_exception(start, end - suffix):
            after.append(chunk[end - suffix : end])
            end -= suffix
            break
        if not prefix and not suffix:
            break
        if prefix:
            before.append(chunk[start : start + prefix])
        if suffix:
            after.append(chunk[end - suffix : end])
        start, end = start + prefix, end - suffix
    return [*before, *_split_stem(chunk[start:end]), *reversed(after)]


def _split_stem(stem: str) -> list[str]:
    if stem in english().exceptions:
        return english().exceptions[stem]
    if not stem or is_url(stem):
        return [stem] if stem else []
    tokens = []
    start = 0
    for infix in infixes().finditer(stem):
        if infix.start() == 0:  # it stays with what follows
            continue
        if infix.start() > start:
            tokens.append(stem[start : infix.start()])
        tokens.append(infix.group())
        start = infix.end()
    if start < len(stem):
        tokens.append(stem[start:])
    return tokens


def _join_phrases(words: list[Word]) -> list[Word]:
    """Join tokens that make up an exception: of those that overlap the longest, then the first."""
    seen: set[int] = set()
    joined: dict[int, tuple[int, str]] = {}
    found = sorted(_find_phrases(words), key=lambda match: (-match[1], match[0]))
    for i, size, text in found:
        # spaCy looks for phrases in tokens alone, but joins those only that touch.
        touch = words[i + size - 1].end == words[i].start + len(text)
        if i not in seen and i + size - 1 not in seen and touch:
            joined[i] = (size, text)
        seen.update(range(i, i + size))
    out: list[Word] = []
    i = 0
    while i < len(words):
        size, text = joined.get(i, (1, ""))
        tokens = english().exceptions[text] if text else [words[i].text]
        start, gap = words[i].start, words[i].gap
        for token in tokens:
            out.append(Word(token, start, gap))
            start, gap = start + len(token), False
        i += size
    return out


def _find_phrases(words: list[Word]) -> Iterator[tuple[int, int, str]]:
    """Yield place, number of tokens and text of each phrase; whitespace tokens break phrases."""
    phrases = english().phrases
    sizes: dict[str, set[int]] = {}
    for tokens in phrases:
        sizes.setdefault(tokens[0], set()).add(len(tokens))
    for i, word in enumerate(words):
        for size in sizes.get(word.text, ()):
            some = words[i : i + size]
            text = phrases.get(tuple(other.text for other in some))
            if len(some) == size and text and not any(other.gap for other in some[1:]):
                yield i, size, text


def is_symbol(word: str) -> bool:
    """Whether every character is in datatrove's PUNCTUATION_SET."""
    return all("SYMBOL" in classes(char) for char in word)


def has_letter(word: str) -> bool:
    """Whether some character is alphabetic."""
    return any("ALPHA" in classes(char) for char in word)


def ends_sentence(word: str) -> bool:
    """Whether spaCy's sentencizer takes the word for the end of a sentence."""
    return len(word) == 1 and "SENTENCE_END" in classes(word)


def is_punctuation(word: str) -> bool:
    """Whether every character is punctuation by its category."""
    return all("PUNCT" in classes(char) for char in word)


def flags(word: str) -> int:
    """Return the bits of words.h for a word."""
    bits = (
        (not is_symbol(word))
        | has_letter(word) << 1
        | ends_sentence(word) << 2
        | is_punctuation(word) << 3
    )
    return bits | (1 << (8 + STOP_WORDS.index(word)) if word in STOP_WORDS else 0)
