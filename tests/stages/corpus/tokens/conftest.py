"""Small corpora and a small tokenizer, made here."""

import hashlib
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from etude.stages.corpus import batch
from etude.stages.corpus.tokens.bpe import BpeSettings, train
from etude.store import Counts, Manifest, Shard

ENGLISH = "the of and to in is you that it he was for on are as with his they at be this have from"
CODE = "def return import self None for while print(x) == 'don't' 12345 0x7f __init__"
OTHER = "naïve 中文 日本語 приложение документ ﬁle été Ⅷ ½ class\n\t"
WORDS = [*ENGLISH.split(" "), *CODE.split(" "), *OTHER.split(" ")]


def prose(seed: int, n_words: int) -> str:
    """Text of some words and other signs, the same for the same seed."""
    rng = random.Random(seed)
    return "".join(
        rng.choice(WORDS) + rng.choice((" ", " ", " ", "\n", ". ")) for _ in range(n_words)
    )


def write_corpus(
    path: Path,
    texts: Sequence[str],
    repeats: Sequence[float] | None = None,
    domains: Sequence[str] | None = None,
    per_shard: int = 40,
) -> Path:
    """Write a data set of documents."""
    (path / "shards").mkdir(parents=True)
    origin = {"source": "here", "licence": "", "made_by": "tests 1", "parents": []}
    shards = []
    for number, at in enumerate(range(0, len(texts), per_shard)):
        some = texts[at : at + per_shard]
        columns: dict[str, list[object]] = {
            "id": [f"d{at + n}" for n in range(len(some))],
            "origin": [origin] * len(some),
            "text": list(some),
            "domain": list(domains[at : at + per_shard]) if domains else ["a"] * len(some),
        }
        rows = batch.from_columns(columns, len(some))
        if repeats is not None:
            rows = batch.with_signal(rows, "repeats", repeats[at : at + per_shard])
        file = path / "shards" / f"{number:05}.parquet"
        pq.write_table(pa.Table.from_batches([rows]), file)
        content = file.read_bytes()
        shards.append(
            Shard(
                name=f"shards/{file.name}",
                n_rows=len(some),
                size_bytes=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
            )
        )
    manifest = Manifest(
        record="document",
        recipe="{}",
        code_version="1",
        created="",
        counts=Counts(n_in=len(texts), n_kept=len(texts)),
        tables={"documents": tuple(shards)},
    )
    (path / "manifest.json").write_bytes(manifest.encode())
    return path


@pytest.fixture(scope="session")
def corpus_texts() -> list[str]:
    """Texts of 0 to 300 words; some are empty, one is long, one has a special token's name."""
    sizes = random.Random(7)
    texts = [prose(n, sizes.choice((0, 1, 5, 40, 300))) for n in range(150)]
    return [*texts, prose(999, 6000), "says <|endoftext|> and <|pad|>", "\0\0 \t(x\u00a0y"]


@pytest.fixture(scope="session")
def tokenizer(tmp_path_factory: pytest.TempPathFactory, corpus_texts: list[str]) -> Path:
    """A tokenizer of 430 tokens."""
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    path.write_bytes(train(corpus_texts, BpeSettings(vocab=430)))
    return path


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory, corpus_texts: list[str]) -> Path:
    """The texts as a data set of several shards."""
    return write_corpus(tmp_path_factory.mktemp("corpus") / "data", corpus_texts)


@pytest.fixture
def make_corpus(tmp_path: Path) -> Callable[..., Path]:
    """Write texts as a data set: `make_corpus(texts, repeats, domains, per_shard)`."""
    made = 0

    def make(
        texts: Sequence[str],
        repeats: Sequence[float] | None = None,
        domains: Sequence[str] | None = None,
        per_shard: int = 40,
    ) -> Path:
        nonlocal made
        made += 1
        return write_corpus(tmp_path / f"made-{made}", texts, repeats, domains, per_shard)

    return make
