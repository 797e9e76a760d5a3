"""Arena: a CSV of votes, each with both conversations, the models and the winner."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import msgspec

from etude.records import Comparison, Rating
from etude.store._chat import UnfitError, Wire, write_messages
from etude.store._csv import csv_line
from etude.store.dataset import Dataset
from etude.store.formats._conversations import ConversationFormat, comparisons, ratings

_COLUMNS = (
    "id",
    "question_id",
    "model_a",
    "model_b",
    "winner",
    "judge",
    "conversation_a",
    "conversation_b",
    "tstamp",
    "strength",
    "rationale",
    "guidelines",
    "purpose",
)


class ArenaFormat(ConversationFormat, frozen=True, kw_only=True):
    """Writes `votes.csv`: a row for every vote, sides as they were shown; two answers only.

    A cell that a spreadsheet would run gets an apostrophe before it.
    """

    records: ClassVar[tuple[str, ...]] = ("comparison",)

    def write(self, dataset: Dataset, folder: Path) -> None:
        """Write the rows."""
        votes = ratings(dataset)

        def several(comparison: Comparison) -> Wire:
            return {"rows": [*_rows(comparison, votes.get(comparison.id, []))]}

        with (folder / "votes.csv").open("w", encoding="utf-8", newline="") as file:
            file.write(csv_line(_COLUMNS))
            for made in self.fitting(dataset, folder, comparisons(dataset), several):
                for cells in msgspec.convert(made["rows"], list[dict[str, str]]):
                    file.write(csv_line([cells.get(name, "") for name in _COLUMNS]))


def _rows(comparison: Comparison, votes: list[Rating]) -> Iterator[dict[str, str]]:
    if len(comparison.candidates) != 2:
        raise UnfitError(f"it has {len(comparison.candidates)} answers")
    if not votes:
        yield {**_sides(comparison, (0, 1)), "id": comparison.id}
    for vote in votes:
        order = vote.order if sorted(vote.order) == [0, 1] else (0, 1)
        yield {
            **_sides(comparison, order),
            "id": vote.id.removeprefix(f"{comparison.id}-"),
            "winner": _winner(vote, order),
            "judge": vote.rater,
            "tstamp": vote.created,
            "strength": str(vote.strength) if vote.strength else "",
            "rationale": vote.rationale,
            "guidelines": vote.guidelines,
            "purpose": vote.purpose,
        }


def _sides(comparison: Comparison, order: tuple[int, ...]) -> dict[str, str]:
    row = {"question_id": comparison.id}
    for side, place in zip("ab", order, strict=True):
        candidate = comparison.candidates[place]
        messages = write_messages(comparison.prompt + candidate.messages)
        row[f"conversation_{side}"] = msgspec.json.encode(messages).decode()
        row[f"model_{side}"] = candidate.source
    return row


def _winner(vote: Rating, order: tuple[int, ...]) -> str:
    if vote.verdict != "ranked":
        return "tie (bothbad)" if vote.verdict == "both_bad" else "cannot_judge"
    best = vote.ranking[0] if vote.ranking else (0, 1)
    if len(best) == 2:
        return "tie"
    return "model_a" if best[0] == order[0] else "model_b"
