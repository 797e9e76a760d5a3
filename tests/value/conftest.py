from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import pytest
import torch

from etude.records import Document, Origin
from etude.store import DatasetWriter

ORIGIN = Origin(source="test:made", licence="CC0-1.0", made_by="tests")
Write = Callable[[str, Sequence[tuple[str, str, str]]], Path]

_WHO = ("the old baker", "a tired sailor", "our neighbour", "the young teacher", "my grandmother")
_DOES = ("carried", "found", "painted", "forgot", "repaired", "borrowed")
_WHAT = ("a wooden ladder", "the silver kettle", "an empty basket", "the garden gate", "a red boat")
_WHERE = ("behind the mill", "near the harbour", "under the bridge", "beside the church")


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    torch.set_num_threads(1)


def sentence(rng: Random) -> str:
    return " ".join(rng.choice(words) for words in (_WHO, _DOES, _WHAT, _WHERE))


def story(n: int, n_sentences: int = 14) -> str:
    rng = Random(n)
    return ". ".join(sentence(rng).capitalize() for _ in range(n_sentences)) + "."


@pytest.fixture(scope="session")
def write(tmp_path_factory: pytest.TempPathFactory) -> Write:
    """Return what writes a data set of documents from rows of id, domain and text."""
    folder = tmp_path_factory.mktemp("sets")

    def made(name: str, rows: Sequence[tuple[str, str, str]]) -> Path:
        with DatasetWriter(folder / name, record="document") as writer:
            writer.write(
                "documents",
                [
                    Document(id=key, domain=domain, text=text, origin=ORIGIN)
                    for key, domain, text in rows
                ],
            )
            writer.finish(recipe="{}")
        return folder / name

    return made


@pytest.fixture(scope="session")
def sense(write: Write) -> Path:
    """Sentences in their order."""
    rows = [(f"d{n}", "tales" if n % 2 else "notes", story(n)) for n in range(120)]
    return write("sense", rows)


@pytest.fixture(scope="session")
def noise(write: Write) -> Path:
    """The same documents with their letters in an order of chance."""
    rows = []
    for n in range(120):
        letters = list(story(n))
        Random(n).shuffle(letters)
        rows.append((f"d{n}", "tales" if n % 2 else "notes", "".join(letters)))
    return write("noise", rows)
