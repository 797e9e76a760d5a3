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
# Of these the second half may be what Windows-1252 lacks, and is needed until after the repair.
_C0 = re.compile("[\x00-\x08\x0e-\x1b\x7f]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")
_ROUNDS = 8
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
        needed = pc.match_substring_regex(old, _MOJIBAKE)
        if self.controls:
            needed = pc.or_(needed, pc.match_substring_regex(old, _CONTROL_PATTERN))
        needed = needed.fill_null(False)
        repairs = np.zeros(batch.num_rows, dtype=np.float32)
        new_texts = old
        if needed.true_count:
            rows = pc.indices_nonzero(needed)
            new, counts = zip(
                *(repaired(text, controls=self.controls) for text in old.take(rows).to_pylist()),
                strict=True,
            )
            repairs[rows.to_numpy()] = counts
            new_texts = pc.replace_with_mask(old, needed, pa.array(new, type=pa.string()))
            batch = with_texts(batch, new_texts)
        lost = pc.count_substring(new_texts, _REPLACEMENT).to_numpy(zero_copy_only=False)
        batch = with_signal(batch, "encoding_repairs", repairs)
        batch = with_signal(batch, "replacement_characters", lost)
        if self.max_replacement is not None and lost.any():
            size = np.maximum(pc.utf8_length(new_texts).to_numpy(zero_copy_only=False), 1)
            batch = drop_where(
                batch, {"too many replacement characters": lost / size > self.max_replacement}
            )
        return batch


def repaired(text: str, *, controls: bool = True) -> tuple[str, int]:
    """Return a text repaired, without control characters if asked, and how many lines were."""
    lines = text.split("\n")
    n = 0
    for i, line in enumerate(lines):
        if not (line.isascii() and line.isprintable()):
            lines[i], is_repaired = _stable(line, controls)
            n += is_repaired
    return "\n".join(lines), n


def _stable(line: str, controls: bool) -> tuple[str, bool]:
    """Return a line repaired until nothing more is found, for text that was misread twice."""
    is_repaired = False
    for _ in range(_ROUNDS):
        new = _C0.sub("", line) if controls else line
        if _FOUND.search(new):
            fixed: str = ftfy.fix_encoding(new)
            is_repaired |= fixed != new
            new = _CONTROLS.sub("", fixed) if controls else fixed
        if new == line:
            break
        line = new
    return line, is_repaired
