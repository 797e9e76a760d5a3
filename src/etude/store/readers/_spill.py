"""Posts on disk until all are there, so that threads of any size can be put together."""

import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import msgspec

_ORDERS = {"score": "score DESC, made, number", "time": "made, number"}


class Post(msgspec.Struct, kw_only=True):
    """One post of a thread."""

    thread: str
    """What is the same for all posts of a thread."""
    id: str
    parent: str = ""
    """Id of the post that it answers; empty for the first of a thread."""
    is_first: bool = False
    score: int = 0
    made: str = ""
    """When, ISO 8601."""
    title: str = ""
    text: str
    place: str
    """Where it was read, as an id."""
    source: str = ""
    """The same, as a URI."""
    facts: dict[str, str] = {}
    """More that is known of the first post."""


class Spill:
    """A file of posts that lasts while it is open."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._base = sqlite3.connect(Path(self._folder.name) / "posts")
        self._base.execute("PRAGMA journal_mode = OFF")
        self._base.execute("PRAGMA synchronous = OFF")
        self._base.execute(
            "CREATE TABLE posts (number INTEGER PRIMARY KEY, thread TEXT, is_first INTEGER,"
            " score INTEGER, made TEXT, post BLOB)"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._base.close()
        self._folder.cleanup()

    def put(self, post: Post) -> None:
        """Keep a post."""
        row = (
            _clean(post.thread),
            post.is_first,
            max(min(post.score, 2**62), -(2**62)),
            _clean(post.made),
            _encoded(post),
        )
        self._base.execute(
            "INSERT INTO posts (thread, is_first, score, made, post) VALUES (?, ?, ?, ?, ?)",
            row,
        )

    def threads(self, order: str, limit_bytes: int) -> Iterator[list[Post]]:
        """Yield threads in the order of their first posts, each with its first post in front.

        A thread without a first post comes without one, after all others. Of a thread longer than
        `limit_bytes` only so much is given as shows that.
        """
        self._base.execute("CREATE INDEX by_thread ON posts (thread)")
        heads = self._base.execute(
            "SELECT thread FROM posts GROUP BY thread"
            " ORDER BY max(is_first) DESC, min(CASE WHEN is_first THEN number END), min(number)"
        )
        for (thread,) in heads:
            rows = self._base.execute(
                "SELECT post FROM posts WHERE thread = ?"  # noqa: S608 - from a table of two
                f" ORDER BY is_first DESC, {_ORDERS[order]}",
                (thread,),
            )
            posts, size = [], 0
            for (packed,) in rows:
                posts.append(msgspec.msgpack.decode(packed, type=Post))
                size += len(packed)
                if size > 2 * limit_bytes:
                    break
            yield posts


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _encoded(post: Post) -> bytes:
    try:
        return msgspec.msgpack.encode(post)
    except UnicodeEncodeError:
        cleaned = msgspec.structs.replace(
            post,
            thread=_clean(post.thread),
            id=_clean(post.id),
            parent=_clean(post.parent),
            title=_clean(post.title),
            text=_clean(post.text),
            place=_clean(post.place),
            source=_clean(post.source),
            facts={_clean(key): _clean(value) for key, value in post.facts.items()},
        )
        return msgspec.msgpack.encode(cleaned)


def in_reply_order(posts: list[Post]) -> Iterator[Post]:
    """Yield posts of a thread so that each reply stands after what it answers."""
    known = {post.id for post in posts}
    below: dict[str, list[Post]] = {}
    for post in posts:
        below.setdefault(post.parent if post.parent in known else "", []).append(post)
    waiting = below.pop("", [])[::-1]
    while waiting:
        post = waiting.pop()
        yield post
        waiting += below.pop(post.id, [])[::-1]
    # Replies to each other in a ring.
    for left in below.values():
        yield from left
