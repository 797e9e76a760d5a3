"""Speaking: messages as templates take them, and what a model answers or thinks likely."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import msgspec
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from etude.records import Message

ItemT = TypeVar("ItemT")
Turn = dict[str, Any]
"""One message as chat templates take it."""


def turns(messages: Sequence[Message]) -> list[Turn]:
    """Return messages as chat templates take them."""
    return [_turn(message) for message in messages]


def _turn(message: Message) -> Turn:
    made: Turn = {"role": message.role, "content": message.content}
    if message.calls:
        # The arguments stay JSON: rows of one table must have the same fields.
        made["tool_calls"] = [
            {
                "type": "function",
                "function": {
                    "name": call.name,
                    "arguments": msgspec.json.encode(call.arguments).decode(),
                },
            }
            for call in message.calls
        ]
    return made


def without_marks(
    found: Sequence[ItemT],
    messages: Callable[[ItemT], Iterable[Message]],
    tokenizer: PreTrainedTokenizerFast,
) -> tuple[list[ItemT], int]:
    """Return what holds no special token of the tokenizer in its text, and how many do.

    In a chat template such text would end a turn, or begin one in another's name.
    """
    marks = [str(one) for one in tokenizer.added_tokens_decoder.values() if one.special]
    kept = [
        one
        for one in found
        if not any(
            mark in text
            for message in messages(one)
            for text in (message.content, *(str(call.arguments) for call in message.calls))
            for mark in marks
        )
    ]
    return kept, len(found) - len(kept)


def answers(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    conversations: Sequence[Sequence[Turn]],
    *,
    n_tokens: int,
    temperature: float = 0.0,
    batch: int = 64,
) -> list[str]:
    """Return what a model says next in each conversation.

    Args:
        model: The model.
        tokenizer: Its tokenizer.
        conversations: Each ends with the turn to answer.
        n_tokens: Most tokens of an answer.
        temperature: 0 takes the likeliest token each time; else torch's chance decides.
        batch: Conversations that are answered at once.
    """
    found: list[str] = []
    was_training = model.training
    model.eval()
    for at in range(0, len(conversations), batch):
        texts = [
            tokenizer.apply_chat_template(list(one), tokenize=False, add_generation_prompt=True)
            for one in conversations[at : at + batch]
        ]
        given = tokenizer(
            texts, return_tensors="pt", padding=True, padding_side="left", add_special_tokens=False
        ).to(model.device)
        chance = {"temperature": temperature, "top_k": 0, "top_p": 1.0} if temperature else {}
        with torch.no_grad():
            made = model.generate(
                input_ids=given["input_ids"],
                attention_mask=given["attention_mask"],
                max_new_tokens=n_tokens,
                do_sample=bool(temperature),
                eos_token_id=tokenizer.eos_token_id,
                pad_token_id=tokenizer.pad_token_id,
                **chance,
            )
        new = made[:, given["input_ids"].shape[1] :]
        found += [tokenizer.decode(row, skip_special_tokens=True).strip() for row in new]
    model.train(was_training)
    return found


def log_probabilities(
    model: PreTrainedModel, pairs: Sequence[tuple[Sequence[int], Sequence[int]]], batch: int = 64
) -> list[float]:
    """Return how likely a model goes on with each second list of tokens after the first one.

    Natural logarithms, summed over the tokens of the second list.
    """
    found: list[float] = []
    was_training = model.training
    model.eval()
    with torch.no_grad():
        for part in _parts(pairs, batch):
            longest = max(len(before) + len(after) for before, after in part)
            ids = torch.zeros((len(part), longest), dtype=torch.long)
            seen = torch.zeros_like(ids)
            for row, (before, after) in enumerate(part):
                n = len(before) + len(after)
                ids[row, :n] = torch.tensor([*before, *after])
                seen[row, :n] = 1
            logits = model(
                input_ids=ids.to(model.device), attention_mask=seen.to(model.device)
            ).logits
            logs = logits[:, :-1].float().log_softmax(-1)
            each = logs.gather(-1, ids[:, 1:, None].to(model.device))[..., 0]
            for row, (before, after) in enumerate(part):
                first = len(before) - 1
                found.append(float(each[row, first : first + len(after)].sum()))
    model.train(was_training)
    return found


def _parts(
    pairs: Sequence[tuple[Sequence[int], Sequence[int]]], batch: int
) -> Iterator[Sequence[tuple[Sequence[int], Sequence[int]]]]:
    for at in range(0, len(pairs), batch):
        yield pairs[at : at + batch]


def scores(
    judge: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    conversations: Sequence[Sequence[Turn]],
    batch: int = 64,
) -> list[float]:
    """Return what a reward model makes of each conversation."""
    found: list[float] = []
    was_training = judge.training
    judge.eval()
    with torch.no_grad():
        for at in range(0, len(conversations), batch):
            texts = [
                tokenizer.apply_chat_template(list(one), tokenize=False)
                for one in conversations[at : at + batch]
            ]
            given = tokenizer(
                texts,
                return_tensors="pt",
                padding=True,
                padding_side="right",
                add_special_tokens=False,
            ).to(judge.device)
            made = judge(input_ids=given["input_ids"], attention_mask=given["attention_mask"])
            found += [float(value) for value in made.logits[:, 0]]
    judge.train(was_training)
    return found


def perplexity(loss: float) -> float:
    """Return the perplexity of a mean loss in nats; infinite where it is out of reach."""
    return math.exp(loss) if loss < 700 else math.inf
