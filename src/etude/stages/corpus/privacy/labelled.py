"""Texts with invented private items in known places, and how well a search finds them.

Half the texts hold an item each, half only things that look like one: version numbers, ISBNs,
orders, hashes, times, identifiers, examples from documentation, mathematics, code. Precision
depends on that half, so it compares searches and says little of a corpus, where private items are
far rarer; recall is of spellings that this file knows, which were written apart from the search.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from random import Random
from urllib.parse import quote

import msgspec

from etude.errors import ConfigError
from etude.stages.corpus.privacy.finding import KINDS, Search, find
from etude.stages.corpus.privacy.samples import contact, keys, money, persons
from etude.stages.corpus.privacy.samples.surroundings import around, lookalike

_MAKERS: dict[str, Callable[[Random], str]] = {
    **{f.__name__: f for f in (contact.email, contact.phone, contact.ip, contact.private_ip)},
    **{f.__name__: f for f in (contact.name, money.card, money.iban, money.wallet)},
    **{f.__name__: f for f in (persons.us_ssn, persons.uk_nino, persons.de_tax_id, persons.fr_nir)},
    **{f.__name__: f for f in (persons.es_dni, persons.it_cf, persons.nl_bsn, persons.se_pnr)},
    **{f.__name__: f for f in (persons.fi_hetu, persons.br_cpf, persons.in_aadhaar, persons.cn_id)},
    **{f.__name__: f for f in (keys.api_key, keys.jwt, keys.private_key, keys.password)},
}
_FILLER = (
    "The meeting moved to the large room. ", "Nothing else changed since last week.\n",
    "Das Wetter war schön, und alle kamen. ", "Les résultats sont attendus demain.\n\n",
    "x = compute(a, b)\n", "1. Open the lid.\n2. Wait.\n", "",
)  # fmt: skip


class Span(msgspec.Struct, frozen=True):
    """Where an item stands, in bytes of UTF-8, and its kind."""

    start: int
    end: int
    kind: str


class LabelledText(msgspec.Struct, frozen=True):
    """A text and every private item in it."""

    text: str
    spans: tuple[Span, ...]
    telling: bool
    """Whether the words around the item say what it is."""


class Share(msgspec.Struct, frozen=True):
    """A share of cases, with the bounds of its 95 % interval after Wilson; NaN of no cases."""

    value: float
    low: float
    high: float


class KindScore(msgspec.Struct, frozen=True, kw_only=True):
    """How well items of a kind are found."""

    kind: str
    n_items: int
    """Items in the texts."""
    n_found: int
    """Findings of the kind."""
    n_exact: int
    """Items that were found with exactly their bounds."""
    precision: Share
    """Share of the findings that touch an item of the kind."""
    recall: Share
    """Share of the items that a finding of the kind touches."""
    in_context: Share
    """The same for items whose surroundings say what they are."""
    masked: Share
    """Share of the items that are covered wholly by findings of whatever kind."""
    f1: float


def labelled_texts(kinds: Sequence[str] = KINDS, n: int = 200, seed: int = 0) -> list[LabelledText]:
    """Return `n` texts with an item of each kind, and as many that have none.

    Raises:
        ConfigError: There is no such kind.
    """
    if unknown := sorted(set(kinds) - set(_MAKERS)):
        raise ConfigError(f"no labelled items of kind {', '.join(unknown)}")
    texts: list[LabelledText] = []
    for kind in kinds:
        chance = Random(f"{seed} {kind}")
        texts += [_with_item(kind, chance) for _ in range(n)]
    chance = Random(f"{seed} lookalikes")
    for _ in range(n * len(kinds)):
        text = chance.choice(_FILLER) + lookalike(chance) + " " + chance.choice(_FILLER)
        texts.append(LabelledText(text, (), False))
    return texts


def _with_item(kind: str, chance: Random) -> LabelledText:
    """Return a text with one item of the kind."""
    value = _MAKERS[kind](chance)
    template, telling = around(kind, chance)
    before, _, after = template.partition("{}")
    if "://" in before:
        value = quote(value, safe="-_.~")
    head = chance.choice(_FILLER) + before
    tail = after + chance.choice(" \n") + chance.choice(_FILLER)
    start = len(head.encode())
    span = Span(start, start + len(value.encode()), kind)
    return LabelledText(head + value + tail, (span,), telling)


def measure_privacy(
    kinds: Sequence[str] = KINDS, n: int = 200, seed: int = 0, search: Search | None = None
) -> dict[str, KindScore]:
    """Return how well a search finds what is in labelled texts, by kind.

    Args:
        kinds: Kinds to put into texts and to look for.
        n: Texts of each kind.
        seed: Which texts.
        search: Settings of the search; by default, for those kinds.

    Raises:
        ConfigError: There is no such kind.
    """
    texts = labelled_texts(kinds, n, seed)
    found = find([t.text.encode() for t in texts], search or Search(kinds=tuple(kinds)))
    by_text: dict[int, list[Span]] = {}
    for item in found:
        by_text.setdefault(item.text, []).append(Span(item.start, item.end, item.kind))
    tallies = {kind: _Tally() for kind in kinds}
    for item in found:
        if item.kind in tallies:
            tallies[item.kind].found += 1
    for number, text in enumerate(texts):
        for span in text.spans:
            tallies[span.kind].add(span, text.telling, by_text.get(number, []))
    return {kind: tally.score(kind) for kind, tally in tallies.items()}


class _Tally(msgspec.Struct):
    """Counts for one kind."""

    items: int = 0
    told: int = 0
    found: int = 0
    right: int = 0
    hit: int = 0
    hit_told: int = 0
    exact: int = 0
    masked: int = 0

    def add(self, span: Span, telling: bool, findings: list[Span]) -> None:
        """Count an item and what was found in its text."""
        same = [f for f in findings if f.kind == span.kind and _touch(f, span)]
        self.items += 1
        self.told += telling
        self.right += len(same)
        self.hit += bool(same)
        self.hit_told += bool(same) and telling
        self.exact += span in same
        self.masked += any(f.start <= span.start and span.end <= f.end for f in findings)

    def score(self, kind: str) -> KindScore:
        """Return the shares that the counts make."""
        precision, recall = wilson(self.right, self.found), wilson(self.hit, self.items)
        total = precision.value + recall.value
        return KindScore(
            kind=kind,
            n_items=self.items,
            n_found=self.found,
            n_exact=self.exact,
            precision=precision,
            recall=recall,
            in_context=wilson(self.hit_told, self.told),
            masked=wilson(self.masked, self.items),
            f1=2 * precision.value * recall.value / total if total > 0 else 0.0,
        )


def _touch(a: Span, b: Span) -> bool:
    return a.start < b.end and b.start < a.end


def wilson(successes: int, n: int) -> Share:
    """Return a share with the bounds of its 95 % interval after Wilson (1927)."""
    if not n:
        return Share(math.nan, 0.0, 1.0)
    z = 1.959964
    share = successes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return Share(share, max(0.0, middle - half), min(1.0, middle + half))
