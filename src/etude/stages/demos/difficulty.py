"""How hard an instruction is to follow: what it takes off the surprise of its answer (IFD).

Instruction-following difficulty (Li et al. 2023, arXiv:2308.12032) is the loss of the answer given
the instruction over the loss of the answer alone. Near 1 the instruction says little about its
answer; above 1 it misleads; near 0 it says it all.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from etude.records import Demonstration, Message
from etude.stages.demos.ngram_scorer import NgramScorer
from etude.stages.demos.texts import answer

_FOLDS = 2


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """How likely a model finds a text."""

    logprob: float
    """Natural logarithm of its probability, of all tokens together."""
    n_tokens: int

    @property
    def loss(self) -> float:
        """Mean surprise of a token, in nats; 0 for an empty text."""
        return -self.logprob / self.n_tokens if self.n_tokens else 0.0


class Scorer(Protocol):
    """Tells how likely a text is after another one."""

    def __call__(self, text: str, context: str) -> Score:
        """Return the score of `text` after `context`, which may be empty.

        Raises:
            ModelError: The model could not answer.
        """
        ...


def measure_difficulty(
    demonstrations: Sequence[Demonstration],
    scorer: Scorer | None = None,
    *,
    tell: Callable[[int], None] = lambda n_done: None,
) -> list[float | None]:
    """Return the IFD of the last answer of each demonstration; `None` where there is nothing.

    Args:
        demonstrations: The demonstrations.
        scorer: What scores; `None` takes n-grams of the demonstrations themselves, each half
            scored by the other half, which see shared words and no meaning.
        tell: Called with the number of those that are done.

    Raises:
        ModelError: The model could not answer.
    """
    scorers: list[Scorer] = [scorer] * _FOLDS if scorer else _own_scorers(demonstrations)
    found: list[float | None] = []
    for place, demonstration in enumerate(demonstrations):
        found.append(_difficulty(demonstration, scorers[place % _FOLDS]))
        tell(place + 1)
    return found


def _own_scorers(demonstrations: Sequence[Demonstration]) -> list[Scorer]:
    """Return for each half of the demonstrations a scorer that has read the other one."""
    scorers: list[Scorer] = []
    for fold in range(_FOLDS):
        others = [d for place, d in enumerate(demonstrations) if place % _FOLDS != fold]
        model = NgramScorer([answer(other) for other in others])
        scorers.append(_NgramAdapter(model))
    return scorers


class _NgramAdapter:
    """An n-gram model as a scorer."""

    def __init__(self, model: NgramScorer) -> None:
        self._model = model

    def __call__(self, text: str, context: str) -> Score:
        logprob, n_tokens = self._model.score(text, context)
        return Score(logprob=logprob, n_tokens=n_tokens)


def _difficulty(demonstration: Demonstration, scorer: Scorer) -> float | None:
    messages = demonstration.messages
    place = max((n for n, m in enumerate(messages) if m.role == "assistant"), default=-1)
    text = messages[place].content if place >= 0 else ""
    if not text.strip():
        return None
    alone = scorer(text, "")
    told = scorer(text, _context(messages[:place]))
    if not alone.n_tokens or not told.n_tokens or alone.loss <= 0:
        return None
    return round(told.loss / alone.loss, 4)


def _context(messages: Sequence[Message]) -> str:
    """Return what comes before an answer as plain text."""
    return "".join(f"{message.role.capitalize()}: {message.content}\n\n" for message in messages)
