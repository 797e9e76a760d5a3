"""licence: keeps documents by the licence that their source states."""

import fnmatch

import pyarrow as pa
import pyarrow.compute as pc

from etude.stages.corpus.batch import drop
from etude.stages.corpus.steps._base import Step


class LicenceStep(Step, frozen=True, kw_only=True):
    """Matches SPDX expressions by name, with `*` for any ending; case does not matter."""

    keep: tuple[str, ...] = ()
    """Only these, such as `MIT`, `Apache-2.0`, `CC-BY-*`; empty keeps every stated licence."""
    drop: tuple[str, ...] = ()
    """Never these, such as `*-NC-*` or `*-ND-*`."""
    keep_unknown: bool = True
    """Whether a document without a stated licence stays."""

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Drop documents whose licence is not wanted."""
        stated = pc.dictionary_encode(pc.struct_field(batch.column("origin"), "licence"))
        reasons = pa.array(
            [self._reason(name) for name in stated.dictionary.to_pylist()], pa.string()
        )
        return drop(batch, reasons.take(stated.indices))

    def _reason(self, licence: str) -> str | None:
        if not licence:
            return None if self.keep_unknown else "no licence stated"
        # `A OR B` may be used under either; `A AND B` and `A WITH e` bind to all they name.
        if any(self._fits(choice) for choice in licence.split(" OR ")):
            return None
        return "licence not wanted"

    def _fits(self, choice: str) -> bool:
        names = [word.strip("() ") for word in choice.replace(" WITH ", " AND ").split(" AND ")]
        if any(_matches(name, self.drop) for name in names):
            return False
        return not self.keep or _matches(names[0], self.keep)


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(name.lower(), pattern.lower()) for pattern in patterns)
