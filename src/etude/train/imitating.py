"""Imitating: conversations become rows in which only the assistant's words are learned."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import torch
from torch.nn import functional
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from etude.errors import ConfigError, blame
from etude.records import Demonstration
from etude.train.speaking import Turn, turns

IGNORED = -100
_UNWANTED = {"rejected", "sent_back"}


class Row(NamedTuple):
    """One conversation, encoded."""

    ids: list[int]
    learned: list[int]
    """1 where the assistant wrote the token, else 0."""


class Answered(NamedTuple):
    """One prompt with the answer that is wanted."""

    kind: str
    """What the tag `kind` says, or `all`."""
    prompt: list[Turn]
    wanted: str


def wanted_demonstrations(found: Iterable[Demonstration]) -> list[Demonstration]:
    """Return those that no reviewer refused and that have words of an assistant."""
    return [
        one
        for one in found
        if one.review not in _UNWANTED
        and any(message.role == "assistant" for message in one.messages)
    ]


def encode_rows(
    found: Sequence[Demonstration], tokenizer: PreTrainedTokenizerFast, length: int
) -> tuple[list[Row], int]:
    """Return demonstrations as rows, and how many were too long.

    Raises:
        ConfigError: The chat template fails, or marks nothing or everything, or other words than
            the assistant's.
    """
    rows, n_long = [], 0
    for one in found:
        with blame(ConfigError, f"the chat template, on demonstration {one.id}"):
            made = tokenizer.apply_chat_template(
                turns(one.messages),
                tokenize=True,
                return_dict=True,
                return_assistant_tokens_mask=True,
            )
        row = Row(list(made["input_ids"]), [int(bit) for bit in made["assistant_masks"]])
        _check_row(row, one, tokenizer)
        if len(row.ids) > length:
            n_long += 1
        else:
            rows.append(row)
    return rows, n_long


def _check_row(row: Row, one: Demonstration, tokenizer: PreTrainedTokenizerFast) -> None:
    if not any(row.learned):
        raise ConfigError(
            f"demonstration {one.id}: the chat template marks no word as the assistant's, so "
            "nothing would be learned; put {% generation %} around what the assistant says"
        )
    if all(row.learned):
        raise ConfigError(
            f"demonstration {one.id}: the chat template marks every word as the assistant's, so "
            "the model would learn to speak for its user"
        )
    text = tokenizer.decode([token for token, bit in zip(row.ids, row.learned, strict=True) if bit])
    for message in one.messages:
        said = "".join(message.content.split())
        if message.role == "assistant" and said not in "".join(text.split()):
            raise ConfigError(
                f"demonstration {one.id}: what would be learned, {text[:80]!r}, does not hold what "
                f"the assistant says, {message.content[:80]!r}; look at the chat template"
            )


def check_batch(
    batch: dict[str, Any], rows: Sequence[Row], tokenizer: PreTrainedTokenizerFast
) -> float:
    """Check by decoding it that a trainer's batch learns the assistant's words and no others.

    Return the share of its tokens that are learned.

    Raises:
        ConfigError: It learns something else.
    """
    known = {
        tokenizer.decode([token for token, bit in zip(row.ids, row.learned, strict=True) if bit])
        for row in rows
    }
    n_learned = n_all = 0
    for ids, labels in zip(batch["input_ids"].tolist(), batch["labels"].tolist(), strict=True):
        learned = [t for t, label in zip(ids, labels, strict=True) if label != IGNORED]
        if tokenizer.decode(learned) not in known:
            raise ConfigError(
                f"the trainer would learn {tokenizer.decode(learned)[:80]!r}, which no assistant "
                "says; the chat template and this version of TRL do not fit"
            )
        n_learned += len(learned)
        n_all += len(ids)
    if n_learned in (0, n_all):
        raise ConfigError(f"{n_learned} of the {n_all} tokens of a batch would be learned")
    return n_learned / n_all


def held_out_loss(model: PreTrainedModel, rows: Sequence[Row], batch: int = 32) -> float:
    """Return the mean loss of a token that an assistant wrote, in nats."""
    total, n = 0.0, 0
    with torch.no_grad():
        for at in range(0, len(rows), batch):
            part = rows[at : at + batch]
            longest = max(len(row.ids) for row in part)
            ids = torch.zeros((len(part), longest), dtype=torch.long)
            seen, labels = torch.zeros_like(ids), torch.full_like(ids, IGNORED)
            for place, row in enumerate(part):
                size = len(row.ids)
                ids[place, :size] = torch.tensor(row.ids)
                seen[place, :size] = 1
                learned = torch.tensor(row.learned, dtype=torch.bool)
                labels[place, :size][learned] = ids[place, :size][learned]
            given = ids.to(model.device)
            logits = model(input_ids=given, attention_mask=seen.to(model.device)).logits
            wanted = labels[:, 1:].to(model.device)
            total += float(
                functional.cross_entropy(
                    logits[:, :-1].flatten(0, 1).float(),
                    wanted.flatten(),
                    ignore_index=IGNORED,
                    reduction="sum",
                )
            )
            n += int((wanted != IGNORED).sum())
    return total / max(n, 1)


def to_answer(found: Iterable[Demonstration]) -> list[Answered]:
    """Return the last answer of each demonstration with all that stands before it."""
    made = []
    for one in found:
        last = one.messages[-1]
        if last.role == "assistant" and not last.calls and len(one.messages) > 1:
            kind = one.tags.get("kind", "all")
            made.append(Answered(kind, turns(one.messages[:-1]), last.content))
    return made


def first_words(one: Demonstration) -> str:
    """Return what tells prompts apart: everything before the first answer."""
    said = []
    for message in one.messages:
        if message.role == "assistant":
            break
        said.append(message.content)
    return "\n".join(said)
