"""Showing: what a rater gets to see of a comparison. No source, no place in the record, no id."""

from collections.abc import Sequence

import msgspec
from markupsafe import Markup

from etude.records import Comparison, Message, ToolCall
from etude.web.markdown import markdown
from etude.web.rating.given import LETTERS
from etude.web.rating.judging import plain_breaks, text_of

ROLE_NAMES = {"system": "System", "user": "User", "assistant": "Assistant", "tool": "Tool"}


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One message as the page shows it."""

    role: str
    html: Markup
    calls: tuple[ToolCall, ...] = ()


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One answer as the page shows it."""

    letter: str
    turns: tuple[Turn, ...]
    text: str
    """Its source text, in which marks count characters."""
    bare: bool
    """Whether it is one message of the assistant, whose role need not be named."""


def turns(messages: Sequence[Message]) -> tuple[Turn, ...]:
    """Return messages as the page shows them."""
    return tuple(
        Turn(
            role=ROLE_NAMES[message.role],
            html=markdown(plain_breaks(message.content)),
            calls=message.calls,
        )
        for message in messages
    )


def answers(comparison: Comparison, order: Sequence[int]) -> list[Answer]:
    """Return the answers in the order in which they are shown."""
    found = []
    for letter, place in zip(LETTERS, order, strict=False):
        messages = comparison.candidates[place].messages
        found.append(
            Answer(
                letter=letter,
                turns=turns(messages),
                text=plain_breaks(text_of(messages)),
                bare=len(messages) == 1 and messages[0].role == "assistant",
            )
        )
    return found
