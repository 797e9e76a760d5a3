"""Exchanges private items for something else, leaving all other bytes of a text as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from etude.stages.corpus.privacy.fakes import fake
from etude.stages.corpus.privacy.finding import Finding, Search, find

_IDS = ("us_ssn", "uk_nino", "de_tax_id", "fr_nir", "es_dni", "it_cf", "nl_bsn", "se_pnr")
PLACEHOLDERS: dict[str, bytes] = {
    **{"email": b"<EMAIL>", "phone": b"<PHONE>", "ip": b"<IP>", "private_ip": b"<IP>"},
    **{"card": b"<CARD>", "iban": b"<IBAN>", "name": b"<NAME>", "wallet": b"<WALLET>"},
    **dict.fromkeys((*_IDS, "fi_hetu", "br_cpf", "in_aadhaar", "cn_id"), b"<NATIONAL_ID>"),
    **{"api_key": b"<SECRET>", "jwt": b"<SECRET>", "password": b"<SECRET>"},
    "private_key": b"<PRIVATE_KEY>",
}
"""What masks an item, by its kind."""
# What goes can bring together or lay bare what was none before; that goes in the next round.
_ROUNDS = 8


def replacement(
    kind: str, value: bytes, action: Literal["mask", "remove", "fake"], seed: int
) -> bytes:
    """Return what stands in the place of a private value."""
    if action == "mask":
        return PLACEHOLDERS[kind]
    return fake(kind, value, seed) if action == "fake" else b""


def without_private(
    texts: Sequence[bytes],
    search: Search,
    action: Literal["mask", "remove", "fake"] = "mask",
    seed: int = 0,
) -> tuple[dict[int, bytes], list[Finding]]:
    """Return the texts that change, by their place, and everything that was found in them.

    What is masked or removed is looked at again until nothing more is found, so that a second pass
    over the result changes nothing. Fakes are never taken for private items.

    Args:
        texts: UTF-8 texts.
        search: What to look for.
        action: Put a placeholder in its place, nothing, or a consistent fake.
        seed: Key of the fakes; the same in all parts of a data set.
    """
    every = found = find(texts, search)
    changed: dict[int, bytes] = {}
    for _ in range(_ROUNDS):
        if not found:
            break
        for text, items in _by_text(found).items():
            old = changed.get(text, texts[text])
            parts, at = [], 0
            for item in items:
                parts.append(old[at : item.start])
                parts.append(replacement(item.kind, old[item.start : item.end], action, seed))
                at = item.end
            changed[text] = b"".join([*parts, old[at:]])
        rows = sorted({item.text for item in found})
        again = find([changed[row] for row in rows], search)
        found = [Finding(rows[f.text], f.start, f.end, f.kind) for f in again]
    return changed, every


def _by_text(found: list[Finding]) -> dict[int, list[Finding]]:
    """Return what was found by the text it was found in, in order."""
    by_text: dict[int, list[Finding]] = {}
    for item in found:
        by_text.setdefault(item.text, []).append(item)
    return by_text
