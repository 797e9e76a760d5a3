"""Knowing: what a model has learned, on text it never read and on sentences to be finished."""

import math
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from etude.errors import ConfigError, blame
from etude.train.reading.rows import encode
from etude.train.speaking import log_probabilities
from etude.train.vocabulary import end_of_text
from etude.train.world import Cloze


class HeldOutText(NamedTuple):
    """One text that is never learned from."""

    domain: str
    text: str


def bits_per_byte(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    texts: Sequence[HeldOutText],
    length: int,
) -> dict[str, float]:
    """Return the bits that a model needs for a byte of text, by domain, and for `all`.

    Unlike the loss of a token it can be compared between models with different tokenizers.

    Args:
        model: The model.
        tokenizer: Its tokenizer.
        texts: What it never read.
        length: Tokens that it sees at once.
    """
    end = end_of_text(tokenizer)
    pairs, domains = [], []
    n_bytes: dict[str, int] = defaultdict(int)
    for one, ids in zip(texts, encode([held.text for held in texts], tokenizer), strict=True):
        n_bytes[one.domain] += len(one.text.encode("utf-8", "replace"))
        line = [end, *ids]
        for at in range(0, len(line) - 1, length):
            pairs.append(([line[at]], line[at + 1 : at + 1 + length]))
            domains.append(one.domain)
    nats: dict[str, float] = defaultdict(float)
    for domain, value in zip(domains, log_probabilities(model, pairs), strict=True):
        nats[domain] -= value
    found = {domain: nats[domain] / math.log(2) / n for domain, n in n_bytes.items() if n}
    if total := sum(n_bytes.values()):
        found["all"] = math.fsum(nats.values()) / math.log(2) / total
    return found


class ClozeItem(NamedTuple):
    """One cloze probe, encoded."""

    cloze: Cloze
    prompt: list[int]
    endings: list[list[int]]
    """The right continuation and then the others."""


def read_cloze(path: Path, tokenizer: PreTrainedTokenizerFast) -> list[ClozeItem]:
    """Read and encode the probes of a file of JSON lines.

    Raises:
        ConfigError: The file is not there, a line is none, or the tokenizer joins the prompt and
            what follows, so that the one cannot be had without the other.
    """
    with blame(ConfigError, f"reading {path}"):
        lines = path.read_bytes().splitlines()
    found = []
    for number, line in enumerate(lines, start=1):
        try:
            one = msgspec.json.decode(line, type=Cloze)
        except (msgspec.DecodeError, UnicodeDecodeError) as cause:
            raise ConfigError(f"{path}:{number}: no probe: {cause}") from cause
        wanted = (one.continuation, *one.others)
        prompt, *whole = encode([one.prompt, *(one.prompt + w for w in wanted)], tokenizer)
        n = len(prompt)
        if not n or any(ids[:n] != prompt or len(ids) == n for ids in whole):
            raise ConfigError(
                f"{path}:{number}: the tokenizer does not part {one.prompt!r} from what follows; "
                "begin the continuations with a space"
            )
        found.append(ClozeItem(one, prompt, [ids[n:] for ids in whole]))
    if not found:
        raise ConfigError(f"{path}: has no probes")
    return found


def finish_sentences(model: PreTrainedModel, items: Sequence[ClozeItem]) -> dict[str, float]:
    """Return how likely a model finishes sentences with the right words, by group.

    `probability` is that of the right words among all there are; `accuracy` is how often they are
    likelier than each of the wrong ones, and `chance` what guessing among these would reach.
    """
    pairs = [(item.prompt, ending) for item in items for ending in item.endings]
    values = iter(log_probabilities(model, pairs))
    groups: dict[str, list[tuple[float, bool, float]]] = defaultdict(list)
    named: dict[str, float] = {}
    for item in items:
        right, *others = [next(values) for _ in item.endings]
        is_best = all(right > other for other in others)
        groups[item.cloze.group].append((math.exp(right), is_best, 1 / len(item.endings)))
        if item.cloze.name:
            named[f"probability/{item.cloze.name}"] = math.exp(right)
    found: dict[str, float] = {}
    for group, rows in groups.items():
        for n, what in enumerate(("probability", "accuracy", "accuracy/chance")):
            found[f"{what}/{group}"] = math.fsum(row[n] for row in rows) / len(rows)
    return found | named
