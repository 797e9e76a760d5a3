"""Indexes of data sets that were made before, for new data to be compared with."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa

from etude.errors import ConfigError
from etude.stages.corpus.batch import ROW, with_column
from etude.stages.corpus.index import Index
from etude.stages.corpus.spill import Spill
from etude.stages.corpus.steps import Step
from etude.stages.corpus.steps._indexed import IndexedStep
from etude.store import Dataset


class IndexOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an index."""

    path: str
    release: str
    n_documents: int
    """Documents of the data set."""
    n_keys: int
    """Keys that the index holds now, of all releases."""


def build_index(
    dataset: Path,
    index: Path,
    step: Step,
    *,
    tell: Callable[[int], None] = lambda n_documents: None,
) -> IndexOutcome:
    """Add the documents of a data set to an index; one that was added before is not added again.

    Args:
        dataset: An Etude data set with a table `documents`.
        index: Folder of the index; made if it is not there.
        step: The step that will compare with it, with the same settings: `exact`, `minhash`,
            `lines` or `paragraphs`. Its `release` names the data set; empty: by its digest.
        tell: Told now and then how many documents were read.

    Raises:
        ConfigError: There is no such data set, the step has no index, or the index is of another
            kind.
        RecordError: A shard of the data set or a file of the index is damaged.
    """
    if not isinstance(step, IndexedStep):
        raise ConfigError(f"{type(step).__name__} compares with no index")
    held = Dataset.open(dataset)
    release = step.release or held.manifest.digest
    adding = msgspec.structs.replace(step, index=str(index), update_index=True, release=release)
    n_documents = 0
    index.parent.mkdir(parents=True, exist_ok=True)
    # Beside the index: it is of a like size, and the place for passing files may be small.
    with tempfile.TemporaryDirectory(dir=index.parent, prefix=".indexing-") as folder:
        spill = Spill(Path(folder))
        with spill.writer(0) as writer:
            for batch in held.batches("documents"):
                adding.gather(_numbered(batch, n_documents), writer)
                n_documents += batch.num_rows
                tell(n_documents)
        adding.settle(spill)
    opened = Index(index, adding.index_kind())
    return IndexOutcome(
        path=str(index), release=release, n_documents=n_documents, n_keys=opened.n_keys()
    )


def _numbered(batch: pa.RecordBatch, first: int) -> pa.RecordBatch:
    numbers = np.arange(first, first + batch.num_rows, dtype=np.uint64)
    return with_column(batch, ROW, pa.array(numbers))
