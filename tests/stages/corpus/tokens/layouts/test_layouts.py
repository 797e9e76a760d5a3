"""Each layout is read back by a small parser that knows only the format's description."""

import itertools
import json
import struct
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from etude.errors import ConfigError
from etude.stages.corpus.tokens.encode import Encoder
from etude.stages.corpus.tokens.layouts import Block, Vocabulary, layouts
from etude.stages.corpus.tokens.packing import PackSettings, pack
from etude.stages.corpus.tokens.tokenset import TokenSet

Pack = Any


@pytest.fixture
def packed(corpus: Path, tokenizer: Path, tmp_path: Path) -> Pack:
    """Pack the corpus in a layout."""

    def make(layout: str, **settings: Any) -> TokenSet:
        chosen = PackSettings(
            layout=layout, length=48, shard_tokens=4000, bucket_tokens=5000, **settings
        )
        return pack(corpus, tokenizer, tmp_path / layout, chosen)

    return make


@pytest.fixture
def wanted(corpus_texts: list[str]) -> Counter[str]:
    return Counter(text for text in corpus_texts if text)


def as_texts(made: TokenSet, documents: list[list[int]]) -> Counter[str]:
    """The texts of documents that end with the end-of-text token."""
    encoder = Encoder(made.path / "tokenizer.json")
    assert all(document[-1] == made.manifest.end_of_text for document in documents)
    return Counter(encoder.decode(document[:-1]).decode() for document in documents)


def split(tokens: list[int], end_of_text: int) -> list[list[int]]:
    documents: list[list[int]] = [[]]
    for token in tokens:
        documents[-1].append(token)
        if token == end_of_text:
            documents.append([])
    assert documents.pop() == []
    return documents


def check_boundaries(made: TokenSet, sequences: list[tuple[list[int], list[int], int]]) -> None:
    """Sequences as (tokens, boundaries, valid): a boundary wherever a document begins."""
    end = made.manifest.end_of_text
    for tokens, boundaries, valid in sequences:
        after = [n + 1 for n, token in enumerate(tokens[: valid - 1]) if token == end]
        assert boundaries == [0, *after]
        assert set(tokens[valid:]) <= {made.manifest.padding}


def test_etude(packed: Pack, wanted: Counter[str]) -> None:
    made = packed("etude")
    sequences = []
    for path in sorted(made.path.glob("*.idx")):
        raw = path.read_bytes()
        magic, version, n_rows, n_starts = struct.unpack_from("<8sQQQ", raw)
        assert (magic, version) == (b"ETUDETOK", 1)
        rows = struct.unpack_from(f"<{n_rows + 1}q", raw, 32)
        valid = struct.unpack_from(f"<{n_rows}I", raw, 32 + 8 * (n_rows + 1))
        starts = struct.unpack_from(f"<{n_starts}I", raw, 32 + 8 * (n_rows + 1) + 4 * n_rows)
        tokens = np.fromfile(path.with_suffix(".bin"), "<u2").reshape(n_rows, 48).tolist()
        sequences += [
            (tokens[n], list(starts[rows[n] : rows[n + 1]]), valid[n]) for n in range(n_rows)
        ]
    check_boundaries(made, sequences)
    flat = [token for tokens, _, valid in sequences for token in tokens[:valid]]
    assert as_texts(made, split(flat, made.manifest.end_of_text)) == wanted


def test_megatron(packed: Pack, wanted: Counter[str]) -> None:
    made = packed("megatron")
    documents = []
    for path in sorted(made.path.glob("*.idx")):
        raw = path.read_bytes()
        assert raw[:9] == b"MMIDIDX\x00\x00"
        version, code, n_sequences, n_documents = struct.unpack_from("<QBQQ", raw, 9)
        assert (version, code) == (1, 8)
        at = 9 + 8 + 1 + 8 + 8
        lengths = np.frombuffer(raw, np.int32, n_sequences, at)
        pointers = np.frombuffer(raw, np.int64, n_sequences, at + lengths.nbytes)
        at += lengths.nbytes + pointers.nbytes
        ends = np.frombuffer(raw, np.int64, n_documents, at)
        assert at + ends.nbytes == len(raw)
        assert ends.tolist() == list(range(n_sequences + 1))
        data = path.with_suffix(".bin").read_bytes()
        assert len(data) == 2 * lengths.sum()
        documents += [
            np.frombuffer(data, np.uint16, n, pointer).tolist()
            for n, pointer in zip(lengths, pointers, strict=True)
        ]
    assert as_texts(made, documents) == wanted


def test_llmc(packed: Pack, wanted: Counter[str]) -> None:
    made = packed("llmc", end_of_text_at="start")
    tokens: list[int] = []
    for path in sorted(made.path.glob("train_*.bin")):
        raw = path.read_bytes()
        head = np.frombuffer(raw, np.int32, 256)
        assert head[:2].tolist() == [20240520, 1]
        assert not head[3:].any()
        some = np.frombuffer(raw, np.uint16, offset=1024)
        assert len(some) == head[2]
        assert some[0] == made.manifest.end_of_text
        tokens += some.tolist()
    end = made.manifest.end_of_text
    assert as_texts(made, split([*tokens[1:], end], end)) == wanted


def test_nanochat(packed: Pack, wanted: Counter[str]) -> None:
    made = packed("nanochat")
    paths = sorted(made.path.glob("*.parquet"))
    assert len(paths) >= 2
    texts: list[str] = []
    for path in paths:
        file = pq.ParquetFile(path)
        for group in range(file.num_row_groups):
            texts += file.read_row_group(group).column("text").to_pylist()
    assert Counter(texts) == wanted


def test_nanochat_always_has_a_shard_to_validate_on(
    corpus: Path, tokenizer: Path, tmp_path: Path
) -> None:
    settings = PackSettings(layout={"use": "nanochat", "row_group": 10})
    made = pack(corpus, tokenizer, tmp_path / "out", settings)
    assert len(made.manifest.shards) == 2
    file = pq.ParquetFile(made.path / "shard_00000.parquet")
    assert file.metadata.row_group(0).num_rows == 10
    assert made.manifest.layout == {"use": "nanochat", "row_group": 10}


def test_parquet(packed: Pack, wanted: Counter[str]) -> None:
    made = packed("parquet", strategy="best_fit")
    rows: list[dict[str, Any]] = []
    for path in sorted(made.path.glob("*.parquet")):
        rows += pq.read_table(path).to_pylist()
    assert {len(row["tokens"]) for row in rows} == {48}
    check_boundaries(made, [(r["tokens"], r["boundaries"], r["n_valid"]) for r in rows])
    counts = made.manifest.counts
    assert sum(row["n_valid"] for row in rows) == counts.n_tokens
    assert counts.n_copies == sum(wanted.values())


def read_mds(folder: Path) -> list[dict[str, Any]]:
    """Read samples by the format's description: the index first, then shards by its columns."""
    index = json.loads((folder / "index.json").read_text())
    assert index["version"] == 2
    samples = []
    for shard in index["shards"]:
        assert (shard["format"], shard["version"]) == ("mds", 2)
        raw = (folder / shard["raw_data"]["basename"]).read_bytes()
        assert len(raw) == shard["raw_data"]["bytes"]
        (count,) = struct.unpack_from("<I", raw)
        assert count == shard["samples"]
        offsets = struct.unpack_from(f"<{count + 1}I", raw, 4)
        config = json.loads(raw[4 + 4 * (count + 1) : offsets[0]])
        assert config["column_names"] == shard["column_names"] == sorted(config["column_names"])
        assert offsets[-1] == len(raw)
        for begin, end in itertools.pairwise(offsets):
            samples.append(read_mds_sample(raw[begin:end], shard))
    return samples


def read_mds_sample(raw: bytes, shard: dict[str, Any]) -> dict[str, Any]:
    sizes = list(shard["column_sizes"])
    at = 0
    for n, size in enumerate(sizes):
        if size is None:
            (sizes[n],) = struct.unpack_from("<I", raw, at)
            at += 4
    sample = {}
    for name, encoding, size in zip(
        shard["column_names"], shard["column_encodings"], sizes, strict=True
    ):
        data, at = raw[at : at + size], at + size
        kind, dtype, *shape = encoding.split(":")
        assert kind == "ndarray"
        if not shape:
            n_dims, code = data[0] >> 2, data[0] & 3
            assert n_dims == 1
            width = 1 << code
            shape = [str(int.from_bytes(data[1 : 1 + width], "little"))]
            data = data[1 + width :]
        sample[name] = np.frombuffer(data, dtype).reshape(int(shape[0])).tolist()
    assert at == len(raw)
    return sample


@pytest.mark.parametrize("strategy", ["concat", "best_fit"])
def test_mds(strategy: str, packed: Pack) -> None:
    made = packed("mds", strategy=strategy)
    sequences = []
    for sample in read_mds(made.path):
        valid = 48
        boundaries = sample["boundaries"]
        if made.manifest.padding in sample["tokens"]:
            *boundaries, valid = boundaries
        sequences.append((sample["tokens"], boundaries, valid))
    check_boundaries(made, sequences)
    assert len(sequences) == len(made)
    assert sum(valid for _, _, valid in sequences) == made.manifest.counts.n_tokens


def test_a_sample_of_mds_may_have_many_boundaries(tmp_path: Path) -> None:
    n = 70_000
    tokens = np.zeros(n, dtype=np.uint32)
    ends, every = np.asarray([0, n]), np.arange(n)
    block = Block(tokens, ends, every, np.asarray([n]))
    layout = layouts.make("mds")
    layout.write(tmp_path, 0, block, Vocabulary(1 << 17, 0, None))
    raw = (tmp_path / "shard.00000.mds").read_bytes()
    begin, end = struct.unpack_from("<2I", raw, 4)
    config = json.loads(raw[12:begin])
    assert read_mds_sample(raw[begin:end], config)["boundaries"] == every.tolist()


@pytest.mark.parametrize("n_vocab", [65_499, 65_500, 200_000])
def test_ids_of_large_vocabularies_take_four_bytes(n_vocab: int, tmp_path: Path) -> None:
    dtype = np.uint16 if n_vocab <= 1 << 16 else np.uint32
    tokens: np.ndarray[Any, np.dtype[np.unsignedinteger[Any]]]
    tokens = np.asarray([1, n_vocab - 1, 5], dtype=dtype)
    ends = np.asarray([0, 2, 3])
    block = Block(tokens, ends, ends[:-1], np.diff(ends))
    vocabulary = Vocabulary(n_vocab, 0, None)
    for name in ("megatron", "llmc", "etude", "parquet"):
        layouts.make(name).write(tmp_path, 0, block, vocabulary)
    code, kind = (8, "<u2") if n_vocab < 65_500 else (4, "<i4")
    assert (tmp_path / "00000.idx").exists()
    layouts.make("megatron").write(tmp_path, 1, block, vocabulary)
    assert (tmp_path / "00001.idx").read_bytes()[17] == code
    assert np.fromfile(tmp_path / "00001.bin", kind).tolist() == tokens.tolist()
    head = np.fromfile(tmp_path / "train_00000.bin", np.int32, 3).tolist()
    assert head == ([20240520, 1, 3] if dtype is np.uint16 else [20240801, 7, 3])


def test_texts_need_a_tokenizer_of_bytes(tmp_path: Path) -> None:
    ends = np.asarray([0, 1])
    block = Block(np.asarray([1], dtype=np.uint16), ends, ends[:-1], np.diff(ends))
    with pytest.raises(ConfigError, match="byte-level"):
        layouts.make("nanochat").write(tmp_path, 0, block, Vocabulary(10, 0, None))
