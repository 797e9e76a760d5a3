"""Wiki dumps, articles, feeds, LaTeX and PDF."""

import bz2
import gzip
import io
import tarfile
from html import escape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

HEAD = """<mediawiki xml:lang="de"><siteinfo><dbname>dewiki</dbname>
<base>https://de.wikipedia.org/wiki/Hauptseite</base>
<namespaces><namespace key="6">Datei</namespace>
<namespace key="14">Kategorie</namespace></namespaces>
</siteinfo>\n"""
WIKITEXT = """{{Infobox|a=b}}'''Ada''' ({{lang|en|born}} 1815; ) was a \
[[mathematician|math person]].\
<ref>note</ref> See [[Datei:x.jpg|thumb|cap [[y]]]] <math>x^2</math> &amp; [http://x this].\
<!-- no -->
== Life ==
* one ''two''
{| class=x
| cell
|}
== Empty ==
{{reflist}}
[[Kategorie:X]]"""
TEXT = "Ada (born 1815; ) was a math person. See $x^2$ & this.\n\nLife\n\n* one two"


def page(number: int, text: str, more: str = "", space: int = 0) -> str:
    return (
        f"<page><title>Page {number}</title><ns>{space}</ns><id>{number}</id>{more}<revision>"
        f"<id>1</id><timestamp>2024-01-01T00:00:00Z</timestamp><text>{escape(text)}</text>"
        "</revision></page>\n"
    )


def dump(*pages: str) -> bytes:
    return (HEAD + "".join(pages) + "</mediawiki>\n").encode()


def test_articles_become_text_and_the_rest_is_passed_over(read: Any, tmp_path: Path) -> None:
    pages = [page(1, WIKITEXT), page(2, "x", '<redirect title="y"/>'), page(3, "x", space=1)]
    (tmp_path / "a.xml.bz2").write_bytes(bz2.compress(dump(*pages)))
    [one], broken = read("wikipedia", tmp_path)
    assert one.text == TEXT
    assert (one.title, one.url) == ("Page 1", "https://de.wikipedia.org/wiki/Page_1")
    assert (one.date, one.origin.licence) == ("2024-01-01T00:00:00Z", "CC-BY-SA-4.0")
    assert one.tags == {"page": "1", "wiki": "dewiki"}
    assert not broken
    [raw], _ = read("wikipedia", tmp_path, wikitext=True)
    assert raw.text == WIKITEXT


PAGES = [page(n, f"Text {n}.") for n in range(6)]
DAMAGE = {
    "not well-formed XML": PAGES[2].replace("</title>", "</titel>"),
    "text is missing": "<page><title>T</title><ns>0</ns></page>",
    "XML nested too deeply": "<page>" + "<a>" * 500 + "</a>" * 500 + "</page>",
    "longer than max_document_bytes": page(2, "x" * 5000),
}


@pytest.mark.parametrize("reason", DAMAGE)
def test_a_broken_page_costs_only_itself(read: Any, tmp_path: Path, reason: str) -> None:
    data = dump(PAGES[0], DAMAGE[reason], PAGES[4])
    (tmp_path / "a.xml").write_bytes(data)
    found, broken = read("wikipedia", tmp_path, max_document_bytes=4000)
    assert [one.text for one in found] == ["Text 0.", "Text 4."]
    assert [(one.id, one.reason) for one in broken] == [
        (f"a.xml@{len((HEAD + PAGES[0]).encode())}", reason)
    ]


@pytest.mark.parametrize("use", ["wikipedia", "jats", "feed", "threads"])
def test_entities_that_grow_are_not_expanded(read: Any, tmp_path: Path, use: str) -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(10))
    data = f"<!DOCTYPE x [{laughs}]><x><page><title>&l9;</title></page></x>"
    (tmp_path / "a.xml").write_text(data)
    found, broken = read(use, tmp_path)
    assert not found
    assert broken[0].reason == "XML with entities that may grow"


def test_entities_of_the_machine_are_not_read(read: Any, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    text = f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{tmp_path}/secret">]>'
    (tmp_path / "a.xml").write_text(f"{text}<article><body><p>a&x;b</p></body></article>")
    found, _ = read("jats", tmp_path / "a.xml")
    assert [one.text for one in found] == ["ab"]


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(share=st.floats(0, 1), junk=st.binary(min_size=1, max_size=9), cut=st.booleans())
def test_damage_never_costs_a_page_before_it(
    read: Any, tmp_path: Path, share: float, junk: bytes, cut: bool
) -> None:
    data = dump(*PAGES)
    at = int(share * (len(data) - 1))
    (tmp_path / "a.xml").write_bytes(data[:at] + junk + (b"" if cut else data[at + len(junk) :]))
    found, broken = read("wikipedia", tmp_path / "a.xml")
    ends = [len((HEAD + "".join(PAGES[: n + 1])).encode()) for n in range(6)]
    n_before = sum(end <= at for end in ends)
    assert [one.text for one in found][:n_before] == [f"Text {n}." for n in range(n_before)]
    assert broken or len(found) >= n_before


ARTICLE = """<?xml version="1.0" encoding="ISO-8859-1"?>
<!DOCTYPE article PUBLIC "-//NLM//DTD JATS 1.0//EN" "JATS-archivearticle1.dtd">
<article xml:lang="en" article-type="research-article"><front><journal-meta><journal-title-group>
<journal-title>J</journal-title></journal-title-group></journal-meta><article-meta>
<article-id pub-id-type="doi">10.1/x</article-id>
<title-group><article-title>On <italic>é</italic></article-title></title-group>
<pub-date><year>2020</year><month>5</month></pub-date>
<permissions><license xlink:href="http://creativecommons.org/licenses/by/4.0/"><p>x</p></license>
</permissions>
<abstract><p>Short&nbsp;&mdash;so.</p></abstract></article-meta></front>
<body><sec><title>One</title><p>First [<xref ref-type="bibr" rid="b">1</xref>] claim,
<inline-formula><tex-math>\\begin{document}$a^2$\\end{document}</tex-math></inline-formula>.</p>
<table-wrap><caption><p>Cap.</p></caption><table><tr><td>no</td></tr></table></table-wrap>
<list><list-item><p>item</p></list-item></list></sec></body>
<back><ref-list><ref>no</ref></ref-list></back></article>"""


def test_an_article_becomes_text(read: Any, tmp_path: Path) -> None:
    (tmp_path / "a.nxml").write_bytes(ARTICLE.encode("latin-1"))
    [one], broken = read("jats", tmp_path)
    assert not broken
    assert one.text == (
        "On é\n\nAbstract\n\nShort —so.\n\nOne\n\nFirst claim, $a^2$.\n\nCap.\n\n* item"
    )
    assert (one.title, one.url, one.date) == ("On é", "https://doi.org/10.1/x", "2020-05")
    assert one.origin.licence == "CC-BY-4.0"
    assert one.tags["journal"] == "J"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<article><body>", "not well-formed XML"),
        (b"<html/>", "not a JATS article"),
        (b"", "empty file"),
        (bytes(range(256)), "binary"),
        (b"<article/>", "empty"),
    ],
)
def test_what_is_no_article_is_set_aside(
    read: Any, tmp_path: Path, data: bytes, reason: str
) -> None:
    (tmp_path / "a.nxml").write_bytes(data)
    found, broken = read("jats", tmp_path)
    assert (found, [one.reason for one in broken]) == ([], [reason])


RSS = """<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>News</title><item><title>A &amp;amp; B</title><link>https://a/1</link>
<pubDate>Tue, 02 Jan 2024 03:04:05 GMT</pubDate><description>short</description>
<content:encoded><![CDATA[<p>Long &amp; full</p>]]></content:encoded></item>
<item><title>Empty</title></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>T</title>
<link rel="self" href="https://no"/><link href="https://a/2"/><updated>2024-01-02T00:00:00Z</updated>
<content type="xhtml"><div><p>x &lt; y</p></div></content></entry></feed>"""


def test_entries_of_feeds_are_documents(read: Any, tmp_path: Path) -> None:
    (tmp_path / "a.rss").write_text(RSS)
    (tmp_path / "b.atom").write_text(ATOM)
    found, broken = read("feed", tmp_path)
    assert [(one.text, one.title, one.url, one.date) for one in found] == [
        ("<p>Long &amp; full</p>", "A & B", "https://a/1", "2024-01-02T03:04:05+00:00"),
        ("<div><p>x &lt; y</p></div>", "T", "https://a/2", "2024-01-02T00:00:00Z"),
    ]
    assert [one.reason for one in broken] == ["no content"]


MAIN = r"""\documentclass{article} % comment
\newcommand{\x}[1]{#1}
\title{A \emph{fine} paper}
\begin{document}
\maketitle
\begin{abstract}We show $x^2$. % hidden
\end{abstract}
\section{Intro}\label{s}
Caf\'e and G\"{o}del~\cite{a}, 100\% ``sure'' --- see \href{http://x}{this}\footnote{no}.
\begin{equation} a = b_{c} \end{equation}
\begin{itemize}
\item one
\item \textbf{two}
\end{itemize}
\input{sec/two}
\begin{figure}\includegraphics[width=3]{f.png}\caption{A cap.}\end{figure}
\begin{thebibliography}{9}\bibitem{a} B\end{thebibliography}
\end{document}
"""
PAPER = (
    "A fine paper\n\nAbstract\n\nWe show $x^2$.\n\nIntro\n\nCafé and Gödel, 100% “sure” — "
    "see this.\n\n"
    "\\begin{equation} a = b_{c} \\end{equation}\n\n* one\n* two\n\nSecond part.\n\nA cap."
)


def test_a_paper_in_latex_becomes_text(read: Any, tmp_path: Path) -> None:
    files = {
        "main.tex": MAIN,
        "sec/two.tex": "Second \\textit{part}. \\input{../main}",
        "f.png": "x",
    }
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    (tmp_path / "2101.00001v2.gz").write_bytes(target.getvalue())
    (tmp_path / "2101.00002.gz").write_bytes(gzip.compress(MAIN.encode()))
    found, broken = read("latex", tmp_path, arxiv=True)
    assert found[0].text == PAPER
    assert (found[0].title, found[0].url) == ("A fine paper", "https://arxiv.org/abs/2101.00001")
    assert found[1].text == PAPER.replace("\n\nSecond part.", "")
    assert not broken


@pytest.mark.parametrize(
    ("data", "reason"), [(b"no commands at all", "not LaTeX"), (b"\0\1\2" * 99, "binary")]
)
def test_what_is_no_latex_is_set_aside(read: Any, tmp_path: Path, data: bytes, reason: str) -> None:
    (tmp_path / "a.tex").write_bytes(data)
    assert [one.reason for one in read("latex", tmp_path)[1]] == [reason]


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.text(st.sampled_from("\\{}[]$%~ \nab'\"beginsecto*"), max_size=80))
def test_any_latex_is_read_somehow(read: Any, tmp_path: Path, junk: str) -> None:
    (tmp_path / "a.tex").write_text("\\section{x} before " + junk)
    found, broken = read("latex", tmp_path / "a.tex")
    assert len(found) + len(broken) == 1


def pdf(*pages: str) -> bytes:
    """A PDF by hand: a page for each text."""
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {len(pages)}/Kids[{kids}]>>",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    for n, text in enumerate(pages):
        stream = f"BT /F 12 Tf 20 100 Td ({text}) Tj ET"
        objects += [
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Resources<</Font<</F 3 0 R>>>>"
            f"/Contents {5 + 2 * n} 0 R>>",
            f"<</Length {len(stream)}>>stream\n{stream}\nendstream",
        ]
    out = b"%PDF-1.4\n"
    places = []
    for n, body in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{n} 0 obj{body}endobj\n".encode()
    table = "".join(f"{at:010} 00000 n \n" for at in places)
    count = len(objects) + 1
    info = "" if not pages else "/Info<</Title(A title)/CreationDate(D:20240203)>>"
    return (
        out
        + (
            f"xref\n0 {count}\n0000000000 65535 f \n{table}"
            f"trailer<</Size {count}/Root 1 0 R{info}>>\nstartxref\n{len(out)}\n%%EOF"
        ).encode()
    )


def test_a_pdf_is_read_page_by_page(read: Any, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf("Hello page one", "And two"))
    [one], broken = read("pdf", tmp_path)
    assert not broken
    assert one.text == "Hello page one\n\nAnd two"
    assert one.tags == {"pages": "2"}
    pages, _ = read("pdf", tmp_path, each_page=True)
    assert [(one.id, one.text) for one in pages] == [
        ("a.pdf#1", "Hello page one"),
        ("a.pdf#2", "And two"),
    ]


def test_an_encrypted_pdf_is_set_aside(read: Any, tmp_path: Path) -> None:
    lock = "/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<{0}>/U<{0}>>>/ID[<00><00>]".format("ab" * 32)
    data = pdf("secret").replace(b"/Root", lock.encode() + b"/Root")
    (tmp_path / "a.pdf").write_bytes(data)
    found, broken = read("pdf", tmp_path)
    assert (found, [one.reason for one in broken]) == ([], ["encrypted"])


def test_pdfs_without_text_are_set_aside(read: Any, tmp_path: Path) -> None:
    whole = pdf("Hello page one")
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4\n" + b"\xff" * 500)
    (tmp_path / "b.pdf").write_bytes(b"no pdf")
    (tmp_path / "c.pdf").write_bytes(pdf(""))
    (tmp_path / "d.pdf").write_bytes(whole[:60])
    (tmp_path / "e.pdf").touch()
    found, broken = read("pdf", tmp_path)
    assert not found
    assert [one.reason for one in broken] == [
        "damaged PDF",
        "not a PDF file",
        "no text in it",
        "damaged PDF",
        "empty file",
    ]
