"""Text to tokens, a batch at a time, by whichever engine is fast and right for the tokenizer."""

from __future__ import annotations

import functools
import hashlib
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from tokenizers import Tokenizer

from etude.errors import ConfigError, blame
from etude.stages.corpus.tokens import _tokie
from etude.stages.corpus.tokens.bytelevel import to_bytes
from etude.stages.corpus.tokens.patterns import PATTERNS, Pattern, find_pattern

EngineName = Literal["auto", "tokie", "tokenizers"]
Ids = npt.NDArray[np.unsignedinteger[Any]]

PROBES = (
    "",
    "\t(x\t@ISA\t\u00d7 \u00a0C\u00a0RAM\x0b.s\x0c_f",
    " \u2167\u24d0.M \u00b2\u00bd\u0664\u0663 1234567 12 1",
    "I'm you'Re they'll we'D it'sx 'tis o'clock d'\u017f",
    "a  b   c\t\td\n\ne \n f\r\n\r\ng \u3000h\u2003i\x85j\u2028k",
    "e\u0301 na\u00efve \u4e2d\u6587\uac00\U0001f642\u200d\U0001f525 \u0915\u094d\u0937 \u01c5a",
    "<|endoftext|> // --- ==== /**/ !!\n/x \0 {}[]();:'\"",
)
"""Strings whose kind once made engines differ, encoded by both whenever a tokenizer is loaded."""
_TOKENS_IN_A_PROBE = 12


class Encoded(NamedTuple):
    """Tokens of several texts, end to end."""

    ids: Ids
    """uint16, or uint32 for more than 65,536 tokens [n_tokens]."""
    offsets: npt.NDArray[np.int64]
    """Where each text's tokens begin, and the end of the last [n_texts + 1]."""


class Encoder:
    """A tokenizer file, ready to encode. Text never becomes a special token.

    With `auto`, tokie is used for tokenizers that it is known to follow (see `why`), and for every
    text on which it could differ from `tokenizers`, that is used.
    """

    def __init__(self, path: Path, engine: EngineName = "auto") -> None:
        """Load the tokenizer at `path`.

        Raises:
            ConfigError: It is not there or no tokenizer, or `tokie` was asked for and is not safe.
        """
        try:
            content = path.read_bytes()
        except OSError as cause:
            raise ConfigError(f"{path}: {cause.strerror}") from cause
        with blame(ConfigError, f"{path} is no tokenizer.json"):
            self._slow = Tokenizer.from_buffer(content)
            self._plain: dict[str, Any] = msgspec.json.decode(content)
        self._slow.encode_special_tokens = True
        self._slow.no_truncation()
        self._slow.no_padding()
        self.path = path
        self.digest = hashlib.sha256(content).hexdigest()
        """sha256 of the file."""
        tokens = self._slow.get_vocab(with_added_tokens=True)
        self.n_vocab = max(tokens.values(), default=-1) + 1
        """Ids are below this number."""
        self.dtype: type[np.uint16 | np.uint32] = (
            np.uint16 if self.n_vocab <= 1 << 16 else np.uint32
        )
        self._special = {a["content"]: int(a["id"]) for a in self._plain.get("added_tokens", ())}
        self.token_bytes: pa.BinaryArray | None = _token_bytes(self._plain, tokens, self._special)
        """The bytes of every id; `None` if the tokenizer's tokens are not bytes."""
        self._fast: Any = None
        self._pattern = PATTERNS["gpt4"]
        self._strange = ""
        self.why = "asked for" if engine == "tokenizers" else self._try_tokie()
        """Why the engine is `tokenizers`; empty when it is tokie."""
        self.engine: EngineName = "tokenizers" if self.why else "tokie"
        if engine == "tokie" and self.why:
            raise ConfigError(f"{path}: tokie cannot be used: {self.why}; engine='auto' would do")

    def special(self, token: str) -> int:
        """Return the id of a special token.

        Raises:
            ConfigError: The tokenizer has no such special token.
        """
        if token not in self._special:
            known = ", ".join(self._special) or "none"
            raise ConfigError(f"{self.path}: has no special token {token!r} (it has: {known})")
        return self._special[token]

    def encode(self, texts: pa.StringArray | pa.ChunkedArray | Sequence[str]) -> Encoded:
        """Return the tokens of texts, without any special token; null gives none."""
        array = _as_array(texts)
        strings: list[str] = array.fill_null("").to_pylist()
        if self._fast is None:
            return _join(self._encode_slowly(strings), self.dtype)
        sizes = pc.fill_null(pc.binary_length(array), 0).to_numpy(zero_copy_only=False)
        slow = np.zeros(len(strings), dtype=np.bool_)
        if self._strange:
            strange = pc.match_substring_regex(array, self._strange).fill_null(value=False)
            slow = strange.to_numpy(zero_copy_only=False).copy()
        parts, owners = self._cut(strings, sizes, slow)
        ids, lengths = self._encode_fast(parts)
        counts = np.zeros(len(strings), dtype=np.int64)
        np.add.at(counts, owners, lengths)
        lost = self._bytes_of(ids, counts) != np.where(slow, 0, sizes)
        lost &= ~slow
        if not (slow.any() or lost.any()):
            return Encoded(ids, _offsets(counts))
        return self._mend(strings, Encoded(ids, _offsets(counts)), slow | lost)

    def count(self, texts: pa.StringArray | pa.ChunkedArray) -> npt.NDArray[np.int64]:
        """Return how many tokens each text has, int64 [n_texts]."""
        return np.diff(self.encode(texts).offsets)

    def decode(self, ids: npt.ArrayLike) -> bytes:
        """Return the bytes that tokens stand for.

        Raises:
            ConfigError: The tokenizer's tokens are not bytes, or an id is not one of its own.
        """
        numbers = np.asarray(ids, dtype=np.int64)
        if self.token_bytes is None:
            raise ConfigError(
                f"{self.path}: no byte-level tokenizer, so tokens have no exact bytes"
            )
        if numbers.size and (numbers.min() < 0 or numbers.max() >= self.n_vocab):
            raise ConfigError(f"{self.path}: has no token {int(numbers.max())}")
        return b"".join(self.token_bytes.take(pa.array(numbers)).to_pylist())

    def _try_tokie(self) -> str:
        """Load tokie if it follows this tokenizer; else return why not."""
        pattern = _known_pattern(self._plain)
        if isinstance(pattern, str):
            return pattern
        if self.token_bytes is None:
            return "not every byte has a token"
        with blame(ConfigError, "tokie"):
            self._pattern = pattern
            self._fast = _tokie.load(self._plain, pattern)
        if strange := _tokie.differing_characters():
            self._strange = "[" + "".join(f"\\x{{{ord(c):X}}}" for c in strange) + "]"
        probes = [*PROBES, *self._vocabulary_probes()]
        fast, slow = self.encode(probes), _join(self._encode_slowly(probes), self.dtype)
        if np.array_equal(fast.offsets, slow.offsets) and np.array_equal(fast.ids, slow.ids):
            return ""
        self._fast = None
        return "its tokens differ from those of tokenizers"

    def _vocabulary_probes(self) -> Iterator[str]:
        """Yield texts in which every token of the vocabulary occurs, in a settled mix."""
        raw = self.token_bytes.to_pylist() if self.token_bytes is not None else []
        tokens = [token.decode("utf-8", "ignore") for token in raw]
        random.Random(0).shuffle(tokens)
        for at in range(0, len(tokens), _TOKENS_IN_A_PROBE):
            yield "".join(tokens[at : at + _TOKENS_IN_A_PROBE])

    def _cut(
        self, strings: list[str], sizes: npt.NDArray[Any], slow: npt.NDArray[np.bool_]
    ) -> tuple[list[str], npt.NDArray[np.int64]]:
        """Return what tokie is given, and to which text each part belongs; marks slow texts."""
        parts: list[str] = []
        owners: list[int] = []
        long = sizes > _tokie.LONGEST
        if not (long.any() or slow.any()):
            return strings, np.arange(len(strings))
        for n, string in enumerate(strings):
            if slow[n]:
                continue
            if not long[n]:
                parts.append(string)
                owners.append(n)
                continue
            pieces = _tokie.cut(string.encode(), self._pattern)
            if pieces is None:
                slow[n] = True
                continue
            parts += [piece.decode() for piece in pieces]
            owners += [n] * len(pieces)
        return parts, np.asarray(owners, dtype=np.int64)

    def _encode_fast(self, parts: list[str]) -> tuple[Ids, npt.NDArray[np.int64]]:
        if not parts:
            return np.zeros(0, dtype=self.dtype), np.zeros(0, dtype=np.int64)
        ids, lengths = self._fast.encode_batch_flat(parts, add_special_tokens=False)
        return ids.astype(self.dtype, copy=False), lengths.astype(np.int64)

    def _encode_slowly(self, strings: list[str]) -> list[Ids]:
        encodings = self._slow.encode_batch_fast(strings, add_special_tokens=False)
        return [np.asarray(encoding.ids, dtype=self.dtype) for encoding in encodings]

    def _bytes_of(self, ids: Ids, counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return how many bytes the tokens of each text stand for."""
        total = np.zeros(len(counts), dtype=np.int64)
        some = counts > 0
        if some.any():
            begins = _offsets(counts)[:-1][some]
            total[some] = np.add.reduceat(self._sizes[ids], begins, dtype=np.int64)
        return total

    @functools.cached_property
    def _sizes(self) -> npt.NDArray[np.int32]:
        """Bytes of each token, int32 [n_vocab]."""
        sizes: npt.NDArray[np.int32] = pc.binary_length(self.token_bytes).to_numpy()
        return sizes

    def _mend(self, strings: list[str], fast: Encoded, slow: npt.NDArray[np.bool_]) -> Encoded:
        """Return the tokens with those of some texts taken from `tokenizers`."""
        which = np.flatnonzero(slow).tolist()
        mended = dict(zip(which, self._encode_slowly([strings[n] for n in which]), strict=True))
        return _join(
            [
                mended[n] if slow[n] else fast.ids[fast.offsets[n] : fast.offsets[n + 1]]
                for n in range(len(strings))
            ],
            self.dtype,
        )


@functools.lru_cache(maxsize=4)
def load_encoder(path: Path, engine: EngineName = "auto") -> Encoder:
    """Return the encoder of a tokenizer file, the same one for the same path in this process."""
    return Encoder(path, engine)


def _known_pattern(tokenizer: dict[str, Any]) -> Pattern | str:
    """Return the tokenizer's pattern if tokie can follow it, else why it cannot."""
    model = tokenizer.get("model") or {}
    if model.get("type") != "BPE" or tokenizer.get("normalizer"):
        return "it is no plain byte-level BPE"
    if model.get("byte_fallback") or model.get("ignore_merges") or model.get("dropout"):
        return "its model has settings that tokie has not"
    splitter = tokenizer.get("pre_tokenizer") or {}
    steps = splitter.get("pretokenizers", [splitter])
    last = steps[-1]
    if last.get("type") != "ByteLevel" or last.get("add_prefix_space"):
        return "it is no plain byte-level BPE"
    if len(steps) == 1 and last.get("use_regex", True):
        return PATTERNS["gpt2"]
    first = steps[0]
    if len(steps) != 2 or first.get("type") != "Split" or last.get("use_regex", True):
        return "its pre-tokenisation has steps that are not known"
    if first.get("behavior") != "Isolated" or first.get("invert"):
        return "its pre-tokenisation has steps that are not known"
    pattern = find_pattern(first.get("pattern", {}).get("Regex", ""))
    return pattern or "its pre-tokenisation pattern is not one of those that were compared"


def _token_bytes(
    tokenizer: dict[str, Any], tokens: dict[str, int], special: dict[str, int]
) -> pa.BinaryArray | None:
    if (tokenizer.get("decoder") or {}).get("type") != "ByteLevel":
        return None
    table = [b""] * (max(tokens.values(), default=-1) + 1)
    for written, number in tokens.items():
        raw = written.encode() if written in special else to_bytes(written)
        if raw is None:
            return None
        table[number] = raw
    if len({raw for raw in table if len(raw) == 1}) != 256:
        return None
    return pa.array(table, type=pa.binary())


def _as_array(texts: pa.StringArray | pa.ChunkedArray | Sequence[str]) -> pa.Array:
    if isinstance(texts, pa.ChunkedArray):
        return texts.combine_chunks()
    return texts if isinstance(texts, pa.Array) else pa.array(texts, type=pa.string())


def _offsets(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(counts, dtype=np.int64)])


def _join(pieces: list[Ids], dtype: type[np.uint16 | np.uint32]) -> Encoded:
    counts = np.asarray([len(piece) for piece in pieces], dtype=np.int64)
    ids: Ids = np.concatenate(pieces) if pieces else np.zeros(0, dtype=dtype)
    return Encoded(ids.astype(dtype, copy=False), _offsets(counts))
