"""Invented numbers of cards and accounts, and addresses of wallets."""

import hashlib
from random import Random

_ISSUERS = (
    *(("4", 16), ("4", 16), ("51", 16), ("55", 16), ("2221", 16), ("2720", 16), ("34", 15)),
    *(("37", 15), ("6011", 16), ("65", 16), ("36", 14), ("3528", 16), ("3589", 16), ("62", 16)),
    *(("5018", 16), ("6304", 16), ("4", 13), ("62", 19)),
)
_BASES = {
    "DE": ("n", 18), "GB": ("ann", 18), "FR": ("n", 23), "ES": ("n", 20), "IT": ("x", 23),
    "NL": ("ann", 14), "BE": ("n", 12), "CH": ("n", 17), "AT": ("n", 16), "SE": ("n", 20),
    "FI": ("n", 14), "NO": ("n", 11), "PL": ("n", 24), "IE": ("ann", 18), "PT": ("n", 21),
    "AE": ("n", 19), "SA": ("n", 20), "TR": ("n", 22), "LU": ("n", 16), "DK": ("n", 14),
}  # fmt: skip
_BITCOIN = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def card(chance: Random) -> str:
    """Return the number of a payment card in one of several groupings."""
    prefix, size = chance.choice(_ISSUERS)
    body = prefix + "".join(str(chance.randrange(10)) for _ in range(size - len(prefix) - 1))
    # From the right, every second digit counts double, its own digits added.
    doubled = [sum(divmod(int(c) * 2, 10)) for c in body[::-1][::2]]
    number = body + str(-(sum(doubled) + sum(map(int, body[::-1][1::2]))) % 10)
    gap = chance.choice(("", " ", " ", "-", "\u00a0"))
    if size == 15:
        return gap.join((number[:4], number[4:10], number[10:]))
    return gap.join(number[i : i + 4] for i in range(0, size, 4))


def iban(chance: Random) -> str:
    """Return an account number in one of several groupings."""
    country = chance.choice(sorted(_BASES))
    kind, size = _BASES[country]
    digits = "".join(str(chance.randrange(10)) for _ in range(size))
    if kind == "ann":
        body = "".join(chance.choices("ABCDEFGHKLMNPRST", k=4)) + digits[4:]
    elif kind == "x":
        body = chance.choice("ABCDEFGH") + digits[1:]
    else:
        body = digits
    text = body + country + "00"
    number = 0
    for character in text:
        value = int(character) if character.isdigit() else ord(character) - 55
        number = (number * (100 if value > 9 else 10) + value) % 97
    whole = f"{country}{98 - number:02}{body}"
    spelled = chance.random()
    if spelled < 0.5:
        return " ".join(whole[i : i + 4] for i in range(0, len(whole), 4))
    if spelled < 0.9:
        return whole
    return (
        whole.lower()
        if spelled < 0.95
        else "\u00a0".join(whole[i : i + 4] for i in range(0, len(whole), 4))
    )


def wallet(chance: Random) -> str:
    """Return an address of Bitcoin in Base58, or of Ethereum."""
    if chance.random() < 0.4:
        return "0x" + f"{chance.getrandbits(160):040x}"
    raw = bytes([chance.choice((0, 5))]) + chance.randbytes(20)
    raw += hashlib.sha256(hashlib.sha256(raw).digest()).digest()[:4]
    number, text = int.from_bytes(raw, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        text = _BITCOIN[rest] + text
    return "1" * (len(raw) - len(raw.lstrip(b"\0"))) + text
