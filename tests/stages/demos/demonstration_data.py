"""Small demonstrations and data sets of them."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from etude.records import Demonstration, Message, Origin
from etude.store import Dataset, DatasetWriter

ORIGIN = Origin(source="test", licence="CC0-1.0", made_by="test")


def said(*texts: str, system: str = "") -> tuple[Message, ...]:
    """A conversation in which user and assistant take turns."""
    first = (Message(role="system", content=system),) if system else ()
    return first + tuple(
        Message(role="assistant" if place % 2 else "user", content=text)
        for place, text in enumerate(texts)
    )


def demonstration(*texts: str, number: int = 0, **fields: object) -> Demonstration:
    made = Demonstration(id=f"d{number}", origin=ORIGIN, messages=said(*texts))
    return msgspec.structs.replace(made, **fields)


def dataset(folder: Path, rows: Iterable[Demonstration]) -> Dataset:
    with DatasetWriter(folder, record="demonstration") as writer:
        writer.write("demonstrations", rows)
        writer.finish(recipe="{}")
    return Dataset.open(folder)
