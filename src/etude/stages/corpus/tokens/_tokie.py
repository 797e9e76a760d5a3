r"""tokie, made to give the tokens that `tokenizers` gives.

tokie 0.1.4 is many times as fast as `tokenizers` 0.23.3. Loaded from a tokenizer's own file it gave
other tokens for 159 of 4,575 documents of mixed documentation and code. The causes, each found by
cutting a differing document down to its shortest differing string:

1. *It does not run the file's pattern.* It guesses from parts of the pattern which of its
   hand-written splitters to use, and they split otherwise: white space other than a space before a
   sign and letters (`\t(x` gives `\t` `(` `x` where the pattern says `\t` `(x`), a no-break space
   before a letter, numerals and circled letters that are alphabetic but no letters (U+2167,
   U+24D0). A pattern that it does not know, such as `\w+|\W`, is not run either.
2. *It cuts long texts to encode them on several processors*, when a batch has few texts and one of
   them has more than some tens of kB: the cut may fall into a run of white space, which then
   becomes other tokens. What comes out depends on the number of processors: with one, nothing was
   cut. Of a text of 5.5 MB with every code point in it the second half was lost.
3. *Special tokens*: both take `<|endoftext|>` within a text for the special token itself.

So here (1) tokie gets a file of our own with the pattern in a form for which it has no splitter of
its own, so that its regular-expression engine runs it; (2) no text that it sees is longer than
`LONGEST` bytes: a longer one is cut where every known pattern ends a piece anyway, and a text
that has no such place is left to `tokenizers`; (3) the file has no special tokens. What is left is
checked: the two engines' Unicode classes are compared, code point by code point, unless that was
done for these very versions (`COMPARED`), and a text with a character on which they differ is left
to `tokenizers`; every token of the vocabulary and the strings above are encoded by both when a
tokenizer is loaded; and of every batch the bytes of all tokens are counted.
"""

import json
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tokie
from tokenizers import Regex, pre_tokenizers

from etude.stages.corpus.tokens.bytelevel import to_chars
from etude.stages.corpus.tokens.patterns import Pattern

LONGEST = 16384
"""Bytes; the longest text that tokie is given at once. It cut some of 68 kB and none of 34 kB."""
COMPARED = {("0.23.3", "0.1.4")}
"""Versions of (tokenizers, tokie) whose Unicode classes were found to be the same throughout."""
CLASSES = (r"\p{L}", r"\p{N}", r"\s", r"\p{M}", r"\p{Lu}", r"\p{Ll}", "(?i:[stmdlvre])")
"""What the known patterns are made of."""

_GRAPHIC = np.zeros(256, dtype=np.bool_)
_GRAPHIC[0x21:0x7F] = True
_BEGINS = _GRAPHIC.copy()
_BEGINS[ord("/")] = False
# Lead bytes 0xE4 to 0xED: CJK and Hangul, none of which is white space.
_BEGINS[0xE4:0xEE] = True
_SPACE, _NEWLINE = 0x20, 0x0A


def load(tokenizer: dict[str, Any], pattern: Pattern) -> Any:
    """Return tokie with the vocabulary of a tokenizer file, splitting exactly by `pattern`."""
    ours = dict(tokenizer)
    ours["pre_tokenizer"] = _split(pattern.plain)
    ours["added_tokens"] = []
    ours["post_processor"] = None
    return _from_dict(ours)


def cut(data: bytes, pattern: Pattern) -> list[bytes] | None:
    """Cut a text so that its parts give the tokens of the whole; `None` where that cannot be.

    A cut lies before a space that follows a visible ASCII character: no known pattern goes on from
    one to the other. With `newline_ends`, also between a newline and
    what is neither white space nor a slash.
    """
    raw = np.frombuffer(data, dtype=np.uint8)
    before, after = raw[:-1], raw[1:]
    places = _GRAPHIC[before] & (after == _SPACE)
    if pattern.newline_ends:
        places |= (before == _NEWLINE) & _BEGINS[after]
    cuts = [0]
    candidates = np.flatnonzero(places) + 1
    while len(data) - cuts[-1] > LONGEST:
        last = int(np.searchsorted(candidates, cuts[-1] + LONGEST, side="right")) - 1
        if last < 0 or candidates[last] <= cuts[-1]:
            return None
        cuts.append(int(candidates[last]))
    return [data[a:b] for a, b in pairwise([*cuts, len(data)])]


def differing_characters() -> str:
    """Return every character that the two engines put into different classes."""
    if (version("tokenizers"), version("tokie")) in COMPARED:
        return ""
    return compare_classes()


def compare_classes(classes: Sequence[str] = CLASSES) -> str:
    """Compare classes of characters of both engines over all code points; takes seconds.

    Returns:
        The characters on which they differ, in order.
    """
    characters = "".join(map(chr, (*range(0xD800), *range(0xE000, 0x110000))))
    differ = np.zeros(len(characters), dtype=np.bool_)
    for name in classes:
        differ |= _class_by_tokenizers(name, characters) ^ _class_by_tokie(name, characters)
    return "".join(characters[i] for i in np.flatnonzero(differ))


def _class_by_tokenizers(name: str, characters: str) -> npt.NDArray[np.bool_]:
    left = pre_tokenizers.Split(Regex(f"{name}+"), "removed").pre_tokenize_str(characters)
    inside = np.ones(len(characters), dtype=np.bool_)
    for _, (start, stop) in left:
        inside[start:stop] = False
    return inside


def _class_by_tokie(name: str, characters: str) -> npt.NDArray[np.bool_]:
    """Ask whether a character and a mark after it are one piece, by a merge of the two."""
    mark = "~"
    merges = [[to_chars(bytes([byte])), mark] for byte in range(256)]
    vocab = {to_chars(bytes([byte])): byte for byte in range(256)}
    vocab |= {a + b: 256 + n for n, (a, b) in enumerate(merges)}
    engine: Any = _from_dict(
        {
            "version": "1.0",
            "added_tokens": [],
            "pre_tokenizer": _split(rf"{name}~|[\s\S]"),
            "decoder": {"type": "ByteLevel"},
            "model": {"type": "BPE", "vocab": vocab, "merges": merges, "ignore_merges": False},
        }
    )
    texts = [mark.join(characters[i : i + 1000]) + mark for i in range(0, len(characters), 1000)]
    ids, _ = engine.encode_batch_flat(texts, add_special_tokens=False)
    # The mark itself is among the characters: as such it is the first of two marks.
    marks = ids[(ids == ord(mark)) | (ids >= 256)] >= 256
    at = characters.index(mark)
    inside: npt.NDArray[np.bool_] = np.delete(marks, at)
    return inside


def _split(pattern: str) -> dict[str, object]:
    return {
        "type": "Split",
        "pattern": {"Regex": pattern},
        "behavior": "Isolated",
        "invert": False,
    }


def _from_dict(tokenizer: dict[str, Any]) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tokenizer.json"
        path.write_text(json.dumps(tokenizer), encoding="utf-8")
        return tokie.Tokenizer.from_json(str(path))
