"""Made-up private items in the shapes that real ones have, and decoys that only look alike."""

import base64
import hashlib
import itertools
import random
import string
from collections.abc import Callable

Maker = Callable[[random.Random], str]
_FIRST = ("ada", "bruno", "carla", "dmitri", "elif", "farid", "greta", "hugo", "ines", "jonas")
_LAST = ("okafor", "silva", "novak", "tanaka", "muller", "haddad", "kowalska", "berg", "costa")
_HOSTS = ("mail.veldmoor-post.net", "karsundkontor.de", "physics.tillingrad.edu", "quennelco.co.uk")


def _digits(rng: random.Random, n: int) -> str:
    return "".join(rng.choices(string.digits, k=n))


def _letters(rng: random.Random, n: int, alphabet: str = string.ascii_letters) -> str:
    return "".join(rng.choices(alphabet + string.digits, k=n))


def _email(rng: random.Random) -> str:
    first, last = rng.choice(_FIRST), rng.choice(_LAST)
    number = rng.randint(1, 9999)
    name = rng.choice(
        (f"{first}.{last}{number}", f"{first[0]}{last}{number}", f"{first}_{number}+news")
    )
    made = f"{name}@{rng.choice(_HOSTS)}"
    return made.upper() if rng.random() < 0.1 else made


def _phone(rng: random.Random) -> str:
    area, mid, end = str(rng.randint(201, 989)), str(rng.randint(200, 999)), _digits(rng, 4)
    return rng.choice(
        (
            f"({area}) {mid}-{end}",
            f"+1 {area} {mid} {end}",
            f"+1-{area}-{mid}-{end}",
            f"{area}-{mid}-{end}",
            f"+44 20 7{_digits(rng, 3)} {_digits(rng, 4)}",
            f"+49 30 {rng.randint(2, 9)}{_digits(rng, 7)}",
            f"+33 6 {_digits(rng, 2)} {_digits(rng, 2)} {_digits(rng, 2)} {_digits(rng, 2)}",
        )
    )


def _ipv4(rng: random.Random) -> str:
    # Public addresses only: private and documentation ranges are nobody's.
    return f"{rng.choice((81, 88, 93, 145, 178))}.{'.'.join(_octets(rng))}"


def _octets(rng: random.Random) -> list[str]:
    return [str(rng.randint(1, 254)) for _ in range(3)]


def _ipv6(rng: random.Random) -> str:
    groups = [f"{rng.randint(0x1000, 0xFFFF):x}" for _ in range(6)]
    return ":".join(["2a02", "8109", *groups])


def luhn_digit(digits: str) -> str:
    """Return the digit that makes a card number of these digits valid."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def _card(rng: random.Random) -> str:
    prefix, length = rng.choice((("4", 16), ("53", 16), ("2221", 16), ("6011", 16), ("37", 15)))
    body = prefix + _digits(rng, length - len(prefix) - 1)
    number = body + luhn_digit(body)
    cuts = (4, 10) if length == 15 else (4, 8, 12)
    glue = rng.choice(("", " ", "-"))
    edges = (0, *cuts, length)
    return glue.join(number[a:b] for a, b in itertools.pairwise(edges))


def iban_check(country: str, account: str) -> str:
    """Return the two check digits of an IBAN."""
    spelt = "".join(str(int(char, 36)) for char in account + country + "00")
    return f"{98 - int(spelt) % 97:02}"


def _iban(rng: random.Random) -> str:
    country, account = rng.choice(
        (
            ("DE", _digits(rng, 18)),
            ("GB", "NWBK" + _digits(rng, 14)),
            ("NL", "ABNA" + _digits(rng, 10)),
            ("ES", _digits(rng, 20)),
        )
    )
    whole = country + iban_check(country, account) + account
    if rng.random() < 0.5:
        return whole
    return " ".join(whole[n : n + 4] for n in range(0, len(whole), 4))


def _us_ssn(rng: random.Random) -> str:
    area = rng.choice([n for n in range(101, 899) if n != 666])
    return f"{area}-{rng.randint(11, 99)}-{rng.randint(1001, 9999)}"


def _aws_key(rng: random.Random) -> str:
    alphabet = string.ascii_uppercase + "234567"
    return "AKIA" + "".join(rng.choices(alphabet, k=16))


def _github_token(rng: random.Random) -> str:
    return "ghp_" + _letters(rng, 36)


def _private_key(rng: random.Random) -> str:
    body = base64.b64encode(rng.randbytes(384)).decode()
    lines = "\n".join(body[n : n + 64] for n in range(0, len(body), 64))
    name = rng.choice(("RSA PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY"))
    return f"-----BEGIN {name}-----\n{lines}\n-----END {name}-----"


def _jwt(rng: random.Random) -> str:
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').rstrip(b"=").decode()
    claims = f'{{"sub":"{_digits(rng, 10)}","name":"{rng.choice(_FIRST)}"}}'.encode()
    body = base64.urlsafe_b64encode(claims).rstrip(b"=").decode()
    return f"{head}.{body}.{_letters(rng, 43)}"


PRIVATE: dict[str, Maker] = {
    "email": _email,
    "phone": _phone,
    "ipv4": _ipv4,
    "ipv6": _ipv6,
    "card": _card,
    "iban": _iban,
    "us_ssn": _us_ssn,
    "aws_key": _aws_key,
    "github_token": _github_token,
    "private_key": _private_key,
    "jwt": _jwt,
}
"""Kind of private item -> what makes one."""


def _wrong_card(rng: random.Random) -> str:
    body = "4" + _digits(rng, 14)
    wrong = (int(luhn_digit(body)) + rng.randint(1, 9)) % 10
    return body + str(wrong)


def _hash(rng: random.Random) -> str:
    return hashlib.sha1(rng.randbytes(8), usedforsecurity=False).hexdigest()


def _wrong_iban(rng: random.Random) -> str:
    account = _digits(rng, 18)
    wrong = (int(iban_check("DE", account)) + rng.randint(1, 80)) % 100
    return f"DE{wrong:02}{account}" if wrong != int(iban_check("DE", account)) else "DE00"


DECOYS: dict[str, Maker] = {
    "number that fails the card check": _wrong_card,
    "number that fails the IBAN check": _wrong_iban,
    "hash of a commit": _hash,
    "date and time": lambda rng: (
        f"20{rng.randint(10, 25)}-0{rng.randint(1, 9)}-1{rng.randint(0, 9)}"
        f" 1{rng.randint(0, 9)}:{rng.randint(10, 59)}:{rng.randint(10, 59)}"
    ),
    "version": lambda rng: f"v{rng.randint(1, 9)}.{rng.randint(0, 40)}.{rng.randint(0, 99)}",
    "address reserved for examples": lambda rng: f"{rng.choice(_FIRST)}@example.com",
    "number of a section": lambda rng: (
        f"{'.'.join(str(rng.randint(1, 20)) for _ in range(4))}. Usage"
    ),
    "version of four parts": lambda rng: (
        f"updated to {rng.randint(1, 9)}.{rng.randint(10, 60)}.{rng.randint(0, 9)}.0"
    ),
    "name of a file": lambda rng: f"/text/shared/01/0{_digits(rng, 7)}.xhp",
    "row of numbers": lambda rng: f"-{rng.random():.4f} {rng.random():.3f}  {_digits(rng, 7)}",
    "decorator": lambda rng: f"@{rng.choice(_FIRST)}.{rng.choice(_LAST)}",
    "time of day in a log": lambda rng: (
        f"0{rng.randint(1, 9)}:{rng.randint(10, 59)}:00.{_digits(rng, 3)}"
    ),
    "money": lambda rng: f"{rng.randint(1, 9)},{_digits(rng, 3)},{_digits(rng, 3)}.00",
}
"""What looks like a private item and is none -> what makes one."""

_INTRODUCTIONS = ("Reach me at {}.", "(contact: {})", "see {} for details", "the value is {} today")


def sentence(value: str, rng: random.Random) -> tuple[str, int]:
    """Return a sentence around `value`, and where in it the value begins."""
    if "\n" in value:
        return value, 0
    words = rng.choice(_INTRODUCTIONS)
    return words.format(value), words.index("{}")
