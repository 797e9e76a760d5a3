"""Web archives: pages with what is known of them, and damage that costs one record."""

import gzip
import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


def record(kind: str, body: bytes, *headers: str, url: str = "https://a.org/") -> bytes:
    lines = [
        "WARC/1.0",
        f"WARC-Type: {kind}",
        f"WARC-Target-URI: {url}",
        "WARC-Date: 2024-01-02T03:04:05Z",
        *headers,
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body + b"\r\n\r\n"


def response(body: bytes, *headers: str, status: int = 200, url: str = "https://a.org/") -> bytes:
    kinds = (
        []
        if any(one.startswith("Content-Type") for one in headers)
        else ["Content-Type: text/html"]
    )
    head = "\r\n".join([f"HTTP/1.1 {status} OK", *kinds, *headers]).encode()
    kind = "Content-Type: application/http; msgtype=response"
    return record("response", head + b"\r\n\r\n" + body, kind, url=url)


PAGES = [response(f"<p>page {n} é</p>".encode(), url=f"https://a.org/{n}") for n in range(8)]
TEXTS = [f"<p>page {n} é</p>" for n in range(8)]
INFO = record("warcinfo", b"software: x\r\n")


def with_dictionary(records: list[bytes]) -> bytes:
    """A `.warc.zst`: the dictionary in a frame to skip, then a frame for each record."""
    samples: list[Any] = [b"".join(PAGES[n:]) + str(n).encode() * 50 for n in range(8)] * 20
    dictionary = zstandard.train_dictionary(4096, samples)
    raw = zstandard.compress(dictionary.as_bytes())
    packer = zstandard.ZstdCompressor(dict_data=dictionary)
    head = struct.pack("<II", 0x184D2A5D, len(raw)) + raw
    return head + b"".join(packer.compress(one) for one in records)


@pytest.mark.parametrize("ending", ["", ".gz", ".zst", "-dictionary.warc.zst"])
def test_every_form_of_archive_gives_its_pages(read: Any, tmp_path: Path, ending: str) -> None:
    records = [INFO, *PAGES]
    data = {
        "": b"".join(records),
        ".gz": b"".join(map(gzip.compress, records)),
        ".zst": b"".join(map(zstandard.compress, records)),
        "-dictionary.warc.zst": with_dictionary(records),
    }[ending]
    path = tmp_path / f"a.warc{ending}"
    path.write_bytes(data)
    found, broken = read("warc", path)
    assert not broken
    assert [one.text for one in found] == TEXTS
    one = found[1]
    assert one.id == f"a.warc{ending}@{len(INFO) + len(PAGES[0])}"
    assert (one.url, one.date) == ("https://a.org/1", "2024-01-02T03:04:05Z")
    assert one.media_type == "text/html"


def test_texts_of_wet_are_read(read: Any, tmp_path: Path) -> None:
    wet = record(
        "conversion",
        "Wörter".encode(),
        "Content-Type: text/plain",
        "WARC-Identified-Content-Language: deu",
    )
    (tmp_path / "a.warc.wet.gz").write_bytes(gzip.compress(wet))
    [one], _ = read("warc", tmp_path)
    assert (one.text, one.media_type, one.tags) == ("Wörter", "text/plain", {"lang": "deu"})


@pytest.mark.parametrize(
    ("headers", "page", "opt_out"),
    [
        (["X-Robots-Tag: googlebot: noindex, noai"], "<p>x", ("robots:noai",)),
        (["TDM-Reservation: 1"], "<p>x", ("tdm:reserved",)),
        (["TDM-Reservation: 1"], '<meta name="tdm-reservation" content="1">', ("tdm:reserved",)),
        (
            ["X-Robots-Tag: noimageai"],
            '<meta name=robots content="noai">',
            ("robots:noimageai", "meta:noai"),
        ),
        (["X-Robots-Tag: noindex"], "<p>x", ()),
    ],
)
def test_signals_of_opting_out_come_from_headers_and_page(
    read: Any, tmp_path: Path, headers: list[str], page: str, opt_out: tuple[str, ...]
) -> None:
    (tmp_path / "a.warc").write_bytes(response(page.encode(), *headers))
    [one], _ = read("warc", tmp_path)
    assert one.opt_out == opt_out


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (["Content-Type: text/html; charset=windows-1251"], "<p>Привет, мир".encode("cp1251")),
        (["Content-Type: text/html"], "<meta charset=koi8-r><p>Привет, мир".encode("koi8-r")),
        (["Content-Encoding: gzip"], gzip.compress("<p>Привет, мир".encode(), mtime=0)),
        (["Content-Encoding: deflate"], zlib.compress("<p>Привет, мир".encode())),
        (["Content-Encoding: gzip"], "<p>Привет, мир".encode()),
        (
            ["Transfer-Encoding: chunked"],
            b"3\r\n<p>\r\n15;x=y\r\n" + "Привет, мир ".encode() + b"\r\n0\r\n\r\n",
        ),
        (["Transfer-Encoding: chunked"], "<p>Привет, мир".encode()),
    ],
)
def test_payloads_are_decoded(read: Any, tmp_path: Path, headers: list[str], body: bytes) -> None:
    (tmp_path / "a.warc").write_bytes(response(body, *headers))
    [one], broken = read("warc", tmp_path)
    assert not broken
    assert "Привет, мир" in one.text


def test_what_is_no_page_is_passed_over(read: Any, tmp_path: Path) -> None:
    records = [
        response(b"gone", status=404),
        response(b"moved", status=301),
        response(b"moved", status=301),
        response(b"\x89PNG", "Content-Type: image/png"),
    ]
    (tmp_path / "a.warc").write_bytes(b"".join([*records, PAGES[0]]))
    found, broken = read("warc", tmp_path)
    assert (len(found), broken) == (1, [])
    (tmp_path / "a.warc").write_bytes(b"".join(records))
    found, broken = read("warc", tmp_path)
    assert [(one.reason, one.excerpt) for one in broken] == [
        (
            "passed over: holds no document",
            "HTTP status 301 (2), HTTP status 404 (1), media type image/png (1)",
        )
    ]


BROKEN = {
    "wrong length of a WARC record": re.sub(rb"(Length: )\d+", rb"\g<1>21", PAGES[1]),
    "not a WARC record": b"junk between records\r\n",
    "damaged WARC header": PAGES[1].replace(b"Content-Length", b"Content-Strength"),
    "longer than max_document_bytes": response(b"x" * 5000),
    "not an HTTP response": record("response", b"odd", "Content-Type: application/http"),
    "binary": response(bytes(range(256)) * 3),
    "empty": response(b" "),
    "no media type": response(b"words", "Content-Type:"),
}


@pytest.mark.parametrize("reason", BROKEN)
def test_a_broken_record_costs_only_itself(read: Any, tmp_path: Path, reason: str) -> None:
    (tmp_path / "a.warc").write_bytes(PAGES[0] + BROKEN[reason] + PAGES[2])
    found, broken = read("warc", tmp_path, max_document_bytes=4000)
    assert [one.text for one in found] == [TEXTS[0], TEXTS[2]]
    assert [(one.id, one.reason) for one in broken] == [(f"a.warc@{len(PAGES[0])}", reason)]


@pytest.mark.parametrize("ending", ["", ".gz", ".zst"])
def test_a_cut_archive_gives_all_before_the_cut(read: Any, tmp_path: Path, ending: str) -> None:
    packers: dict[str, Callable[[bytes], bytes]] = {
        "": bytes,
        ".gz": gzip.compress,
        ".zst": zstandard.compress,
    }
    path = tmp_path / f"a.warc{ending}"
    path.write_bytes(b"".join(map(packers[ending], PAGES))[:-60])
    found, broken = read("warc", path)
    assert [one.text for one in found] == TEXTS[:7]
    assert len(broken) == 1
    assert broken[0].reason.startswith("truncated")


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(share=st.floats(0, 1), junk=st.binary(min_size=1, max_size=9), cut=st.booleans())
@pytest.mark.parametrize("ending", ["", ".gz"])
def test_damage_never_costs_a_record_before_it(
    read: Any, tmp_path: Path, ending: str, share: float, junk: bytes, cut: bool
) -> None:
    members = [gzip.compress(one) if ending else one for one in PAGES]
    data = b"".join(members)
    at = int(share * (len(data) - 1))
    path = tmp_path / f"law.warc{ending}"
    path.write_bytes(data[:at] + junk + (b"" if cut else data[at + len(junk) :]))
    found, broken = read("warc", path)
    ends = [len(b"".join(members[: n + 1])) for n in range(8)]
    n_before = sum(end <= at for end in ends)
    # A record ends with two empty lines, which are needed to believe its length.
    assert [one.text for one in found][: max(n_before - 1, 0)] == TEXTS[: max(n_before - 1, 0)]
    assert broken or len(found) >= n_before
