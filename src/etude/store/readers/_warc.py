"""Records of a WARC file; after a damaged one the next is found by how records begin."""

from collections.abc import Collection, Iterator

import msgspec

from etude.store.readers._files import File
from etude.store.readers._rows import Aside
from etude.store.readers._scan import GapError, Scan
from etude.store.readers._streams import pieces

_BEGIN = b"WARC/"
_MOST_HEADER_BYTES = 1 << 16


class WarcRecord(msgspec.Struct, frozen=True):
    """One record."""

    at: int
    """Where it begins, in bytes of the decompressed file."""
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def url(self) -> str:
        """What was archived."""
        return self.headers.get("warc-target-uri", "").strip("<>")


def warc_records(
    file: File, aside: Aside, types: Collection[str], limit_bytes: int
) -> Iterator[WarcRecord]:
    """Yield the records of some types.

    Raises:
        ConfigError: The file cannot be opened.
        DamageError: The file is empty.
    """
    yield from _Records(file, aside, types, limit_bytes).run()


class _Records:
    def __init__(self, file: File, aside: Aside, types: Collection[str], limit_bytes: int) -> None:
        self.file = file
        self.aside = aside
        self.types = types
        self.limit_bytes = limit_bytes
        self.scan = Scan(pieces(file, aside))

    def run(self) -> Iterator[WarcRecord]:
        while True:
            try:
                if not self.begin():
                    return
                record = self.record()
            except GapError:
                # Whoever found the gap told of it.
                continue
            if record is not None:
                yield record

    def begin(self) -> bool:
        """Go to where a record begins; say whether there is one."""
        scan = self.scan
        while scan.have(1) and scan.show(0, 1) in b"\r\n":
            scan.drop(1)
        if not scan.have(1):
            return False
        if scan.begins(_BEGIN):
            return True
        self.tell(scan.at, "not a WARC record")
        return self.resume(0)

    def resume(self, skip: int) -> bool:
        """Go to where the next record seems to begin, after `skip` bytes."""
        if not self.scan.pass_to(b"\nWARC/1.", skip):
            return False
        self.scan.drop(1)
        return True

    def record(self) -> WarcRecord | None:
        """Take the record that begins here; `None` when it is passed over or broken."""
        scan = self.scan
        at = scan.at
        end = scan.find(b"\r\n\r\n", _MOST_HEADER_BYTES)
        headers = _headers(scan.show(0, end)) if end >= 0 else {}
        length = headers.get("content-length", "")
        if not length.isdigit():
            self.tell(at, "damaged WARC header" if not scan.ended else "truncated WARC record")
            self.resume(len(_BEGIN))
            return None
        begin, size = end + 4, int(length)
        if size > self.limit_bytes:
            # The length may be wrong, so the next record is looked for and not jumped to.
            self.tell(at, "longer than max_document_bytes")
            self.resume(begin)
            return None
        if not self.fits(begin + size):
            short = scan.ahead() < begin + size
            self.tell(at, "truncated WARC record" if short else "wrong length of a WARC record")
            self.resume(begin)
            return None
        body = scan.show(begin, begin + size)
        scan.drop(begin + size)
        kind = headers.get("warc-type", "").lower()
        if kind in self.types:
            return WarcRecord(at, headers, body)
        self.aside.pass_over(f"record of type {kind[:20]}")
        return None

    def fits(self, size: int) -> bool:
        """Whether a record may end after `size` bytes: there the file ends or the next begins."""
        if not self.scan.have(size):
            return False
        self.scan.have(size + 4)
        after = self.scan.show(size, size + 4)
        return after in (b"", b"\r\n\r\n", b"\n\n") or after.startswith((b"WARC", b"\r\n"))

    def tell(self, at: int, reason: str) -> None:
        self.aside(f"{self.file.name}@{at}", reason, self.scan.show(0, 80))


def _headers(data: bytes) -> dict[str, str]:
    """Return header lines as a dict; the first of several with the same name counts."""
    found: dict[str, str] = {}
    for line in data.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")[1:]:
        name, colon, value = line.partition(":")
        if colon:
            found.setdefault(name.strip().lower(), value.strip())
    return found


def split_http(body: bytes) -> tuple[int, dict[str, str], bytes] | None:
    """Return status, headers and payload of an HTTP response; `None` when it is none."""
    head, gap, payload = body.partition(b"\r\n\r\n")
    if not gap:
        head, gap, payload = body.partition(b"\n\n")
    status = head[:32].split(None, 2)
    if len(status) < 2 or not status[0].startswith(b"HTTP/") or not status[1].isdigit():
        return None
    return int(status[1]), _headers(head), payload
