"""A conversation that is kept within a model's context."""

from collections.abc import Sequence

import msgspec

from etude.records import Message

LEFT_OUT = "[left out to save room; call the tool again if you need it]"
_CHARS_PER_TOKEN = 4
_KEPT_LAST = 4
"""Messages at the end that are trimmed only when nothing else is left."""


class History:
    """Messages in order; old observations shrink to a note when they outgrow the context."""

    def __init__(self, messages: Sequence[Message], *, context_tokens: int) -> None:
        self._messages = list(messages)
        self._n_fixed = len(self._messages)
        self._context_tokens = context_tokens

    def add(self, *messages: Message) -> None:
        """Append messages, then make room if they need it."""
        self._messages.extend(messages)
        if self.n_tokens <= self._context_tokens:
            return
        # Trimmed below the limit, so that servers can reuse what they cached for a few turns.
        goal = self._context_tokens * 3 // 4
        places = range(self._n_fixed, len(self._messages))
        old = list(places[:-_KEPT_LAST])
        # Oldest results first, then the long arguments of old calls, then what is recent.
        for place in [place for place in old if self._messages[place].role == "tool"] + [
            place for place in old if self._messages[place].role == "assistant"
        ]:
            if self.n_tokens <= goal:
                return
            self._messages[place] = _shrunk(self._messages[place])
        for place in places[-_KEPT_LAST:]:
            if self.n_tokens <= self._context_tokens:
                return
            self._messages[place] = _halved(self._messages[place])

    @property
    def messages(self) -> tuple[Message, ...]:
        """The conversation as it is to be sent."""
        return tuple(self._messages)

    @property
    def n_tokens(self) -> int:
        """Estimate of its size, at four characters a token."""
        return sum(map(_n_chars, self._messages)) // _CHARS_PER_TOKEN


def _n_chars(message: Message) -> int:
    return len(message.content) + sum(
        len(text) for call in message.calls for text in call.arguments.values()
    )


def _shrunk(message: Message) -> Message:
    """Return a message whose content, or the long arguments of whose calls, are a note."""
    if message.role == "tool":
        return msgspec.structs.replace(message, content=LEFT_OUT)
    calls = tuple(
        msgspec.structs.replace(
            call,
            arguments={
                name: text if len(text) <= 2 * len(LEFT_OUT) else LEFT_OUT
                for name, text in call.arguments.items()
            },
        )
        for call in message.calls
    )
    return msgspec.structs.replace(message, calls=calls)


def _halved(message: Message) -> Message:
    quarter = len(message.content) // 4
    if message.role != "tool" or quarter <= len(LEFT_OUT):
        return message
    content = f"{message.content[:quarter]}\n{LEFT_OUT}\n{message.content[-quarter:]}"
    return msgspec.structs.replace(message, content=content)
