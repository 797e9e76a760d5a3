"""Answers side by side, and what those who compared them said, as records."""

import hashlib
import re
from collections.abc import Sequence

import msgspec

from etude.records import Candidate, Comparison, Message, Origin, Preference
from etude.store._chat import UnfitError

_MOST = 5
_ANSWER = re.compile(r"(?:response|answer|completion|output|reply|text)[-_ ]?(?:\d{1,2}|[a-e])")


def parted(
    conversations: Sequence[tuple[Message, ...]],
) -> tuple[tuple[Message, ...], list[tuple[Message, ...]]]:
    """Return what several conversations begin with alike, and how each goes on.

    The last message of the shortest one always belongs to how it goes on.

    Raises:
        UnfitError: They part before anything was asked, or where a user speaks.
    """
    n_same = 0
    shortest = min(len(messages) for messages in conversations)
    while n_same < shortest - 1 and len({m[n_same] for m in map(_hashable, conversations)}) == 1:
        n_same += 1
    prompt, rest = conversations[0][:n_same], [messages[n_same:] for messages in conversations]
    check_answers(prompt, rest)
    return prompt, rest


def _hashable(messages: tuple[Message, ...]) -> list[bytes]:
    return [msgspec.msgpack.encode(message) for message in messages]


def check_answers(prompt: Sequence[Message], answers: Sequence[Sequence[Message]]) -> None:
    """Raise where messages are no prompt with answers.

    Raises:
        UnfitError: Nothing was asked, or an answer is missing or begins with someone else.
    """
    if not any(message.role in ("user", "tool") for message in prompt):
        raise UnfitError("there is no prompt, or the answers are to different ones")
    for messages in answers:
        if not messages:
            raise UnfitError("an answer is missing")
        if messages[0].role != "assistant":
            raise UnfitError("the answers part where someone else than the assistant speaks")


def compared(
    prompt: tuple[Message, ...], shown: Sequence[Candidate], origin: Origin
) -> tuple[Comparison, tuple[int, ...]]:
    """Return a comparison, and the place in it of each answer in the order they were shown.

    Its id and the order of its candidates depend on what they are and not on who saw them how, so
    votes on the same answers meet.

    Raises:
        UnfitError: They cannot be compared.
    """
    check_answers(prompt, [candidate.messages for candidate in shown])
    if not 2 <= len(shown) <= _MOST:
        raise UnfitError(f"{len(shown)} answers; two to five can be compared")
    keys = [msgspec.msgpack.encode((c.source, c.messages)) for c in shown]
    by_key = sorted(range(len(shown)), key=lambda number: (keys[number], number))
    places = [0] * len(shown)
    for place, number in enumerate(by_key):
        places[number] = place
    digest = hashlib.sha256(msgspec.msgpack.encode((prompt, [keys[n] for n in by_key])))
    return Comparison(
        id=f"c-{digest.hexdigest()[:16]}",
        origin=origin,
        prompt=prompt,
        candidates=tuple(shown[number] for number in by_key),
    ), tuple(places)


def preferred(
    id_: str,
    origin: Origin,
    prompt: tuple[Message, ...],
    chosen: tuple[Message, ...],
    rejected: tuple[Message, ...],
) -> Preference:
    """Return a preference.

    Raises:
        UnfitError: There is no prompt, an answer is missing, or both are the same.
    """
    check_answers(prompt, [chosen, rejected])
    if chosen == rejected:
        raise UnfitError("chosen and rejected are the same")
    return Preference(id=id_, origin=origin, prompt=prompt, chosen=chosen, rejected=rejected)


def groups(ranks: dict[int, float]) -> tuple[tuple[int, ...], ...]:
    """Return places grouped from the best, which is of the smallest rank."""
    return tuple(
        tuple(sorted(place for place, rank in ranks.items() if rank == value))
        for value in sorted(set(ranks.values()))
    )


def answer_names(fields: Sequence[str]) -> list[str]:
    """Return those of several names that an answer has, such as `response_1` or `answer-b`."""
    return sorted(name for name in fields if _ANSWER.fullmatch(name.lower()))


def assistant(text: str) -> tuple[Message, ...]:
    """Return an answer that is one text."""
    return (Message(role="assistant", content=text),)
