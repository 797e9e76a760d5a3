"""Model: something that answers messages. It owns the wire: rendering tools, reading calls."""

from abc import abstractmethod
from collections.abc import Sequence

import msgspec

from etude.plugins import Spec
from etude.records import Message, ToolCall


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """A tool as a model is told of it."""

    name: str
    description: str
    parameters: dict[str, str]
    """Name -> what it is, in one line. All are strings."""
    required: tuple[str, ...] = ()


class Completion(msgspec.Struct, frozen=True, kw_only=True):
    """What came back from a model."""

    text: str
    """What it said beside the calls."""
    calls: tuple[ToolCall, ...] = ()
    n_prompt_tokens: int = 0
    n_completion_tokens: int = 0
    cost_usd: float = 0.0


class Model(Spec, frozen=True, kw_only=True):
    """A language model and how to reach it. Its fields are its settings, secrets excepted."""

    name: str
    """What the provider calls it."""

    @abstractmethod
    async def generate(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> Completion:
        """Return one completion.

        Raises:
            ModelError: The model could not answer; says whether it is worth trying again.
        """
        raise NotImplementedError
