"""Dumps of discussions, Reddit's and Stack Exchange's: one document for each thread."""

import html
from collections.abc import Callable, Iterator
from typing import Any, Literal

import msgspec
import pyarrow as pa

from etude.records import BrokenRecord
from etude.store.readers._base import FileReader, Part
from etude.store.readers._dates import iso_date
from etude.store.readers._fields import as_text
from etude.store.readers._files import File
from etude.store.readers._licences import spdx
from etude.store.readers._lines import lines
from etude.store.readers._rows import Aside, Found
from etude.store.readers._spill import Post, Spill, in_reply_order
from etude.store.readers._xml import xml_records

_GONE = ("[deleted]", "[removed]", "")
_QUESTION, _ANSWER = "1", "2"


class ThreadsReader(FileReader, frozen=True, kw_only=True):
    """Reads Reddit's JSON Lines (submissions and comments) and Stack Exchange's `Posts.xml`.

    All files are read as one part, because a thread may be spread over them; posts wait on disk.
    Names of authors are left out.
    """

    site: str = ""
    """Host of the Stack Exchange site, such as `stackoverflow.com`, to make URLs."""
    order: Literal["score", "time"] = "score"
    """Order of replies to the same post; an accepted answer always comes first."""
    min_score: int = -1_000_000
    """Replies below this score are left out."""
    max_replies: int = 0
    """Most replies that a document holds; 0 for all."""
    min_replies: int = 0
    """Threads with fewer are passed over."""

    def parts(self) -> list[Part]:
        """Find the files, which make one part.

        Raises:
            ConfigError: A path leads nowhere or cannot be listed.
        """
        files = self.files()
        size = sum(file.size for file in files)
        return [Part(paths=tuple(file.path for file in files), size_bytes=size)]

    def read(self, part: Part, broken: Callable[[BrokenRecord], None]) -> Iterator[pa.RecordBatch]:
        """Yield the threads, in the order of their first posts.

        Raises:
            ConfigError: A file cannot be opened.
        """
        aside = Aside(broken)
        yield from self.batched(self._threads(part, aside), aside)
        aside.settle("threads")

    def documents(self, file: File, part: Part, aside: Aside) -> Iterator[Found]:
        """Yield nothing: a thread may be spread over files."""
        yield from ()

    def _threads(self, part: Part, aside: Aside) -> Iterator[Found]:
        with Spill() as spill:
            for file in self.named(part):
                for post in self.guarded(file, self._posts(file, aside), aside):
                    spill.put(post)
            for posts in spill.threads(self.order, self.max_document_bytes):
                found = self._thread(posts, aside)
                if found is not None:
                    aside.gave = True
                    yield found

    def _posts(self, file: File, aside: Aside) -> Iterator[Post]:
        if file.stem().lower().endswith(".xml"):
            yield from self._exchange(file, aside)
        else:
            yield from self._reddit(file, aside)

    def _exchange(self, file: File, aside: Aside) -> Iterator[Post]:
        for at, node in xml_records(file, aside, ("row",), self.max_document_bytes):
            row = node.attributes
            kind, text = row.get("PostTypeId"), row.get("Body", "")
            if kind not in (_QUESTION, _ANSWER):
                aside.pass_over("neither question nor answer")
                continue
            place = f"{file.name}@{at}"
            question = kind == _QUESTION
            if not (row.get("Id") and text.strip() and (question or row.get("ParentId"))):
                aside(place, "post without id, parent or text", text)
                continue
            yield Post(
                thread=f"q{row['Id'] if question else row['ParentId']}",
                id=row["Id"],
                parent="" if question else row["ParentId"],
                is_first=question,
                score=_number(row.get("Score")),
                made=iso_date(row.get("CreationDate")),
                title=row.get("Title", ""),
                text=text,
                place=place,
                source=f"{file.path}@{at}",
                facts={
                    "kind": "text/html",
                    "accepted": row.get("AcceptedAnswerId", ""),
                    "licence": spdx(row.get("ContentLicense", "CC BY-SA 4.0")),
                    "url": f"https://{self.site}/questions/{row['Id']}" if self.site else "",
                    "topics": row.get("Tags", "").replace("><", ",").strip("<>|").replace("|", ","),
                },
            )

    def _reddit(self, file: File, aside: Aside) -> Iterator[Post]:
        decoder = msgspec.json.Decoder(dict[str, Any])
        for at, line in lines(file, aside, self.max_document_bytes):
            if not line.strip():
                continue
            place = f"{file.name}@{at}"
            try:
                row = decoder.decode(line)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                aside(place, "not a JSON object", line)
                continue
            if not isinstance(row.get("id"), str):
                aside(place, "post without id", line)
                continue
            post = _comment(row, place) if "body" in row else _submission(row, place)
            post.source = f"{file.path}@{at}"
            yield post

    def _thread(self, posts: list[Post], aside: Aside) -> Found | None:
        """Return the document of a thread; `None` when it is passed over."""
        first = posts[0]
        if not first.is_first:
            # Its comments are text that is lost, not something left out by choice.
            aside(first.place, "thread without its first post", first.text)
            return None
        wanted = first.facts.get("accepted", "")
        replies = [
            post
            for post in posts[1:]
            if not post.is_first and post.score >= self.min_score and post.text not in _GONE
        ]
        replies.sort(key=lambda post: post.id != wanted)
        replies = replies[: self.max_replies or None]
        if len(replies) < self.min_replies:
            aside.pass_over("too few replies")
            return None
        ordered = [first, *in_reply_order(replies)]
        facts = first.facts
        is_page = facts.get("kind") == "text/html"
        title = html.unescape(first.title)
        tags = {"score": str(first.score), "replies": str(len(replies))}
        tags |= {key: facts[key] for key in ("subreddit", "topics", "over_18") if facts.get(key)}
        return Found(
            id=first.place,
            text=_page(title, ordered) if is_page else _plain(title, ordered),
            source=first.source,
            media_type=facts.get("kind", "text/plain"),
            url=facts.get("url", ""),
            title=title,
            date=first.made,
            licence=facts.get("licence", ""),
            tags=tags,
        )


def _submission(row: dict[str, Any], place: str) -> Post:
    text = as_text(row.get("selftext"))
    link = as_text(row.get("permalink"))
    return Post(
        thread=f"t3_{row['id']}",
        id=f"t3_{row['id']}",
        is_first=True,
        score=_number(row.get("score")),
        made=iso_date(row.get("created_utc")),
        title=as_text(row.get("title")),
        text="" if text in _GONE else text,
        place=place,
        facts={
            "kind": "text/plain",
            "url": f"https://www.reddit.com{link}" if link.startswith("/") else "",
            "subreddit": as_text(row.get("subreddit")),
            "over_18": "true" if row.get("over_18") is True else "",
        },
    )


def _comment(row: dict[str, Any], place: str) -> Post:
    return Post(
        thread=as_text(row.get("link_id")),
        id=f"t1_{row['id']}",
        parent=as_text(row.get("parent_id")),
        score=_number(row.get("score")),
        made=iso_date(row.get("created_utc")),
        text=as_text(row.get("body")).strip(),
        place=place,
    )


def _number(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        return 0


def _plain(title: str, posts: list[Post]) -> str:
    return "\n\n".join(filter(None, [title, *(html.unescape(post.text) for post in posts)]))


def _page(title: str, posts: list[Post]) -> str:
    first, *replies = posts
    head = f"<h1>{html.escape(title)}</h1>\n" if title else ""
    return "\n".join([head + first.text, *(f"<hr>\n{post.text}" for post in replies)])
