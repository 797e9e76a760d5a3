"""Invented keys, tokens and passwords."""

import base64
import json
import string
from random import Random

_WORDS = ("blue", "Tiger", "moon", "Castle", "river", "Falcon", "maple", "Orbit", "nova", "Pixel")
_URL_SAFE = string.ascii_letters + string.digits + "-_"


def _of(chance: Random, characters: str, n: int) -> str:
    return "".join(chance.choices(characters, k=n))


def api_key(chance: Random) -> str:
    """Return a key of one of many services."""
    letters = string.ascii_letters + string.digits
    capitals = string.ascii_uppercase + "234567"
    hexadecimal = "0123456789abcdef"
    return chance.choice(
        (
            lambda: chance.choice(("AKIA", "ASIA")) + _of(chance, capitals, 16),
            lambda: "AIza" + _of(chance, _URL_SAFE, 35),
            lambda: f"gh{chance.choice('pousr')}_{_of(chance, letters, 36)}",
            lambda: f"github_pat_{_of(chance, letters, 22)}_{_of(chance, letters, 59)}",
            lambda: "glpat-" + _of(chance, letters, 20),
            lambda: f"xoxb-{chance.randrange(10**11, 10**12)}-{_of(chance, letters, 24)}",
            lambda: f"xoxp-{chance.randrange(10**10)}-{_of(chance, hexadecimal, 32)}",
            lambda: f"{chance.choice('sr')}k_live_{_of(chance, letters, 24)}",
            lambda: "sk-" + _of(chance, letters, 48),
            lambda: "sk-proj-" + _of(chance, _URL_SAFE, 64) + "A",
            lambda: f"SG.{_of(chance, letters, 22)}.{_of(chance, letters, 43)}",
            lambda: "hf_" + _of(chance, string.ascii_letters, 34),
            lambda: "npm_" + _of(chance, letters, 36),
            lambda: f"{chance.randrange(10**8, 10**10)}:AA{_of(chance, letters, 33)}",
            lambda: "dop_v1_" + _of(chance, hexadecimal, 64),
        )
    )()


def jwt(chance: Random) -> str:
    """Return a signed JSON web token."""
    head = {"alg": chance.choice(("HS256", "RS256")), "typ": "JWT"}
    body = {"sub": str(chance.randrange(10**9)), "iat": chance.randrange(10**9, 2 * 10**9)}
    parts = [json.dumps(part).encode() for part in (head, body)] + [chance.randbytes(32)]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def private_key(chance: Random) -> str:
    """Return a private key in PEM armour."""
    kind = chance.choice(("RSA ", "EC ", "", "OPENSSH ", "DSA "))
    lines = base64.encodebytes(chance.randbytes(chance.randrange(90, 1200))).decode()
    body = "\n".join(line for line in lines.splitlines())
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{body}\n-----END {kind}PRIVATE KEY-----"


def password(chance: Random) -> str:
    """Return a password as people and programs make them."""
    symbols = "!@#$%^&*?+"
    return chance.choice(
        (
            lambda: (
                chance.choice(_WORDS) + chance.choice(_WORDS) + str(chance.randrange(10, 10_000))
            ),
            lambda: (
                chance.choice(_WORDS).title()
                + str(chance.randrange(1940, 2025))
                + chance.choice(symbols)
            ),
            lambda: _of(chance, string.ascii_letters + string.digits + symbols, 12),
            lambda: _of(chance, string.ascii_letters + string.digits, 20),
            lambda: _of(chance, "0123456789abcdef", 32),
            lambda: base64.b64encode(chance.randbytes(24)).decode(),
            lambda: "-".join(chance.choices(_WORDS, k=4)).lower(),
        )
    )()
