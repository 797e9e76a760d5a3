"""Paragraphs that occur more than once in the corpus are taken out of the texts."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etude.stages.corpus.kernel._texts import Texts
from etude.stages.corpus.steps._pieces import Pieces, PiecesStep, line_starts


class ParagraphsStep(PiecesStep, frozen=True, kw_only=True):
    """Takes repeated paragraphs out. A paragraph is what stands between lines that are blank."""

    min_chars: int = 50
    """A paragraph with fewer characters, without white space around it, is always left."""

    def split(self, values: pa.StringArray) -> Pieces:
        """Return the paragraphs of texts, each with the blank lines that follow it."""
        held = Texts.of(values)
        lines = Pieces.cut(held, line_starts(held))
        if not len(lines.document):
            return lines
        blank = pc.binary_length(pc.utf8_trim_whitespace(lines.values())).to_numpy() == 0
        begins = lines.position == 0
        begins[1:] |= blank[:-1] & ~blank[1:]
        return Pieces.cut(held, lines.starts[:-1][np.flatnonzero(begins)])

    def piece_name(self) -> str:
        """What a piece is called."""
        return "paragraphs"
