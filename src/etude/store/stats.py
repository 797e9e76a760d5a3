"""What a data set holds, in numbers."""

from collections import Counter

import msgspec

from etude.store.dataset import Dataset
from etude.store.manifest import Counts


class TableStats(msgspec.Struct, frozen=True, kw_only=True):
    """One table."""

    name: str
    n_rows: int
    n_shards: int
    size_bytes: int
    withheld: bool
    """Whether the table was taken away from this copy."""


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """One data set."""

    record: str
    digest: str
    created: str
    code_version: str
    counts: Counts
    tables: tuple[TableStats, ...]
    n_files: int
    """Further files, such as codebases."""
    files_bytes: int
    by_project: dict[str, int]
    """Tasks of each project."""
    by_kind: dict[str, int]
    """Tasks by kind of bug; empty where the answer keys are withheld."""
    by_ending: dict[str, int]
    """Episodes by the way they ended."""
    by_verdict: dict[str, int]
    """Grades that are `solved`, `unsolved`, or a `fault`."""
    by_domain: dict[str, int] = {}
    """Documents of each part of the mixture; empty names it has none."""
    by_language: dict[str, int] = {}
    """Documents in each language that was identified."""


def measure(dataset: Dataset) -> Stats:
    """Count what is in a data set.

    Raises:
        RecordError: A shard is damaged.
    """
    manifest, there = dataset.manifest, set(dataset.tables())
    tasks = dataset.tasks() if "tasks" in there else ()
    keys = dataset.keys() if "keys" in there else ()
    episodes = dataset.episodes() if "episodes" in there else ()
    grades = dataset.grades() if "grades" in there else ()
    by_domain, by_language = _documents(dataset, there)
    return Stats(
        record=manifest.record,
        digest=manifest.digest,
        created=manifest.created,
        code_version=manifest.code_version,
        counts=manifest.counts,
        tables=tuple(
            TableStats(
                name=name,
                n_rows=sum(shard.n_rows for shard in shards),
                n_shards=len(shards),
                size_bytes=sum(shard.size_bytes for shard in shards),
                withheld=name not in there,
            )
            for name, shards in manifest.tables.items()
        ),
        n_files=len(manifest.files),
        files_bytes=sum(file.size_bytes for file in manifest.files),
        by_project=_most_first(Counter(task.project for task in tasks)),
        by_kind=_most_first(Counter(f"{key.maker}/{key.kind}" for key in keys)),
        by_ending=_most_first(Counter(episode.ending for episode in episodes)),
        by_verdict=_most_first(
            Counter(
                "fault" if grade.score is None else "solved" if grade.solved else "unsolved"
                for grade in grades
            )
        ),
        by_domain=_most_first(by_domain),
        by_language=_most_first(by_language),
    )


def _documents(dataset: Dataset, there: set[str]) -> tuple[Counter[str], Counter[str]]:
    """Count documents by domain and by language, without reading their texts."""
    domains: Counter[str] = Counter()
    languages: Counter[str] = Counter()
    if "documents" not in there:
        return domains, languages
    for batch in dataset.batches("documents", ["domain", "language"]):
        domains.update(batch.column("domain").to_pylist())
        languages.update(batch.column("language").to_pylist())
    return domains, languages


def _most_first(counter: Counter[str]) -> dict[str, int]:
    return dict(sorted(counter.items(), key=lambda item: (-item[1], item[0])))
