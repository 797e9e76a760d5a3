"""sample: keeps a share of the documents, the same ones every time."""

import hashlib

import pyarrow as pa

from etude.stages.corpus.batch import drop
from etude.stages.corpus.steps._base import Step


class SampleStep(Step, frozen=True, kw_only=True):
    """Chooses by a hash of the document's id, so the choice does not depend on order or parts."""

    share: float
    """Share of the documents to keep, 0 to 1."""
    seed: int = 0
    domains: tuple[str, ...] = ()
    """Only documents of these domains are thinned; empty means all."""

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Drop those that are not chosen."""
        bar = int(self.share * 2**64)
        reasons = [
            None if self._stays(row_id, domain, bar) else "not sampled"
            for row_id, domain in zip(
                batch.column("id").to_pylist(), batch.column("domain").to_pylist(), strict=True
            )
        ]
        return drop(batch, reasons)

    def _stays(self, row_id: str, domain: str, bar: int) -> bool:
        if self.domains and domain not in self.domains:
            return True
        word = f"sample\0{self.seed}\0{row_id}".encode()
        return int.from_bytes(hashlib.blake2b(word, digest_size=8).digest()) < bar
