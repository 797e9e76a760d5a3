"""Read labelled texts from a data set: problems, demonstrations or documents with a label."""

from collections.abc import Iterator

from etude.errors import ConfigError
from etude.records import Demonstration, Document, Problem
from etude.stages.prefs.choices import text_of
from etude.stages.prefs.label_errors.material import Labelled
from etude.store import Dataset


def read_labelled(dataset: Dataset, label: str) -> list[Labelled]:
    """Return the texts of a data set that have a label.

    Args:
        dataset: Of problems, demonstrations or documents.
        label: Name of a tag; else `topic` of problems, `review` or `language` of demonstrations,
            `domain` or `language` of documents.

    Raises:
        ConfigError: It holds other records, or none of them has the label.
        RecordError: It is damaged.
    """
    items = [item for item in _all(dataset, label) if item.label]
    if not items:
        raise ConfigError(f"{dataset.path}: no record has a tag or field {label!r}")
    return items


def _all(dataset: Dataset, label: str) -> Iterator[Labelled]:
    table = dataset.manifest.main_table
    if table == "problems":
        for problem in dataset.rows(table, Problem):
            known = {"topic": problem.topic, **problem.tags}
            text = problem.statement
            yield Labelled(id=problem.id, text=text, label=known.get(label, ""))
    elif table == "demonstrations":
        for row in dataset.rows(table, Demonstration):
            known = {"review": row.review, "language": row.language, **row.tags}
            text = text_of(row.messages)
            yield Labelled(id=row.id, text=text, label=known.get(label, ""))
    elif table == "documents":
        for document in dataset.rows(table, Document):
            known = {"domain": document.domain, "language": document.language, **document.tags}
            yield Labelled(id=document.id, text=document.text, label=known.get(label, ""))
    else:
        raise ConfigError(
            f"{dataset.path}: holds {table}; labels are read from problems, demonstrations or "
            "documents"
        )
