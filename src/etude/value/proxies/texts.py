"""Texts of a comparison: drawn by id, cut into passages, freed of what is measured on, written."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import pyarrow.compute as pc

from etude.errors import ConfigError
from etude.records import Document
from etude.store import Counts, Dataset, DatasetWriter
from etude.store.manifest import NAME as MANIFEST

_WORDS = 8
"""Words of a window that is compared."""
_LEAST_WINDOWS = 10
_COPIED = 0.5
"""Share of the windows of a passage that makes a text a copy of it."""


MEASURED_ON = "a passage that is measured on stands in it"
"""Why a document is left out of every arm."""


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """What a data set was drawn from and how; written into its manifest."""

    made_for: str
    parents: tuple[str, ...]
    """Digests of the data sets."""
    settings: str
    """What decides which documents are in it, as JSON."""


class Drawn(NamedTuple):
    """Ids in an order of chance that depends on nothing but the ids and a seed."""

    ids: frozenset[str]
    n_bytes: int


def chance_of(key: str, seed: int) -> int:
    """Return a number that depends on a key and a seed alone."""
    said = hashlib.blake2b(f"{seed}/{key}".encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(said, "big")


def draw(
    paths: Iterable[Path],
    *,
    domains: Collection[str] = (),
    without: Collection[str] = (),
    leave_out: Collection[str] = (),
    n_bytes: int = 0,
    most_each: int = 0,
    seed: int = 0,
) -> Drawn:
    """Choose documents by chance until there are `n_bytes` of text; 0 takes all.

    With `most_each`, no document counts more than so much.

    Two data sets that hold the same document agree on its place in the order.

    Raises:
        ConfigError: A path is no data set of documents.
        RecordError: A shard is damaged.
    """
    sizes: list[tuple[int, str, int]] = []
    for path in paths:
        for batch in Dataset.open(path).batches("documents", ("id", "domain", "text")):
            lengths = pc.fill_null(pc.binary_length(batch.column("text")), 0).to_pylist()
            ids, names = batch.column("id").to_pylist(), batch.column("domain").to_pylist()
            sizes += [
                (chance_of(key, seed), key, min(size, most_each or size))
                for key, name, size in zip(ids, names, lengths, strict=True)
                if size
                and (not domains or name in domains)
                and name not in without
                and key not in leave_out
            ]
    sizes.sort()
    ends = np.cumsum([size for _, _, size in sizes])
    n = len(sizes) if not n_bytes else int(np.searchsorted(ends, n_bytes)) + 1
    chosen = sizes[:n]
    return Drawn(frozenset(key for _, key, _ in chosen), sum(size for _, _, size in chosen))


def documents(paths: Iterable[Path], ids: Collection[str]) -> Iterator[Document]:
    """Yield the documents with these ids; one that stands in two data sets comes twice."""
    for path in paths:
        for document in Dataset.open(path).documents():
            if document.id in ids:
                yield document


def passage(text: str, most_chars: int, seed: int) -> str:
    """Return a passage from somewhere in a text, which begins with a line of it."""
    if len(text) <= most_chars:
        return text
    first = chance_of(text[:200], seed) % (len(text) - most_chars)
    line = text.find("\n", first, first + most_chars // 4) + 1
    return text[line or first :][:most_chars]


def pieces_of(text: str, most_chars: int, least_chars: int) -> list[str]:
    """Cut a text at ends of lines, into pieces that are as long as they may be."""
    found: list[str] = []
    piece = ""
    for line in text.splitlines():
        joined = f"{piece}\n{line}" if piece else line
        if len(joined) <= most_chars:
            piece = joined
            continue
        found.append(piece)
        piece = line[:most_chars]
    found.append(piece)
    return [one.strip() for one in found if len(one.strip()) >= least_chars]


class Passages:
    """Passages that are measured on, known again wherever most of one stands."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._of: dict[str, list[int]] = {}
        self._sizes: list[int] = []
        for number, text in enumerate(texts):
            found = set(_windows(text))
            self._sizes.append(len(found))
            for window in found:
                self._of.setdefault(window, []).append(number)

    def stand_in(self, text: str) -> bool:
        """Whether a text holds at least half of one of the passages."""
        hits: Counter[int] = Counter()
        for window in set(_windows(text)):
            hits.update(self._of.get(window, ()))
        return any(
            n >= max(_LEAST_WINDOWS, _COPIED * self._sizes[number]) for number, n in hits.items()
        )


def _windows(text: str) -> Iterator[str]:
    words = text.split()
    for at in range(len(words) - _WORDS + 1):
        yield " ".join(words[at : at + _WORDS])


def write_documents(
    path: Path, found: Iterable[Document], known: Passages | None, sources: Sources
) -> Dataset:
    """Write a data set of documents and return it; one that was made of the same stays.

    Args:
        path: Folder to make.
        found: What to write.
        known: What is measured on; texts in which most of such a passage stands are left out.
        sources: What it is drawn from.

    Raises:
        ConfigError: The folder holds something else, or the disk takes no more.
    """
    said = msgspec.json.encode(sources, order="deterministic").decode()
    if (path / MANIFEST).exists():
        held = Dataset.open(path)
        if held.manifest.recipe != said:
            raise ConfigError(f"{path} was made of something else; name a new folder")
        return held
    n_in = n_left_out = 0
    with DatasetWriter(path, record="document") as writer:
        for document in found:
            n_in += 1
            if known is not None and known.stand_in(document.text):
                n_left_out += 1
            else:
                writer.write("documents", (document,))
        dropped = {MEASURED_ON: n_left_out} if n_left_out else {}
        counts = Counts(n_in=n_in, dropped=dropped)
        writer.finish(recipe=said, counts=counts, parents=sources.parents)
    return Dataset.open(path)


def content_digest(held: Dataset) -> str:
    """Return a digest of the documents of a data set alone, however they came to be chosen."""
    shards = held.manifest.tables["documents"]
    return hashlib.sha256(" ".join(shard.sha256 for shard in shards).encode()).hexdigest()
