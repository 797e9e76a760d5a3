"""Moves of an episode: each call beside what it gave back."""

import msgspec

from etude.records import Turn
from etude.web.seeing.cards import Part, arguments


class Call(msgspec.Struct, frozen=True):
    """One call of a tool."""

    name: str
    given: Part
    seen: Part


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """One turn, ready to be set."""

    turn: Turn
    calls: tuple[Call, ...]
    rest: tuple[Part, ...]
    """What came back without a call."""


def moves(turns: tuple[Turn, ...]) -> list[Move]:
    """Return the turns of an episode for reading."""
    return [_move(turn) for turn in turns]


def _move(turn: Turn) -> Move:
    seen = [Part(heading="", text=text) for text in turn.observations]
    n_calls = len(turn.calls)
    given = [Part(heading="", text=arguments(call.arguments)) for call in turn.calls]
    padded = [*seen[:n_calls], *[Part(heading="")] * (n_calls - len(seen))]
    return Move(
        turn=turn,
        calls=tuple(
            Call(call.name, what, back)
            for call, what, back in zip(turn.calls, given, padded, strict=True)
        ),
        rest=tuple(seen[n_calls:]),
    )
