"""Calls of tools without a result, results without a call, and tools that nobody defined."""

from collections.abc import Iterator

import msgspec

from etude.records import Demonstration, Message, ToolCall
from etude.stages.demos.checks._base import Check, Finding, shown


class _Named(msgspec.Struct):
    name: str = ""


class _Tool(msgspec.Struct):
    name: str = ""
    function: _Named | None = None


class ToolCallsCheck(Check, frozen=True, kw_only=True):
    """Pairs calls with the messages that follow, by their ids or, without ids, by their order."""

    def check(self, demonstration: Demonstration) -> list[Finding]:
        """Return a finding for each call or result that has no partner."""
        defined = _defined(demonstration.tags.get("tools", ""))
        found: list[Finding] = []
        waiting: list[tuple[int, ToolCall]] = []
        for place, message in enumerate(demonstration.messages):
            if message.role == "tool":
                if not _answered(waiting, message):
                    found.append(_finding(place, "a result of no call", message.call_id))
                continue
            found += _unanswered(waiting)
            waiting = [(place, call) for call in message.calls]
            for call in message.calls:
                if defined and call.name not in defined:
                    found.append(_finding(place, "a call of a tool that is not defined", call.name))
        last = len(demonstration.messages) - 1
        if waiting and waiting[0][0] == last:
            # Often the end on purpose: the call is what is to be learned.
            return [*found, Finding(place=last, what="it ends with a call", severity="note")]
        return [*found, *_unanswered(waiting)]


def _answered(waiting: list[tuple[int, ToolCall]], result: Message) -> bool:
    """Take the call that a result answers off those that wait; tell whether there is one."""
    for number, (_, call) in enumerate(waiting):
        if not result.call_id or not call.id or call.id == result.call_id:
            del waiting[number]
            return True
    return False


def _unanswered(waiting: list[tuple[int, ToolCall]]) -> Iterator[Finding]:
    for place, call in waiting:
        yield _finding(place, "a call without a result", call.name)


def _finding(place: int, what: str, name: str) -> Finding:
    return Finding(place=place, what=what, severity="error", excerpt=shown(name))


def _defined(tools: str) -> set[str]:
    """Return the names of the tools that are defined; none when their JSON cannot be read."""
    if not tools:
        return set()
    try:
        read = msgspec.json.decode(tools, type=list[_Tool])
    except (msgspec.MsgspecError, RecursionError):
        return set()
    return {tool.function.name if tool.function else tool.name for tool in read}
