"""c4: drops lines that are no sentences and documents that are no text, by the rules of C4."""

from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etude.stages.corpus.batch import drop, texts, with_texts
from etude.stages.corpus.kernel.columns import COLUMNS, VERDICTS, C4Rules
from etude.stages.corpus.kernel.measure import (
    measured,
    with_keys,
    with_numbers,
    without_measurements,
)
from etude.stages.corpus.steps._base import Step
from etude.stages.corpus.steps._thresholds import with_signals


class C4(Step, frozen=True, kw_only=True):
    """Rewrites and judges as datatrove 0.10's C4QualityFilter does.

    The rules are those of Raffel et al. 2020 (JMLR 21), section 2.2, and of the code published
    with it; its list of bad words is not among them. How many lines were dropped by which rule
    stays with the documents as `signal_c4_n_lines_of_few_words` and so on. FineWeb's numbers of the
    new texts are there for a step `fineweb` that follows.
    """

    changes_text: ClassVar[bool] = True

    need_punctuation: bool = False
    """Drop lines that do not end in . ? ! " or ', as C4 does. FineWeb does not: the rule alone
    removes some 30 % of the text (Penedo et al. 2024)."""
    min_words: int = 3
    """Drop lines with fewer words, counted between white space; -1: none."""
    longest_word: int = 1000
    """Drop lines with a word of more characters; -1: none."""
    no_javascript: bool = True
    """Drop lines that say "javascript"."""
    no_policy: bool = True
    """Drop lines that speak of the use of cookies, terms of use or a privacy policy."""
    remove_citations: bool = True
    """Cut out [12], [edit] and [citation needed]."""
    no_lorem_ipsum: bool = True
    """Drop documents that say "lorem ipsum"."""
    no_curly_bracket: bool = True
    """Drop documents with an opening curly bracket."""
    min_sentences: int = 5
    """Drop documents with fewer sentences in the lines that are left; -1: none."""

    def measures(self) -> frozenset[str]:
        """C4's, by these rules."""
        return frozenset({self._rules().name})

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Exchange each text for what C4 leaves of it, or drop it; keep the counts as signals."""
        name = self._rules().name
        found = measured(batch, name)
        if found.c4_texts is None or found.c4_fineweb is None:
            return batch
        table = found.numbers[name]
        # An empty text has no numbers. It has too few sentences, unless none are asked for.
        verdicts = np.where(np.isnan(table[:, 0]), 3 * (self.min_sentences > 0), table[:, 0])
        reasons = pa.array(VERDICTS).take(pa.array(verdicts.astype(np.int8)))
        kept = pc.equal(reasons, "")
        batch = with_texts(batch, pc.if_else(kept, found.c4_texts, texts(batch)))
        counts = dict(zip(COLUMNS["c4"][1:], table.T[1:], strict=True))
        batch = with_signals(without_measurements(batch), counts, "c4_")
        fineweb = with_numbers(batch, "fineweb", found.c4_fineweb)
        return drop(with_keys(fineweb), pc.if_else(kept, pa.scalar(None, pa.string()), reasons))

    def _rules(self) -> C4Rules:
        return C4Rules(**{name: getattr(self, name) for name in C4Rules.__struct_fields__})
