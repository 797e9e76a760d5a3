"""What sort of answer a reference holds, read without any grader's parser so that both are tested.

Whatever is not surely something more is an expression for `maths`, and a text for all others.
"""

import re
from fractions import Fraction
from random import Random
from typing import Literal, NamedTuple

import msgspec

from etude.records import Reference
from etude.rollout.graders import Grader, graders

Kind = Literal[
    "number", "quantity", "moment", "members", "matrix", "expression", "letter", "text", "program"
]  # fmt: skip

_INTEGER = re.compile(r"[+-]?\d+")
_DECIMAL = re.compile(r"[+-]?\d*\.\d+")
_SLASHED = re.compile(r"([+-]?\d+)/(\d+)")
_FRACTION = re.compile(r"([+-]?)\\[dt]?frac\{([+-]?\d+)\}\{(\d+)\}")
_QUANTITY = re.compile(r"([+-]?\d+(?:\.\d+)?)(\s*\\?%|\s+[a-zA-Z][a-zA-Z/^\d]*)")
_MOMENT = re.compile(r"\d{1,2}:\d\d(?::\d\d)?|\d{4}-\d\d-\d\d")
_MATRIX = re.compile(r"\\begin\{([pbv]matrix)\}(.*)\\end\{\1\}", re.DOTALL)
_OPENING = ("\\{", "(", "[")
_CLOSING = ("\\}", ")", "]")
MAX_PARSED_CHARS = 4_000


class Form(NamedTuple):
    """An answer, taken apart as far as its kind goes."""

    kind: Kind
    value: Fraction | None = None
    """Of a number or a quantity."""
    unit: str = ""
    """Of a quantity, with the space before it."""
    parts: tuple[str, ...] = ()
    """Of members, what stands between the commas."""
    brackets: tuple[str, str] = ("", "")
    """Of members; empty where they stand bare."""
    rows: tuple[tuple[str, ...], ...] = ()
    """Of a matrix."""


class Given(NamedTuple):
    """An answer, and all that decides what may be made of it."""

    answer: str
    form: Form
    use: str
    """Name of the grader."""
    grader: Grader
    rng: Random = Random(0)


def grader_of(reference: Reference) -> tuple[str, Grader]:
    """Return the name of a reference's grader, and the grader.

    Raises:
        ConfigError: There is none of that name, or its settings are wrong.
    """
    table = msgspec.json.decode(reference.grader, type=dict[str, object])
    return str(table.get("use", "")), graders.make(table)


def form_of(answer: str, use: str) -> Form:
    """Return the form of an answer to a grader."""
    if use == "choice":
        return Form("letter")
    if use in {"code", "codebase"}:
        return Form("program")
    value = value_of(answer)
    if use != "maths":
        return Form("text", value=value)
    if value is not None:
        return Form("number", value=value)
    if len(answer) > MAX_PARSED_CHARS:
        return Form("expression")
    if _MOMENT.fullmatch(answer):
        return Form("moment")
    if found := _QUANTITY.fullmatch(answer):
        return Form("quantity", value=value_of(found[1]), unit=found[2])
    if found := _MATRIX.fullmatch(answer.strip()):
        rows = tuple(tuple(c.strip() for c in row.split("&")) for row in found[2].split("\\\\"))
        return Form("matrix", rows=tuple(row for row in rows if any(row)))
    return _members(answer.strip()) or Form("expression")


def value_of(answer: str) -> Fraction | None:
    """Return the exact value of a plain number, or `None`."""
    text = answer.strip()
    if len(text) > MAX_PARSED_CHARS:
        return None
    if _INTEGER.fullmatch(text) or _DECIMAL.fullmatch(text):
        return Fraction(text)
    if found := _SLASHED.fullmatch(text):
        return Fraction(int(found[1]), int(found[2])) if int(found[2]) else None
    if found := _FRACTION.fullmatch(text):
        value = Fraction(int(found[2]), int(found[3])) if int(found[3]) else None
        return -value if value is not None and found[1] == "-" else value
    return None


def _members(text: str) -> Form | None:
    opening = next((o for o in _OPENING if text.startswith(o)), "")
    closing = next((c for c in _CLOSING if text.endswith(c)), "")
    if bool(opening) != bool(closing):
        return None
    inner = text[len(opening) : len(text) - len(closing)]
    parts = split_at_commas(inner)
    if parts is None or (len(parts) < 2 and opening != "\\{") or not all(parts):
        return None
    return Form("members", parts=tuple(parts), brackets=(opening, closing))


def split_at_commas(text: str) -> list[str] | None:
    """Split a text at the commas outside of all brackets; `None` where brackets do not match."""
    parts, depth, start = [], 0, 0
    for at, c in enumerate(text):
        depth += (c in "([{") - (c in ")]}")
        if depth < 0:
            return None
        if c == "," and depth == 0:
            parts.append(text[start:at].strip())
            start = at + 1
    return None if depth else [*parts, text[start:].strip()]


def core(text: str) -> str:
    """Return what of a text no grader overlooks: letters without case, digits and signs."""
    return "".join(text.casefold().split()).strip(".,;:!?'\"()[]")
