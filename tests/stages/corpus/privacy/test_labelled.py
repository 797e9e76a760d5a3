"""Labelled texts, and how well the search finds what is in them."""

import pytest

from etude.errors import ConfigError
from etude.stages.corpus.privacy import KINDS
from etude.stages.corpus.privacy.labelled import labelled_texts, measure_privacy, wilson


def test_labels_are_where_the_items_are() -> None:
    texts = labelled_texts(("email", "card"), 30, seed=1)
    assert len(texts) == 4 * 30
    emails = [t for t in texts if t.spans and t.spans[0].kind == "email"]
    assert len(emails) == 30
    for text in emails:
        span = text.spans[0]
        value = text.text.encode()[span.start : span.end].decode()
        assert "@" in value or "at" in value or "&#64;" in value


def test_the_same_seed_gives_the_same_texts() -> None:
    assert labelled_texts(("iban",), 10, 4) == labelled_texts(("iban",), 10, 4)
    assert labelled_texts(("iban",), 10, 4) != labelled_texts(("iban",), 10, 5)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ConfigError, match="fingerprint"):
        labelled_texts(("fingerprint",))


def test_bounds_of_a_share_hold_it() -> None:
    share = wilson(9, 10)
    assert share.low < share.value == 0.9 < share.high < 1
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0, 1)


# Floors under what was measured, so that a change for the worse shows.
FLOORS = {
    **dict.fromkeys(("private_key", "jwt", "api_key", "email", "iban"), 0.95),
    **dict.fromkeys(("it_cf", "fi_hetu", "cn_id", "wallet"), 0.95),
    **dict.fromkeys(("phone", "card", "ip"), 0.9),
    **dict.fromkeys(("private_ip", "es_dni", "fr_nir", "us_ssn"), 0.75),
    **dict.fromkeys(("br_cpf", "uk_nino", "se_pnr", "password"), 0.65),
    **dict.fromkeys(("in_aadhaar", "de_tax_id", "nl_bsn", "name"), 0.6),
}


def test_the_search_finds_what_it_did() -> None:
    scores = measure_privacy(KINDS, 100, seed=11)
    assert set(FLOORS) == set(KINDS)
    for kind, score in scores.items():
        assert score.n_items == 100
        assert score.recall.value >= FLOORS[kind], kind
        assert score.in_context.value >= score.recall.value - 0.05, kind
        if kind != "name":
            assert score.precision.value >= 0.94, kind
