"""Argilla: `records.json`, with the responses of every rater, as its version 2 reads them."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from etude.records import Comparison, Demonstration, Message, Preference, Rating
from etude.store._chat import Wire
from etude.store.dataset import Dataset
from etude.store.formats._conversations import (
    ConversationFormat,
    comparisons,
    demonstrations,
    plain,
    preferences,
    ratings,
    write_array,
)


class ArgillaFormat(ConversationFormat, frozen=True, kw_only=True):
    """Writes `records.json` with chat fields. Holds no calls."""

    records: ClassVar[tuple[str, ...]] = ("comparison", "demonstration", "preference")

    def write(self, dataset: Dataset, folder: Path) -> None:
        """Write the records."""
        record = dataset.manifest.record
        if record == "comparison":
            votes = ratings(dataset)
            rows = self.fitting(
                dataset,
                folder,
                comparisons(dataset),
                lambda row: _comparison(row, votes.get(row.id, [])),
            )
        elif record == "preference":
            rows = self.fitting(dataset, folder, preferences(dataset), _preference)
        else:
            rows = self.fitting(dataset, folder, demonstrations(dataset), _demonstration)
        write_array(folder / "records.json", rows)


def _comparison(comparison: Comparison, votes: list[Rating]) -> Wire:
    names = [f"response-{place + 1}" for place in range(len(comparison.candidates))]
    fields: Wire = {"prompt": plain(comparison.prompt)}
    metadata: Wire = {"licence": comparison.origin.licence}
    for name, candidate in zip(names, comparison.candidates, strict=True):
        fields[name] = plain(candidate.messages)
        metadata[f"{name}-source"] = candidate.source
    responses: dict[str, list[Wire]] = {}
    n_votes: Counter[str] = Counter()
    for vote in votes:
        n_votes[vote.rater] += 1
        # A user has one response; whoever was asked twice appears as several.
        user = vote.rater if n_votes[vote.rater] == 1 else f"{vote.rater}~{n_votes[vote.rater]}"
        for question, value in _answers(vote, names):
            given: Wire = {"value": value, "user_id": user, "status": "submitted"}
            responses.setdefault(question, []).append(given)
    return {
        "id": comparison.id,
        "fields": fields,
        "metadata": metadata,
        "suggestions": {},
        "responses": responses,
    }


def _answers(vote: Rating, names: list[str]) -> Iterator[tuple[str, object]]:
    if vote.verdict == "ranked":
        ranks = [
            {"value": names[place], "rank": rank}
            for rank, group in enumerate(vote.ranking, start=1)
            for place in group
        ]
        yield "preference", ranks
    else:
        yield "verdict", vote.verdict
    if vote.rationale:
        yield "rationale", vote.rationale
    for criterion, scores in vote.scores.items():
        for name, score in zip(names, scores, strict=False):
            yield f"{criterion}-{name}", score


def _preference(preference: Preference) -> Wire:
    ranks = [{"value": "response-1", "rank": 1}, {"value": "response-2", "rank": 2}]
    return {
        "id": preference.id,
        "fields": {
            "prompt": plain(preference.prompt),
            "response-1": plain(preference.chosen),
            "response-2": plain(preference.rejected),
        },
        "metadata": {
            "licence": preference.origin.licence,
            "response-1-source": preference.chosen_source,
            "response-2-source": preference.rejected_source,
        },
        "suggestions": {"preference": {"value": ranks, "score": preference.probability}},
        "responses": {},
    }


def _demonstration(demonstration: Demonstration) -> Wire:
    prompt, answer = _parted(demonstration.messages)
    return {
        "id": demonstration.id,
        "fields": {"prompt": plain(prompt), "response": plain(answer)},
        "metadata": {"licence": demonstration.origin.licence},
        "suggestions": {},
        "responses": {},
    }


def _parted(
    messages: tuple[Message, ...],
) -> tuple[tuple[Message, ...], tuple[Message, ...]]:
    """Return a conversation up to its last message, and that one."""
    return messages[:-1], messages[-1:]
