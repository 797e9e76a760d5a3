"""Own: what the model itself answers, side by side, where one is right and the other is not."""

from collections.abc import Iterator, Sequence
from random import Random

import torch

from etude.records import Comparison
from etude.train.run import Run
from etude.train.speaking import answers, turns
from etude.value.life.comparisons import (
    BOXED,
    RIGHT,
    Pair,
    comparison_of,
    is_right,
)
from etude.value.life.topics import ASKS_BACK

OWN_FACTS = "its own answers, facts"
OWN_NUMBERS = "its own answers, numbers"
OWN_UNCLEAR = "its own answers, unclear questions"
OWN_KINDS = (OWN_FACTS, OWN_NUMBERS, OWN_UNCLEAR)
TRIES = 4
"""Answers to each prompt, drawn at temperature 1."""


def own_comparisons(
    run: Run, compared: Sequence[Comparison], most: int, seed: int, n_tokens: int
) -> Iterator[Comparison]:
    """Yield one comparison for each prompt that a model answers rightly and wrongly.

    Args:
        run: The model.
        compared: Comparisons whose prompts it answers.
        most: Prompts at most.
        seed: Of its answers, and of which are compared.
        n_tokens: Most tokens of an answer.
    """
    prompts = {one.prompt: one.tags[RIGHT] for one in compared}
    asked = list(prompts.items())[:most]
    model, tokenizer = run.model()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        conversations = [turns(prompt) for prompt, _ in asked for _ in range(TRIES)]
        said = answers(model, tokenizer, conversations, n_tokens=n_tokens, temperature=1.0)
    rng = Random(f"{seed}/own")
    for number, (prompt, right) in enumerate(asked):
        tries = said[number * TRIES : (number + 1) * TRIES]
        good = [text for text in tries if is_right(text, right)]
        bad = [text for text in tries if not is_right(text, right)]
        if good and bad:
            pair = Pair(_kind(right), prompt, rng.choice(good), rng.choice(bad), right)
            yield comparison_of(f"own-{number:04}", pair, rng)


def _kind(right: str) -> str:
    if ASKS_BACK in right:
        return OWN_UNCLEAR
    return OWN_NUMBERS if right.startswith(BOXED) else OWN_FACTS
