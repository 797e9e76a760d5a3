"""Brings text into one form: Unicode, newlines, spaces, invisible characters."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import ClassVar, Literal

import pyarrow as pa
import pyarrow.compute as pc

from etude.stages.corpus.batch import texts, with_texts
from etude.stages.corpus.steps._base import Step

_NEWLINES = "\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
# Zero-width space, byte-order mark, word joiner, direction marks and overrides, isolates, soft
# hyphen. The joiners U+200C and U+200D stay: Indic and Arabic scripts and emoji need them.
_INVISIBLE = dict.fromkeys(
    [
        0xAD,
        0x61C,
        0x180E,
        0x200B,
        0x200E,
        0x200F,
        *range(0x202A, 0x202F),
        *range(0x2060, 0x206A),
        0xFEFF,
    ]
)
_HAS_INVISIBLE = re.compile("[" + "".join(map(chr, _INVISIBLE)) + "]")
_HYPHENATED = re.compile(r"(?<=[^\W\d_])[-\u2010]\n[ \t]*(?=[^\W\d_])")
_ODD_SPACES = re.compile("[\xa0\u2000-\u200a\u202f\u205f\u3000]")


class Normalise(Step, frozen=True, kw_only=True):
    """Rewrites only texts that need it; for plain ASCII that is told without reading it as text."""

    changes_text: ClassVar[bool] = True

    form: Literal["NFC", "NFKC", "none"] = "NFC"
    """Unicode normalisation form; NFKC also folds ligatures, full-width letters and the like."""
    trailing_spaces: bool = True
    """Remove spaces and tabs at the ends of lines and of the text, and blank lines around it."""
    odd_spaces: bool = False
    """Exchange no-break, thin and ideographic spaces for plain ones."""
    invisible: bool = True
    """Remove zero-width characters, direction controls and soft hyphens."""
    max_blank_lines: int = 2
    """Blank lines that may follow each other; more are cut; 0 keeps none."""
    join_hyphenated: bool = False
    """Join a word that was divided at the end of a line, as in text from PDF."""

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the batch with its texts in one form."""
        old = texts(batch)
        needed = pc.or_(
            pc.invert(pc.string_is_ascii(old)), pc.match_substring_regex(old, _work(self))
        )
        rows = pc.indices_nonzero(needed.fill_null(False))
        if not len(rows):
            return batch
        new = [self.normalised(text) for text in old.take(rows).to_pylist()]
        return with_texts(batch, pc.replace_with_mask(old, needed.fill_null(False), pa.array(new)))

    def normalised(self, text: str) -> str:
        """Return one text in the form."""
        if text.isascii():
            return self._once(text)
        # A removal can bring together what a rule acts on; a few rounds end in a text that stays.
        for _ in range(4):
            new = self._once(text)
            if new == text:
                break
            text = new
        return text

    def _once(self, text: str) -> str:
        text = text.replace("\r\n", "\n")
        for other in _NEWLINES:
            text = text.replace(other, "\n")
        if self.invisible and not text.isascii() and _HAS_INVISIBLE.search(text):
            text = text.translate(_INVISIBLE)
        if self.form != "none" and not unicodedata.is_normalized(self.form, text):
            text = unicodedata.normalize(self.form, text)
        if self.odd_spaces and not text.isascii():
            text = _ODD_SPACES.sub(" ", text)
        if self.trailing_spaces:
            text = "\n".join([line.rstrip() for line in text.split("\n")]).strip("\n")
        if self.join_hyphenated:
            text = _HYPHENATED.sub("", text)
        longest = "\n" * (self.max_blank_lines + 1)
        if longest + "\n" in text:
            text = _blank(self.max_blank_lines).sub(longest, text)
        return text


@cache
def _blank(most: int) -> re.Pattern[str]:
    return re.compile("\n{" + f"{most + 2},}}")


@cache
def _work(step: Normalise) -> str:
    """Return the pattern of what the step changes in an ASCII text."""
    parts = [r"[\r\x0b\x0c\x1c-\x1e]", r"\n" * (step.max_blank_lines + 2)]
    if step.trailing_spaces:
        parts += [r"[ \t\x1f]\n", r"[ \t\x1f\n]\z", r"\A\n"]
    if step.join_hyphenated:
        parts += [r"[A-Za-z]-\n"]
    return "|".join(parts)
