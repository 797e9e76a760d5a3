"""Editing: what the buttons of the Write page do to the turns of a draft."""

import msgspec

from etude.errors import ConfigError
from etude.records import ToolCall
from etude.web.writing.drafts import MAX_CALLS, MAX_TURNS, ROLES, Draft, Turn, TurnRole


def edit(draft: Draft, what: str, tool: str = "") -> tuple[Draft, int]:
    """Return the draft after a button, and the turn to go on with; -1 for none.

    Args:
        draft: What is there.
        what: `add:PLACE:ROLE`, `remove:PLACE`, `up:PLACE`, `down:PLACE`, `call:PLACE`,
            `uncall:PLACE:NUMBER` or `result:PLACE:NUMBER`.
        tool: Name of the tool, for `call`.

    Raises:
        ConfigError: There is no such button, or the draft would grow too long.
    """
    name, _, rest = what.partition(":")
    first, _, second = rest.partition(":")
    place = _number(first, len(draft.turns))
    turns = list(draft.turns)
    if name == "add" and second in ROLES:
        focus = _add(turns, place, second)
    elif place == len(turns):
        raise ConfigError("there is no such turn; open the page again")
    elif name in _SIMPLE:
        focus = _SIMPLE[name](turns, place)
    elif name == "call":
        focus = _call(turns, place, tool)
    elif name in ("uncall", "result"):
        number = _number(second, len(turns[place].calls) - 1)
        focus = (_uncall if name == "uncall" else _result)(turns, place, number)
    else:
        raise ConfigError("there is no such button; open the page again")
    if len(turns) > MAX_TURNS:
        raise ConfigError(f"a conversation has at most {MAX_TURNS} turns")
    return msgspec.structs.replace(draft, turns=tuple(turns)), focus


def _number(text: str, highest: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 4 and int(text) <= highest):
        raise ConfigError("there is no such turn; open the page again")
    return int(text)


def _add(turns: list[Turn], place: int, role: TurnRole) -> int:
    turns.insert(place, Turn(role=role))
    return place


def _remove(turns: list[Turn], place: int) -> int:
    gone = turns.pop(place)
    ids = {call.id for call in gone.calls}
    turns[:] = [turn for turn in turns if not (turn.role == "tool" and turn.call_id in ids)]
    return min(place, len(turns) - 1)


def _up(turns: list[Turn], place: int) -> int:
    if place == 0:
        return 0
    turns[place - 1], turns[place] = turns[place], turns[place - 1]
    return place - 1


def _down(turns: list[Turn], place: int) -> int:
    if place + 1 == len(turns):
        return place
    return _up(turns, place + 1) + 1


_SIMPLE = {"remove": _remove, "up": _up, "down": _down}


def _call(turns: list[Turn], place: int, tool: str) -> int:
    turn = turns[place]
    if turn.role != "assistant" or not tool:
        raise ConfigError("choose the tool to call")
    if len(turn.calls) == MAX_CALLS:
        raise ConfigError(f"a turn makes at most {MAX_CALLS} calls")
    taken = {call.id for one in turns for call in one.calls}
    fresh = next(f"call_{n}" for n in range(1, len(taken) + 2) if f"call_{n}" not in taken)
    calls = (*turn.calls, ToolCall(name=tool[:100], id=fresh))
    turns[place] = msgspec.structs.replace(turn, calls=calls)
    _result(turns, place, len(calls) - 1)
    return place


def _uncall(turns: list[Turn], place: int, number: int) -> int:
    turn = turns[place]
    gone = turn.calls[number]
    calls = (*turn.calls[:number], *turn.calls[number + 1 :])
    turns[place] = msgspec.structs.replace(turn, calls=calls)
    turns[:] = [t for t in turns if not (t.role == "tool" and t.call_id == gone.id)]
    return place


def _result(turns: list[Turn], place: int, number: int) -> int:
    call = turns[place].calls[number]
    if any(turn.role == "tool" and turn.call_id == call.id for turn in turns):
        raise ConfigError("this call has its result")
    after = place + 1
    while after < len(turns) and turns[after].role == "tool":
        after += 1
    turns.insert(after, Turn(role="tool", call_id=call.id))
    return after
