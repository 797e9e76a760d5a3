"""What models say, made fit to be kept: bounded, clean, without what is no part of the text."""

import re
import unicodedata

MAX_CHARS = 100_000
"""Of an answer; what follows is not read."""
NO_FORM = "not in the form asked for"
DECLINED = "the model declined"
CUT_OFF = "cut off before its first sentence ended"
_THOUGHTS = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL)
_FENCE = re.compile(r"\A```[\w-]{0,20}[ \t]*\n(?P<inside>.*)\n```\s*\Z", re.DOTALL)
_RULE = re.compile(r"(?:\A|\n)={10}(?=\n|\Z)")
_PREAMBLE = re.compile(
    r"\A(?:sure|certainly|of course|here(?: is|'s| are)|below is)\b[^\n]{0,200}:\s*\n",
    re.IGNORECASE,
)
_DECLINES = re.compile(
    r"\A(?:i(?:'m| am) sorry|sorry, |i cannot |i can(?:'|\u2019)t "
    r"|i(?:'m| am) (?:unable|not able) to|as an ai\b|unfortunately, i (?:cannot|can't|am))",
    re.IGNORECASE,
)
_DECLINE_CHARS = 400
_END = re.compile(
    r"[.!?][\"'\u201d\u2019)\]*_]*+(?=\s|$)|[\u3002\uff01\uff1f]",
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
# Digits within a word, such as `utf16`, are no number that a text names.
_NAMED_NUMBER = re.compile(r"(?<!\w)\d+(?:[.,]\d+)*")


def clean(answer: str) -> str:
    """Return an answer as it can be kept in any file: no control or broken characters, bounded."""
    text = answer[:MAX_CHARS].encode("utf-8", errors="replace").decode()
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc")


def plain(answer: str) -> str:
    """Return the text in an answer, without thoughts, a fence around it or a line before it."""
    text = _THOUGHTS.sub("", answer).strip()
    text = _PREAMBLE.sub("", text, count=1).strip()
    if fence := _FENCE.match(text):
        text = fence["inside"].strip()
    # Small models repeat the lines that stand around the source.
    return _RULE.sub("", text).strip()


def declines(text: str) -> bool:
    """Whether a text says that it will not be written."""
    return len(text) < _DECLINE_CHARS and _DECLINES.match(text) is not None


def whole_sentences(text: str) -> str:
    """Return a text that was cut off, up to the end of its last whole sentence."""
    end = 0
    for found in _END.finditer(text):
        end = found.end()
    return text[:end].strip()


def foreign_number(text: str, known: str) -> str:
    """Return the first number of two digits or more that `known` does not have; empty if none.

    >>> foreign_number("Unix began in 1969 and had 3 users.", "Begun in 1970, by 3 people.")
    '1969'
    """
    there = {_plain_number(found[0]) for found in _NUMBER.finditer(known)}
    for found in _NAMED_NUMBER.finditer(text):
        if sum(map(str.isdigit, found[0])) > 1 and _plain_number(found[0]) not in there:
            return found[0][:40]
    return ""


def _plain_number(number: str) -> str:
    return number.replace(",", "")
