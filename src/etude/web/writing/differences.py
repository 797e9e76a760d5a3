"""Differences: what a writer changed, word by word for readers and as a unified diff to keep."""

import re
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from etude.records import Message, make_patch

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_MOST_STEPS = 150_000


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of text that is in both texts, or in one of them."""

    kind: Literal["same", "add", "del"]
    text: str


def transcript(messages: Sequence[Message]) -> str:
    """Return messages as one text: what differences are made of."""
    return "".join(_entry(message) for message in messages)


def _entry(message: Message) -> str:
    lines = [f"[{message.role}]"]
    if message.content:
        lines.append(message.content)
    lines += [
        f"-> {call.name} {msgspec.json.encode(call.arguments).decode()}" for call in message.calls
    ]
    return "\n".join(lines) + "\n"


def edits(draft: Sequence[Message], written: Sequence[Message]) -> str:
    """Return the unified diff from a draft to what was written; empty without a draft."""
    if not draft:
        return ""
    return make_patch({"conversation": transcript(draft)}, {"conversation": transcript(written)})


def word_diff(before: str, after: str) -> list[Piece]:
    """Return how one text became another, in words.

    Texts that have little in common are told as one taken away and one added.
    """
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    n_head = 0
    while n_head < min(len(old), len(new)) and old[n_head] == new[n_head]:
        n_head += 1
    n_tail = 0
    while n_tail < min(len(old), len(new)) - n_head and old[-1 - n_tail] == new[-1 - n_tail]:
        n_tail += 1
    middle_old, middle_new = old[n_head : len(old) - n_tail], new[n_head : len(new) - n_tail]
    steps = _steps(middle_old, middle_new)
    if steps is None:
        steps = [*(("del", word) for word in middle_old), *(("add", word) for word in middle_new)]
    head: list[tuple[str, str]] = [("same", word) for word in old[:n_head]]
    tail: list[tuple[str, str]] = [("same", word) for word in old[len(old) - n_tail :]]
    return list(_joined([*head, *_calmed(steps), *tail]))


def _calmed(steps: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Count a blank between two changes as changed: readers take stretches, not single words."""
    calm = []
    for place, (kind, word) in enumerate(steps):
        between = 0 < place < len(steps) - 1 and kind == "same" and not word.strip()
        if between and "same" not in (steps[place - 1][0], steps[place + 1][0]):
            calm += [("del", word), ("add", word)]
        else:
            calm.append((kind, word))
    return calm


def _joined(steps: Sequence[tuple[str, str]]) -> Iterator[Piece]:
    """Put words of one kind together; of a changed stretch, what went comes first."""
    kind = "same"
    same: list[str] = []
    gone: list[str] = []
    come: list[str] = []
    for kind, word in steps:
        if kind == "same":
            if gone or come:
                yield from _changed(gone, come)
                gone, come = [], []
            same.append(word)
            continue
        if same:
            yield Piece(kind="same", text="".join(same))
            same = []
        (gone if kind == "del" else come).append(word)
    yield from _changed(gone, come)
    if same:
        yield Piece(kind="same", text="".join(same))


def _changed(gone: list[str], come: list[str]) -> Iterator[Piece]:
    if gone:
        yield Piece(kind="del", text="".join(gone))
    if come:
        yield Piece(kind="add", text="".join(come))


def _steps(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, str]] | None:
    """Return the shortest way from one to the other (Myers 1986); `None` when it is long."""
    if not old or not new:
        return [*(("del", word) for word in old), *(("add", word) for word in new)]
    reach = {1: 0}
    trace: list[dict[int, int]] = []
    n_steps = 0
    for n_edits in range(len(old) + len(new) + 1):
        n_steps += n_edits + 1
        if n_steps > _MOST_STEPS:
            return None
        trace.append(dict(reach))
        for diagonal in range(-n_edits, n_edits + 1, 2):
            down = diagonal == -n_edits or (
                diagonal != n_edits and reach[diagonal - 1] < reach[diagonal + 1]
            )
            i = first = reach[diagonal + 1] if down else reach[diagonal - 1] + 1
            k = i - diagonal
            while i < len(old) and k < len(new) and old[i] == new[k]:
                i, k = i + 1, k + 1
            reach[diagonal] = i
            n_steps += i - first
            if i >= len(old) and k >= len(new):
                return _walked_back(old, new, trace)
    raise AssertionError("deleting and adding every word is a way")


def _walked_back(
    old: Sequence[str], new: Sequence[str], trace: Sequence[dict[int, int]]
) -> list[tuple[str, str]]:
    steps: list[tuple[str, str]] = []
    i, k = len(old), len(new)
    for n_edits in range(len(trace) - 1, -1, -1):
        reach = trace[n_edits]
        diagonal = i - k
        down = diagonal == -n_edits or (
            diagonal != n_edits and reach[diagonal - 1] < reach[diagonal + 1]
        )
        before = diagonal + 1 if down else diagonal - 1
        from_i = reach[before]
        from_k = from_i - before
        while i > from_i and k > from_k and i > 0 and k > 0:
            i, k = i - 1, k - 1
            steps.append(("same", old[i]))
        if n_edits:
            steps.append(("add", new[from_k]) if down else ("del", old[from_i]))
            i, k = from_i, from_k
    return steps[::-1]
