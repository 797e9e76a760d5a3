"""Real documents to plant in: from JSONL or Parquet, or text that lies on this machine."""

import gzip
import hashlib
import io
import random
import re
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

import msgspec
import pyarrow.parquet as pq
import zstandard

MIN_WORDS, MAX_WORDS = 100, 3000
_ENDINGS = {".py", ".txt", ".md", ".rst"}
_PARAGRAPHS = re.compile(r"\n\s*\n")


class _Line(msgspec.Struct):
    text: str = ""


def documents(source: Path | None, wanted: int, seed: int) -> list[str]:
    """Return up to `wanted` real texts, no two alike, of 100 to 3,000 words.

    Args:
        source: A JSONL (also .gz and .zst) or Parquet file with a `text` column, or a folder of
            them. `None` takes text of this machine's Python and its packages, which is the same
            only on a machine with the same packages.
        wanted: How many; fewer are returned when there are no more.
        seed: Chooses which.
    """
    texts = _of_this_machine(seed) if source is None else _of_files(source, wanted, seed)
    seen: set[bytes] = set()
    found: list[str] = []
    enough = wanted if source is None else None
    for text in texts:
        words = text.split()
        if not MIN_WORDS <= len(words) <= MAX_WORDS or "\0" in text:
            continue
        digest = hashlib.blake2b(" ".join(words).lower().encode(), digest_size=16).digest()
        if digest not in seen:
            seen.add(digest)
            found.append(text)
            if len(found) == enough:
                break
    if len(found) > wanted:
        random.Random(f"{seed}/choice").shuffle(found)
    return found[:wanted]


def _of_files(source: Path, wanted: int, seed: int) -> Iterator[str]:
    paths = sorted(source.rglob("*")) if source.is_dir() else [source]
    n_rows = sum(pq.ParquetFile(p).metadata.num_rows for p in paths if p.suffix == ".parquet")
    # Some of each file, and some more than wanted, for not all will do.
    share = min(1.0, 2.5 * wanted / n_rows) if n_rows else 1.0
    rng = random.Random(f"{seed}/material")
    for path in paths:
        if path.suffix == ".parquet":
            for batch in pq.ParquetFile(path).iter_batches(1024, columns=["text"]):
                some = batch.column(0).to_pylist()
                yield from (text for text in some if text and rng.random() < share)
        elif ".jsonl" in path.suffixes:
            with _opened(path) as file:
                for line in file:
                    yield msgspec.json.decode(line, type=_Line).text


def _opened(path: Path) -> BinaryIO:
    if path.suffix == ".gz":
        return cast(BinaryIO, gzip.open(path, "rb"))
    if path.suffix == ".zst":
        reader = zstandard.ZstdDecompressor().stream_reader(path.open("rb"), closefd=True)
        return cast(BinaryIO, io.BufferedReader(reader))
    return path.open("rb")


def _of_this_machine(seed: int) -> Iterator[str]:
    rng = random.Random(f"{seed}/material")
    roots = {Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib")}
    files = sorted({path for root in roots for path in root.rglob("*") if _is_text(path)})
    rng.shuffle(files)
    for path in files:
        try:
            text = path.read_text("utf-8")
        except (UnicodeDecodeError, OSError):
            continue
        yield from _pieces(_PARAGRAPHS.split(text), rng)


def _is_text(path: Path) -> bool:
    return path.suffix in _ENDINGS and path.is_file()


def _pieces(paragraphs: Iterable[str], rng: random.Random) -> Iterator[str]:
    """Cut a long text into documents of varied length, between paragraphs."""
    held: list[str] = []
    size, goal = 0, rng.randint(150, 900)
    for paragraph in paragraphs:
        held.append(paragraph)
        size += len(paragraph.split())
        if size >= goal:
            yield "\n\n".join(held)
            held, size, goal = [], 0, rng.randint(150, 900)
    if held:
        yield "\n\n".join(held)
