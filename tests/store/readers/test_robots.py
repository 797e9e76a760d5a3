"""robots.txt is heeded by the rules of RFC 9309, wherever its files lie."""

import gzip
import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etude.errors import ConfigError

AGENTS = ["foobot", "barbot", "bazbot", "quxbot"]


def answer(url: str, body: str, kind: str = "text/html", status: str = "200", *more: str) -> bytes:
    head = "\r\n".join([f"HTTP/1.1 {status} x", f"Content-Type: {kind}", *more])
    data = f"{head}\r\n\r\n{body}".encode()
    told = [
        "WARC/1.0",
        "WARC-Type: response",
        f"WARC-Target-URI: {url}",
        "Content-Type: application/http; msgtype=response",
        f"Content-Length: {len(data)}",
    ]
    return "\r\n".join(told).encode() + b"\r\n\r\n" + data + b"\r\n\r\n"


def robots(text: str, host: str = "a.org", status: str = "200", *more: str) -> bytes:
    return answer(f"https://{host}/robots.txt", text, "text/plain", status, *more)


def page(path: str, host: str = "a.org") -> bytes:
    return answer(f"https://{host}{path}", f"<p>{path}")


@pytest.fixture
def signals(read: Any, tmp_path: Path) -> Any:
    """Signals of the pages in an archive, by URL."""

    def of(*records: bytes, agents: list[str] = AGENTS, **more: object) -> dict[str, set[str]]:
        path = tmp_path / "a.warc"
        path.write_bytes(b"".join(records))
        found, broken = read("warc", path, robots_agents=agents, **more)
        assert not broken
        return {one.url.partition("://")[2]: set(one.opt_out) for one in found}

    return of


SIMPLE = """
User-Agent: *
Disallow: *.gif$
Disallow: /example/
Allow: /publications/

User-Agent: foobot
Disallow:/
Allow:/example/page.html
Allow:/example/allowed.gif

User-Agent: barbot
User-Agent: bazbot
Disallow: /example/page.html

User-Agent: quxbot
"""
"""Section 5.1 of the standard."""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", {"foobot"}),
        ("/publications/x", {"foobot"}),
        ("/example/page.html", {"barbot", "bazbot", "*"}),
        ("/example/allowed.gif", {"*"}),
        ("/example/other", {"foobot", "*"}),
        ("/pictures/x.gif", {"foobot", "*"}),
        ("/pictures/x.gif?size=1", {"foobot"}),
    ],
)
def test_the_simple_example_of_the_standard(signals: Any, path: str, expected: set[str]) -> None:
    found = signals(robots(SIMPLE), page(path), agents=[*AGENTS, "unnamed"])
    assert found == {f"a.org{path}": {f"robots.txt:{name}" for name in expected}}


def test_the_longest_match_wins_as_in_the_standard(signals: Any) -> None:
    text = "User-Agent: foobot\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif\n"
    found = signals(
        robots(text), page("/example/page/disallowed.gif"), page("/example/page/x"), page("/other")
    )
    assert found["a.org/example/page/disallowed.gif"] == {"robots.txt:foobot"}
    assert found["a.org/example/page/x"] == found["a.org/other"] == set()


@pytest.mark.parametrize(
    ("rules", "path", "closed"),
    [
        # Section 2.2.2: octets are compared encoded in one way.
        ("Disallow: /foo/bar?baz=quz", "/foo/bar?baz=quz", True),
        ("Disallow: /foo/bar?baz=https://foo.bar", "/foo/bar?baz=https%3A%2F%2Ffoo.bar", True),
        ("Disallow: /foo/bar?baz=https%3a%2F%2Ffoo.bar", "/foo/bar?baz=https://foo.bar", True),
        ("Disallow: /foo/bar/ツ", "/foo/bar/%E3%83%84", True),
        ("Disallow: /foo/bar/%e3%83%84", "/foo/bar/ツ", True),
        ("Disallow: /foo/bar/%62%61%7A", "/foo/bar/baz", True),
        ("Disallow: /a%2Fb", "/a/b", False),
        # Section 2.2.3: special characters.
        ("Disallow: /this/*/exactly", "/this/is/not/exactly/so", True),
        ("Disallow: /path/file-with-a-%2A.html", "/path/file-with-a-*.html", True),
        ("Disallow: /path/file-with-a-%2A.html", "/path/file-with-a-x.html", False),
        ("Disallow: /path/foo-%24", "/path/foo-$", True),
        ("Disallow: /x$", "/x", True),
        ("Disallow: /x$", "/x/y", False),
        ("Disallow: /a$b", "/a$bc", True),
        ("Disallow: /*x*x$", "/x", False),
        ("Disallow: / # all of it", "/x", True),
        # Of two as long the allowing one; case counts; empty rules close nothing.
        ("Disallow: /page\nAllow: /page", "/page", False),
        ("Disallow: /Page", "/page", False),
        ("Disallow:", "/page", False),
        ("Disallow: page", "/page", False),
        ("disallow : /page", "/page", True),
    ],
)
def test_patterns_match_as_the_standard_says(
    signals: Any, rules: str, path: str, closed: bool
) -> None:
    found = signals(robots(f"user-agent: foobot\n{rules}\n"), page(path))
    assert found == {f"a.org{path}": {"robots.txt:foobot"} if closed else set()}


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ("User-agent: FooBot/2.1\nDisallow: /", True),
        ("User-agent: foobotnews\nDisallow: /", False),
        ("User-agent: foobot\nCrawl-delay: 3\nUser-agent: other\nDisallow: /", True),
        ("User-agent: foobot\nDisallow: /a\nUser-agent: foobot\nDisallow: /page", True),
        ("User-agent: foobot\nAllow: /\nUser-agent: *\nDisallow: /", False),
        ("\ufeffUser-agent: foobot\rDisallow: /", True),
        ("Disallow: /\nUser-agent: foobot\nSitemap: x", False),
        ("<html>Not found: /</html>", False),
    ],
)
def test_groups_are_told_apart_as_the_standard_says(signals: Any, text: str, closed: bool) -> None:
    found = signals(robots(text), page("/page"), agents=["foobot"])
    assert found == {"a.org/page": {"robots.txt:foobot"} if closed else set()}


CLOSED = "User-agent: GPTBot\nUser-agent: CCBot\nDisallow: /\n"


def test_crawlers_for_training_are_known_and_robots_txt_is_no_document(
    read: Any, tmp_path: Path
) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(page("/before") + robots(CLOSED) + page("/x") + page("/y", "b.org"))
    found, broken = read("warc", path)
    assert not broken
    closed = ("robots.txt:GPTBot", "robots.txt:CCBot")
    assert [(one.url, one.opt_out) for one in found] == [
        ("https://a.org/before", ()),
        ("https://a.org/x", closed),
        ("https://b.org/y", ()),
    ]
    found, _ = read("warc", path, robots=[str(path)])
    assert [one.opt_out for one in found] == [closed, closed, ()]
    found, _ = read("warc", path, robots_agents=[])
    assert [one.opt_out for one in found] == [(), (), ()]


def test_an_answer_that_there_is_none_frees_the_host_and_a_redirect_leads_on(
    signals: Any,
) -> None:
    text = "User-agent: foobot\nDisallow: /\n"
    moved = ("Location: https://www.a.org/robots.txt",)
    found = signals(
        robots("", "a.org", "301", *moved), robots(text, "www.a.org"), page("/moved"),
        robots(text, "b.org"), robots("", "b.org", "503"), page("/failed", "b.org"),
        robots("", "b.org", "404"), page("/free", "b.org"),
        robots("", "c.org", "302", "Location: https://d.org/robots.txt"),
        robots("", "d.org", "302", "Location: https://c.org/robots.txt"), page("/loop", "c.org"),
        page("/port", "www.a.org:8443"), page("/usual", "WWW.a.org:443"),
    )  # fmt: skip
    assert {url for url, said in found.items() if said} == {
        "a.org/moved",
        "b.org/failed",
        "WWW.a.org:443/usual",
    }


@pytest.mark.parametrize("form", ["warc.gz", "jsonl", "folder", "mirror", "file"])
def test_robots_txt_files_are_found_in_every_form(read: Any, tmp_path: Path, form: str) -> None:
    home = tmp_path / "robots"
    home.mkdir()
    text = "User-agent: foobot\nDisallow: /x\n"
    if form == "warc.gz":
        (home / "r.warc.gz").write_bytes(gzip.compress(robots(text)) + gzip.compress(b"junk"))
    elif form == "jsonl":
        rows = [{"host": "A.org", "text": text}, {"url": "https://b.org/x", "text": "", "n": 1}]
        (home / "r.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    elif form == "mirror":
        (home / "a.org").mkdir()
        (home / "a.org" / "robots.txt").write_text(text, "utf-8")
    else:
        (home / "a.org.txt").write_text(text, "utf-8")
    path = home / "a.org.txt" if form == "file" else home
    pages = tmp_path / "pages"
    pages.mkdir()
    for name in ("x.html", "y.html"):
        (pages / name).write_text(f"<p>{name}", "utf-8")
    told = {"robots": [str(path)], "robots_agents": ["foobot"], "base_url": "https://a.org/"}
    found, broken = read("html", pages, **told)
    assert not broken
    assert [one.opt_out for one in found] == [("robots.txt:foobot",), ()]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("r.jsonl", '{"host": "a.org"}\n', "r.jsonl@0: is no JSON object with `host` and `text`"),
        ("r.jsonl", "\n\n", "holds no robots.txt"),
        ("r.warc", "", "empty file"),
        ("r.warc", "nothing of the kind", "holds no robots.txt"),
        ("other", "", "there is no such file"),
    ],
)
def test_what_cannot_be_heeded_is_told(
    read: Any, tmp_path: Path, name: str, content: str, message: str
) -> None:
    (tmp_path / name).write_text(content, "utf-8")
    (tmp_path / "a.html").write_text("<p>x", "utf-8")
    told = tmp_path / ("missing" if name == "other" else name)
    with pytest.raises(ConfigError, match=message):
        read("html", tmp_path / "a.html", robots=[str(told)], base_url="https://a.org/")


@given(text=st.text(max_size=300), path=st.text(max_size=60), host=st.text(max_size=20))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40
)
def test_no_robots_txt_and_no_address_stops_a_reader(
    read: Any, tmp_path: Path, text: str, path: str, host: str
) -> None:
    url = "".join(f"https://{host}/{path}".split()).replace("\0", "")
    line = "User-agent: *\nDisallow: " + text
    archive = robots(line) + robots(text) + answer(url, "<p>x") + page("/end")
    (tmp_path / "a.warc").write_bytes(archive)
    found, _ = read("warc", tmp_path / "a.warc")
    assert found[-1].url == "https://a.org/end"


def test_a_hostile_robots_txt_costs_little(signals: Any) -> None:
    stars = "User-agent: foobot\n" + ("Disallow: /" + "*a" * 1000 + "$\n") * 250
    many = "User-agent: foobot\n" + "".join(f"Disallow: /{n}*{n}$\n" for n in range(40_000))
    long = "/" + "a" * 2000 + "b"
    began = time.process_time()
    found = signals(
        robots(stars), *(page(f"{long}{n}") for n in range(20)),
        robots(many, "b.org"), *(page(f"/{n}", "b.org") for n in range(20)),
    )  # fmt: skip
    assert len(found) == 40
    assert time.process_time() - began < 10
