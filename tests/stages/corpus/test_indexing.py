import random
from pathlib import Path

import pytest
from tests.stages.corpus.steps.planted import documents, prose, reasons, run

from etude.errors import ConfigError
from etude.records import Document, Origin
from etude.stages.corpus.indexing import build_index
from etude.stages.corpus.steps import Step, steps
from etude.store import DatasetWriter


@pytest.fixture
def old() -> list[str]:
    rng = random.Random(1)
    return [prose(rng, 100) for _ in range(30)]


@pytest.fixture
def dataset(tmp_path: Path, old: list[str]) -> Path:
    origin = Origin(source="test", made_by="test")
    with DatasetWriter(tmp_path / "old", record="document") as writer:
        writer.write(
            "documents",
            (Document(id=f"d{n}", origin=origin, text=text) for n, text in enumerate(old)),
        )
        writer.finish(recipe="{}")
    return tmp_path / "old"


def with_index(table: dict[str, object], index: Path) -> Step:
    return steps.make({**table, "index": str(index)})


@pytest.mark.parametrize("use", ["exact", "minhash", "lines", "paragraphs"])
def test_new_data_is_compared_with_a_data_set_that_was_made_before(
    tmp_path: Path, dataset: Path, old: list[str], use: str
) -> None:
    index = tmp_path / "index"
    for _ in range(2):
        outcome = build_index(dataset, index, steps.make({"use": use}))
        assert outcome.n_documents == 30
        assert outcome.n_keys == 30 * (14 if use == "minhash" else 1)
    new = prose(random.Random(2), 100)
    (done,) = run(with_index({"use": use}, index), tmp_path / "run", [documents([new, old[3]])])
    (first, second) = reasons([done])
    assert first is None
    assert second in ("in index", f"too little left without copied {use}")
    assert not list(tmp_path.glob(".indexing-*"))


def test_a_step_without_an_index_is_refused(tmp_path: Path, dataset: Path) -> None:
    with pytest.raises(ConfigError, match="compares with no index"):
        build_index(dataset, tmp_path / "index", steps.make("substring"))
