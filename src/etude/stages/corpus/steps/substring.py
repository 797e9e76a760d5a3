"""Passages that occur more than once in the corpus are cut out of the texts."""

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from etude.errors import ConfigError
from etude.stages.corpus.arrays import ArrayWriter, pick
from etude.stages.corpus.batch import drop_where, rows, texts, with_signal, with_texts
from etude.stages.corpus.kernel._texts import Texts
from etude.stages.corpus.kernel.windows import find_tokens, hash_windows
from etude.stages.corpus.spill import Spill, SpillWriter
from etude.stages.corpus.steps._base import AcrossStep
from etude.stages.corpus.steps._clusters import Numbering, note_documents
from etude.stages.corpus.steps._indexed import find_repeated

_WINDOW = np.dtype([("key", "<u8"), ("check", "<u8"), ("row", "<u8"), ("position", "<u4")])
_HIT = np.dtype([("place", "<u8"), ("row", "<u8"), ("position", "<u4")])
_WINDOWS = "windows"
_HITS = "hits"
_RANGES_PER_MEMORY = 8


class SubstringStep(AcrossStep, frozen=True, kw_only=True):
    """Cuts out every passage of so many words that stands somewhere before in the corpus."""

    changes_text: ClassVar[bool] = True

    words: int = 50
    """A passage is repeated if so many words in a row are the same, to the letter; about the 50
    tokens of Lee et al. 2022. A word is what stands between white space, or one character of a
    script without spaces."""
    sample: int = 1
    """Compare one in so many passages, chosen by their hash: the spill is so many times smaller.
    Passages of `words` + several times `sample` words are still found, and up to about `sample`
    words are left at each end; 1 compares all, with a spill of three to five times the text."""
    min_left_words: int = 50
    """A document that lost something and has fewer words left is dropped; 0: only one that has
    nothing left."""
    memory_bytes: int = 1_000_000_000
    """About how much memory deciding may take at once, whatever the size of the corpus."""

    def __post_init__(self) -> None:
        if not 2 <= self.words <= 100_000 or self.sample < 1 or self.memory_bytes < 1:
            raise ConfigError("words is from 2 to 100000, sample and memory_bytes from 1 on")

    def gather(self, batch: pa.RecordBatch, writer: SpillWriter) -> None:
        """Write a hash of every run of `words` words."""
        note_documents(batch, writer, "first")
        found = hash_windows(Texts.of(texts(batch)), self.words)
        n_windows = np.maximum(found.n_tokens - self.words + 1, 0)
        document = np.repeat(np.arange(batch.num_rows), n_windows)
        first = np.cumsum(n_windows) - n_windows
        chosen = np.flatnonzero(found.keys % np.uint64(self.sample) == 0)
        records = np.empty(len(chosen), dtype=_WINDOW)
        records["key"], records["check"] = found.keys[chosen], found.checks[chosen]
        records["row"] = rows(batch)[document[chosen]]
        records["position"] = chosen - first[document[chosen]]
        writer.write_keyed(_WINDOWS, records)

    def settle(self, spill: Spill) -> None:
        """Find what stands somewhere before, and make spans of it."""
        range_bytes = max(1, self.memory_bytes // _RANGES_PER_MEMORY)
        numbering = Numbering.of(spill)
        hits = Spill(spill.folder / _HITS)
        with hits.writer(0) as writer:
            for records in spill.ranges(_WINDOWS, range_bytes):
                found, first = find_repeated(records)
                again = pick(found, first != np.arange(len(found)))
                writer.write_keyed(_HITS, _by_document(again, numbering))
        with (
            ArrayWriter(spill.folder / "decision-row.npy", "<u8") as row,
            ArrayWriter(spill.folder / "decision-start.npy", "<u4") as start,
            ArrayWriter(spill.folder / "decision-stop.npy", "<u4") as stop,
        ):
            for records in hits.ranges(_HITS, range_bytes):
                spans = _spans(records, self.words)
                row.append(spans[0])
                start.append(spans[1])
                stop.append(spans[2])
        hits.clear()

    def judge(self, batch: pa.RecordBatch, spill: Spill) -> pa.RecordBatch:
        """Cut the spans out, and drop documents of which too little is left."""
        span_rows, starts, stops = (spill.decision(name) for name in ("row", "start", "stop"))
        numbers = rows(batch)
        first = np.searchsorted(span_rows, numbers, side="left")
        last = np.searchsorted(span_rows, numbers, side="right")
        touched = np.flatnonzero(last > first)
        share = np.zeros(batch.num_rows)
        if not len(touched):
            return with_signal(batch, "substring_removed", share)
        values = texts(batch)
        held = Texts.of(values.take(pa.array(touched)))
        spans = [
            np.stack([starts[a:b], stops[a:b]], axis=1)
            for a, b in zip(first[touched], last[touched], strict=True)
        ]
        cut = list(_cut(held, spans))
        exchanged = pa.array([text for text, _ in cut], type=pa.string())
        mask = np.zeros(batch.num_rows, dtype=np.bool_)
        mask[touched] = True
        batch = with_texts(batch, pc.replace_with_mask(values, pa.array(mask), exchanged))
        short = np.zeros(batch.num_rows, dtype=np.bool_)
        short[touched] = [n_left < max(1, self.min_left_words) for _, n_left in cut]
        batch = drop_where(batch, {"too little left without repeated passages": short})
        after = pc.binary_length(exchanged).to_numpy()
        share[touched] = 1 - after / np.maximum(held.sizes(), 1)
        return with_signal(batch, "substring_removed", share)


def _by_document(records: npt.NDArray[Any], numbering: Numbering) -> npt.NDArray[Any]:
    """Return hits under keys that follow the order of documents and fill the range of keys."""
    hits = np.empty(len(records), dtype=_HIT)
    step = np.uint64((2**64 - 1) // max(1, numbering.size))
    hits["place"] = numbering.of_rows(records["row"]).astype(np.uint64) * step
    hits["row"], hits["position"] = records["row"], records["position"]
    return hits


def _spans(
    hits: npt.NDArray[Any], width: int
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """Return row, first token and token behind the last one of what hits cover together."""
    hits = pick(hits, np.lexsort((hits["position"], hits["row"])))
    row, position = hits["row"], hits["position"].astype(np.int64)
    begins = np.ones(len(hits), dtype=np.bool_)
    begins[1:] = (row[1:] != row[:-1]) | (position[1:] > position[:-1] + width)
    ends = np.append(begins[1:], True)
    return (
        row[begins],
        position[begins].astype(np.uint32),
        (position[ends] + width).astype(np.uint32),
    )


def _cut(held: Texts, spans: list[npt.NDArray[np.uint32]]) -> Iterator[tuple[str, int]]:
    """Yield each text without its spans, and how many tokens are left of it."""
    tokens = find_tokens(held)
    first = np.cumsum(tokens.n_tokens) - tokens.n_tokens
    for index, of_text in enumerate(spans):
        n_tokens = int(tokens.n_tokens[index])
        end = int(held.offsets[index + 1])
        begins = tokens.starts[first[index] : first[index] + n_tokens]
        # What follows the last token goes with it.
        begins = np.append(begins, end)
        pieces, at, n_left = [], int(held.offsets[index]), n_tokens
        for start, stop in np.minimum(of_text, n_tokens).tolist():
            pieces.append(held.data[at : begins[start]])
            at = int(begins[stop])
            n_left -= stop - start
        pieces.append(held.data[at:end])
        yield np.concatenate(pieces).tobytes().decode().rstrip(), n_left
