"""Count the tokens of each document with a given tokenizer."""

from pathlib import Path

import pyarrow as pa

from etude.stages.corpus import batch as columns
from etude.stages.corpus.steps._base import Step
from etude.stages.corpus.tokens.encode import EngineName, load_encoder


class CountTokens(Step, frozen=True):
    """Measures `signal_n_tokens`; drops nothing."""

    tokenizer: str
    """Path of a `tokenizer.json`."""
    engine: EngineName = "auto"
    """What encodes: `tokie` where it is known to agree with `tokenizers`, or one of the two."""

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the batch with the number of tokens of each text, special tokens not counted.

        Raises:
            ConfigError: There is no such tokenizer.
        """
        encoder = load_encoder(Path(self.tokenizer), self.engine)
        return columns.with_signal(batch, "n_tokens", encoder.count(columns.texts(batch)))
