"""Text of benchmarks is found in documents, which go, or lose the passages; told for each item."""

import functools
import logging
import re
from pathlib import Path
from typing import ClassVar, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from etude.errors import ConfigError
from etude.stages.corpus.batch import TALLY, drop_where, texts, with_column, with_texts
from etude.stages.corpus.benchmark_items import read_items
from etude.stages.corpus.kernel._texts import Texts
from etude.stages.corpus.kernel.contamination import GramIndex, Hits, scan
from etude.stages.corpus.kernel.shingles import count_words, hash_shingles
from etude.stages.corpus.steps._base import Step

logger = logging.getLogger(__name__)

Mask = npt.NDArray[np.bool_]
_COLUMN = TALLY + "contamination"
_CHUNK = re.compile(r"\S+")


class DecontaminateStep(Step, frozen=True, kw_only=True):
    """Drops documents that hold text of benchmarks, or cuts that text out of them."""

    changes_text: ClassVar[bool] = True

    against: tuple[str, ...]
    """Benchmarks: files (JSON Lines, JSON, Parquet, perhaps .gz or .zst), folders of them, or
    Etude data sets of any kind."""
    fields: tuple[str, ...] = ()
    """Names of the fields that are text, in any depth; empty: every field that holds text, but
    those that only say what an item is, such as `id` and `url`."""
    n_grams: int = 13
    """So many words in a row, in lower case, without punctuation and with numbers as 0, are a hit
    (GPT-3, 2020)."""
    least_words: int = 8
    """An item of fewer than `n_grams` words is a hit as a whole if it has so many (8 in GPT-3); a
    shorter one is never looked for."""
    share: float = 0.0
    """Share of an item's n-grams that must begin in a document; 0: one of them is enough."""
    action: Literal["drop", "cut"] = "drop"
    """Whether the document goes, or only the passages that were hit."""
    context_chars: int = 200
    """`cut` takes so many characters on either side as well, to whole words (200 in GPT-3)."""
    max_cuts: int = 10
    """`cut` drops a document that has passages to cut at more places (10 in GPT-3)."""
    min_left_chars: int = 200
    """`cut` drops a document of which fewer characters are left (200 in GPT-3)."""

    def __post_init__(self) -> None:
        if not self.against:
            raise ConfigError("decontaminate needs `against`: the benchmarks to look for")
        if not 1 <= self.least_words <= self.n_grams or not 0 <= self.share <= 1:
            raise ConfigError("least_words is from 1 to n_grams, share from 0 to 1")
        if min(self.context_chars, self.max_cuts, self.min_left_chars) < 0:
            raise ConfigError("context_chars, max_cuts and min_left_chars are from 0 on")

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Look for every item in every document."""
        held = load_benchmarks(self.against, self.fields, self.n_grams, self.least_words)
        hits = scan(texts(batch), held.grams)
        counted = self._counted(hits, held)
        batch = with_column(batch, _COLUMN, _named(hits, counted, held, batch.num_rows))
        hit = np.zeros(batch.num_rows, dtype=np.bool_)
        hit[hits.text[counted]] = True
        if self.action == "drop" or not hit.any():
            return drop_where(batch, {"holds benchmark text": hit})
        return self._cut(batch, hits, counted, held)

    def _counted(self, hits: Hits, held: "Benchmarks") -> Mask:
        """Return which pairs of text and item are enough of the item, bool [pairs]."""
        seen = np.minimum(1.0, hits.n_hits / held.n_grams[hits.item])
        counted: Mask = seen >= self.share
        return counted

    def _cut(
        self, batch: pa.RecordBatch, hits: Hits, counted: Mask, held: "Benchmarks"
    ) -> pa.RecordBatch:
        values = texts(batch).to_pylist()
        many = np.zeros(batch.num_rows, dtype=np.bool_)
        short = np.zeros(batch.num_rows, dtype=np.bool_)
        for row in np.unique(hits.text[counted]).tolist():
            items = hits.item[counted & (hits.text == row)]
            spans = self._spans(values[row], held.grams_of(items), held.grams.widths)
            many[row] = spans is None or len(spans) > self.max_cuts
            if spans is not None and not many[row]:
                values[row] = _without(values[row], spans)
                short[row] = len(values[row]) < max(1, self.min_left_chars)
        batch = with_texts(batch, pa.array(values, type=pa.string()))
        return drop_where(
            batch,
            {
                "holds benchmark text at many places": many,
                "too little left without benchmark text": short,
            },
        )

    def _spans(
        self, text: str, grams: npt.NDArray[np.uint64], widths: npt.NDArray[np.int64]
    ) -> list[tuple[int, int]] | None:
        """Return where to cut, first and last character + 1; `None` if it cannot be told."""
        chunks = [found.span() for found in _CHUNK.finditer(text)]
        n_words = count_words(_held([text[start:end] for start, end in chunks]))
        ends = np.cumsum(n_words)
        if not len(ends) or ends[-1] != count_words(_held([text]))[0]:
            return None
        spans: list[tuple[int, int]] = []
        for width in widths.tolist():
            _, hashes = hash_shingles(_held([text]), width, as_grams=True)
            for place in np.flatnonzero(np.isin(hashes, grams)).tolist():
                first, last = np.searchsorted(ends, [place, place + width - 1], side="right")
                spans.append((chunks[first][0], chunks[last][1]))
        return _merged([self._widened(text, span) for span in sorted(spans)])

    def _widened(self, text: str, span: tuple[int, int]) -> tuple[int, int]:
        """Return a span with its context, grown to whole words."""
        start, end = max(0, span[0] - self.context_chars), span[1] + self.context_chars
        while 0 < start < span[0] and not text[start - 1].isspace():
            start -= 1
        while span[1] < end < len(text) and not text[end].isspace():
            end += 1
        return start, min(end, len(text))


class Benchmarks(NamedTuple):
    """The items of all benchmarks, to be looked for."""

    names: pa.StringArray
    """Of the items, such as `arc/1784`."""
    grams: GramIndex
    n_grams: npt.NDArray[np.int64]
    """Different n-grams of each item."""

    def grams_of(self, items: npt.NDArray[np.int32]) -> npt.NDArray[np.uint64]:
        """Return the hashes of the n-grams of some items."""
        gram = np.repeat(np.arange(len(self.grams)), np.diff(self.grams.offsets))
        hashes: npt.NDArray[np.uint64] = self.grams.hashes[gram[np.isin(self.grams.items, items)]]
        return hashes


@functools.cache
def load_benchmarks(
    against: tuple[str, ...], fields: tuple[str, ...], n_grams: int, least_words: int
) -> Benchmarks:
    """Read benchmarks, once in a process.

    Raises:
        ConfigError: One cannot be read, or nothing in it is long enough to be looked for.
    """
    items = [item for path in against for item in read_items(Path(path), fields)]
    grams = GramIndex([item.text for item in items], n=n_grams, least=least_words)
    if grams.too_short:
        logger.warning(
            "%d of %d benchmark items have fewer than %d words and are not looked for",
            len(grams.too_short),
            len(items),
            least_words,
        )
    if not len(grams):
        raise ConfigError(f"no benchmark item has {least_words} words or more (least_words)")
    counts = np.maximum(np.bincount(grams.items, minlength=len(items)), 1)
    return Benchmarks(pa.array([item.name for item in items], type=pa.string()), grams, counts)


def _named(hits: Hits, counted: Mask, held: Benchmarks, n_texts: int) -> pa.ListArray:
    """Return for each text the names of the items it holds."""
    counts = np.bincount(hits.text[counted], minlength=n_texts)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    names = held.names.take(pa.array(hits.item[counted]))
    return pa.ListArray.from_arrays(pa.array(offsets), names)


def _held(values: list[str]) -> Texts:
    return Texts.of(pa.array(values, type=pa.string()))


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return sorted spans with those joined that touch."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    """Return what is left beside the spans, a paragraph for each piece."""
    pieces, at = [], 0
    for start, end in spans:
        pieces.append(text[at:start])
        at = end
    pieces.append(text[at:])
    return "\n\n".join(piece for piece in map(str.strip, pieces) if piece)
