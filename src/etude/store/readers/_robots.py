"""What robots.txt files say against use for training, host by host.

Of each file only the rules are kept that hold for crawlers who gather text to train on, and hosts
with the same rules share them: most of a large crawl says nothing, or what many others say.
"""

import contextlib
import posixpath
from collections.abc import Iterator, Mapping
from functools import lru_cache
from urllib.parse import urljoin, urlsplit

import msgspec

from etude.errors import ConfigError
from etude.store.readers._base import FileReader
from etude.store.readers._files import File, Listed, find_files, strip_compression
from etude.store.readers._http import http_answer
from etude.store.readers._lines import lines
from etude.store.readers._robots_rules import MOST_BYTES, Rules, parse_robots, path_key
from etude.store.readers._rows import Aside, DamageError
from etude.store.readers._warc import WarcRecord, warc_records
from etude.store.readers._whole import read_whole

_ENDINGS = (".txt", ".jsonl", ".warc", ".arc")
_LIMIT_BYTES = 64_000_000
_MOST_SEEN = 1_000_000
"""Patterns of robots.txt met within an archive that are remembered at a time, some 200 MB."""
_MOST_HOPS = 5

Rulings = tuple[tuple[str, Rules], ...]
"""For each signal the rules whose breach it tells of."""


class RobotsReader(FileReader, frozen=True, kw_only=True):
    """A reader of pages that heeds robots.txt: a page that it closes carries a signal."""

    robots: tuple[str, ...] = ()
    """Where robots.txt files lie that are heeded: WARC files (the crawl itself, or Common Crawl's
    `robotstxt` files), JSON Lines with `host` (or `url`) and `text`, files `HOST/robots.txt` or
    `HOST.txt`; files, folders or globs. They are read once by every process."""
    robots_agents: tuple[str, ...] = (
        "GPTBot",
        "CCBot",
        "ClaudeBot",
        "anthropic-ai",
        "Google-Extended",
        "Applebot-Extended",
        "meta-externalagent",
        "Bytespider",
        "cohere-training-data-crawler",
        "AI2Bot",
        "img2dataset",
    )
    """Crawlers that gather text to train on, as robots.txt names them. A page that is closed to one
    by name carries `robots.txt:NAME`; one that is closed to all who are not named, `robots.txt:*`.
    Empty means that robots.txt is not heeded. Source: what their operators publish of them."""

    def beside(self) -> list[Listed]:
        """Return the files of `robots`.

        Raises:
            ConfigError: A path leads nowhere or cannot be listed.
        """
        return find_files(self.robots, _ENDINGS) if self.robots else []

    def known_robots(self) -> "Robots":
        """Return what the files of `robots` say, to which more can be added.

        Raises:
            ConfigError: One of them cannot be read, or holds no robots.txt.
        """
        known = _load(self.robots, self.robots_agents) if self.robots else {}
        return Robots(self.robots_agents, known)


class Robots:
    """What is known of hosts."""

    def __init__(self, agents: tuple[str, ...], known: Mapping[str, "str | Rulings"]) -> None:
        self.agents = agents
        self.seen: dict[str, str | Rulings] = {}
        """By host: its rulings, or the host that it sends one to."""
        self.most = _MOST_SEEN
        self.n_patterns = 0
        self._known = known

    def learn(self, url: str, text: str) -> None:
        """Take the robots.txt of a host; a later one takes the place of an earlier."""
        self._put(split_url(url)[0], _rulings(text, self.agents))

    def learn_record(self, record: WarcRecord) -> None:
        """Take the robots.txt of a WARC record.

        An answer that there is none frees the host; one that the server has failed says nothing.

        Raises:
            DamageError: It cannot be read.
        """
        if not record.headers.get("content-type", "").lower().startswith("application/http"):
            self.learn(record.url, _text(record.body))
            return
        status, http, data = http_answer(record.body, _LIMIT_BYTES)
        if 200 <= status < 300:
            self.learn(record.url, _text(data))
        elif 300 <= status < 400:
            self._redirect(record.url, http.get("location", ""))
        elif status < 500:
            self._put(split_url(record.url)[0], ())

    def signals(self, url: str) -> tuple[str, ...]:
        """Return what robots.txt says against use of the page at `url`."""
        host, path = split_url(url)
        for _ in range(_MOST_HOPS):
            found = self.seen.get(host)
            found = self._known.get(host, ()) if found is None else found
            if not isinstance(found, str):
                key = path_key(path) if found else ""
                return tuple(signal for signal, rules in found if not rules.allows(key))
            host = found
        return ()

    def _redirect(self, url: str, location: str) -> None:
        try:
            target = urljoin(url, location)
        except ValueError:
            return
        host, other = split_url(url)[0], split_url(target)[0]
        if is_robots(target) and other and other != host:
            self._put(host, other)

    def _put(self, host: str, said: "str | Rulings") -> None:
        if not host or not self.agents:
            return
        self.n_patterns += _size(said) - _size(self.seen.pop(host, ()))
        self.seen[host] = said
        while self.n_patterns > self.most and len(self.seen) > 1:
            self.n_patterns -= _size(self.seen.pop(next(iter(self.seen))))


def _size(said: str | Rulings) -> int:
    return 1 if isinstance(said, str) else 1 + sum(len(rules.patterns) for _, rules in said)


def is_robots(url: str) -> bool:
    """Whether a URL is that of a robots.txt."""
    return url.endswith("/robots.txt") and split_url(url)[1] == "/robots.txt"


def split_url(url: str) -> tuple[str, str]:
    """Return host, with its port if that is unusual, and path with query; empty for no URL."""
    try:
        split = urlsplit(url)
        host, port = (split.hostname or "").rstrip("."), split.port
    except ValueError:
        return "", ""
    if not host.isascii():
        with contextlib.suppress(UnicodeError):
            host = host.encode("idna").decode()
    unusual = port not in (None, {"http": 80, "https": 443}.get(split.scheme))
    path = (split.path or "/") + (f"?{split.query}" if split.query else "")
    return f"{host}:{port}" if unusual else host, path


def _rulings(text: str, agents: tuple[str, ...]) -> Rulings:
    groups = parse_robots(text)
    named = [(f"robots.txt:{agent}", groups.get(agent.lower())) for agent in agents]
    # Who is not named follows the rules for all.
    rest = groups.get("*") if any(found is None for _, found in named) else None
    return tuple(
        (signal, found)
        for signal, found in [*named, ("robots.txt:*", rest)]
        if found is not None and not all(allow for _, allow in found.patterns)
    )


@lru_cache(maxsize=2)
def _load(paths: tuple[str, ...], agents: tuple[str, ...]) -> Mapping[str, str | Rulings]:
    robots = Robots(agents, {})
    robots.most = 1 << 62
    for listed in find_files(paths, _ENDINGS):
        file = File(listed.path, listed.path)
        try:
            n_found = _learn_file(file, robots)
        except DamageError as damage:
            raise ConfigError(f"{file.path}: cannot be read for robots.txt: {damage}") from damage
        if not n_found and agents:
            raise ConfigError(f"{file.path}: holds no robots.txt")
    same: dict[str | Rulings, str | Rulings] = {}
    return {host: same.setdefault(said, said) for host, said in robots.seen.items() if said}


def _learn_file(file: File, robots: Robots) -> int:
    """Take what a file holds; return how many robots.txt that is."""
    # Of a crawl whose files are documents too, what is damaged is told when those are read.
    quiet = Aside(lambda record: None)
    stem = file.stem().lower()
    n_found = 0
    if stem.endswith((".warc", ".arc")):
        for record in warc_records(file, quiet, ("response", "resource"), _LIMIT_BYTES):
            if is_robots(record.url):
                n_found += 1
                with contextlib.suppress(DamageError):
                    robots.learn_record(record)
    elif stem.endswith(".jsonl"):
        for host, text in _told(file, quiet):
            robots.learn(host, text)
            n_found += 1
    else:
        above, name = posixpath.split(strip_compression(file.path))
        host = posixpath.basename(above) if name == "robots.txt" else name.removesuffix(".txt")
        robots.learn(f"https://{host}/", _text(read_whole(file, quiet, _LIMIT_BYTES)))
        n_found = 1
    return n_found


class _Told(msgspec.Struct):
    text: str
    host: str = ""
    url: str = ""


def _told(file: File, aside: Aside) -> Iterator[tuple[str, str]]:
    for at, line in lines(file, aside, _LIMIT_BYTES):
        if not line.strip():
            continue
        try:
            told = msgspec.json.decode(line, type=_Told)
        except (msgspec.MsgspecError, UnicodeDecodeError) as cause:
            raise ConfigError(
                f"{file.path}@{at}: is no JSON object with `host` and `text`: {cause}"
            ) from cause
        yield told.url or f"https://{told.host}/", told.text


def _text(data: bytes) -> str:
    return data[:MOST_BYTES].decode("utf-8", "replace")
