"""TRL: prompt and completion, or prompt, chosen and rejected; as text or as conversations."""

from typing import ClassVar

from etude.records import Demonstration, Message, Origin, Preference, ReviewState
from etude.store._chat import UnfitError, read_messages, read_tools
from etude.store.conversations._base import Item, Layout
from etude.store.conversations._rows import Row
from etude.store.conversations._votes import assistant, parted, preferred


class TrlLayout(Layout, frozen=True, kw_only=True):
    """Reads demonstrations and preferences, the prompt explicit or what both answers begin with.

    A row with a `label` becomes a demonstration that was accepted or rejected in review.
    """

    fields: ClassVar[tuple[str, ...]] = ("messages", "completion", "chosen", "prompt")

    def items(self, row: Row, origin: Origin) -> list[Item]:
        """Return the demonstration or the preference of a row."""
        if "chosen" in row.fields or "rejected" in row.fields:
            return [_preference(row, origin)]
        if "messages" in row.fields:
            messages = read_messages(row.fields["messages"])
        elif "completion" in row.fields:
            messages = _prompt(row.fields.get("prompt")) + _answer(row, "completion")
        else:
            raise UnfitError("there is no completion")
        tools = read_tools(row.fields.get("tools"))
        demonstration = Demonstration(
            id=row.id,
            origin=origin,
            messages=messages,
            review=_review(row.fields.get("label")),
            tags={"tools": tools} if tools else {},
        )
        return [demonstration]


def _review(label: object) -> ReviewState:
    if label is None:
        return "unreviewed"
    said = str(label).lower()
    if said not in ("true", "false", "1", "0"):
        raise UnfitError("label is neither true nor false")
    return "accepted" if said in ("true", "1") else "rejected"


def _preference(row: Row, origin: Origin) -> Preference:
    given = row.fields.get("prompt")
    if given is not None:
        chosen, rejected = _answer(row, "chosen"), _answer(row, "rejected")
        return preferred(row.id, origin, _prompt(given), chosen, rejected)
    if isinstance(row.fields.get("chosen"), str) and not row.text("chosen").startswith("[{"):
        return _implicit_text(row, origin)
    chosen, rejected = _answer(row, "chosen"), _answer(row, "rejected")
    prompt, (better, worse) = parted([chosen, rejected])
    return preferred(row.id, origin, prompt, better, worse)


def _implicit_text(row: Row, origin: Origin) -> Preference:
    """Part two texts where they differ, between words."""
    chosen, rejected = row.text("chosen"), row.text("rejected")
    pairs = enumerate(zip(chosen, rejected, strict=False))
    n_same = next((n for n, (a, b) in pairs if a != b), min(len(chosen), len(rejected)))
    while n_same and not chosen[n_same - 1].isspace():
        n_same -= 1
    if not chosen[:n_same].strip():
        raise UnfitError("the two texts do not begin alike, so there is no prompt")
    prompt = (Message(role="user", content=chosen[:n_same]),)
    better, worse = assistant(chosen[n_same:]), assistant(rejected[n_same:])
    return preferred(row.id, origin, prompt, better, worse)


def _prompt(value: object) -> tuple[Message, ...]:
    if isinstance(value, str) and not value.startswith("[{"):
        if not value.strip():
            raise UnfitError("prompt is empty")
        return (Message(role="user", content=value),)
    return read_messages(value, "prompt")


def _answer(row: Row, name: str) -> tuple[Message, ...]:
    value = row.fields.get(name)
    if isinstance(value, str) and not value.startswith("[{"):
        return assistant(row.text(name))
    return read_messages(value, name)
