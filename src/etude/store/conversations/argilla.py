"""Argilla: records with fields and the responses of every user, in either of its two shapes."""

from collections import defaultdict
from collections.abc import Mapping
from typing import ClassVar

from etude.records import Candidate, Comparison, Demonstration, Message, Origin, Rating
from etude.store._chat import UnfitError, Wire, as_wire, read_messages
from etude.store.conversations._base import Item, Layout
from etude.store.conversations._rows import Row
from etude.store.conversations._votes import answer_names, assistant, compared, groups

_TIES = ("tie", "equal", "both good", "both_good")
_BAD = ("both_bad", "both bad", "neither", "none")


class ArgillaLayout(Layout, frozen=True, kw_only=True):
    """Reads comparisons with votes where a record has several answers, else demonstrations."""

    fields: ClassVar[tuple[str, ...]] = ("fields",)
    prompt: str = "prompt"
    """Field with what was asked, as text or as a chat."""
    answers: tuple[str, ...] = ()
    """Fields with the answers; empty means those called `response-1`, `answer_b` and the like."""
    written: str = "response"
    """Question whose text is an answer that a person wrote, and the field with an answer that
    stands alone."""
    rationale: str = "rationale"
    """Question whose text says why."""

    def items(self, row: Row, origin: Origin) -> list[Item]:
        """Return what a record holds: a comparison and its ratings, or demonstrations."""
        fields = as_wire(row.fields.get("fields"))
        prompt = _chat(fields.get(self.prompt), "user", self.prompt)
        said = _by_user(row.fields.get("responses"))
        names = list(self.answers) or answer_names(list(fields))
        if len(names) < 2:
            return [*self._demonstrations(row, origin, prompt, said)]
        shown = [Candidate(messages=_chat(fields.get(n), "assistant", n)) for n in names]
        sources = _sources(row.fields.get("metadata"), names)
        shown = [
            Candidate(messages=candidate.messages, source=source)
            for candidate, source in zip(shown, sources, strict=True)
        ]
        comparison, places = compared(prompt, shown, origin)
        by_name = dict(zip(names, places, strict=True))
        ratings = [
            self._rating(comparison, by_name, user, answers, row)
            for user, answers in said.items()
            if answers.get("status") != "draft"
        ]
        return [comparison, *ratings]

    def _demonstrations(
        self, row: Row, origin: Origin, prompt: tuple[Message, ...], said: dict[str, Wire]
    ) -> list[Demonstration]:
        written = [
            (user, assistant(text))
            for user, answers in said.items()
            if isinstance(text := answers.get(self.written), str)
            and text.strip()
            and answers.get("status") not in ("draft", "discarded")
        ]
        fields = as_wire(row.fields.get("fields"))
        if not written and fields.get(self.written) is not None:
            written = [("", _chat(fields[self.written], "assistant", self.written))]
        if not written:
            raise UnfitError(f"fewer than two answers, and nobody wrote a {self.written}")
        several = len(written) > 1
        return [
            Demonstration(
                id=f"{row.id}-{number}" if several else row.id,
                origin=origin,
                messages=(*prompt, *answer),
                writer=user,
            )
            for number, (user, answer) in enumerate(written, start=1)
        ]

    def _rating(
        self,
        comparison: Comparison,
        places: Mapping[str, int],
        user: str,
        answers: Wire,
        row: Row,
    ) -> Rating:
        ranking, bad = _verdict(answers, places)
        scores: dict[str, dict[int, int]] = defaultdict(dict)
        for question, value in answers.items():
            for name, place in places.items():
                if isinstance(value, int) and question.endswith(f"-{name}"):
                    scores[question.removesuffix(f"-{name}")][place] = value
        why = answers.get(self.rationale)
        return Rating(
            id=f"{comparison.id}-{row.id}-{user}",
            comparison_id=comparison.id,
            rater=user,
            order=tuple(places.values()),
            verdict="ranked" if ranking else "both_bad" if bad else "cannot_judge",
            ranking=ranking,
            scores={
                criterion: tuple(given[place] for place in sorted(given))
                for criterion, given in scores.items()
                if len(given) == len(places)
            },
            rationale=why if isinstance(why, str) else "",
        )


def _verdict(answers: Wire, places: Mapping[str, int]) -> tuple[tuple[tuple[int, ...], ...], bool]:
    """Return the ranking that someone gave, and whether all were called bad."""
    for value in answers.values():
        if isinstance(value, list) and (ranking := _ranking(value, places)):
            return ranking, False
        if not isinstance(value, str):
            continue
        if value in places:
            rest = tuple(sorted(set(places.values()) - {places[value]}))
            return ((places[value],), rest), False
        if value.lower() in _TIES:
            return (tuple(sorted(places.values())),), False
        if value.lower() in _BAD:
            return (), True
    return (), False


def _ranking(value: list[object], places: Mapping[str, int]) -> tuple[tuple[int, ...], ...]:
    """Return the groups of a ranking question, from the best."""
    ranks: dict[int, float] = {}
    for number, item in enumerate(value):
        name = item.get("value") if isinstance(item, dict) else item
        rank = item.get("rank") if isinstance(item, dict) else number
        if not isinstance(name, str) or name not in places:
            return ()
        ranks[places[name]] = rank if isinstance(rank, int) else number
    return groups(ranks) if len(ranks) == len(places) else ()


def _by_user(responses: object) -> dict[str, Wire]:
    """Return the answers of each user by question; `status` where their shape tells it."""
    said: dict[str, Wire] = defaultdict(dict)
    if isinstance(responses, dict):
        for question, given in responses.items():
            for one in given if isinstance(given, list) else []:
                if isinstance(one, dict):
                    user = said[str(one.get("user_id") or "unknown")]
                    user[str(question)] = one.get("value")
                    if isinstance(one.get("status"), str):
                        user["status"] = one["status"]
    elif isinstance(responses, list):
        for one in responses:
            values = one.get("values") if isinstance(one, dict) else None
            if not isinstance(values, dict):
                continue
            user = said[str(one.get("user_id") or "unknown")]
            for question, value in values.items():
                user[str(question)] = value.get("value") if isinstance(value, dict) else value
            user["status"] = one.get("status")
    return said


def _sources(metadata: object, names: list[str]) -> list[str]:
    table = metadata if isinstance(metadata, dict) else {}
    return [str(table.get(f"{name}-source") or "") for name in names]


def _chat(value: object, role: str, what: str) -> tuple[Message, ...]:
    if isinstance(value, str):
        if not value.strip():
            raise UnfitError(f"the field {what} is empty")
        return (Message(role="user", content=value),) if role == "user" else assistant(value)
    return read_messages(value, what)
