"""A model whose answers are written beforehand, for tests and dry runs."""

from collections.abc import Sequence

from etude.errors import ModelError
from etude.models._base import Completion, Model, Tool
from etude.models._calls import read_calls
from etude.records import Message


class CannedModel(Model, frozen=True, kw_only=True):
    """Gives its answers in turn; which one is due shows from the conversation so far."""

    name: str = "canned"
    answers: tuple[str, ...]
    """What it says, calls included, in any form that is understood in plain text."""

    cost_usd: float = 0.0
    """Of each answer, to try budgets out."""

    async def generate(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> Completion:
        """Return the answer that is due; a token is counted for every four characters.

        Raises:
            ModelError: All answers were given.
        """
        n_given = sum(message.role == "assistant" for message in messages)
        if n_given >= len(self.answers):
            raise ModelError(
                f"the canned model has {len(self.answers)} answers and was asked for more; "
                "asking again will not help"
            )
        answer = self.answers[n_given]
        text, calls = read_calls(answer, tools)
        return Completion(
            text=text,
            calls=calls,
            n_prompt_tokens=sum(len(message.content) for message in messages) // 4,
            n_completion_tokens=len(answer) // 4,
            cost_usd=self.cost_usd,
        )
