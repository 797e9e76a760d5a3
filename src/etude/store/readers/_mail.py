"""Messages in RFC 822, whatever programs have made of it."""

import email.header
import email.message
import email.parser
import email.policy
import re
from collections.abc import Iterator

from etude.errors import RecordError, blame
from etude.store.readers._dates import iso_date
from etude.store.readers._decode import Decoded, decode
from etude.store.readers._files import File
from etude.store.readers._lines import lines
from etude.store.readers._rows import Aside, DamageError

_FROM = b"From "
_FIELD = re.compile(rb"^[!-9;-~]+:[ \t]?|^>?From ")
_QUOTE = re.compile(r"^[ \t]*>")
_SAYS = re.compile(r"(wrote|schrieb|écrit|escribió|ha scritto|writes)\s*:\s*$")
_SIGNATURE = re.compile(r"^-- ?$")
_IDS = re.compile(r"<[^<>\s]{1,500}>")
_MOST_PARTS = 1000


def messages(file: File, aside: Aside, limit_bytes: int) -> Iterator[tuple[int, bytes]]:
    """Yield the messages of an mbox, or the one of any other file, each with where it begins.

    Raises:
        ConfigError: The file cannot be opened.
        DamageError: The file is empty.
    """
    held: list[bytes] = []
    size = begun = 0
    is_box: bool | None = None
    blank = True
    for at, line in lines(file, aside, limit_bytes):
        if is_box is None:
            is_box = line.startswith(_FROM)
        if is_box and blank and line.startswith(_FROM) and held:
            yield from _whole(held, size, begun, file, aside, limit_bytes)
            held, size, begun = [], 0, at
        size += len(line) + 1
        if size <= limit_bytes or not held:
            held.append(line)
        blank = not line.strip()
    yield from _whole(held, size, begun, file, aside, limit_bytes)


def _whole(
    held: list[bytes], size: int, begun: int, file: File, aside: Aside, limit_bytes: int
) -> Iterator[tuple[int, bytes]]:
    if size > limit_bytes:
        aside(f"{file.name}@{begun}", "longer than max_document_bytes", held[0] if held else b"")
    elif held and aside.lets(file.name, f"@{begun}"):
        kept = held[1:] if held[0].startswith(_FROM) else held
        yield begun, b"\n".join(kept)


def parse_message(data: bytes) -> email.message.Message:
    """Return a message.

    Raises:
        DamageError: There are no header fields, or they cannot be parsed.
    """
    if not _FIELD.match(data):
        raise DamageError("not a message")
    try:
        with blame(RecordError, "message"):
            return email.parser.BytesParser(policy=email.policy.compat32).parsebytes(data)
    except RecordError as error:
        raise DamageError("damaged message") from error


def header(message: email.message.Message, name: str) -> str:
    """Return a header field decoded, on one line; empty when it is not there."""
    try:
        with blame(RecordError, name):
            said = str(message.get(name, ""))
            if "=?" in said:
                said = str(email.header.make_header(email.header.decode_header(said)))
    except RecordError:
        said = str(message.get(name, ""))
    mended = said.encode("utf-8", "surrogateescape")
    try:
        return " ".join(decode(mended).text.split())
    except DamageError:
        return ""


def message_date(message: email.message.Message) -> str:
    """Return when it was sent, ISO 8601; empty when that cannot be told."""
    return iso_date(re.sub(r"\s*\([^)]*\)\s*$", "", header(message, "Date")))


def thread_of(message: email.message.Message) -> tuple[str, str, str]:
    """Return the ids of the first message of its thread, of itself, and of what it answers."""
    own = _IDS.findall(header(message, "Message-ID"))
    before = _IDS.findall(header(message, "References"))
    answered = _IDS.findall(header(message, "In-Reply-To"))
    me = own[0] if own else ""
    parent = before[-1] if before else answered[0] if answered else ""
    return (before or answered or [me])[0], me, parent


def body(message: email.message.Message) -> tuple[Decoded, str]:
    """Return the text of a message and its media type: plain where there is some, else HTML.

    Raises:
        DamageError: It has none, or none that can be read.
    """
    page: email.message.Message | None = None
    try:
        with blame(RecordError, "message"):
            for number, part in enumerate(message.walk()):
                if number > _MOST_PARTS:
                    break
                if part.is_multipart() or part.get_content_disposition() == "attachment":
                    continue
                if part.get_content_type() == "text/plain":
                    return _payload(part), "text/plain"
                if part.get_content_type() == "text/html" and page is None:
                    page = part
            if page is not None:
                return _payload(page), "text/html"
    except DamageError:
        raise
    except RecordError as error:
        raise DamageError("damaged message") from error
    raise DamageError("no text in it")


def _payload(part: email.message.Message) -> Decoded:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        raise DamageError("no text in it")
    return decode(data, part.get_content_charset("") or "")


def tidy(text: str, quotes: bool, signatures: bool) -> str:
    """Return the text of a message, without what it quotes or its signature unless wanted."""
    # Boxes put a mark before lines that look like the beginning of a message.
    kept = re.sub(r"(?m)^>From ", "From ", text.replace("\r\n", "\n")).split("\n")
    if not signatures:
        cut = next((n for n, line in enumerate(kept) if _SIGNATURE.match(line)), len(kept))
        kept = kept[:cut]
    if not quotes:
        own: list[str] = []
        for line in kept:
            if not _QUOTE.match(line):
                own.append(line)
                continue
            # Who wrote what is quoted stands in one line, or two, before it.
            while own and not own[-1].strip():
                own.pop()
            if own and _SAYS.search(own[-1]):
                own.pop()
                if own and re.match(r"On |Am |Le |El |Il ", own[-1]):
                    own.pop()
        kept = own
    lines_kept = "\n".join(line.rstrip() for line in kept)
    return re.sub(r"\n{3,}", "\n\n", lines_kept).strip()
