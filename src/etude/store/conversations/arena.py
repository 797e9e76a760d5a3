"""Arena: two conversations, two models and a winner, as its logs or its CSV have them."""

import ast
from datetime import UTC, datetime
from typing import ClassVar, Literal

from etude.records import Candidate, Message, Origin, Rating
from etude.records.preference import Judgement
from etude.store._chat import UnfitError, read_json, read_messages
from etude.store.conversations._base import Item, Layout
from etude.store.conversations._rows import Row, refuse_halves
from etude.store.conversations._votes import assistant, compared, parted

_WINNERS: dict[str, tuple[Judgement, tuple[tuple[int, ...], ...]]] = {
    "model_a": ("ranked", ((0,), (1,))),
    "model_b": ("ranked", ((1,), (0,))),
    "tie": ("ranked", ((0, 1),)),
    "tie (bothbad)": ("both_bad", ()),
    "both_bad": ("both_bad", ()),
    "cannot_judge": ("cannot_judge", ()),
}
_PURPOSES: dict[str, Literal["work", "gold", "repeat", "adjudication"]] = {
    "work": "work",
    "gold": "gold",
    "repeat": "repeat",
    "adjudication": "adjudication",
}
_FLAGS = {"winner_model_a": "model_a", "winner_model_b": "model_b", "winner_tie": "tie"}
_LONGEST_LITERAL = 1 << 20


class ArenaLayout(Layout, frozen=True, kw_only=True):
    """Reads votes: `conversation_a`, `conversation_b`, `winner`, `judge`; or prompt and responses.

    A row without a winner is a comparison that nobody voted on.
    """

    fields: ClassVar[tuple[str, ...]] = ("conversation_a", "response_a")

    def items(self, row: Row, origin: Origin) -> list[Item]:
        """Return the comparison of a row, and its vote."""
        if "conversation_a" in row.fields:
            sides = [
                _cut(read_messages(_listed(row.fields.get(name), name), name), row)
                for name in ("conversation_a", "conversation_b")
            ]
        else:
            sides = [_interleaved(row, "response_a"), _interleaved(row, "response_b")]
        prompt, answers = parted(sides)
        shown = [
            Candidate(messages=answer, source=row.maybe(f"model_{side}"))
            for side, answer in zip("ab", answers, strict=True)
        ]
        comparison, places = compared(prompt, shown, origin)
        winner = _winner(row)
        if not winner:
            return [comparison]
        verdict, ranking = _WINNERS[winner]
        strength = row.maybe("strength")
        rating = Rating(
            id=f"{comparison.id}-{row.id}",
            comparison_id=comparison.id,
            rater=row.maybe("judge", "rater", "user_id") or "unknown",
            order=places,
            verdict=verdict,
            ranking=tuple(tuple(sorted(places[n] for n in group)) for group in ranking),
            strength=int(strength) if strength in ("1", "2", "3") else 0,
            rationale=row.maybe("rationale"),
            guidelines=row.maybe("guidelines"),
            purpose=_PURPOSES.get(row.maybe("purpose"), "work"),
            created=_moment(row.maybe("tstamp", "timestamp")),
        )
        return [comparison, rating]


def _winner(row: Row) -> str:
    said = row.maybe("winner").strip().lower()
    if not said and any(name in row.fields for name in _FLAGS):
        said = next((who for flag, who in _FLAGS.items() if row.maybe(flag) in ("1", "True")), "")
    said = {"bothbad": "both_bad", "a": "model_a", "b": "model_b"}.get(said, said)
    if said and said not in _WINNERS:
        raise UnfitError(f"nobody knows the winner {said[:40]!r}")
    return said


def _listed(value: object, what: str) -> object:
    """Return a list that a cell holds as JSON, or as Python writes it."""
    if not isinstance(value, str) or not value.startswith("["):
        return value
    try:
        return read_json(value, what)
    except UnfitError:
        if len(value) > _LONGEST_LITERAL:
            raise
    try:
        literal = ast.literal_eval(value)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise UnfitError(f"{what} is no list") from error
    refuse_halves(literal)
    return literal


def _cut(messages: tuple[Message, ...], row: Row) -> tuple[Message, ...]:
    """Return the turns that were voted on."""
    said = row.maybe("turn")
    n_turns = int(said) if said.isascii() and said.isdigit() and len(said) < 5 else 0
    asked = [place for place, message in enumerate(messages) if message.role == "user"]
    return messages[: asked[n_turns]] if 0 < n_turns < len(asked) else messages


def _interleaved(row: Row, name: str) -> tuple[Message, ...]:
    prompts, answers = _texts(row, "prompt"), _texts(row, name)
    if len(prompts) != len(answers):
        raise UnfitError(f"{len(prompts)} prompts and {len(answers)} answers")
    turns: list[Message] = []
    for prompt, answer in zip(prompts, answers, strict=True):
        turns += [Message(role="user", content=prompt), *assistant(answer)]
    return tuple(turns)


def _texts(row: Row, name: str) -> list[str]:
    value = _listed(row.fields.get(name), name)
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not items:
        raise UnfitError(f"{name} is missing")
    # The public tables have null where a model gave nothing.
    texts = ["" if item is None else item for item in items]
    if not all(isinstance(text, str) for text in texts):
        raise UnfitError(f"{name} holds what is no text")
    return [str(text) for text in texts]


def _moment(said: str) -> str:
    """Return seconds since 1970 as ISO 8601; anything else as it is."""
    try:
        moment = datetime.fromtimestamp(float(said), UTC)
    except (ValueError, OverflowError, OSError):
        return said[:40]
    return moment.isoformat(timespec="seconds")
