"""What is measured on: passages of held-out text, and sentences whose last word is to be told."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from random import Random

import msgspec
from transformers import PreTrainedTokenizerFast

from etude.errors import ConfigError
from etude.records import Document
from etude.store import write_whole
from etude.train.reading.rows import encode
from etude.train.world import Cloze
from etude.value.proxies.texts import chance_of, passage

_LEAST_CHARS = 300
_SENTENCE = re.compile(r"[^.!?\n]{40,400}")
_LAST = re.compile(r"(?P<before>.*[a-z,]) (?P<word>[a-z]{4,20})\Z")
_OTHERS = 3


def passages(
    found: Iterable[Document], n_per_domain: int, most_chars: int, seed: int
) -> list[Document]:
    """Return passages of documents, so many of each domain at most, those first whose chance is.

    Raises:
        ConfigError: There is no text that is long enough.
    """
    by_domain: dict[str, list[tuple[int, Document]]] = defaultdict(list)
    for document in found:
        if len(document.text) < _LEAST_CHARS:
            continue
        mine = by_domain[document.domain]
        mine.append((chance_of(document.id, seed), document))
        if len(mine) > 4 * n_per_domain:
            mine.sort(key=lambda pair: pair[0])
            del mine[n_per_domain:]
    kept = []
    for domain in sorted(by_domain):
        ordered = sorted(by_domain[domain], key=lambda pair: (pair[0], pair[1].id))
        kept += [document for _, document in ordered[:n_per_domain]]
    if not kept:
        raise ConfigError(f"nothing to measure on: no text has {_LEAST_CHARS} characters")
    return [msgspec.structs.replace(one, text=passage(one.text, most_chars, seed)) for one in kept]


def write_cloze(
    path: Path,
    found: Sequence[Document],
    n_per_domain: int,
    tokenizer: PreTrainedTokenizerFast,
    seed: int,
) -> int:
    """Write sentences to be finished, by domain, and return how many there are.

    The last word is to be told from three words that end other sentences of the same domain.
    """
    rng = Random(seed)
    items: list[Cloze] = []
    by_domain: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for document in found:
        by_domain[document.domain].extend(_sentences(document.text))
    for domain, sentences in sorted(by_domain.items()):
        words = sorted({word for _, word in sentences})
        if len(words) <= _OTHERS:
            continue
        rng.shuffle(sentences)
        made = (_item(domain, before, word, words, rng) for before, word in sentences)
        fit = (item for item in made if _parts(item, tokenizer))
        items += [item for item, _ in zip(fit, range(n_per_domain), strict=False)]
    write_whole(path, b"".join(msgspec.json.encode(item) + b"\n" for item in items))
    return len(items)


def _sentences(text: str) -> Iterator[tuple[str, str]]:
    for match in _SENTENCE.finditer(text):
        if (
            match.end() < len(text)
            and text[match.end()] != "\n"
            and (last := _LAST.match(match[0].strip()))
        ):
            yield last["before"], last["word"]


def _item(domain: str, before: str, word: str, words: Sequence[str], rng: Random) -> Cloze:
    others = [other for other in rng.sample(words, _OTHERS + 1) if other != word][:_OTHERS]
    return Cloze(
        prompt=before,
        continuation=f" {word}",
        others=tuple(f" {other}" for other in others),
        group=domain or "not stated",
    )


def _parts(item: Cloze, tokenizer: PreTrainedTokenizerFast) -> bool:
    """Whether the tokenizer parts the prompt from each word."""
    wanted = [item.prompt + word for word in (item.continuation, *item.others)]
    prompt, *whole = encode([item.prompt, *wanted], tokenizer)
    n = len(prompt)
    return bool(n) and all(ids[:n] == prompt and len(ids) > n for ids in whole)
