"""HTTP responses as archives hold them."""

import zlib

from etude.store.readers._rows import DamageError
from etude.store.readers._warc import split_http


def http_answer(data: bytes, limit_bytes: int) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and plain payload; no payload where the status is no success.

    Raises:
        DamageError: It is no HTTP response, or its payload cannot be read.
    """
    answer = split_http(data)
    if answer is None:
        raise DamageError("not an HTTP response")
    status, http, payload = answer
    return status, http, _payload(payload, http, limit_bytes) if 200 <= status < 300 else b""


def _payload(data: bytes, http: dict[str, str], limit_bytes: int) -> bytes:
    """Take off how a payload was sent. Many archives hold it plain and kept the headers."""
    if "chunked" in http.get("transfer-encoding", "").lower():
        data = _joined(data)
    coding = http.get("content-encoding", "").lower().strip()
    if coding in ("gzip", "x-gzip", "deflate"):
        return _inflated(data, limit_bytes)
    if coding not in ("", "identity") and b"\0" in data[:512]:
        raise DamageError("unknown content encoding")
    return data


def _inflated(data: bytes, limit_bytes: int) -> bytes:
    for wbits in (47, -15):
        inner = zlib.decompressobj(wbits=wbits)
        try:
            plain = inner.decompress(data, limit_bytes + 1)
        except zlib.error:
            continue
        if len(plain) > limit_bytes:
            raise DamageError("longer than max_document_bytes")
        return plain
    return data


def _joined(data: bytes) -> bytes:
    """Return the chunks of a payload in one; the payload itself when it is not in chunks."""
    kept_chunks: list[bytes] = []
    at = 0
    while True:
        line, gap, _ = data[at : at + 80].partition(b"\r\n")
        size = _hex(line.partition(b";")[0].strip())
        if not gap or size is None:
            return b"".join(kept_chunks) if kept_chunks else data
        begin = at + len(line) + 2
        kept_chunks.append(data[begin : begin + size])
        at = begin + size + 2
        if size == 0 or at > len(data):
            return b"".join(kept_chunks)


def _hex(digits: bytes) -> int | None:
    try:
        return int(digits, 16) if 0 < len(digits) <= 8 else None
    except ValueError:
        return None
