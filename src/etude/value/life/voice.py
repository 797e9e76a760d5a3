"""Voice: a model that lies in memory, asked as any other model is; what comes together is batched.

It is no plug-in: nothing but a model under training can be its setting.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from etude.models import Completion, Model, Tool
from etude.records import Message
from etude.train.speaking import Turn, answers, turns


class Voice:
    """A model and its tokenizer; answers all that was asked since it last did at once."""

    def __init__(
        self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, n_tokens: int
    ) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._n_tokens = n_tokens
        self._waiting: list[tuple[list[Turn], asyncio.Future[str]]] = []

    async def say(self, messages: Sequence[Message]) -> str:
        """Return what the model says next."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[str] = loop.create_future()
        if not self._waiting:
            # Runs after every task that is ready now has asked.
            loop.call_soon(self._speak)
        self._waiting.append((turns(messages), answer))
        return await answer

    def _speak(self) -> None:
        asked, self._waiting = self._waiting, []
        said = answers(
            self._model, self._tokenizer, [one for one, _ in asked], n_tokens=self._n_tokens
        )
        for (_, answer), text in zip(asked, said, strict=True):
            if not answer.done():
                answer.set_result(text)


class SpokenModel(Model, frozen=True, kw_only=True):
    """Answers with a voice."""

    voice: Any
    """A `Voice`; any other type would be looked into as settings are."""

    async def generate(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> Completion:
        """Return one completion; the likeliest token each time."""
        return Completion(text=await self.voice.say(messages))
