"""The search for private items."""

import base64
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etude.errors import ConfigError
from etude.stages.corpus.privacy import DEFAULT_KINDS, KINDS, OPTIONAL, Search, find
from etude.stages.corpus.privacy.labelled import labelled_texts
from etude.stages.corpus.privacy.scanners import scanners

PEM_BODY = base64.b64encode(Random(1).randbytes(120)).decode()


def found(text: str, *kinds: str, allow: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    data = text.encode()
    items = find([data], Search(kinds=kinds or DEFAULT_KINDS, allow=allow))
    return [(item.kind, data[item.start : item.end].decode()) for item in items]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("email", "john.doe@gmail.com"),
        ("email", "müller@bücher.de"),
        ("email", "jane [at] site [dot] org"),
        ("email", "jane at site dot org"),
        ("email", "a.b&#64;web.de"),
        ("email", "j.p [at] bücher.de"),
        ("phone", "+44 20 7123 4567"),
        ("phone", "(212) 736-8642"),
        ("phone", "01 42 68 53 00"),
        ("phone", "030/2345678"),
        ("ip", "81.2.69.142"),
        ("ip", "2a02:c7f:1234:5600:a1b2:c3d4:e5f6:1"),
        ("card", "4539 1488 0343 6467"),
        ("card", "3714-496353-98456"),
        ("iban", "DE44 5001 0517 5407 3249 31"),
        ("us_ssn", "536-22-1234"),
        ("uk_nino", "AB 12 34 56 C"),
        ("fr_nir", "2 69 05 49 588 157 80"),
        ("es_dni", "12345678-Z"),
        ("it_cf", "RSSMRA85T10A562S"),
        ("se_pnr", "811218-9876"),
        ("fi_hetu", "131052-308T"),
        ("br_cpf", "529.982.247-25"),
        ("cn_id", "11010519491231002X"),
        ("api_key", "AKIAIOSFODNN7QWERTYU"),
        ("api_key", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"),
        (
            "private_key",
            f"-----BEGIN RSA PRIVATE KEY-----\n{PEM_BODY}\n-----END RSA PRIVATE KEY-----",
        ),
    ],
)
def test_an_item_is_found_with_its_bounds_whatever_stands_around(kind: str, value: str) -> None:
    for text in (value, f"é {value}, x", f"«{value}»", "\n" * 700 + value, "word " * 99 + value):
        assert (kind, value) in found(text)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("BSN 123456782", "nl_bsn", "123456782"),
        ("Steuer-ID: 86095742719", "de_tax_id", "86095742719"),
        ("ssn=536221234", "us_ssn", "536221234"),
        ('password = "hT8$kq0Zx!"', "password", "hT8$kq0Zx!"),
        ("https://bob:s3cr3tP4ss@db.acme.io/x", "password", "s3cr3tP4ss"),
        ("Telefon: 7123456", "phone", "7123456"),
        ("DNI 12345678Z", "es_dni", "12345678Z"),
        ("Aadhaar: 2345 6789 0124", "in_aadhaar", "2345 6789 0124"),
    ],
)
def test_what_proves_little_is_believed_in_context_only(text: str, kind: str, value: str) -> None:
    assert found(text, kind) == [(kind, value)]
    assert found(f"number {value} there", kind) == []


@pytest.mark.parametrize(
    "text",
    [
        "version 81.2.69.142, libfoo-1.2.3.4.tar, section 4.1.2.3, OID 1.3.6.1.4.1.311.1",
        "user@example.com, git@github.com:a/b.git, icon@2x.png, 127.0.0.1, 192.0.2.1, ::1, 2001:db8::1",  # noqa: E501
        "call 212-555-0147; test card 4111 1111 1111 1111; SSN 078-05-1120, 000-12-3456, 987-65-4320",  # noqa: E501
        "550e8400-e29b-41d4-a716-446655440000 978-3-16-148410-0 2026-11-24 08:38:15 3.14159265358979",  # noqa: E501
        "4539 1488 0343 6468 and DE45 5001 0517 5407 3249 31 and 529.982.247-26 and 12345678A",
        "password = getpass()  token: <TOKEN>  api_key=YOUR_API_KEY  AKIAIOSFODNN7EXAMPLE",
        "std::vector<a>::b 12:34:56 de:ad:be:ef:00:01 #include",
    ],
)
def test_what_only_looks_private_is_not_found(text: str) -> None:
    assert found(text) == []


def test_allowed_values_stay() -> None:
    text = "noreply@acme.io bob@acme.io bob@corp.net 81.2.69.142"
    assert found(text, "email", "ip", allow=("noreply@", "@CORP.net", "81.2.69.142")) == [
        ("email", "bob@acme.io")
    ]


def test_a_kind_that_does_not_exist_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="nonsense"):
        Search(kinds=("nonsense",))


def test_weak_kinds_are_found_only_when_asked() -> None:
    text = "Dear John Smith, 192.168.7.40 1BoatSLRHtKNngkdXEeobR76b53LETtpyT"
    assert found(text) == []
    assert {kind for kind, _ in found(text, *OPTIONAL)} == set(OPTIONAL)


def test_items_do_not_cross_from_one_text_into_the_next() -> None:
    assert find([b"john@", b"gmail.com", b"4539 1488", b"0343 6467"]) == []
    items = find([b"", b"x", b"bob@acme.io", b"", b"bob@acme.io"])
    assert [(item.text, item.start, item.end) for item in items] == [(2, 0, 11), (4, 0, 11)]


def labelled() -> list[bytes]:
    return [text.text.encode() for text in labelled_texts(KINDS, 25, seed=7)]


@pytest.mark.parametrize("name", scanners.names())
def test_all_scanners_find_the_same(name: str) -> None:
    texts = [*labelled(), b" ".join(labelled()), b"".join(labelled())]
    expected = find(texts, Search(kinds=KINDS))
    assert len(expected) > 500
    assert find(texts, Search(kinds=KINDS, scanner=name)) == expected  # type: ignore[arg-type]


NASTY = st.text(
    alphabet=st.sampled_from("0123456789 -.+()@:/=\"'aAeEfFxXzZ\0\n\u00a0é中_")
    | st.characters(codec="utf-8"),
    max_size=120,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(NASTY, max_size=4))
def test_on_arbitrary_text_scanners_agree_and_findings_are_in_order(texts: list[str]) -> None:
    data = [text.encode() for text in texts]
    results = [find(data, Search(kinds=KINDS, scanner=s)) for s in ("auto", "re2", "python")]
    assert results[0] == results[1] == results[2]
    places = [(item.text, item.start, item.end) for item in results[0]]
    for (text, _, end), (next_text, start, _) in pairwise(places):
        assert text < next_text or end <= start


@pytest.mark.parametrize(
    "text",
    [
        *("1 " * 200_000, "a@" * 200_000, "1.1.1.1." * 50_000, "eyJ" * 100_000, "A1" * 200_000),
        *("-----BEGIN PRIVATE KEY-----\n" * 4_000, "password=" * 20_000, "::1" * 80_000),
    ],
    ids=map(str, range(8)),
)
@pytest.mark.timeout(60)
def test_hostile_texts_take_linear_time(text: str) -> None:
    find([text.encode()], Search(kinds=KINDS))
