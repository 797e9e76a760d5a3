"""Near copies: documents with most of their word n-grams in common, by MinHash and banding."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from etude.errors import ConfigError
from etude.stages.corpus.batch import rows, texts
from etude.stages.corpus.kernel.minhash import signatures
from etude.stages.corpus.spill import Spill, SpillWriter
from etude.stages.corpus.steps._clusters import Clusters, judge_copies, note_documents
from etude.stages.corpus.steps._indexed import IndexedStep, find_repeated, fresh_keys
from etude.stages.corpus.steps._jaccard import Verifier, note_grams
from etude.stages.corpus.steps._keep import check_keep

SIGNATURES = "_minhash"
"""Column of signatures by the default settings, where an earlier pass over the bytes has made them:
uint64 lists of fixed size."""
_BAND = np.dtype([("key", "<u8"), ("row", "<u8")])
_BANDS = "bands"
_NO_SHINGLES = np.uint64(2**64 - 1)
_MIX = np.uint64(0xD6E8FEB86659FD93)


class MinhashStep(IndexedStep, frozen=True, kw_only=True):
    """Drops all but one of the documents that are nearly the same, to any degree of relation.

    Releases compared through an index drop nothing that one run over all of them would not drop;
    they may keep more, where a later document shows that two of an earlier release are related.
    """

    bands: int = 14
    """Documents are compared if one of so many bands of their signatures agrees in full (FineWeb:
    14 bands of 8 values on 5-grams; half of the pairs with a Jaccard of 0.72 meet that)."""
    values: int = 8
    """Values in a band: more of them ask for more similarity."""
    n_grams: int = 5
    """Words in a shingle; words are simplified and split as datatrove does it."""
    seed: int = 1
    """Chooses the permutations of the signature; 1 gives datatrove's."""
    verify: float = 0.0
    """Jaccard of the sets of 5-grams from which a pair that met in a band counts, such as 0.7;
    0 lets all count, as FineWeb does. The spill is then larger by two thirds of the text, and
    matches with the index are not verified."""
    keep: str = "first"
    """Which copy stays: `first` in the corpus, `longest`, `newest` (by date), `best_licence`
    (freest to use) or `signal:NAME` (highest); the first one among equals."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_keep(self.keep)
        if min(self.bands, self.values, self.n_grams) < 1 or self.bands * self.values > 10_000:
            raise ConfigError("bands, values and n_grams are 1 or more, bands x values to 10000")
        if not 0 <= self.verify <= 1:
            raise ConfigError("verify is a Jaccard similarity from 0 to 1")

    def gather(self, batch: pa.RecordBatch, writer: SpillWriter) -> None:
        """Write a key for each band of each document's signature."""
        note_documents(batch, writer, self.keep)
        if self.verify:
            note_grams(batch, writer, self.n_grams)
        signed = self._signatures(batch)
        has_words = (signed != _NO_SHINGLES).any(axis=1)
        keys = band_keys(signed[has_words], self.bands, self.values)
        records = np.empty(keys.size, dtype=_BAND)
        records["key"] = keys.reshape(-1)
        records["row"] = np.repeat(rows(batch)[has_words], self.bands)
        writer.write_keyed(_BANDS, records)

    def settle(self, spill: Spill) -> None:
        """Find documents that meet in a band, and all that are related through others."""
        clusters = Clusters(spill)
        index = self.open_index()
        run = self.name_run(spill, _BANDS)
        verifier = self._verifier(spill, clusters)
        for records in spill.ranges(_BANDS, self.range_bytes()):
            if index is not None:
                known = index.holds(records["key"], _zeros(records), before=run)
                clusters.mark_known(clusters.numbering.of_rows(records["row"][known]))
            found, starts = find_repeated(records, 1)
            numbers = clusters.numbering.of_rows(found["row"])
            if verifier is None:
                clusters.join(numbers[starts], numbers)
            else:
                verifier.join(numbers, starts)
        clusters.settle()
        if index is not None and self.update_index:
            ranges = spill.ranges(_BANDS, self.range_bytes())
            index.add(run, fresh_keys(index, run, ((r["key"], _zeros(r)) for r in ranges)))

    def judge(self, batch: pa.RecordBatch, spill: Spill) -> pa.RecordBatch:
        """Mark the near copies."""
        return judge_copies(batch, spill, "near copy", self.known_reason())

    def _signatures(self, batch: pa.RecordBatch) -> npt.NDArray[np.uint64]:
        n_hashes = self.bands * self.values
        held = _held_signatures(batch) if (self.n_grams, self.seed) == (5, 1) else None
        if held is not None and held.shape[1] >= n_hashes:
            return held
        return signatures(texts(batch), n_grams=self.n_grams, n_hashes=n_hashes, seed=self.seed)

    def _verifier(self, spill: Spill, clusters: Clusters) -> Verifier | None:
        if not self.verify:
            return None
        met = spill.scratch(clusters.numbering.size, np.bool_)
        for records in spill.ranges(_BANDS, self.range_bytes()):
            found, _ = find_repeated(records, 1)
            met[clusters.numbering.of_rows(found["row"])] = True
        return Verifier(spill, clusters, met, self.verify)

    def index_kind(self) -> str:
        """What the keys are."""
        return (
            f"MinHash of {self.n_grams}-grams, {self.bands} bands of {self.values} values, "
            f"seed {self.seed}"
        )


def band_keys(signed: npt.NDArray[np.uint64], bands: int, values: int) -> npt.NDArray[np.uint64]:
    """Return one hash for each band of signatures, uint64 [documents, bands]."""
    parts = signed[:, : bands * values].reshape(len(signed), bands, values)
    keys = np.tile(np.arange(1, bands + 1, dtype=np.uint64) * _MIX, (len(signed), 1))
    for place in range(values):
        keys = (keys ^ parts[:, :, place]) * _MIX
        keys ^= keys >> np.uint64(32)
    return keys * _MIX


def _held_signatures(batch: pa.RecordBatch) -> npt.NDArray[np.uint64] | None:
    place = batch.schema.get_field_index(SIGNATURES)
    if place < 0:
        return None
    column = batch.column(place)
    flat: npt.NDArray[np.uint64] = column.flatten().to_numpy()
    return flat.reshape(len(column), -1)


def _zeros(records: npt.NDArray[np.void]) -> npt.NDArray[np.uint64]:
    return np.zeros(len(records), dtype=np.uint64)
