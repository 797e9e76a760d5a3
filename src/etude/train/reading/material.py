"""Material: rows to learn from, texts that are held out, and the tokenizer of both."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from transformers import PreTrainedTokenizerFast

from etude.errors import ConfigError
from etude.records import Document
from etude.train.ingredients import Pantry, share_of
from etude.train.reading.knowing import HeldOutText
from etude.train.reading.rows import Rows, ShardRows, StreamRows, write_stream
from etude.train.token_shards import TOKENIZER
from etude.train.vocabulary import (
    VocabularySettings,
    end_of_text,
    read_vocabulary,
    train_vocabulary,
)


class Material(NamedTuple):
    """What a run reads."""

    tokenizer: PreTrainedTokenizerFast
    rows: Rows
    held_out: list[HeldOutText]


class MaterialSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How to come by it; fields as the recipe of `pretrain` has them."""

    length: int
    held_out_share: float
    held_out_texts: int
    seed: int
    vocabulary: VocabularySettings


def gather(
    pantry: Pantry, settings: MaterialSettings, work: Path, known: PreTrainedTokenizerFast | None
) -> Material:
    """Return what a run reads.

    Args:
        pantry: Where everything lies.
        settings: How to come by it.
        work: Folder for the stream of tokens.
        known: Tokenizer of the model to start from; `None` for a new model.

    Raises:
        ConfigError: The data cannot be trained with.
        RecordError: A data set is damaged.
    """
    kinds = pantry.kinds("data")
    if kinds == {"tokens"}:
        return _from_tokens(pantry, settings, known)
    if kinds != {"dataset"}:
        raise ConfigError(
            "data: pretrain learns from data sets of documents or from token sets, and not from "
            f"both; this is {' and '.join(sorted(kinds)) or 'nothing'}"
        )
    return _from_documents(pantry, settings, work, known)


def _from_documents(
    pantry: Pantry, settings: MaterialSettings, work: Path, known: PreTrainedTokenizerFast | None
) -> Material:
    share = 0.0 if pantry.places("held_out") else settings.held_out_share
    texts, kept_back = [], []
    for document in pantry.documents("data"):
        if not document.text:
            continue
        if share and share_of(document.id, settings.seed) < share:
            kept_back.append(document)
        else:
            texts.append(document.text)
    if not texts:
        raise ConfigError("data: no document with text is left to learn from")
    given = pantry.places("vocabulary")
    if known is None and given:
        known = read_vocabulary(given[0])
    if known is None:
        sample = texts[: settings.vocabulary.sample]
        known = train_vocabulary(sample, settings.vocabulary.size)
    path = work / "tokens.bin"
    dtype = write_stream(texts, known, path, settings.seed)
    rows = StreamRows(path, settings.length, dtype)
    return Material(known, rows, _texts(pantry, kept_back, settings))


def _from_tokens(
    pantry: Pantry, settings: MaterialSettings, known: PreTrainedTokenizerFast | None
) -> Material:
    paths = pantry.places("data")
    tokenizers = {(path / TOKENIZER).read_bytes() for path in paths}
    if len(tokenizers) > 1:
        raise ConfigError("data: the token sets were made with different tokenizers")
    tokenizer = read_vocabulary(paths[0] / TOKENIZER)
    if known is not None and known.get_vocab() != tokenizer.get_vocab():
        raise ConfigError("data: the tokens are not those of the tokenizer of the model")
    tokenizer = known or tokenizer
    whole = ShardRows(paths)
    if pantry.places("held_out"):
        return Material(tokenizer, whole, _texts(pantry, (), settings))
    chosen = np.asarray(
        [share_of(str(row), settings.seed) < settings.held_out_share for row in range(len(whole))],
        dtype=bool,
    )
    rows = ShardRows(paths, np.flatnonzero(~chosen))
    kept_back = np.flatnonzero(chosen)[: settings.held_out_texts]
    texts = [
        HeldOutText("data", text)
        for row in kept_back.tolist()
        for text in _decoded(whole, row, tokenizer)
    ]
    return Material(tokenizer, rows, texts)


def _decoded(rows: ShardRows, row: int, tokenizer: PreTrainedTokenizerFast) -> Iterator[str]:
    """Yield the pieces of documents that stand in a row."""
    ids, n_valid = rows.row(row)
    piece: list[int] = []
    for token in [*ids[:n_valid].tolist(), end_of_text(tokenizer)]:
        if token != end_of_text(tokenizer):
            piece.append(token)
        elif piece:
            yield tokenizer.decode(piece)
            piece = []


def _texts(
    pantry: Pantry, kept_back: Iterable[Document], settings: MaterialSettings
) -> list[HeldOutText]:
    """Return the texts to measure on: so many of each domain, the first ones."""
    found: list[HeldOutText] = []
    n: Counter[str] = Counter()
    for document in (*pantry.documents("held_out"), *kept_back):
        domain = document.domain or "not stated"
        if document.text and n[domain] < settings.held_out_texts:
            n[domain] += 1
            found.append(HeldOutText(domain, document.text))
    return found
