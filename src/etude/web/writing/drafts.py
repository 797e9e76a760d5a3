"""Draft: a conversation while it is being written, as it is saved and as a form sends it."""

from typing import Literal

import msgspec

from etude.errors import ConfigError
from etude.records import Message, ToolCall
from etude.web.asking import Form

TurnRole = Literal["user", "assistant", "tool"]
ROLES: tuple[TurnRole, ...] = ("user", "assistant", "tool")
MAX_TURNS = 60
MAX_CALLS = 8
MAX_CHARS = 100_000
"""Of one turn."""
MAX_ALL_CHARS = 400_000
"""Of all turns together."""
MAX_BODY = 6_000_000
"""Bytes of a form: letters of most scripts take nine or more on their way."""
_MAX_NAME = 100
_MAX_KEYS = 200


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One turn of a draft."""

    role: TurnRole
    content: str = ""
    calls: tuple[ToolCall, ...] = ()
    call_id: str = ""
    """For a tool's turn: the call it answers."""
    clarifies: bool = False
    """Whether the assistant asks back here instead of answering."""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What a writer has so far, the prompt left out."""

    turns: tuple[Turn, ...] = ()
    started: str = ""
    """What it was begun from: empty for the prompt alone, `item`, or the id of a sampled draft."""
    ticked: tuple[int, ...] = ()
    """Boxes of the checklist that are ticked, counted from 0."""
    stand: tuple[str, ...] = ()
    """Keys of findings that the writer lets stand."""
    language: str = ""
    """ISO 639-1 code; empty when nobody said."""
    revision: int = 0
    """Counts up with each save, so that two devices do not overwrite each other."""


def load(text: str) -> Draft | None:
    """Return a draft as it was saved; `None` when nothing readable is there."""
    try:
        return msgspec.json.decode(text, type=Draft) if text else None
    except (msgspec.MsgspecError, RecursionError):
        return None


def dump(draft: Draft) -> str:
    """Return a draft as text to be saved."""
    return msgspec.json.encode(draft).decode()


def from_messages(messages: tuple[Message, ...]) -> tuple[Turn, ...]:
    """Return messages as turns; system messages belong to the prompt and are left out."""
    return tuple(
        Turn(
            role=message.role,
            content=message.content,
            calls=message.calls,
            call_id=message.call_id,
        )
        for message in messages
        if message.role != "system"
    )


def to_messages(turns: tuple[Turn, ...]) -> tuple[Message, ...]:
    """Return turns as messages, calls numbered in the order in which they are made."""
    ids: dict[str, str] = {}
    for turn in turns:
        for call in turn.calls:
            ids.setdefault(call.id, f"call_{len(ids) + 1}")
    return tuple(
        Message(
            role=turn.role,
            content=turn.content,
            calls=tuple(
                ToolCall(name=call.name, arguments=call.arguments, id=ids[call.id])
                for call in turn.calls
            ),
            call_id=ids.get(turn.call_id, turn.call_id),
        )
        for turn in turns
    )


def read_form(form: Form) -> Draft:
    """Return the draft that a form of the Write page holds.

    Raises:
        ConfigError: It is too large, or no form of that page.
    """
    n_turns = form.whole("n", 0, 0, MAX_TURNS)
    draft = Draft(
        turns=tuple(_turn(form, place) for place in range(n_turns)),
        started=clean(form.text("started"))[:_MAX_NAME],
        ticked=tuple(
            sorted({int(t) for t in form.texts("ticked") if t.isdecimal() and len(t) < 4})
        ),
        stand=tuple(dict.fromkeys(clean(key)[:300] for key in form.texts("stand")[:_MAX_KEYS])),
        language=_language(form.text("language")),
        revision=form.whole("revision"),
    )
    check_size(draft)
    return draft


def _turn(form: Form, place: int) -> Turn:
    role = form.text(f"role-{place}")
    if role not in ROLES:
        raise ConfigError(f"turn {place + 1}: nobody speaks; open the page again")
    n_calls = form.whole(f"n_calls-{place}", 0, 0, MAX_CALLS) if role == "assistant" else 0
    return Turn(
        role=role,
        content=clean(form.text(f"content-{place}")),
        calls=tuple(_call(form, f"call-{place}-{number}") for number in range(n_calls)),
        call_id=clean(form.text(f"call_id-{place}"))[:_MAX_NAME] if role == "tool" else "",
        clarifies=role == "assistant" and form.flag(f"clarifies-{place}"),
    )


def _call(form: Form, prefix: str) -> ToolCall:
    head = f"{prefix}-arg-"
    return ToolCall(
        name=clean(form.text(f"{prefix}-name"))[:_MAX_NAME],
        id=clean(form.text(f"{prefix}-id"))[:_MAX_NAME],
        arguments={
            clean(name[len(head) :])[:_MAX_NAME]: text
            for name in form.fields
            # A field that was left empty is an argument that is not given.
            if name.startswith(head) and (text := clean(form.text(name)))
        },
    )


def clean(text: str) -> str:
    """Return text that every database keeps."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _language(text: str) -> str:
    code = text.strip().lower()
    if code and not (len(code) == 2 and code.isascii() and code.isalpha()):
        raise ConfigError(f"language: {code[:20]!r} is no code of two letters, such as en")
    return code


def check_size(draft: Draft) -> None:
    """Refuse what is larger than any demonstration.

    Raises:
        ConfigError: A turn, or all together, has too many characters.
    """
    n_all = 0
    for number, turn in enumerate(draft.turns, 1):
        texts = [turn.content, *(t for c in turn.calls for t in c.arguments.values())]
        n_chars = sum(map(len, texts))
        if n_chars > MAX_CHARS:
            raise ConfigError(
                f"turn {number} has {n_chars} characters, {MAX_CHARS} are the most; shorten it"
            )
        n_all += n_chars
    if n_all > MAX_ALL_CHARS:
        raise ConfigError(f"all turns have {n_all} characters, {MAX_ALL_CHARS} are the most")
