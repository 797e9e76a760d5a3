"""Writing: text of a model's own, and what it makes of text that is real."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from etude.train.reading.rows import encode
from etude.train.vocabulary import end_of_text

_AT_ONCE = 192
_LEAST_CHARS = 20
_TRIES = 60


def own_text(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    n_bytes: int,
    *,
    n_tokens: int,
    temperature: float,
    seed: int,
) -> list[str]:
    """Return texts that a model writes of itself, until there are so many bytes.

    Args:
        model: The model.
        tokenizer: Its tokenizer.
        n_bytes: How much to write.
        n_tokens: Most tokens of one text.
        temperature: 1 is the model's own distribution.
        seed: Of what it draws.
    """
    end = end_of_text(tokenizer)
    found: list[str] = []
    size = 0
    model.eval()
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(seed)
        # A model that writes nothing but ends would never be done.
        for _ in range(_TRIES):
            begin = torch.full((_AT_ONCE, 1), end, dtype=torch.long, device=model.device)
            made = model.generate(
                input_ids=begin,
                attention_mask=torch.ones_like(begin),
                max_new_tokens=n_tokens,
                do_sample=True,
                temperature=temperature,
                top_k=0,
                top_p=1.0,
                eos_token_id=end,
                pad_token_id=end,
            )
            for row in made[:, 1:].tolist():
                text = tokenizer.decode(row[: row.index(end)] if end in row else row)
                if len(text.strip()) >= _LEAST_CHARS:
                    found.append(text)
                    size += len(text.encode("utf-8", "replace"))
                if size >= n_bytes:
                    return found
    return found


class Judged(NamedTuple):
    """What a model makes of real text."""

    bits_per_byte: float
    perplexity: float
    """Of a token."""
    tail: float
    """Bits for each of the rarest tokens."""
    worst_lines: float
    """Bits a byte of the tenth of the pieces that is hardest for it."""


def rare_tokens(
    texts: Sequence[str], tokenizer: PreTrainedTokenizerFast, share: float
) -> npt.NDArray[np.bool_]:
    """Return which tokens are the rarest that make up a share of some text; unseen ones count."""
    counts = np.zeros(len(tokenizer), dtype=np.int64)
    for ids in encode(texts, tokenizer):
        np.add.at(counts, ids, 1)
    order = np.argsort(counts, kind="stable")
    rare = np.zeros(len(counts), dtype=np.bool_)
    rare[order[np.cumsum(counts[order]) <= share * counts.sum()]] = True
    return rare


def judge(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    texts: Sequence[str],
    rare: npt.NDArray[np.bool_],
    length: int,
) -> Judged:
    """Return what a model makes of real text that it never read.

    Args:
        model: The model.
        tokenizer: Its tokenizer.
        texts: Pieces of real text.
        rare: Which tokens are of the tail.
        length: Tokens that it sees at once.
    """
    end = end_of_text(tokenizer)
    per_piece: list[float] = []
    in_tail: list[float] = []
    n_tokens = 0
    for text, ids in zip(texts, encode(texts, tokenizer), strict=True):
        line = [end, *ids]
        bits = [
            value
            for at in range(0, len(line) - 1, length)
            for value in _bits(model, line[at : at + length + 1])
        ]
        per_piece.append(sum(bits) / max(1, len(text.encode("utf-8", "replace"))))
        in_tail += [value for value, token in zip(bits, ids, strict=True) if rare[token]]
        n_tokens += len(ids)
    sizes = [len(text.encode("utf-8", "replace")) for text in texts]
    total = sum(value * size for value, size in zip(per_piece, sizes, strict=True))
    worst = sorted(per_piece)[-max(1, len(per_piece) // 10) :]
    return Judged(
        bits_per_byte=total / sum(sizes),
        perplexity=2 ** min(total / max(n_tokens, 1), 900.0),
        tail=sum(in_tail) / len(in_tail) if in_tail else math.nan,
        worst_lines=sum(worst) / len(worst),
    )


def _bits(model: PreTrainedModel, line: list[int]) -> list[float]:
    """Return the bits of every token but the first."""
    ids = torch.tensor([line], device=model.device)
    with torch.no_grad():
        logs = model(input_ids=ids[:, :-1]).logits.float().log_softmax(-1)
    values: list[float] = (logs.gather(-1, ids[:, 1:, None])[0, :, 0] / -math.log(2)).tolist()
    return values
