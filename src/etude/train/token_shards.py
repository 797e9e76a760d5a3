"""Token sets of `etude corpus pack` in the layout `etude`, mapped and not read.

The folder is the contract: `tokens.json`, and for each shard a `.bin` of little-endian ids and an
`.idx` that says how many of each row are no padding.
"""

import hashlib
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from etude.errors import ConfigError, RecordError

NAME = "tokens.json"
TOKENIZER = "tokenizer.json"
_FORMAT = 1
_MAGIC = b"ETUDETOK"
_HEAD = 32


class _File(msgspec.Struct, frozen=True):
    name: str


class _Shard(msgspec.Struct, frozen=True):
    files: tuple[_File, ...]
    n_rows: int


class _Contents(msgspec.Struct, frozen=True):
    format: int
    layout: dict[str, Any]
    unit: Literal["sequence", "document"]
    length: int
    dtype: Literal["uint16", "uint32"]
    n_vocab: int
    shards: tuple[_Shard, ...]


class TokenManifest(msgspec.Struct, frozen=True, kw_only=True):
    """What training needs to know of a token set."""

    digest: str
    length: int
    """Tokens of a row."""
    n_vocab: int
    n_rows: int
    dtype: str
    shards: tuple[tuple[str, int], ...]
    """Name of the `.bin` and rows of each."""


def read_token_manifest(path: Path) -> TokenManifest:
    """Return what the token set in a folder holds.

    Raises:
        ConfigError: It is none, is of another layout, or was written by a newer Etude.
    """
    try:
        raw = (path / NAME).read_bytes()
        known = msgspec.json.decode(raw, type=_Contents)
    except OSError as cause:
        raise ConfigError(f"{path / NAME}: {cause.strerror}") from cause
    except msgspec.DecodeError as cause:
        raise ConfigError(f"{path / NAME}: damaged: {cause}") from cause
    if known.format > _FORMAT:
        raise ConfigError(f"{path}: token set of format {known.format}; install a newer Etude")
    layout = known.layout.get("use")
    if layout != "etude" or known.unit != "sequence":
        raise ConfigError(
            f"{path}: of the layout {layout!r}; pack it with --layout etude to train from it"
        )
    # The digest of `corpus pack` is over the same content without white space.
    decoded = msgspec.json.decode(raw)
    return TokenManifest(
        digest=hashlib.sha256(msgspec.json.encode(decoded)).hexdigest(),
        length=known.length,
        n_vocab=known.n_vocab,
        n_rows=sum(shard.n_rows for shard in known.shards),
        dtype="<u2" if known.dtype == "uint16" else "<u4",
        shards=tuple((shard.files[0].name, shard.n_rows) for shard in known.shards),
    )


class TokenShards:
    """Rows of a token set."""

    def __init__(self, path: Path) -> None:
        """Map every shard.

        Raises:
            ConfigError: It is no token set of sequences.
            RecordError: A shard is damaged.
        """
        self.manifest = read_token_manifest(path)
        opened = [self._map(path / name, n) for name, n in self.manifest.shards]
        self._tokens = [tokens for tokens, _ in opened]
        self._valid = [valid for _, valid in opened]
        rows = [n for _, n in self.manifest.shards]
        self._firsts = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(rows)])

    def __len__(self) -> int:
        return self.manifest.n_rows

    def read(self, row: int) -> tuple[npt.NDArray[np.unsignedinteger[Any]], int]:
        """Return one row and how many of its tokens are no padding."""
        shard = int(np.searchsorted(self._firsts, row, side="right")) - 1
        at = row - int(self._firsts[shard])
        return self._tokens[shard][at], int(self._valid[shard][at])

    def _map(
        self, path: Path, n_rows: int
    ) -> tuple[npt.NDArray[np.unsignedinteger[Any]], npt.NDArray[np.uint32]]:
        length = self.manifest.length
        try:
            index: npt.NDArray[np.uint8] = np.memmap(
                path.with_suffix(".idx"), dtype=np.uint8, mode="r"
            )
            tokens: npt.NDArray[Any] = np.memmap(path, dtype=self.manifest.dtype, mode="r")
        except (OSError, ValueError) as cause:
            raise RecordError(f"{path}: cannot be read: {cause}") from cause
        at = _HEAD + 8 * (n_rows + 1)
        if index[:8].tobytes() != _MAGIC or len(index) < at + 4 * n_rows:
            raise RecordError(f"{path.with_suffix('.idx')}: damaged")
        if len(tokens) != n_rows * length:
            raise RecordError(f"{path}: {len(tokens)} tokens, {n_rows * length} were written")
        return tokens.reshape(n_rows, length), index[at : at + 4 * n_rows].view("<u4")
