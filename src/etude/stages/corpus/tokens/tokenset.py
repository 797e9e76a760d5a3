"""TokenSet: a folder of tokens with its manifest, `tokens.json`. Nothing here writes."""

import hashlib
from pathlib import Path
from typing import Any, Literal, Self

import msgspec
import numpy as np

from etude.errors import ConfigError

NAME = "tokens.json"
FORMAT = 1
"""Version of the layout on disk; a reader refuses a newer one."""


class TokenFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file of a token set."""

    name: str
    """Path within the folder, with forward slashes."""
    size_bytes: int
    sha256: str


class TokenShard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The files of one shard and what they hold."""

    files: tuple[TokenFile, ...]
    n_rows: int
    """Sequences, or documents where the layout keeps documents whole."""
    n_tokens: int
    """Without padding."""


class PackCounts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What went in and what became of it."""

    n_documents: int = 0
    """Documents of the data set that occur at least once."""
    n_left_out: int = 0
    """Documents without text, or to be repeated 0 times."""
    n_copies: int = 0
    """Documents as written, each repetition counted."""
    n_text_bytes: int = 0
    """Text of all copies, UTF-8."""
    n_tokens: int = 0
    """Tokens written, end-of-text tokens among them and padding not."""
    n_padding: int = 0
    n_dropped: int = 0
    """Tokens left out with sequences that were not full."""
    n_cut: int = 0
    """Copies that lie in more than one sequence."""
    n_rows: int = 0
    """Sequences, or documents where the layout keeps documents whole."""


class TokenManifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a token set holds and how it was made. Says nothing of when: same input, same bytes."""

    format: int = FORMAT
    layout: dict[str, Any]
    """Name of the layout as `use`, and its settings."""
    unit: Literal["sequence", "document"]
    """What one row is."""
    length: int
    """Tokens of a sequence; 0 where rows are documents."""
    dtype: Literal["uint16", "uint32"]
    """Of the ids as they were encoded."""
    n_vocab: int
    end_of_text: int
    """Id of the token between documents."""
    padding: int
    """Id that fills sequences that are not full; not to be learned."""
    tokenizer: str
    """sha256 of the tokenizer's file, a copy of which lies in the folder."""
    data: str
    """Digest of the data set that it was made from."""
    seed: int
    settings: str
    """Every setting it was made with, as JSON."""
    code_version: str
    counts: PackCounts
    shards: tuple[TokenShard, ...]
    files: tuple[TokenFile, ...]
    """Further files, such as indexes over all shards and the tokenizer."""

    @property
    def digest(self) -> str:
        """sha256 of the manifest: equal token sets have equal digests."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()

    def encode(self) -> bytes:
        """Return the manifest as it stands on disk."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n"


class TokenSet:
    """Tokens in one folder. Its length is the number of its rows."""

    def __init__(self, path: Path, manifest: TokenManifest) -> None:
        self.path = path
        self.manifest = manifest

    @classmethod
    def open(cls, path: Path) -> Self:
        """Return the token set in the folder `path`.

        Raises:
            ConfigError: It is not there, is not finished, or was written by a newer Etude.
        """
        try:
            raw = (path / NAME).read_bytes()
        except FileNotFoundError as cause:
            raise ConfigError(f"{path}: holds no {NAME}, so it is no token set") from cause
        except OSError as cause:
            raise ConfigError(f"{path / NAME}: {cause.strerror}") from cause
        try:
            stamp = msgspec.json.decode(raw, type=dict[str, Any]).get("format")
            if isinstance(stamp, int) and stamp > FORMAT:
                raise ConfigError(
                    f"{path}: token set of format {stamp}, this Etude reads up to {FORMAT}; "
                    "install a newer one"
                )
            return cls(path, msgspec.json.decode(raw, type=TokenManifest))
        except msgspec.DecodeError as cause:
            raise ConfigError(f"{path / NAME}: damaged: {cause}") from cause

    def __len__(self) -> int:
        return self.manifest.counts.n_rows

    @property
    def dtype(self) -> np.dtype[np.unsignedinteger[Any]]:
        """Little-endian type of the ids."""
        return np.dtype("<u2" if self.manifest.dtype == "uint16" else "<u4")

    def verify(self) -> list[str]:
        """Read every byte and return what is not as it was written, a line each."""
        shards = self.manifest.shards
        files = [*(file for shard in shards for file in shard.files), *self.manifest.files]
        problems = [line for file in files if (line := self._problem(file))]
        n_rows = sum(shard.n_rows for shard in shards)
        if n_rows != len(self):
            problems.append(f"{NAME}: {len(self)} rows, but its shards have {n_rows}")
        return problems

    def _problem(self, file: TokenFile) -> str:
        path = self.path / file.name
        if not path.is_file():
            return f"{file.name}: missing"
        if path.stat().st_size != file.size_bytes:
            return f"{file.name}: {path.stat().st_size} bytes, {file.size_bytes} were written"
        if describe(path, file.name) != file:
            return f"{file.name}: its content is not what was written"
        return ""


def describe(path: Path, name: str) -> TokenFile:
    """Return a file as the manifest lists it."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return TokenFile(name=name, size_bytes=path.stat().st_size, sha256=sha256)
