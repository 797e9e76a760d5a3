"""Small data of every kind, and a model of a few thousand weights that can be gone on from."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
import torch

from etude.records import Demonstration, Document, Message, Origin, Preference, Problem, Reference
from etude.store import DatasetWriter
from etude.train.loops.pretrain import PretrainLoop
from etude.train.models import Shape
from etude.train.run import Run
from etude.train.training import train
from etude.train.vocabulary import VocabularySettings

ORIGIN = Origin(source="test", made_by="test")
COLOURS = ("red", "blue", "green", "white")
TINY = Shape(hidden=16, layers=1, heads=2, kv_heads=1, mlp=32, context=128)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def write(path: Path, record: str, **tables: Sequence[msgspec.Struct]) -> Path:
    with DatasetWriter(path, record=record) as writer:
        for table, rows in tables.items():
            writer.write(table, rows)
        writer.finish(recipe="{}")
    return path


def says(role: str, text: str) -> Message:
    return msgspec.convert({"role": role, "content": text}, Message)


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data sets of every kind: texts, chats, pairs, problems."""
    folder = tmp_path_factory.mktemp("shelf")
    documents = [
        Document(
            id=f"d{n}",
            origin=ORIGIN,
            text=f"Thing {n % 10} is {COLOURS[n % 4]}. Ask about thing {n % 10} again.",
            domain="even" if n % 2 == 0 else "odd",
        )
        for n in range(120)
    ]
    write(folder / "texts", "document", documents=documents)
    chats = [
        Demonstration(
            id=f"c{n}",
            origin=ORIGIN,
            messages=(
                says("user", f"Which is thing {n % 10}?"),
                says("assistant", f"It is {COLOURS[n % 10 % 4]}."),
            ),
        )
        for n in range(40)
    ]
    write(folder / "chats", "demonstration", demonstrations=chats)
    pairs = [
        Preference(
            id=f"p{n}",
            origin=ORIGIN,
            prompt=(says("user", f"Which is thing {n}?"),),
            chosen=(says("assistant", "It is red."),),
            rejected=(says("assistant", "It is blue, I think."),),
        )
        for n in range(40)
    ]
    write(folder / "pairs", "preference", preferences=pairs)
    problems = [
        Problem(id=f"q{n}", origin=ORIGIN, statement=f"Which is thing {n}?") for n in range(30)
    ]
    references = [
        Reference(problem_id=f"q{n}", answer="red", grader='{"use": "text", "extract": ["whole"]}')
        for n in range(30)
    ]
    write(folder / "problems", "problem", problems=problems, references=references)
    return folder


@pytest.fixture(scope="session")
def reading(shelf: Path) -> PretrainLoop:
    """A recipe that reads the texts in thirty steps."""
    return PretrainLoop(
        data=(str(shelf / "texts"),),
        model=TINY,
        vocabulary=VocabularySettings(size=320),
        length=16,
        batch=8,
        steps=30,
        lr=0.01,
        held_out_share=0.1,
        threads=1,
        eval_every=15,
        save_every=7,
    )


@pytest.fixture(scope="session")
def base(reading: PretrainLoop, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The model that has read the texts."""
    return train(reading, tmp_path_factory.mktemp("base") / "run")
