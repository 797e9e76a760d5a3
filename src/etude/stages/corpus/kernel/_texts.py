"""Texts as the kernel reads them: one run of bytes, and where each text begins."""

from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa


class Texts(NamedTuple):
    """Borrowed from an Arrow array, which must outlive it; copied only where Arrow has several."""

    data: npt.NDArray[np.uint8]
    offsets: npt.NDArray[np.int64]
    """[texts + 1]: text i is data[offsets[i]:offsets[i + 1]]."""

    @classmethod
    def of(cls, values: pa.Array | pa.ChunkedArray) -> Self:
        """Return the texts of a string array; a null is an empty text."""
        if isinstance(values, pa.ChunkedArray):
            values = values.cast(pa.large_string()).combine_chunks()
        if values.null_count:
            values = values.fill_null("")
        wide = values.type in (pa.large_string(), pa.large_binary())
        _, places, data = values.buffers()
        if places is None or not len(values):
            return cls(np.zeros(1, dtype=np.uint8), np.zeros(1, dtype=np.int64))
        kept = np.frombuffer(places, dtype=np.int64 if wide else np.int32)
        offsets: npt.NDArray[np.int64] = kept[values.offset :][: len(values) + 1].astype(np.int64)
        if data is None or not len(data):
            return cls(np.zeros(1, dtype=np.uint8), offsets)
        return cls(np.frombuffer(data, dtype=np.uint8), offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def sizes(self) -> npt.NDArray[np.int64]:
        """Bytes of each text."""
        return np.diff(self.offsets)

    def text(self, index: int) -> bytes:
        """Return one text's bytes."""
        return self.data[self.offsets[index] : self.offsets[index + 1]].tobytes()
