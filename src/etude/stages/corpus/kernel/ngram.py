"""A language model of word n-grams: the kernel's functions, and the same in Python."""

import ctypes
import itertools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from etude.stages.corpus.kernel import grams
from etude.stages.corpus.kernel._library import library
from etude.stages.corpus.kernel._texts import Texts

MAX_ORDER = 8
BEGIN = 0x6A09E667F3BCC908
"""Hash of the word before a text."""
END = 0xBB67AE8584CAA73B
"""Hash of the word after it."""
FRAME = 256
"""What stands before and after a word's bytes in the spelling table."""
ENTRY = np.dtype([("key", "<u8"), ("log_p", "<f4"), ("log_back", "<f4")])

Int64s = npt.NDArray[np.int64]
Table = npt.NDArray[np.void]


class Ngrams(NamedTuple):
    """A model as the kernel reads it."""

    fold: bytes
    """[256]: what each byte counts as."""
    table: Table
    """ENTRY [size]: linear probing from key >> (64 - bits) on, without wrapping; key 0 is empty."""
    bits: int
    order: int
    spelling: npt.NDArray[np.float32]
    """[257, 257]: ln P(byte | byte before)."""
    log_unknown: float
    """ln of the probability of any word that is not in the table."""


class Words(NamedTuple):
    """The words of some texts, one after the other."""

    hashes: grams.Keys
    starts: Int64s
    """First byte of each word in the texts' data."""
    lengths: npt.NDArray[np.int32]
    """Bytes of each."""
    ends: Int64s
    """[texts]: how many words there are up to the end of each text."""


class Scores(NamedTuple):
    """What a model says of some texts, one number for each."""

    log_p: npt.NDArray[np.float64]
    """ln of the probability of the whole text, its end included."""
    words: Int64s
    """Its words; its end counts as one."""
    unknown: Int64s
    """How many of them the model does not know."""


class _Ngram(ctypes.Structure):
    _fields_ = (
        ("fold", ctypes.c_char_p),
        ("table", ctypes.c_void_p),
        *((name, ctypes.c_int64) for name in ("size", "bits", "order")),
        ("spelling", ctypes.c_void_p),
        ("log_unknown", ctypes.c_double),
    )


def split(fold: bytes, texts: Texts) -> Words:
    """Return the words of some texts."""
    kernel = library()
    if kernel is None:
        return split_in_python(fold, texts)
    kernel.ngram_words.restype = ctypes.c_int64
    ends = np.zeros(len(texts), dtype=np.int64)
    hashes = np.zeros(0, dtype=np.uint64)
    starts = np.zeros(0, dtype=np.int64)
    lengths = np.zeros(0, dtype=np.int32)
    for _ in range(2):  # counted first, then filled
        room = kernel.ngram_words(
            ctypes.c_char_p(fold),
            *(_at(values) for values in texts),
            ctypes.c_int64(len(texts)),
            *(_at(values) for values in (hashes, starts, lengths)),
            ctypes.c_int64(len(hashes)),
            _at(ends),
        )
        if room == len(hashes):
            break
        hashes = np.empty(room, dtype=np.uint64)
        starts = np.empty(room, dtype=np.int64)
        lengths = np.empty(room, dtype=np.int32)
    return Words(hashes, starts, lengths, ends)


def spell(fold: bytes, texts: Texts, words: Words, counts: Int64s) -> None:
    """Add the pairs of neighbouring bytes of some words to `counts` [257, 257]."""
    kernel = library()
    if kernel is None:
        spell_in_python(fold, texts, words, counts)
        return
    kernel.ngram_spell(
        ctypes.c_char_p(fold),
        _at(texts.data),
        _at(words.starts),
        _at(words.lengths),
        ctypes.c_int64(len(words.starts)),
        _at(counts),
    )


def score(model: Ngrams, texts: Texts) -> Scores:
    """Return how likely the model finds each text."""
    kernel = library()
    if kernel is None:
        return score_in_python(model, texts)
    log_p = np.zeros(len(texts), dtype=np.float64)
    words = np.zeros(len(texts), dtype=np.int64)
    unknown = np.zeros(len(texts), dtype=np.int64)
    spelling = np.ascontiguousarray(model.spelling, dtype=np.float32)
    inner = _Ngram(
        model.fold,
        _at(model.table),
        len(model.table),
        model.bits,
        model.order,
        _at(spelling),
        model.log_unknown,
    )
    kernel.ngram_score(
        ctypes.byref(inner),
        *(_at(values) for values in texts),
        ctypes.c_int64(len(texts)),
        *(_at(values) for values in (log_p, words, unknown)),
    )
    return Scores(log_p, words, unknown)


def keys_of(hashes: list[int]) -> list[int]:
    """Return the keys of the sequences that end with the last of some words, shortest first."""
    keys, key = [], grams.WORDS
    for word in reversed(hashes):
        key = grams.chain(key, word)
        keys.append(key or 1)
    return keys


def look_up(model: Ngrams, key: int) -> int | None:
    """Return where a sequence stands in the table, or nothing."""
    keys = model.table["key"]
    for place in range(key >> (64 - model.bits), len(keys)):
        if keys[place] == key:
            return place
        if not keys[place]:
            break
    return None


def split_in_python(fold: bytes, texts: Texts) -> Words:
    """Do what `split` does, without the kernel."""
    hashes, starts, lengths, ends = [], [], [], []
    for index in range(len(texts)):
        for word in grams.read_words(texts.text(index), fold):
            hashes.append(word.hash)
            starts.append(int(texts.offsets[index]) + word.start)
            lengths.append(len(word.letters))
        ends.append(len(hashes))
    return Words(
        np.array(hashes, dtype=np.uint64),
        np.array(starts, dtype=np.int64),
        np.array(lengths, dtype=np.int32),
        np.array(ends, dtype=np.int64),
    )


def spell_in_python(fold: bytes, texts: Texts, words: Words, counts: Int64s) -> None:
    """Do what `spell` does, without the kernel."""
    for start, length in zip(words.starts, words.lengths, strict=True):
        letters = texts.data[start : start + length].tobytes().translate(fold)
        framed = [FRAME, *letters, FRAME]
        np.add.at(counts, (framed[:-1], framed[1:]), 1)


def score_in_python(model: Ngrams, texts: Texts) -> Scores:
    """Do what `score` does, without the kernel."""
    log_p = np.zeros(len(texts), dtype=np.float64)
    words = np.zeros(len(texts), dtype=np.int64)
    unknown = np.zeros(len(texts), dtype=np.int64)
    for index in range(len(texts)):
        found = list(grams.read_words(texts.text(index), model.fold))
        history = [BEGIN]
        back = _backs(model, keys_of(history))[: model.order - 1]
        total = 0.0
        for word in [*found, None]:
            history = [*history, END if word is None else word.hash][-model.order :]
            keys = keys_of(history)
            places = [look_up(model, key) for key in keys]
            known = places.index(None) if None in places else len(places)
            if known:
                cost = float(model.table["log_p"][places[known - 1]])
            else:
                unknown[index] += 1
                cost = model.log_unknown
                if word is not None:
                    cost += _spelling(model, word.letters)
            for left in back[max(known - 1, 0) :]:
                cost += left
            total += cost
            back = _backs(model, keys)[: min(known, model.order - 1)]
        log_p[index], words[index] = total, len(found) + 1
    return Scores(log_p, words, unknown)


def _backs(model: Ngrams, keys: list[int]) -> list[float]:
    """What each sequence that is known leaves to the unseen, up to the first unknown one."""
    found = []
    for key in keys:
        place = look_up(model, key)
        if place is None:
            break
        found.append(float(model.table["log_back"][place]))
    return found


def _spelling(model: Ngrams, letters: bytes) -> float:
    framed = [FRAME, *letters, FRAME]
    total = 0.0
    for before, byte in itertools.pairwise(framed):
        total += float(model.spelling[before, byte])
    return total


def _at(array: npt.NDArray[np.generic]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)
