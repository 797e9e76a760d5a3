"""Fakes: values that look like a private item and belong to nobody.

The same value gets the same fake wherever it stands, by a hash keyed with a seed, so that a text
still reads as one. Fakes are from what is set aside for documents and tests; where nothing is, a
number has a check digit that no real number has. None of them is found as private again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from random import Random

from etude.stages.corpus.privacy.checksums import weighted
from etude.stages.corpus.privacy.groups import account, card, email, lettered, national, network
from etude.stages.corpus.privacy.groups.name import NAME
from etude.stages.corpus.privacy.groups.password import PASSWORD
from etude.stages.corpus.privacy.groups.phone import PHONE
from etude.stages.corpus.privacy.groups.secret import API_KEY, JWT, PRIVATE_KEY
from etude.stages.corpus.privacy.groups.wallet import WALLET

_GIVEN = (
    *("Alex", "Blake", "Casey", "Devon", "Ellis", "Finley", "Gray", "Harper", "Indigo", "Jules"),
    *("Kai", "Logan", "Morgan", "Noel", "Oakley", "Parker", "Quinn", "Robin", "Sage", "Taylor"),
)
_FAMILY = (
    *("Ashdown", "Birchall", "Copeland", "Dunmore", "Eastman", "Fairley", "Grantham", "Hartwell"),
    *(
        "Ironside",
        "Jessop",
        "Kestrel",
        "Lockhart",
        "Merriman",
        "Northcote",
        "Oldfield",
        "Pemberley",
    ),
)
_ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def fake(kind: str, value: bytes, seed: int) -> bytes:
    """Return what stands for a private value in a data set made with this seed."""
    plain = _NORMAL.get(kind, _digits_and_letters)(value)
    digest = hashlib.blake2b(
        plain, key=seed.to_bytes(16, "big", signed=True), person=kind.encode()[:16], digest_size=16
    )
    return _FAKES[kind](value, Random(int.from_bytes(digest.digest(), "big")))


def _digits_and_letters(value: bytes) -> bytes:
    """Return a value without what only spells it differently."""
    return bytes(c for c in value.upper() if chr(c).isalnum())


def _email(_value: bytes, chance: Random) -> bytes:
    local = f"{chance.choice(_GIVEN)}.{chance.choice(_FAMILY)}{chance.randrange(10_000)}".lower()
    return f"{local}@example.{chance.choice(('com', 'org', 'net'))}".encode()


def _phone(value: bytes, chance: Random) -> bytes:
    digits = re.sub(rb"[^0-9]", b"", value)
    if value.lstrip(b"(").startswith(b"+44"):
        return f"+44 20 7946 0{chance.randrange(1000):03}".encode()
    if value.lstrip(b"(").startswith(b"+33"):
        return f"+33 1 99 00 {chance.randrange(100):02} {chance.randrange(100):02}".encode()
    area = f"{chance.randrange(2, 10)}0{chance.randrange(2, 10)}"
    prefix = "+1-" if value.lstrip(b"(")[:1] == b"+" or len(digits) > 10 else ""
    return f"{prefix}{area}-555-01{chance.randrange(100):02}".encode()


def _card(_value: bytes, chance: Random) -> bytes:
    return chance.choice(card.TEST_NUMBERS).encode()


def _ip(value: bytes, chance: Random) -> bytes:
    if b":" in value:
        groups = [f"{chance.randrange(1, 0x10000):x}" for _ in range(4)]
        return f"2001:db8:{':'.join(groups)}::1".encode()
    net = chance.choice(("203.0.113", "198.51.100", "192.0.2"))
    return f"{net}.{chance.randrange(1, 255)}".encode()


def _iban(_value: bytes, chance: Random) -> bytes:
    body = f"WEST{chance.randrange(10**14):014}"
    number = int("".join(str(int(c, 36)) for c in body + "GB00"))
    return f"GB{98 - number % 97:02}{body}".encode()


def _ssn(_value: bytes, chance: Random) -> bytes:
    # Areas from 900 were never issued; groups up to 49 there are no tax payer's numbers either.
    group, serial = chance.randrange(1, 50), chance.randrange(1, 10_000)
    return f"9{chance.randrange(100):02}-{group:02}-{serial:04}".encode()


def _nino(_value: bytes, chance: Random) -> bytes:
    return f"QQ {chance.randrange(10**6):06} C".encode()


def _written(value: bytes, characters: str) -> bytes:
    """Return the characters with the separators of a value between them."""
    rest = iter(characters)
    return bytes(ord(next(rest, "0")) if chr(c).isalnum() and c < 128 else c for c in value)


def _digits(chance: Random, n: int) -> str:
    return "".join(chance.choices("0123456789", k=n))


def _tax(value: bytes, chance: Random) -> bytes:
    return _written(value, "0" + _digits(chance, 10))


def _nir(value: bytes, chance: Random) -> bytes:
    # The first digit tells the sex; nine tells nothing.
    return _written(value, "9" + _digits(chance, 14))


def _dni(value: bytes, chance: Random) -> bytes:
    # I, O and U are no check letters.
    return _written(value, _digits(chance, 8) + "U")


def _bsn(value: bytes, chance: Random) -> bytes:
    body = _digits(chance, 8)
    proof = weighted(body, (9, 8, 7, 6, 5, 4, 3, 2))
    return _written(value, body + str((proof + 5) % 11 % 10))


def _pnr(value: bytes, chance: Random) -> bytes:
    n = sum(chr(c).isdigit() for c in value if c < 128)
    year = f"{chance.randrange(1940, 2000)}"[-(n - 8) :]
    return _written(value, f"{year}00{chance.randrange(32, 60)}{_digits(chance, 4)}")


def _hetu(_value: bytes, chance: Random) -> bytes:
    # Serials from 900 are given for a while only, by hospitals and in tests.
    born = f"{chance.randrange(1, 29):02}{chance.randrange(1, 13):02}{chance.randrange(40, 100):02}"
    serials = [f"{serial}" for serial in range(900, 1000)]
    # With a digit at its end it might be taken for a phone's.
    lettered_ones = [s for s in serials if lettered.hetu_check(born + s).isalpha()]
    serial = chance.choice(lettered_ones)
    return f"{born}-{serial}{lettered.hetu_check(born + serial)}".encode()


def _cpf(value: bytes, chance: Random) -> bytes:
    body = _digits(chance, 9)
    check = national.cpf_check(body)
    return _written(value, f"{body}{check[0]}{(int(check[1]) + chance.randrange(1, 10)) % 10}")


def _aadhaar(value: bytes, chance: Random) -> bytes:
    # None begins with 0 or 1.
    return _written(value, "1" + _digits(chance, 11))


def _cn(value: bytes, chance: Random) -> bytes:
    # No region begins with 0.
    day = f"{chance.randrange(1940, 2010)}{chance.randrange(1, 13):02}{chance.randrange(1, 29):02}"
    return _written(value, f"0{_digits(chance, 5)}{day}{_digits(chance, 4)}")


def _codice(value: bytes, chance: Random) -> bytes:
    letters = "".join(chance.choices("BCDFGLMNPRSTV", k=6))
    born = f"{chance.randrange(40, 100)}{chance.choice('ABCDEHLMPRST')}{chance.randrange(1, 29):02}"
    body = f"{letters}{born}Z{_digits(chance, 3)}"
    wrong = chr(ord("A") + (ord(lettered.cf_check(body)) - ord("A") + chance.randrange(1, 26)) % 26)
    return _written(value, body + wrong)


def _secret(value: bytes, chance: Random) -> bytes:
    size = max(len(value) - 7, 8)
    prefix = re.match(rb"[A-Za-z0-9]{2,8}[_-]|A[A-Z]{3}(?=[A-Z2-7]{16})", value)
    head = prefix[0].decode() if prefix else ""
    tail = "".join(chance.choices(_ALPHANUMERIC, k=max(size - len(head), 8)))
    return f"{head}EXAMPLE{tail}".encode()


def _jwt(_value: bytes, chance: Random) -> bytes:
    tail = "".join(chance.choices(_ALPHANUMERIC, k=24))
    return f"eyJhbGciOiJub25lIn0.eyJFWEFNUExFIjp0cnVlfQ.EXAMPLE{tail}".encode()


def _pem(_value: bytes, chance: Random) -> bytes:
    tail = "".join(chance.choices(_ALPHANUMERIC, k=48))
    return f"-----BEGIN PRIVATE KEY-----\nEXAMPLE{tail}\n-----END PRIVATE KEY-----".encode()


def _wallet(_value: bytes, chance: Random) -> bytes:
    return ("bc1qEXAMPLE" + "".join(chance.choices(_ALPHANUMERIC, k=24))).encode()


def _name(value: bytes, chance: Random) -> bytes:
    given = chance.choice(_GIVEN)
    return (f"{given} {chance.choice(_FAMILY)}" if b" " in value else given).encode()


_NORMAL: dict[str, Callable[[bytes], bytes]] = {
    email.EMAIL: email.normal,
    network.IP: network.normal,
    network.PRIVATE_IP: network.normal,
    account.IBAN: account.normal,
    **dict.fromkeys((API_KEY, JWT, PASSWORD, PRIVATE_KEY, WALLET), bytes),
}
_FAKES: dict[str, Callable[[bytes, Random], bytes]] = {
    email.EMAIL: _email,
    PHONE: _phone,
    card.CARD: _card,
    network.IP: _ip,
    network.PRIVATE_IP: _ip,
    account.IBAN: _iban,
    national.US_SSN: _ssn,
    national.DE_TAX: _tax,
    national.FR_NIR: _nir,
    national.ES_DNI: _dni,
    national.NL_BSN: _bsn,
    national.SE_PNR: _pnr,
    national.BR_CPF: _cpf,
    national.IN_AADHAAR: _aadhaar,
    national.CN_ID: _cn,
    lettered.UK_NINO: _nino,
    lettered.IT_CF: _codice,
    lettered.FI_HETU: _hetu,
    API_KEY: _secret,
    PASSWORD: _secret,
    JWT: _jwt,
    PRIVATE_KEY: _pem,
    WALLET: _wallet,
    NAME: _name,
}
