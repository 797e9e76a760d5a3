"""Train a byte-level BPE tokenizer on a sample of a corpus, and say how well it compresses."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import rustbpe
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from etude.errors import ConfigError, blame
from etude.stages.corpus.tokens.bytelevel import merges_of, to_chars
from etude.stages.corpus.tokens.encode import Encoder
from etude.stages.corpus.tokens.gather import text_bytes
from etude.stages.corpus.tokens.patterns import PATTERNS
from etude.stages.corpus.tokens.shuffle import chance
from etude.store import Dataset, write_whole

Tell = Callable[[int, int], None]
"""Told how much is done, and of how much."""

END_OF_TEXT = "<|endoftext|>"
_LONGEST_TEXT = 1 << 16
_ENDLESS = ((r"([^ \n\r\t]{200})", r"\1 "), (r"([ \n\r\t]{200})[ \n\r\t]*", r"\1"))
"""Runs without or of white space are broken up: a learner's time grows with their square."""
_LARGEST_VOCABULARY = 1 << 20


class BpeSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a tokenizer is trained."""

    vocab: int = 32768
    """Tokens in all, special ones among them. At most 65,536 fit two bytes each."""
    pattern: str = "gpt4"
    """Name of a pre-tokenisation pattern of `patterns.PATTERNS`, or a regular expression."""
    special: tuple[str, ...] = (
        END_OF_TEXT,
        "<|pad|>",
        "<|im_start|>",
        "<|im_end|>",
        "<|fim_prefix|>",
        "<|fim_middle|>",
        "<|fim_suffix|>",
    )
    """Special tokens; their ids follow those that are learned."""
    n_reserved: int = 9
    """Further special tokens without a meaning yet, `<|reserved_0|>` and so on."""
    sample_bytes: int = 1_000_000_000
    """About how much text to learn from, UTF-8; documents are drawn by chance. 0 takes all."""
    engine: Literal["rustbpe", "tokenizers"] = "rustbpe"
    """What learns the merges. `rustbpe` measured 2.4 times as fast."""
    measure_bytes: int = 8_000_000
    """About how much text the compression is measured on, from documents that were not learned
    from wherever there are any."""
    seed: int = 0


class Compression(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much text a token holds."""

    n_documents: int
    n_bytes: int
    n_tokens: int
    bytes_per_token: float
    """Text bytes by tokens; higher is tighter. 0 where there was no text."""


class TokenizerCard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a tokenizer was made from and what it does; lies beside it."""

    sha256: str
    """Of the tokenizer's file."""
    n_vocab: int
    special: dict[str, int]
    """Ids of special tokens."""
    pattern: str
    """The pre-tokenisation pattern as a regular expression."""
    settings: BpeSettings
    data: str
    """Digest of the data set that it was trained on."""
    n_documents: int
    """How many it learned from."""
    n_bytes: int
    """Text it learned from, UTF-8."""
    held_out: bool
    """Whether compression was measured on documents that it did not learn from."""
    compression: Compression
    by_domain: dict[str, Compression]


def train_tokenizer(
    dataset: Path,
    out: Path,
    settings: BpeSettings | None = None,
    tell: Tell = lambda done, total: None,
) -> TokenizerCard:
    """Train a tokenizer on the documents of a data set; write `out` and its card beside it.

    Args:
        dataset: Folder of a data set of documents.
        out: The file to write, in the format of Hugging Face's `tokenizer.json`. The card is
            named after it: `tokenizer.card.json`.
        settings: How to train.
        tell: Told the documents looked at and their number.

    Raises:
        ConfigError: The data set or the settings cannot be used, or `out` cannot be written.
        RecordError: A shard is damaged.
    """
    settings = settings or BpeSettings()
    _check(settings)
    data = Dataset.open(dataset)
    n_rows, share = data.n_rows("documents"), _share(data, settings.sample_bytes)
    sample = _Sample(data, share, settings.seed, tell)
    content = train(sample.texts(), settings)
    if not sample.n_documents:
        raise ConfigError(f"{dataset}: has no text to learn from")
    write_whole(out, content)
    encoder = Encoder(out)
    overall, by_domain, held_out = _measure(data, encoder, share, settings)
    card = TokenizerCard(
        sha256=hashlib.sha256(content).hexdigest(),
        n_vocab=encoder.n_vocab,
        special={name: encoder.special(name) for name in _special(settings)},
        pattern=_pattern(settings),
        settings=settings,
        data=data.manifest.digest,
        n_documents=sample.n_documents,
        n_bytes=sample.n_bytes,
        held_out=held_out,
        compression=overall,
        by_domain=by_domain,
    )
    card_path = out.with_name(f"{out.name.removesuffix('.json')}.card.json")
    write_whole(card_path, msgspec.json.format(msgspec.json.encode(card), indent=1) + b"\n")
    tell(n_rows, n_rows)
    return card


def train(texts: Iterable[str], settings: BpeSettings) -> bytes:
    """Return a `tokenizer.json` trained on texts: the same texts and settings, the same bytes.

    Raises:
        ConfigError: The settings cannot be used.
    """
    _check(settings)
    special, pattern = _special(settings), _pattern(settings)
    learned = settings.vocab - len(special)
    with blame(ConfigError, f"cannot train with the pattern {settings.pattern!r}"):
        if settings.engine == "rustbpe":
            model = _learn_by_rustbpe(texts, learned, pattern)
        else:
            model = _learn_by_tokenizers(texts, learned, pattern)
        tokenizer = Tokenizer(model)
        tokenizer.pre_tokenizer = _splitter(pattern)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(list(special))
    return tokenizer.to_str(pretty=False).encode()


def report(card: TokenizerCard) -> str:
    """Return the compression by domain as a Markdown table."""
    rows = sorted(card.by_domain.items(), key=lambda item: (-item[1].n_bytes, item[0]))
    lines = ["| domain | documents | bytes | tokens | bytes per token |", "|---|--:|--:|--:|--:|"]
    lines += [
        f"| {name} | {c.n_documents:,} | {c.n_bytes:,} | {c.n_tokens:,} | {c.bytes_per_token:.3f} |"
        for name, c in [*((name or "(none)", c) for name, c in rows), ("all", card.compression)]
    ]
    return "\n".join(lines) + "\n"


def _learn_by_rustbpe(texts: Iterable[str], vocab: int, pattern: str) -> models.BPE:
    learner = rustbpe.Tokenizer()  # type: ignore[attr-defined]
    learner.train_from_iterator(iter(texts), vocab_size=vocab, pattern=pattern)
    ranks = sorted((rank, bytes(token)) for token, rank in learner.get_mergeable_ranks())
    tokens = [token for _, token in ranks]
    vocabulary = {to_chars(token): rank for rank, token in ranks}
    merges = [(to_chars(a), to_chars(b)) for a, b in merges_of(tokens)]
    return models.BPE(vocab=vocabulary, merges=merges)


def _learn_by_tokenizers(texts: Iterable[str], vocab: int, pattern: str) -> models.BPE:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = _splitter(pattern)
    trainer = trainers.BpeTrainer(
        vocab_size=vocab,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        special_tokens=[],
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    model: models.BPE = tokenizer.model
    return model


def _splitter(pattern: str) -> pre_tokenizers.PreTokenizer:
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )


class _Sample:
    """The documents that are learned from, counted as they pass."""

    def __init__(self, data: Dataset, share: float, seed: int, tell: Tell) -> None:
        self.data = data
        self.share = share
        self.seed = seed
        self.tell = tell
        self.n_documents = 0
        self.n_bytes = 0

    def texts(self) -> Iterator[str]:
        """Yield the texts in parts of bounded length, without runs that have no end."""
        seen, total = 0, self.data.n_rows("documents")
        for batch in self.data.batches("documents", ["text"]):
            drawn = pa.array(chance(self.seed, seen, batch.num_rows) < self.share)
            texts = batch.column("text").filter(drawn)
            self.n_documents += len(texts)
            self.n_bytes += pc.sum(pc.binary_length(texts)).as_py() or 0
            for run, broken in _ENDLESS:
                texts = pc.replace_substring_regex(texts, run, broken)
            for text in texts.to_pylist():
                for at in range(0, len(text), _LONGEST_TEXT):
                    yield text[at : at + _LONGEST_TEXT]
            seen += batch.num_rows
            self.tell(seen, total)


def _measure(
    data: Dataset, encoder: Encoder, share: float, settings: BpeSettings
) -> tuple[Compression, dict[str, Compression], bool]:
    """Return compression overall and by domain, and whether it is of documents held out."""
    # Chances from 0 to `share` were learned from; the measured ones lie at the other end.
    wanted = _share(data, settings.measure_bytes)
    held_out = share < 1.0
    wanted = min(wanted, 1.0 - share) if held_out else wanted
    totals: dict[str, npt.NDArray[np.int64]] = {}
    seen = 0
    for batch in data.batches("documents", ["text", "domain"]):
        drawn = pa.array(chance(settings.seed, seen, batch.num_rows) >= 1.0 - wanted)
        seen += batch.num_rows
        some = batch.filter(drawn)
        texts = some.column("text")
        sizes = pc.binary_length(texts).to_numpy()
        counts = encoder.count(texts)
        for domain, size, count in zip(
            some.column("domain").to_pylist(), sizes, counts, strict=True
        ):
            totals.setdefault(domain or "", np.zeros(3, dtype=np.int64))[:] += (1, size, count)
    overall = sum(totals.values(), np.zeros(3, dtype=np.int64))
    by_domain = {name: _compression(totals[name]) for name in sorted(totals)}
    return _compression(overall), by_domain, held_out


def _compression(total: npt.NDArray[np.int64]) -> Compression:
    documents, size, tokens = (int(n) for n in total)
    return Compression(
        n_documents=documents,
        n_bytes=size,
        n_tokens=tokens,
        bytes_per_token=round(size / tokens, 4) if tokens else 0.0,
    )


def _share(data: Dataset, n_bytes: int) -> float:
    """Return the share of documents that have about so much text in all."""
    total = text_bytes(data)
    return min(1.0, n_bytes / total) if n_bytes and total else 1.0


def _special(settings: BpeSettings) -> tuple[str, ...]:
    return (*settings.special, *(f"<|reserved_{n}|>" for n in range(settings.n_reserved)))


def _pattern(settings: BpeSettings) -> str:
    known = PATTERNS.get(settings.pattern)
    return known.text if known else settings.pattern


def _check(settings: BpeSettings) -> None:
    special = _special(settings)
    if len(set(special)) != len(special) or "" in special:
        raise ConfigError("special tokens must differ from each other and not be empty")
    least = 256 + len(special)
    if not least <= settings.vocab <= _LARGEST_VOCABULARY:
        raise ConfigError(
            f"a vocabulary of {settings.vocab} cannot be: 256 bytes and {len(special)} special "
            f"tokens make {least}, and {_LARGEST_VOCABULARY} is the most"
        )
    if END_OF_TEXT not in special:
        raise ConfigError(f"a tokenizer needs the special token {END_OF_TEXT}")
    if settings.pattern.isidentifier() and settings.pattern not in PATTERNS:
        known = ", ".join(PATTERNS)
        raise ConfigError(f"no pattern is called {settings.pattern!r} (known: {known})")
