"""Label Studio: `tasks.json` with the annotations of every rater, and a labelling page."""

from importlib import resources
from pathlib import Path
from typing import ClassVar

from etude.records import Comparison, Demonstration, Message, Rating
from etude.store._chat import UnfitError, Wire
from etude.store.dataset import Dataset
from etude.store.formats._conversations import (
    ConversationFormat,
    comparisons,
    demonstrations,
    only_text,
    plain,
    ratings,
    write_array,
)


class LabelStudioFormat(ConversationFormat, frozen=True, kw_only=True):
    """Writes `tasks.json` and `labelling.xml`: two answers side by side, or one text to write."""

    records: ClassVar[tuple[str, ...]] = ("comparison", "demonstration")

    def write(self, dataset: Dataset, folder: Path) -> None:
        """Write the tasks and the page that annotators see."""
        if dataset.manifest.record == "comparison":
            votes = ratings(dataset)
            rows = self.fitting(
                dataset,
                folder,
                comparisons(dataset),
                lambda row: _comparison(row, votes.get(row.id, [])),
            )
            page = "label_studio_pairs.txt"
        else:
            rows = self.fitting(dataset, folder, demonstrations(dataset), _demonstration)
            page = "label_studio_texts.txt"
        write_array(folder / "tasks.json", rows)
        text = resources.files(f"{__package__}._texts").joinpath(page).read_text("utf-8")
        (folder / "labelling.xml").write_text(text, "utf-8")


def _comparison(comparison: Comparison, votes: list[Rating]) -> Wire:
    if len(comparison.candidates) != 2:
        raise UnfitError(f"it has {len(comparison.candidates)} answers")
    data: Wire = {"prompt": _prompt(comparison.prompt)}
    for place, candidate in enumerate(comparison.candidates, start=1):
        data[f"answer{place}"] = only_text(candidate.messages)
        data[f"answer{place}_source"] = candidate.source
    return {
        "data": data,
        "meta": {"id": comparison.id, "licence": comparison.origin.licence},
        "annotations": [_annotation(vote) for vote in votes],
    }


def _annotation(vote: Rating) -> Wire:
    results: list[Wire] = []
    if vote.verdict == "ranked" and len(vote.ranking) == 2:
        side = "left" if vote.ranking[0] == (0,) else "right"
        results.append(_result("preference", "answer1,answer2", "pairwise", {"selected": side}))
    elif vote.verdict != "cannot_judge":
        choice = "both_bad" if vote.verdict == "both_bad" else "tie"
        results.append(_result("verdict", "prompt", "choices", {"choices": [choice]}))
    if vote.rationale:
        results.append(_result("rationale", "prompt", "textarea", {"text": [vote.rationale]}))
    for criterion, scores in vote.scores.items():
        for place, score in enumerate(scores, start=1):
            name = f"answer{place}"
            results.append(_result(f"{criterion}_{name}", name, "rating", {"rating": score}))
    for span in vote.spans:
        value = {"start": span.start, "end": span.end, "labels": [span.label]}
        results.append(_result("spans", f"answer{span.candidate + 1}", "labels", value))
    return {
        "completed_by": vote.rater,
        "result": results,
        "was_cancelled": vote.verdict == "cannot_judge",
        "ground_truth": vote.purpose == "gold",
        "created_at": vote.created,
        "lead_time": vote.duration_s,
    }


def _result(name: str, to: str, kind: str, value: object) -> Wire:
    return {"from_name": name, "to_name": to, "type": kind, "value": value}


def _demonstration(demonstration: Demonstration) -> Wire:
    answer = only_text(demonstration.messages[-1:])
    value = _result("response", "prompt", "textarea", {"text": [answer]})
    return {
        "data": {"prompt": _prompt(demonstration.messages[:-1])},
        "meta": {"id": demonstration.id, "licence": demonstration.origin.licence},
        "annotations": [{"completed_by": demonstration.writer, "result": [value]}],
    }


def _prompt(messages: tuple[Message, ...]) -> object:
    """Return what was asked: a text where it is one message of the user, else a chat."""
    chat = plain(messages)
    only = len(messages) == 1 and messages[0].role == "user" and messages[0].content.strip()
    return messages[0].content if only else chat
