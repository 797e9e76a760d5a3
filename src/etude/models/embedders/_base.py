"""Embedder: turns texts into vectors whose cosine says how near their meanings are."""

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from etude.plugins import Spec

Vectors = npt.NDArray[np.float32]


class Embedder(Spec, frozen=True, kw_only=True):
    """Embeds texts. Its fields are its settings; it never downloads anything."""

    @abstractmethod
    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return a vector of length 1 for each text, [texts, width]; zeros where it has no words.

        Raises:
            ConfigError: The weights cannot be loaded.
        """
        raise NotImplementedError
