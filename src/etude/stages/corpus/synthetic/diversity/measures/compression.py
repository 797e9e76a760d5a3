"""Compression ratio: how much smaller text gets because it repeats itself (Shaib et al., 2024)."""

import zstandard

from etude.stages.corpus.synthetic.diversity._words import Mask, Passages
from etude.stages.corpus.synthetic.diversity.measures._base import Measure, Value


class Compression(Measure, frozen=True, kw_only=True):
    """Bytes by compressed bytes: more of it is less variety.

    By zstd and not by gzip, whose window of 32 KB does not see that far texts are alike.
    """

    level: int = 9

    def prepare(self, passages: Passages, human: Passages) -> Value:
        """Return the ratio for any choice of passages."""
        raw = [text.encode("utf-8", errors="replace") for text in passages.texts]
        compressor = zstandard.ZstdCompressor(level=self.level)

        def value(chosen: Mask) -> float:
            joined = b"\n".join(text for text, taken in zip(raw, chosen, strict=True) if taken)
            return len(joined) / len(compressor.compress(joined))

        return value

    def kept(self, value: float, human: float) -> float:
        """Return the inverse ratio: less variety compresses better."""
        return human / value if value > 0 else 1.0
