"""What is kept on disk: prepared codebases and data sets."""

from etude.store._atomic import write_whole
from etude.store.codebases import (
    SOURCE_MTIME,
    CodebaseStore,
    Prepared,
    codebase_digest,
    settle_times,
    tree_digest,
)
from etude.store.dataset import Dataset
from etude.store.journal import JOURNAL, JOURNAL_OF_ANSWERS, Journal
from etude.store.manifest import TABLES, Counts, HeldFile, Manifest, Shard
from etude.store.writer import WORK, DatasetWriter

__all__ = [
    "JOURNAL",
    "JOURNAL_OF_ANSWERS",
    "SOURCE_MTIME",
    "TABLES",
    "WORK",
    "CodebaseStore",
    "Counts",
    "Dataset",
    "DatasetWriter",
    "HeldFile",
    "Journal",
    "Manifest",
    "Prepared",
    "Shard",
    "codebase_digest",
    "settle_times",
    "tree_digest",
    "write_whole",
]
