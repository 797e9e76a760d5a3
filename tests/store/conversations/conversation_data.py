"""Small conversations, comparisons and votes, and data sets of them."""

from collections.abc import Iterable
from pathlib import Path

import msgspec
from hypothesis import strategies as st

from etude.records import Candidate, Comparison, Demonstration, Message, Origin, Preference, Rating
from etude.store import Dataset, DatasetWriter

ORIGIN = Origin(source="test", licence="CC0-1.0", made_by="test")
TOOLS = msgspec.json.encode(
    [
        {
            "type": "function",
            "function": {
                "name": "search",
                "parameters": {
                    "type": "object",
                    "properties": {"query": {"type": "string"}, "limit": {"type": "integer"}},
                },
            },
        }
    ]
).decode()

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30).map(lambda t: f"x{t}")
"""Any unicode, NUL included, and never blank."""


def user(text: str) -> Message:
    return Message(role="user", content=text)


def assistant(text: str) -> Message:
    return Message(role="assistant", content=text)


def demonstration(*messages: Message, number: int = 0, **fields: object) -> Demonstration:
    made = Demonstration(id=f"d{number}", origin=ORIGIN, messages=messages)
    return msgspec.structs.replace(made, **fields)


def preference(chosen: str, rejected: str, *prompt: Message, number: int = 0) -> Preference:
    return Preference(
        id=f"p{number}",
        origin=ORIGIN,
        prompt=prompt or (user("Why?"),),
        chosen=(assistant(chosen),),
        rejected=(assistant(rejected),),
    )


def comparison(*answers: str, number: int = 0) -> Comparison:
    return Comparison(
        id=f"c{number}",
        origin=ORIGIN,
        prompt=(user("Why?"),),
        candidates=tuple(
            Candidate(messages=(assistant(text),), source=f"m{place}")
            for place, text in enumerate(answers)
        ),
    )


def rating(number: int, rater: str, **fields: object) -> Rating:
    made = Rating(id=f"r{number}", comparison_id="c0", rater=rater, order=(0, 1))
    return msgspec.structs.replace(made, **fields)


def dataset(folder: Path, **tables: Iterable[msgspec.Struct]) -> Dataset:
    """Write tables to a data set; the first is the main one."""
    with DatasetWriter(folder, record=next(iter(tables)).removesuffix("s")) as writer:
        for name, rows in tables.items():
            writer.write(name, rows)
        writer.finish(recipe="{}")
    return Dataset.open(folder)
