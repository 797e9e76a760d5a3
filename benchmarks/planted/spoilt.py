"""Files as they should not be: cut short, wrongly encoded, empty, binary, or one huge line."""

import gzip
import io
import random
from collections.abc import Sequence
from pathlib import Path

import msgspec
import zstandard
from benchmarks.planted.truth import SourceFile

HUGE_BYTES = 1_000_000_000
_FOREIGN = "Ça coûte cher à Zürich: señor Müller déjà vu, naïve façade, œuvre à 20 €."


def write_spoilt(folder: Path, texts: Sequence[str], seed: int, huge: bool) -> list[SourceFile]:
    """Write the spoilt files below `folder`; return what a reader must find in each.

    Args:
        folder: The planted corpus; files go into `jsonl`, `text` and `warc` below `damaged`.
        texts: Real documents to fill them with, at least twenty.
        seed: Chooses what is written.
        huge: Whether to write a line of 1 GB as well.
    """
    rng = random.Random(f"{seed}/spoilt")
    found = _jsonl(folder / "damaged" / "jsonl", list(texts), rng, huge)
    found += _text(folder / "damaged" / "text", list(texts))
    found += _warc(folder / "damaged" / "warc", list(texts))
    return [
        msgspec.structs.replace(one, path=Path(one.path).relative_to(folder).as_posix())
        for one in found
    ]


def _line(name: str, number: int, text: str) -> bytes:
    # Marked so that no two lines of these files are copies of each other, and their file is known.
    row = {"id": f"{name}#{number}", "text": f"{name} {number}\n\n{text}"}
    return msgspec.json.encode(row) + b"\n"


def _file(path: Path, data: bytes, good: int, broken: tuple[int, int], note: str) -> SourceFile:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return SourceFile(path=str(path), good=(good, good), broken=broken, note=note)


def _jsonl(folder: Path, texts: list[str], rng: random.Random, huge: bool) -> list[SourceFile]:
    lines = [_line("bad-lines.jsonl", n, text) for n, text in enumerate(texts[:10])]
    bad = [
        b'{"id": "cut", "text": "no end\n',
        b'{"id": "number", "text": 7}\n',
        b'["not", "an", "object"]\n',
        b'{"id": "none"}\n',
        b"\xff\xfe\x00not json\n",
        b"null\n",
    ]
    mixed = lines + bad
    rng.shuffle(mixed)
    files = [
        _file(folder / "bad-lines.jsonl", b"".join(mixed), 10, (6, 6), "six broken lines"),
        _file(folder / "empty.jsonl", b"", 0, (0, 1), "empty file"),
        _file(
            folder / "nul.jsonl",
            b'{"id": "nul.jsonl#1", "text": "a \\u0000 b, with words around it"}\n'
            b'{"id": "nul.jsonl#2", "text": "control \\u0007\\u001b characters"}\n',
            2,
            (0, 0),
            "NUL and control characters",
        ),
        _either(
            _file(
                folder / "surrogate.jsonl",
                b'{"id": "surrogate.jsonl#1", "text": "half \\ud83d of a pair"}\n',
                0,
                (0, 1),
                "half of a surrogate pair",
            ),
            1,
        ),
        _either(
            _file(
                folder / "lone-byte.jsonl",
                b'{"id": "lone-byte.jsonl#1", "text": "a lone \x80 byte within words"}\n',
                0,
                (0, 1),
                "a byte that is not UTF-8",
            ),
            1,
        ),
    ]
    whole = b"".join(_line("cut.jsonl.zst", n, text) for n, text in enumerate(texts[:20]))
    files.append(_cut(folder / "cut.jsonl.zst", _zstd_lines(whole), whole, "cut zstd stream"))
    whole = whole.replace(b"cut.jsonl.zst", b"cut.jsonl.gz")
    files.append(
        _cut(folder / "cut.jsonl.gz", gzip.compress(whole, mtime=0), whole, "cut gzip stream")
    )
    binary = rng.randbytes(200_000).replace(b"\n", b"\t") + b"\n"
    files.append(_file(folder / "binary.jsonl", binary, 0, (1, 1), "random bytes"))
    if huge:
        files.append(_huge(folder / "huge-line.jsonl", texts))
    return files


def _either(file: SourceFile, more: int) -> SourceFile:
    low, high = file.good
    return msgspec.structs.replace(file, good=(low, high + more))


def _zstd_lines(whole: bytes) -> bytes:
    """Compress with a block for every few lines, so that what comes before a cut can be read."""
    out = io.BytesIO()
    with zstandard.ZstdCompressor().stream_writer(out, closefd=False) as writer:
        for line in whole.splitlines(keepends=True):
            writer.write(line)
            writer.flush()
    return out.getvalue()


def _cut(path: Path, packed: bytes, whole: bytes, note: str) -> SourceFile:
    file = _file(path, packed[: len(packed) * 3 // 5], 0, (1, 2), note)
    lines = whole.count(b"\n")
    return msgspec.structs.replace(file, good=(0, lines - 1))


def _huge(path: Path, texts: list[str]) -> SourceFile:
    block = b"all on one line " * 65536
    with path.open("wb") as file:
        file.write(_line("huge-line.jsonl", 1, texts[0]))
        file.write(b'{"id": "huge", "text": "')
        for _ in range(HUGE_BYTES // len(block) + 1):
            file.write(block)
        file.write(b'"}\n')
        file.write(_line("huge-line.jsonl", 2, texts[1]))
    return SourceFile(path=str(path), good=(2, 2), broken=(1, 1), note="a line of 1 GB")


def _text(folder: Path, texts: list[str]) -> list[SourceFile]:
    foreign = "\n\n".join([_FOREIGN, texts[2], _FOREIGN])
    western = "\n\n".join([_FOREIGN, _FOREIGN.swapcase(), _FOREIGN.title()])
    either = [
        (
            "cp1252.txt",
            western.encode("cp1252"),
            "Windows Western encoding",
        ),
        ("utf16le.txt", b"\xff\xfe" + foreign.encode("utf-16-le"), "UTF-16, little-endian"),
        ("utf16be.txt", b"\xfe\xff" + foreign.encode("utf-16-be"), "UTF-16, big-endian"),
        ("lone.txt", texts[3].encode() + b" \x80\xbf\x80 " + texts[4].encode(), "lone bytes"),
        ("nul.txt", texts[5].encode() + b"\0\0\0" + texts[6].encode(), "NUL bytes"),
        ("binary.txt", bytes(range(256)) * 800, "binary"),
        ("empty.txt", b"", "empty file"),
        ("white.txt", b" \n\t\n" * 1000, "nothing but space"),
    ]
    files = [_file(folder / "utf8.txt", foreign.encode(), 1, (0, 0), "sound")]
    for name, data, note in either:
        # Decoded or set aside: a reader may do either, so long as the file is accounted for.
        files.append(_either(_file(folder / name, data, 0, (0, 1), note), 1))
    return files


def _warc(folder: Path, texts: list[str]) -> list[SourceFile]:
    records = [_record(number, text) for number, text in enumerate(texts[:12])]
    members = [gzip.compress(record, mtime=0) for record in records]
    whole = b"".join(members)
    cut = b"".join(members[:8]) + members[8][: len(members[8]) // 2]
    torn = b"".join(members[:4]) + b"\0garbage between records\0" + b"".join(members[4:])
    torn_file = _file(folder / "torn.warc.gz", torn, 4, (1, 8), "garbage in the middle")
    return [
        _file(folder / "whole.warc.gz", whole, 12, (0, 0), "sound"),
        _file(folder / "cut.warc.gz", cut, 8, (1, 1), "cut within the ninth record"),
        msgspec.structs.replace(torn_file, good=(4, 12)),
        _file(folder / "empty.warc.gz", b"", 0, (0, 1), "empty file"),
    ]


def _record(number: int, text: str) -> bytes:
    safe = text.replace("&", "&amp;").replace("<", "&lt;")
    paragraphs = "".join(f"<p>{part}</p>\n" for part in safe.split("\n\n") if part.strip())
    head = f"<html><head><title>Page {number}</title></head>"
    page = f"{head}<body><article>{paragraphs}</article></body></html>".encode()
    http = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
        b"Content-Length: %d\r\n\r\n" % len(page)
    )
    body = http + page
    return (
        (
            b"WARC/1.0\r\nWARC-Type: response\r\n"
            b"WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-%012d>\r\n"
            b"WARC-Date: 2024-01-02T03:04:05Z\r\n"
            b"WARC-Target-URI: https://www.example.com/page/%d\r\n"
            b"Content-Type: application/http; msgtype=response\r\n"
            b"Content-Length: %d\r\n\r\n" % (number, number, len(body))
        )
        + body
        + b"\r\n\r\n"
    )
