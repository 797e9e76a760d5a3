"""Addresses of Bitcoin (checked by their check sums) and Ethereum."""

import hashlib
import re
from collections.abc import Iterator

from etude.stages.corpus.privacy._base import Anchor, Found, Group, Window

WALLET = "wallet"

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_LEGACY = re.compile(rb"(?<![A-Za-z0-9])[13][1-9A-HJ-NP-Za-km-z]{25,34}(?![A-Za-z0-9])")
_BECH32 = re.compile(rb"(?<![A-Za-z0-9])bc1[02-9ac-hj-np-z]{11,87}(?![A-Za-z0-9])")
_ETHER = re.compile(rb"(?<![A-Za-z0-9])0x[0-9a-fA-F]{40}(?![A-Za-z0-9])")
_SYMBOLS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_CHECKED = (1, 0x2BC830A3)


def is_base58(address: str) -> bool:
    """Say whether a Bitcoin address in Base58 has the right check sum."""
    number = 0
    for character in address:
        number = number * 58 + _ALPHABET.index(character)
    if number.bit_length() > 200:
        return False
    raw = number.to_bytes(25, "big")
    return hashlib.sha256(hashlib.sha256(raw[:21]).digest()).digest()[:4] == raw[21:]


def is_bech32(address: str) -> bool:
    """Say whether a Bitcoin address of the kind `bc1…` has the right check sum."""
    values = [3, 3, 0, 2, 3, *(_SYMBOLS.index(c) for c in address[3:])]
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(
            (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
        ):
            check ^= generator if top >> bit & 1 else 0
    return check in _CHECKED


def _find(window: Window, _wanted: frozenset[str]) -> Iterator[Found]:
    for match in window.matches(_LEGACY, 40):
        if is_base58(match[0].decode()):
            yield Found(match.start(), match.end(), WALLET)
    for match in window.matches(_BECH32, 100):
        if is_bech32(match[0].decode()):
            yield Found(match.start(), match.end(), WALLET)
    for match in window.matches(_ETHER, 48):
        # Hashes of other things are longer; an address of one digit is nobody's.
        if len(set(match[0][2:].lower())) > 5:
            yield Found(match.start(), match.end(), WALLET)


GROUPS = (
    Group(
        kinds=(WALLET,),
        anchors=(
            Anchor(rb"[13][1-9A-HJ-NP-Za-km-z]{25}", 40),
            Anchor(rb"bc1[02-9ac-hj-np-z]{11}", 16),
            Anchor(rb"0x[0-9a-fA-F]{40}", 48),
        ),
        find=_find,
    ),
)
