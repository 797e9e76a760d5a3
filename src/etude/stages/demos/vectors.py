"""Texts as vectors of length 1: by an embedder, or by the words that they hold."""

from collections.abc import Sequence

import numpy as np

from etude.models.embedders import Vectors, embedders
from etude.stages.demos.texts import word_hashes

WIDTH = 512
"""Of vectors of words."""


def embed(texts: Sequence[str], embedder: str) -> Vectors:
    """Return a vector for each text, [texts, width]; zeros where it has no words.

    Args:
        texts: The texts.
        embedder: Name of an embedder of `etude.models`; empty for vectors of words, hashed and
            weighted by how rare they are, which need no package and know no meaning.

    Raises:
        ConfigError: There is no such embedder, or it cannot be loaded.
    """
    if embedder:
        return embedders.make(embedder).embed(texts)
    known: dict[str, int] = {}
    hashed = [word_hashes(text, known) for text in texts]
    n_texts = np.zeros(WIDTH)
    for numbers in hashed:
        n_texts[np.unique(numbers % np.uint64(WIDTH)).astype(np.int64)] += 1
    rarity = np.log((1 + len(texts)) / (1 + n_texts)) + 1
    vectors = np.zeros((len(texts), WIDTH), np.float32)
    for row, numbers in zip(vectors, hashed, strict=True):
        places = (numbers % np.uint64(WIDTH)).astype(np.int64)
        signs = np.where((numbers >> np.uint64(63)) & np.uint64(1), 1.0, -1.0)
        np.add.at(row, places, (signs * rarity[places]).astype(np.float32))
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return vectors
