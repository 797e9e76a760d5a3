"""Bytes of unknown encoding to text."""

import codecs
from typing import NamedTuple

from resiliparse.parse.encoding import detect_encoding, map_encoding_to_html5

from etude.errors import RecordError, blame
from etude.store.readers._rows import DamageError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NAMES = {"cp1252": "windows-1252", "cp1251": "windows-1251"}
_SAMPLE_BYTES = 1 << 16
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\v\x08\x1b"))
_MOST_CONTROLS = 0.01
"""Share of control characters from which on bytes are no text."""
_MOST_NULS = 0.003
"""Share of zeros from which on bytes are no text; fewer are left out."""
_MOST_DAMAGE = 0.1
"""Bad bytes per good character beyond ASCII up to which text is damaged UTF-8."""


class Decoded(NamedTuple):
    """A text, and the encoding it was in: `utf-8` when nothing had to be guessed."""

    text: str
    encoding: str

    def tags(self) -> dict[str, str]:
        """Return what to note with a document: nothing when it was UTF-8."""
        return {} if self.encoding == "utf-8" else {"encoding": self.encoding}


def kept(data: bytes, decoded: Decoded) -> str | bytes:
    """Return `data` itself where it is UTF-8 as it should be, else the text that it stands for."""
    if decoded.encoding == "utf-8" and not data.startswith(codecs.BOM_UTF8) and b"\0" not in data:
        return data
    return decoded.text


def decode(data: bytes, declared: str = "") -> Decoded:
    """Decode bytes by byte-order mark, as UTF-8, as declared, or as detected: what fits first.

    Raises:
        DamageError: They are no text.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            wide = data[len(bom) :].decode(encoding, "replace")
            return Decoded(
                _checked(wide.replace("\0", "")), encoding.removesuffix("-le").removesuffix("-be")
            )
    if encoding := _wide(data):
        return Decoded(_checked(data.decode(encoding, "replace")), "utf-16")
    if n_nuls := data.count(b"\0"):
        if n_nuls > _MOST_NULS * len(data):
            raise DamageError("binary")
        data = data.replace(b"\0", b"")
    if b"\x1b" in data and declared.lower().startswith("iso-2022"):
        text = _try(data, declared)
        if text is not None:
            return Decoded(text, declared.lower())
    try:
        return Decoded(_checked(data.decode()), "utf-8")
    except UnicodeDecodeError:
        return _guess(data, declared)


def _guess(data: bytes, declared: str) -> Decoded:
    _refuse_controls(data)
    mended = data.decode("utf-8", "replace")
    n_bad = mended.count("\ufffd")
    n_good = sum(byte >= 0xC0 for byte in data[:_SAMPLE_BYTES])
    if n_bad <= _MOST_DAMAGE * (n_good - n_bad):
        return Decoded(mended, "utf-8 (damaged)")
    for encoding in (_known(declared), detect_encoding(data, _SAMPLE_BYTES)):
        text = _try(data, encoding) if encoding and encoding != "utf-8" else None
        if encoding and text is not None:
            return Decoded(text, _NAMES.get(encoding, encoding))
    text = data.decode("cp1252", "replace")
    if text.count("\ufffd") > _MOST_CONTROLS * len(text):
        raise DamageError("binary")
    return Decoded(text, "windows-1252")


def _known(declared: str) -> str:
    """Return the name that Python has for a declared encoding; empty when there is none."""
    name = declared.strip(" \t\"';").lower()
    if not name:
        return ""
    with blame(RecordError, "encoding"):
        return str(map_encoding_to_html5(name, False) or "")


def _try(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeError, LookupError):
        return None


def _wide(data: bytes) -> str:
    """Tell UTF-16 that has no byte-order mark by its zeros."""
    sample = data[:4096]
    half = len(sample) // 2
    if len(data) % 2 or half < 2 or b"\0\0" in sample:
        return ""
    if sample[1::2].count(0) > 0.7 * half and not sample[::2].count(0):
        return "utf-16-le"
    if sample[::2].count(0) > 0.7 * half and not sample[1::2].count(0):
        return "utf-16-be"
    return ""


def _checked(text: str) -> str:
    sample = text[:_SAMPLE_BYTES].encode("ascii", "ignore")
    _refuse_controls(sample)
    return text


def _refuse_controls(data: bytes) -> None:
    sample = data[:_SAMPLE_BYTES]
    n_controls = len(sample) - len(sample.translate(None, _CONTROLS))
    if n_controls > _MOST_CONTROLS * len(sample) + 1:
        raise DamageError("binary")
