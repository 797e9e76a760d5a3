"""What a scanner is."""

from abc import abstractmethod

import numpy as np
import numpy.typing as npt

from etude.plugins import Spec


class Scanner(Spec, frozen=True, kw_only=True):
    """Finds where patterns end in a block of bytes."""

    @abstractmethod
    def ends(
        self, data: bytes, patterns: tuple[bytes, ...]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return which pattern (int64 [n]) ends where (int64 [n]) in the data.

        Of matches of one pattern that overlap, any one is enough. Order does not matter.
        """
