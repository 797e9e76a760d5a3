"""Private data: addresses, telephone numbers, cards and keys. The excerpt never repeats them."""

import re
from collections.abc import Callable, Iterator
from typing import Literal

from etude.errors import ConfigError
from etude.records import Demonstration
from etude.stages.demos.checks._base import Check, Finding

PrivateKind = Literal["email", "phone", "card", "key"]

_EMAIL = re.compile(
    r"(?<![\w.+-])([\w+-]{1,64}+(?:\.[\w+-]{1,64}+){0,5}+)@((?:[A-Za-z0-9-]{1,63}\.){1,6}[A-Za-z]{2,24})\b"
)
_PHONE = re.compile(r"(?<![\w.,/-])(?:\+|(?=[\d(]))[\d ()./-]{7,30}+")
_PHONE_SHAPE = re.compile(r"\+\d|00\d|\(\d{2,5}\)|0\d{1,5}[ /-]|\d{3}[ .-]\d{3}[ .-]\d{4}(?!\d)")
_CARD = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])")
_KEY = re.compile(
    r"(?<![A-Za-z0-9_])(?:sk-[A-Za-z0-9_-]{20,200}+|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36,100}+"
    r"|xox[abprs]-[A-Za-z0-9-]{10,100}+|AIza[0-9A-Za-z_-]{35}"
    r"|eyJ[A-Za-z0-9_-]{10,300}+\.eyJ[A-Za-z0-9_-]{10,2000}+\.)"
    r"|-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----"
)
_DATE = re.compile(r"(?:\d{4}[./-]\d{1,2}[./-]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{4})(?!\d)")
_EXAMPLE = re.compile(r"(?:^|\.)(?:example\.(?:com|org|net)|example|test|invalid|localhost)$")


class PrivateDataCheck(Check, frozen=True, kw_only=True):
    """Looks through every message with a few exact patterns; names and addresses it cannot see."""

    kinds: tuple[PrivateKind, ...] = ("email", "phone", "card", "key")
    """What is looked for."""
    allow: tuple[str, ...] = ()
    """Values that may stand, such as the address of a public help desk."""

    def __post_init__(self) -> None:
        if not self.kinds:
            raise ConfigError("private_data: name at least one of kinds")

    def check(self, demonstration: Demonstration) -> list[Finding]:
        """Return a finding for each kind in each message."""
        found = []
        for place, message in enumerate(demonstration.messages):
            texts = [message.content]
            texts += [text for call in message.calls for text in call.arguments.values()]
            for kind in self.kinds:
                values = {v for text in texts for v in _FINDERS[kind](text)} - {*self.allow}
                if values:
                    several = f" ({len(values)})" if len(values) > 1 else ""
                    what = f"{_NAMES[kind]}{several}"
                    found.append(
                        Finding(
                            place=place, what=what, severity="error", excerpt=_masked(min(values))
                        )
                    )
        return found


def _masked(value: str) -> str:
    return f"{value[:2]}…{value[-1:]}"


def _emails(text: str) -> Iterator[str]:
    for found in _EMAIL.finditer(text):
        if not _EXAMPLE.search(found[2].lower()):
            yield found[0]


def _phones(text: str) -> Iterator[str]:
    for found in _PHONE.finditer(text):
        value = found[0].rstrip(" ()./-")
        n_digits = sum(c.isdigit() for c in value)
        # Digits in any other groups are most often sums, dates or ranges of years.
        likely = 8 <= n_digits <= 15 and _PHONE_SHAPE.match(value) and not _DATE.match(value)
        if likely and not (n_digits >= 13 and _is_card(value)):
            yield value


def _cards(text: str) -> Iterator[str]:
    for found in _CARD.finditer(text):
        if _is_card(found[0]):
            yield found[0]


def _is_card(value: str) -> bool:
    digits = [int(c) for c in value if c.isdecimal()]
    if not 13 <= len(digits) <= 19 or len(set(digits)) == 1:
        return False
    doubled = [sum(divmod(2 * d, 10)) for d in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 and digits[0] in (2, 3, 4, 5, 6)


def _keys(text: str) -> Iterator[str]:
    for found in _KEY.finditer(text):
        yield found[0]


_FINDERS: dict[PrivateKind, Callable[[str], Iterator[str]]] = {
    "email": _emails,
    "phone": _phones,
    "card": _cards,
    "key": _keys,
}
_NAMES: dict[PrivateKind, str] = {
    "email": "an e-mail address",
    "phone": "a telephone number",
    "card": "a number of a payment card",
    "key": "a secret key",
}
