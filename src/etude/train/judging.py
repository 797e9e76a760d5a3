"""Judging: pairs of answers as rows, and how far what a model prefers is what raters prefer."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from etude.errors import ConfigError, RecordError, blame
from etude.records import Message, Preference
from etude.train.ingredients import share_of
from etude.train.intervals import calibration_error, reliability, share
from etude.train.manifest import Bin, Figure
from etude.train.speaking import Turn, scores, turns


class Pair(NamedTuple):
    """One answer preferred to another."""

    id: str
    prompt: list[Turn]
    chosen: list[Turn]
    rejected: list[Turn]


def pairs_of(found: Sequence[Preference]) -> list[Pair]:
    """Return preferences as pairs.

    Raises:
        ConfigError: A preference has nothing to ask or to choose.
    """
    made = []
    for one in found:
        if not (one.prompt and one.chosen and one.rejected):
            raise ConfigError(f"preference {one.id}: the prompt or an answer is empty")
        made.append(Pair(one.id, turns(one.prompt), turns(one.chosen), turns(one.rejected)))
    return made


def messages_of(one: Preference) -> tuple[Message, ...]:
    """Return all messages of a preference."""
    return (*one.prompt, *one.chosen, *one.rejected)


def asked(one: Preference) -> str:
    """Return what tells prompts apart."""
    return "\n".join(message.content for message in one.prompt)


def encode_conversation(
    tokenizer: PreTrainedTokenizerFast, conversation: list[Turn], who: str
) -> list[int]:
    """Return a conversation as ids.

    Raises:
        ConfigError: The chat template fails.
    """
    with blame(ConfigError, f"the chat template, on {who}"):
        text = tokenizer.apply_chat_template(conversation, tokenize=False)
        ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids


class Verdicts(NamedTuple):
    """How a model judged held-out pairs."""

    figures: dict[str, Figure]
    bins: tuple[Bin, ...]


def judge_pairs(
    judge: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, pairs: Sequence[Pair]
) -> Verdicts:
    """Measure how far a reward model prefers what raters preferred."""
    better = scores(judge, tokenizer, [one.prompt + one.chosen for one in pairs])
    worse = scores(judge, tokenizer, [one.prompt + one.rejected for one in pairs])
    return weigh([a - b for a, b in zip(better, worse, strict=True)], pairs)


def weigh(margins: Sequence[float], pairs: Sequence[Pair]) -> Verdicts:
    """Sum up margins: what a model gives the chosen answer more than the rejected one."""
    n = len(margins)
    right = sum((margin > 0) + 0.5 * (margin == 0) for margin in margins)
    # Calibration is of a pair as it was shown: which answer comes first is chance.
    first = [_is_first(pair) for pair in pairs]
    predicted = [
        _sigmoid(m if is_first else -m) for m, is_first in zip(margins, first, strict=True)
    ]
    bins = reliability(predicted, first)
    loss = math.fsum(-math.log(max(_sigmoid(margin), 1e-30)) for margin in margins)
    figures = {
        "accuracy": share(right, n),
        "loss": Figure(value=loss / max(n, 1)),
        "margin": Figure(value=math.fsum(margins) / max(n, 1)),
        "calibration_error": Figure(value=calibration_error(bins), n=n),
    }
    return Verdicts(figures, bins)


def blind_rulers(pairs: Sequence[Pair]) -> dict[str, Figure]:
    """Return how often rules that read nothing prefer what raters preferred.

    A judge that is no better than these has learned nothing of the answers.
    """
    sizes = [(_length(one.chosen), _length(one.rejected)) for one in pairs]
    longer = sum((a > b) + 0.5 * (a == b) for a, b in sizes)
    n = len(pairs)
    return {
        "null/always the longer": share(longer, n),
        "null/always the shorter": share(n - longer, n),
        "null/always the first": share(sum(_is_first(one) for one in pairs), n),
    }


class Best:
    """The weights that judged held-out pairs best so far."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, step: int, model: PreTrainedModel) -> None:
        """Keep the weights of a step, and those that were best before it, for a crash between."""
        with blame(ConfigError, f"cannot write {self._folder}"):
            self._folder.mkdir(parents=True, exist_ok=True)
            draft = self._folder / "draft"
            torch.save(model.state_dict(), draft)
            draft.replace(self._folder / f"{step:09}.pt")
            for path in sorted(self._folder.glob("*.pt"))[:-2]:
                path.unlink()

    def restore(self, step: int, model: PreTrainedModel) -> None:
        """Give a model the weights of a step.

        Raises:
            RecordError: They are not there or damaged.
        """
        path = self._folder / f"{step:09}.pt"
        with blame(RecordError, f"reading {path}"):
            model.load_state_dict(torch.load(path, weights_only=True))


def _is_first(pair: Pair) -> bool:
    return share_of(pair.id, 0) < 0.5


def _length(answer: Sequence[Turn]) -> int:
    return sum(len(str(turn["content"])) for turn in answer)


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))
