"""Pages, plain texts and manual pages."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from etude import Dataset
from etude.cli import main
from etude.errors import ConfigError

PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="{charset}">
<title>A &amp; B</title><link rel="canonical" href="https://a.org/x">
<link rel="license" href="https://creativecommons.org/licenses/by/4.0/">
<meta property="article:published_time" content="2024-05-01T10:00:00Z">
{more}</head><body><p>Grüße</p></body></html>"""


def test_a_page_keeps_its_markup_and_what_it_says_of_itself(read: Any, tmp_path: Path) -> None:
    page = PAGE.format(charset="utf-8", more="")
    (tmp_path / "a.html").write_text(page)
    [one], broken = read("html", tmp_path)
    assert not broken
    assert (one.text, one.media_type, one.title) == (page, "text/html", "A & B")
    assert (one.url, one.date) == ("https://a.org/x", "2024-05-01T10:00:00Z")
    assert (one.origin.licence, one.tags, one.opt_out) == ("CC-BY-4.0", {"lang": "en"}, ())


@pytest.mark.parametrize(
    ("more", "opt_out"),
    [
        ('<meta name="robots" content="noindex, NoAI">', ("meta:noai",)),
        ("<META NAME=robots CONTENT='noai,noimageai'>", ("meta:noai", "meta:noimageai")),
        ('<meta name="tdm-reservation" content="1">', ("tdm:reserved",)),
        ('<meta name="tdm-reservation" content="0">', ()),
        ('<!-- <meta name="robots" content="noai"> -->', ()),
    ],
)
def test_signals_of_opting_out_are_kept(
    read: Any, tmp_path: Path, more: str, opt_out: tuple[str, ...]
) -> None:
    (tmp_path / "a.html").write_text(PAGE.format(charset="utf-8", more=more))
    [one], _ = read("html", tmp_path)
    assert one.opt_out == opt_out


def test_a_declared_charset_is_obeyed(read: Any, tmp_path: Path) -> None:
    page = PAGE.format(charset="iso-8859-2", more="").replace("Grüße", "Žluťoučký kůň")
    (tmp_path / "a.htm").write_bytes(page.encode("iso-8859-2"))
    [one], _ = read("html", tmp_path, base_url="https://b/")
    assert "Žluťoučký kůň" in one.text
    assert one.tags["encoding"] == "iso8859-2" or one.tags["encoding"].startswith("iso")


def test_urls_are_made_of_names(read: Any, tmp_path: Path) -> None:
    (tmp_path / "a b.html").write_text("<p>x</p>")
    [one], _ = read("html", tmp_path, base_url="https://b/")
    assert one.url == "https://b/a%20b.html"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("これは日本語の文章です。文字コードを調べるための文です。", "shift_jis"),
        ("这是一个中文句子用来测试编码检测是否正确。", "gb18030"),
        ("Это русское предложение для проверки кодировки.", "cp1251"),
        ("plain words in wide letters", "utf-16-le"),
    ],
)
def test_encodings_are_detected(read: Any, tmp_path: Path, text: str, encoding: str) -> None:
    (tmp_path / "a.txt").write_bytes(text.encode(encoding))
    [one], broken = read("text", tmp_path)
    assert (one.text, broken) == (text, [])
    assert "encoding" in one.tags


def test_a_few_bad_bytes_leave_utf8_what_it_is(read: Any, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(("é" * 100).encode() + b"\xff" + "ü".encode())
    [one], _ = read("text", tmp_path)
    assert one.text == "é" * 100 + "\ufffdü"
    assert one.tags == {"encoding": "utf-8 (damaged)"}


@pytest.mark.parametrize("ending", ["txt", "html"])
def test_a_few_zeros_and_controls_are_no_reason_to_lose_a_text(
    read: Any, tmp_path: Path, ending: str
) -> None:
    use = {"txt": "text", "html": "html"}[ending]
    words = "<p>words é " * 1000
    (tmp_path / f"a.{ending}").write_text(words + "\0\uffff\x01" + words)
    (tmp_path / f"b.{ending}").write_text(words + "\0" * 40)
    [one], broken = read(use, tmp_path)
    assert one.text == words + "\uffff\x01" + words
    assert [(one.id, one.reason) for one in broken] == [(f"b.{ending}", "binary")]


def test_files_that_are_no_text_are_set_aside(read: Any, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(bytes(range(256)) * 9)
    (tmp_path / "b.txt").write_bytes(b"")
    (tmp_path / "c.txt").write_bytes(b" \n\n ")
    (tmp_path / "d.txt").write_bytes(b"x" * 5000)
    (tmp_path / "e.txt.gz").write_bytes(gzip.compress(b"\x1f\x8b\x08" + b"\0" * 90))
    (tmp_path / "f.txt").write_bytes(b"good")
    found, broken = read("text", tmp_path, max_document_bytes=4000)
    assert [one.id for one in found] == ["f.txt"]
    assert [(one.id, one.reason) for one in broken] == [
        ("a.txt", "binary"),
        ("b.txt", "empty file"),
        ("c.txt", "empty"),
        ("d.txt", "longer than max_document_bytes"),
        ("e.txt.gz", "binary"),
    ]


@pytest.mark.parametrize("named", ["**/*.py", "src/[ab].py", "src/a.py"])
def test_what_is_named_is_read_whatever_its_ending(read: Any, tmp_path: Path, named: str) -> None:
    for name in ("src/a.py", "src/a.txt", "src/deep/a.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    [one], broken = read("text", f"{tmp_path}/{named}")
    assert (one.text, one.media_type, broken) == ("src/a.py", "text/x-code", [])
    # Of a folder that a glob leads to only endings count, as of any folder.
    texts = ["src/a.py", "src/a.txt", "src/deep/a.txt"]
    assert [one.text for one in read("text", f"{tmp_path}/src/*")[0]] == texts
    assert [one.text for one in read("text", f"{tmp_path}/s*")[0]] == texts[1:]


def test_files_whose_names_are_not_utf8_are_read_under_escaped_names(
    read: Any, tmp_path: Path
) -> None:
    sources = tmp_path / "sources"
    for name in (b"caf\xe9.txt", b"d\xff/a.txt", b"100%a.txt", "\u00e9.txt".encode()):
        path = os.path.join(os.fsencode(sources), name)  # noqa: PTH118 - bytes
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
        with open(path, "wb") as file:  # noqa: PTH123
            file.write(name * 9)
    found, broken = read("text", sources)
    names = ["100%a.txt", "caf\\xe9.txt", "d\\xff/a.txt", "\u00e9.txt"]
    assert (sorted(one.id for one in found), broken) == (names, [])
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(f'[[sources]]\nuse = "text"\npaths = ["{sources}"]\n')
    words = ["corpus", "build", str(recipe), "--out", str(tmp_path / "corpus")]
    assert CliRunner().invoke(main, words).exit_code == 0
    built = Dataset.open(tmp_path / "corpus").documents()
    assert sorted(one.id for one in built) == names


def test_a_name_that_is_told_like_another_one_is_an_error(
    make_reader: Callable[..., Any], tmp_path: Path
) -> None:
    for name in (b"\xe9.txt", rb"\xe9.txt"):
        with open(os.path.join(os.fsencode(tmp_path), name), "wb"):  # noqa: PTH118, PTH123
            pass
    with pytest.raises(ConfigError, match="looks like another one"):
        make_reader("text", tmp_path).parts()


@pytest.mark.parametrize(
    ("settings", "texts"),
    [
        ({}, ["a\nb\n\nc\n\f d"]),
        ({"split": "paragraphs"}, ["a\nb", "c\n\f d"]),
        ({"split": "pages"}, ["a\nb\n\nc\n", " d"]),
        ({"split": "separator", "separator": "^c$"}, ["a\nb\n\n", "\n\f d"]),
    ],
)
def test_a_file_is_split_as_asked(
    read: Any, tmp_path: Path, settings: dict[str, str], texts: list[str]
) -> None:
    (tmp_path / "a.md").write_text("a\nb\n\nc\n\f d")
    found, _ = read("text", tmp_path, **settings)
    assert [one.text for one in found] == texts
    assert {one.media_type for one in found} == {"text/markdown"}


MAN = r""".\" comment
.TH LS 1 "2024-02-03" "x" "User Commands"
.de XX
not shown
..
.SH NAME
ls \- list \fBdirectory\fR contents
.SH OPTIONS
.TP
\fB\-a\fR, \fB\-\-all\fR
do not ignore
entries
.ie n show \(lqthis\(rq
.el hide this
.PP
.BR grep (1)
caf\['e] \(co \[u20AC]
.nf
  code   here
    deep
.fi
"""
MDOC = r""".Dd June 24, 2020
.Dt CAT 1
.Os
.Sh NAME
.Nm cat
.Nd concatenate files
.Sh SYNOPSIS
.Nm
.Op Fl bn
.Op Ar
.Sh SEE ALSO
.Xr head 1 ,
.Dq quoted text .
.Bl -tag
.It Fl b
Number lines.
.El
"""


def test_manual_pages_become_text(read: Any, tmp_path: Path) -> None:
    folder = tmp_path / "man" / "de" / "man1"
    folder.mkdir(parents=True)
    (folder / "ls.1.gz").write_bytes(gzip.compress(MAN.encode()))
    (folder / "cat.1").write_text(MDOC)
    (folder / "dir.1").write_text(".so man1/ls.1\n")
    (folder / "picture.png").write_bytes(b"\0")
    found, broken = read("man", tmp_path)
    assert not broken
    cat, ls = found
    assert (ls.title, ls.date, ls.tags) == ("LS(1)", "2024-02-03", {"section": "1", "lang": "de"})
    assert ls.text == (
        "NAME\n\nls - list directory contents\n\nOPTIONS\n\n"
        "-a, --all do not ignore entries show “this”\n\ngrep(1) café © €\n\n  code   here\n    deep"
    )
    assert (cat.title, cat.date) == ("CAT(1)", "2020-06-24")
    assert (
        cat.text
        == (
            "NAME\n\ncat — concatenate files\n\nSYNOPSIS\n\ncat [-b -n] [file ...]\n\n"
            "SEE ALSO\n\nhead(1), “quoted text”.\n\n-b Number lines."
        )
        or "cat [-bn] [file ...]" in cat.text
    )


@pytest.mark.parametrize(
    "junk", [b"\\", b".if", b".de", b"\\*[", b".TS\n\\", b".ie n \\{\\\n.if t"]
)
def test_odd_roff_is_read_somehow(read: Any, tmp_path: Path, junk: bytes) -> None:
    (tmp_path / "a.1").write_bytes(b".TH A 1\n.SH NAME\nword\n" + junk)
    found, _ = read("man", tmp_path)
    assert found[0].text.startswith("NAME\n\nword")
