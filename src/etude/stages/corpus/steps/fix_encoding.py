"""Repairs text that was read in the wrong encoding, as `cafÃ©` for `café`."""

from __future__ import annotations

import re
from typing import ClassVar

import ftfy
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etude.stages.corpus.batch import drop_where, texts, with_signal, with_texts
from etude.stages.corpus.steps._base import Step

# Bytes that begin a character in UTF-8 and are worth looking for in each encoding that it may have
# been read as: those of Latin letters, of punctuation and, for the first and third, of Cyrillic.
_LEADS = {
    "cp1252": bytes(range(0xC2, 0xF5)),
    "cp1250": b"\xc2\xc3\xc4\xc5\xe2",
    "cp1251": b"\xc2\xc3\xd0\xd1\xe2",
    "mac_roman": b"\xc2\xc3\xe2",
}


def _class(encoding: str, some: bytes) -> str:
    """Return a pattern of the characters that bytes become in an encoding."""
    return "[" + "".join(sorted(set(some.decode(encoding, "ignore")))) + "]"


_FOLLOWING = bytes(range(0x80, 0xC0))
# UTF-8 that was read as another encoding is pairs of a leading byte's character and a following
# byte's. Bytes that Windows-1252 lacks become control characters.
_MOJIBAKE = "|".join(
    [_class(name, leads) + _class(name, _FOLLOWING) for name, leads in _LEADS.items()]
    + ["[\u0080-\u009f]"]
)
_FOUND = re.compile(_MOJIBAKE)
_CONTROL = "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]"
_CONTROLS = re.compile(_CONTROL)
# The same for the vectorised check, which reads UTF-8; NUL must not stand in a pattern as itself.
_CONTROL_PATTERN = r"[\x00-\x08\x0e-\x1b\x7f-\x{84}\x{86}-\x{9f}]"
_REPLACEMENT = "\ufffd"


class FixEncoding(Step, frozen=True, kw_only=True):
    """Repairs line by line and only lines with a suspicious pair of characters; counts repairs."""

    changes_text: ClassVar[bool] = True

    controls: bool = True
    """Remove control characters except tab, line and page breaks."""
    max_replacement: float | None = None
    """Drop documents where more than this share of the characters is U+FFFD, which stands where
    bytes could not be read; `None` keeps all."""

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the batch repaired.

        Adds the signals `encoding_repairs` (lines) and `replacement_characters`.
        """
        old = texts(batch)
        not_ascii = pc.invert(pc.string_is_ascii(old))
        repairs = np.zeros(batch.num_rows, dtype=np.float32)
        suspect = pc.indices_nonzero(not_ascii)
        if len(suspect):
            some = old.take(suspect)
            suspect = suspect.filter(pc.match_substring_regex(some, _MOJIBAKE))
        changed: dict[int, str] = {}
        rows = suspect.to_pylist()
        for row, text in zip(rows, old.take(suspect).to_pylist(), strict=True):
            new, repairs[row] = repaired(text)
            if new != text:
                changed[row] = new
        new_texts = _exchanged(old, changed)
        if self.controls:
            new_texts = _without_controls(new_texts)
        if new_texts is not old:
            batch = with_texts(batch, new_texts)
        lost = pc.count_substring(new_texts, _REPLACEMENT).to_numpy(zero_copy_only=False)
        batch = with_signal(batch, "encoding_repairs", repairs)
        batch = with_signal(batch, "replacement_characters", lost)
        if self.max_replacement is not None and lost.any():
            size = np.maximum(pc.utf8_length(new_texts).to_numpy(zero_copy_only=False), 1)
            batch = drop_where(
                batch, {"replacement_characters": lost / size > self.max_replacement}
            )
        return batch


def repaired(text: str) -> tuple[str, int]:
    """Return a text repaired, and how many of its lines were."""
    lines = text.split("\n")
    n = 0
    for i, line in enumerate(lines):
        if not line.isascii() and _FOUND.search(line):
            fixed = _stable(line)
            if fixed != line:
                lines[i] = fixed
                n += 1
    return ("\n".join(lines), n) if n else (text, 0)


def _stable(line: str) -> str:
    """Return a line repaired until nothing more is found, for text that was misread twice."""
    for _ in range(4):
        fixed: str = ftfy.fix_encoding(line)
        if fixed == line:
            break
        line = fixed
    return line


def _exchanged(old: pa.StringArray, new: dict[int, str]) -> pa.StringArray:
    """Return the array with some values exchanged."""
    if not new:
        return old
    mask = np.zeros(len(old), dtype=bool)
    mask[list(new)] = True
    values = pa.array([new[row] for row in sorted(new)], type=pa.string())
    return pc.replace_with_mask(old, pa.array(mask), values)


def _without_controls(old: pa.StringArray) -> pa.StringArray:
    """Return the array with control characters removed from the texts that have any."""
    has = pc.match_substring_regex(old, _CONTROL_PATTERN).fill_null(False)
    rows = pc.indices_nonzero(has)
    if not len(rows):
        return old
    values = [_CONTROLS.sub("", text) for text in old.take(rows).to_pylist()]
    return pc.replace_with_mask(old, has, pa.array(values, type=pa.string()))
