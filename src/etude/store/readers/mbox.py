"""E-mail: mbox files, maildir folders, and single messages."""

from collections.abc import Callable, Iterator

import pyarrow as pa

from etude.records import BrokenRecord
from etude.store.readers._base import FileReader, Part
from etude.store.readers._files import File
from etude.store.readers._mail import (
    body,
    header,
    message_date,
    messages,
    parse_message,
    thread_of,
    tidy,
)
from etude.store.readers._rows import Aside, DamageError, Found
from etude.store.readers._spill import Post, Spill, in_reply_order


class MboxReader(FileReader, frozen=True, kw_only=True):
    """Reads messages, or threads of them. Attachments, and names and addresses, are left out."""

    quotes: bool = False
    """Whether to keep lines that a message quotes of another."""
    signatures: bool = False
    """Whether to keep what stands after the line `-- `."""
    threads: bool = False
    """Whether a document is a whole thread; all files are then read as one part."""

    def parts(self) -> list[Part]:
        """Find the files and group small ones; all of them when threads are put together.

        Raises:
            ConfigError: A path leads nowhere or cannot be listed.
        """
        if not self.threads:
            return super().parts()
        files = self.files()
        size = sum(file.size for file in files)
        return [Part(paths=tuple(file.path for file in files), size_bytes=size)]

    def read(self, part: Part, broken: Callable[[BrokenRecord], None]) -> Iterator[pa.RecordBatch]:
        """Yield the documents of a part, in order.

        Raises:
            ConfigError: A file cannot be opened.
        """
        if self.threads:
            aside = Aside(broken)
            yield from self.batched(self._threads(part, aside), aside)
        else:
            yield from super().read(part, broken)

    def documents(self, file: File, part: Part, aside: Aside) -> Iterator[Found]:
        """Yield the messages of one file."""
        for post in self._posts(file, aside):
            yield _document(post, post.text)

    def _posts(self, file: File, aside: Aside) -> Iterator[Post]:
        for at, data in messages(file, aside, self.max_document_bytes):
            try:
                yield self._post(data, file, f"@{at}")
            except DamageError as damage:
                aside(f"{file.name}@{at}", str(damage), data[:80])

    def _post(self, data: bytes, file: File, place: str) -> Post:
        message = parse_message(data)
        decoded, media_type = body(message)
        text = decoded.text
        if media_type == "text/plain":
            text = tidy(text, self.quotes, self.signatures)
        root, own, parent = thread_of(message)
        tags = {"list": header(message, "List-Id"), **decoded.tags()}
        return Post(
            thread=root or file.name + place,
            id=own or file.name + place,
            parent=parent,
            is_first=not parent,
            made=message_date(message),
            title=header(message, "Subject"),
            text=text,
            place=file.name + place,
            source=file.path + place,
            facts={"kind": media_type, **{key: value for key, value in tags.items() if value}},
        )

    def _threads(self, part: Part, aside: Aside) -> Iterator[Found]:
        with Spill() as spill:
            for file in self.named(part):
                for post in self.guarded(file, self._posts(file, aside), aside):
                    spill.put(post)
            for posts in spill.threads("time", self.max_document_bytes):
                ordered = list(in_reply_order(posts))
                first = ordered[0]
                texts = [first.title, *(post.text for post in ordered)]
                yield _document(first, "\n\n".join(filter(None, texts)))


def _document(post: Post, text: str) -> Found:
    return Found(
        id=post.place,
        text=text,
        source=post.source,
        media_type=post.facts.get("kind", "text/plain"),
        title=post.title,
        date=post.made,
        tags={key: value for key, value in post.facts.items() if key != "kind"},
    )
