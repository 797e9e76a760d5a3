"""Lines that occur more than once in the corpus are taken out of the texts."""

import pyarrow as pa

from etude.stages.corpus.kernel._texts import Texts
from etude.stages.corpus.steps._pieces import Pieces, PiecesStep, line_starts


class LinesStep(PiecesStep, frozen=True, kw_only=True):
    """Takes repeated lines out: menus, notices, licences in headers of files."""

    min_chars: int = 30
    """A line with fewer characters, without white space around it, is always left: code and
    tables are made of short lines that recur."""

    def split(self, values: pa.StringArray) -> Pieces:
        """Return the lines of texts."""
        held = Texts.of(values)
        return Pieces.cut(held, line_starts(held))

    def piece_name(self) -> str:
        """What a piece is called."""
        return "lines"
