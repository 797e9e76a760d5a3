import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from etude.errors import ConfigError
from etude.stages.corpus.tokens.encode import Encoder
from etude.stages.corpus.tokens.packing import PackSettings, pack
from etude.stages.corpus.tokens.tokenset import TokenSet
from etude.store import Dataset

SMALL = PackSettings(length=64, shard_tokens=3000, bucket_tokens=2000)


def having(**changes: Any) -> PackSettings:
    return msgspec.structs.replace(SMALL, **changes)


def files(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def stream(made: TokenSet) -> list[int]:
    """All tokens that are no padding, in order."""
    tokens: list[int] = []
    for shard in made.manifest.shards:
        flat = np.fromfile(made.path / shard.files[0].name, dtype=made.dtype)
        tokens += flat.tolist()
    n_padding = made.manifest.counts.n_padding
    return tokens[: len(tokens) - n_padding] if n_padding else tokens


def texts_of(made: TokenSet) -> list[str]:
    """The documents of a token set that was laid end to end."""
    encoder = Encoder(made.path / "tokenizer.json")
    parts: list[list[int]] = [[]]
    for token in stream(made):
        if token == made.manifest.end_of_text:
            parts.append([])
        else:
            parts[-1].append(token)
    assert parts.pop() == []
    return [encoder.decode(part).decode() for part in parts]


def test_every_document_is_there_once_and_in_another_order(
    corpus: Path, tokenizer: Path, corpus_texts: list[str], tmp_path: Path
) -> None:
    told: list[tuple[int, int]] = []
    made = pack(corpus, tokenizer, tmp_path / "out", SMALL, lambda a, b: told.append((a, b)))
    there = [text for text in corpus_texts if text]
    assert Counter(texts_of(made)) == Counter(there)
    assert texts_of(made) != there
    assert made.verify() == []
    counts = made.manifest.counts
    assert counts.n_documents == len(there)
    assert counts.n_left_out == len(corpus_texts) - len(there)
    assert counts.n_text_bytes == sum(len(text.encode()) for text in there)
    assert counts.n_tokens + counts.n_padding == len(made) * 64
    assert len(made.manifest.shards) > 3
    assert made.manifest.data == Dataset.open(corpus).manifest.digest
    assert told[-1][1] == 2 * len(corpus_texts)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_same_seed_same_bytes_and_another_seed_another_order(
    corpus: Path, tokenizer: Path, tmp_path: Path
) -> None:
    a, b, c = (tmp_path / name for name in "abc")
    pack(corpus, tokenizer, a, SMALL)
    pack(corpus, tokenizer, b, having())
    other = pack(corpus, tokenizer, c, having(seed=1))
    assert files(a) == files(b)
    assert TokenSet.open(a).manifest.digest == TokenSet.open(b).manifest.digest
    assert Counter(texts_of(other)) == Counter(texts_of(TokenSet.open(a)))
    assert texts_of(other) != texts_of(TokenSet.open(a))


def test_the_size_of_shards_changes_no_token(corpus: Path, tokenizer: Path, tmp_path: Path) -> None:
    small = pack(corpus, tokenizer, tmp_path / "small", SMALL)
    large = pack(corpus, tokenizer, tmp_path / "large", having(shard_tokens=1 << 20))
    assert stream(small) == stream(large)
    assert len(large.manifest.shards) == 1


@pytest.mark.parametrize("strategy", ["concat", "best_fit"])
def test_nothing_but_full_sequences_when_the_rest_is_dropped(
    strategy: str, corpus: Path, tokenizer: Path, tmp_path: Path
) -> None:
    padded = pack(corpus, tokenizer, tmp_path / "a", having(strategy=strategy))
    dropped = pack(corpus, tokenizer, tmp_path / "b", having(strategy=strategy, leftover="drop"))
    assert dropped.manifest.counts.n_padding == 0
    assert padded.manifest.counts.n_dropped == 0
    kept = dropped.manifest.counts
    assert kept.n_tokens + kept.n_dropped == padded.manifest.counts.n_tokens
    assert kept.n_dropped > 0


def test_the_best_fit_cuts_fewer_documents(corpus: Path, tokenizer: Path, tmp_path: Path) -> None:
    concat = pack(corpus, tokenizer, tmp_path / "a", SMALL)
    best = pack(corpus, tokenizer, tmp_path / "b", having(strategy="best_fit"))
    assert best.manifest.counts.n_cut < concat.manifest.counts.n_cut
    assert best.manifest.counts.n_tokens == concat.manifest.counts.n_tokens


def test_repeated_documents_occur_in_rounds_of_their_own(
    make_corpus: Callable[..., Path], tokenizer: Path, tmp_path: Path
) -> None:
    texts = [f"document {n} " * 3 for n in range(200)]
    repeats = [4.0] * 20 + [0.0] * 20 + [1.5] * 100 + [1.0] * 60
    made = pack(make_corpus(texts, repeats), tokenizer, tmp_path / "out", SMALL)
    order = texts_of(made)
    times = Counter(order)
    assert all(times[text] == 4 for text in texts[:20])
    assert not any(times[text] for text in texts[20:40])
    assert {times[text] for text in texts[40:140]} == {1, 2}
    assert 120 < sum(times[text] for text in texts[40:140]) < 180
    assert all(times[text] == 1 for text in texts[140:])
    # In each of four rounds, each document that is wanted four times occurs once.
    often = [text for text in order if text in texts[:20]]
    assert all(set(often[at : at + 20]) == set(texts[:20]) for at in range(0, 80, 20))
    assert made.manifest.counts.n_copies == len(order)


def test_the_end_of_text_may_go_first(corpus: Path, tokenizer: Path, tmp_path: Path) -> None:
    made = pack(corpus, tokenizer, tmp_path / "out", having(end_of_text_at="start"))
    tokens = stream(made)
    assert tokens[0] == made.manifest.end_of_text
    assert tokens[-1] != made.manifest.end_of_text


PROGRAM = """
import sys
from pathlib import Path
from etude.stages.corpus.tokens.packing import PackSettings, pack
pack(*map(Path, sys.argv[1:4]), PackSettings(
    length=64, shard_tokens=3000, bucket_tokens=2000, strategy=sys.argv[4]))
"""


@pytest.mark.parametrize("strategy", ["concat", "best_fit"])
def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(
    strategy: str, corpus: Path, tokenizer: Path, tmp_path: Path
) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    pack(corpus, tokenizer, whole, having(strategy=strategy))
    command = [sys.executable, "-c", PROGRAM, str(corpus), str(tokenizer), str(broken), strategy]
    rng = random.Random(0)
    killed = 0
    for _ in range(2):
        process = subprocess.Popen(command)
        seen = list(broken.rglob("*"))
        deadline = time.monotonic() + 30
        while process.poll() is None and time.monotonic() < deadline:
            if len(list(broken.rglob("*"))) > len(seen) + rng.randint(1, 4):
                os.kill(process.pid, signal.SIGKILL)
                killed += 1
                break
        process.wait()
    assert killed
    made = pack(corpus, tokenizer, broken, having(strategy=strategy))
    assert made.verify() == []
    assert files(broken) == files(whole)


def test_a_run_that_is_stopped_after_any_shard_goes_on(
    corpus: Path, tokenizer: Path, tmp_path: Path
) -> None:
    whole = tmp_path / "whole"
    n_steps = 0

    def count(_done: int, _total: int) -> None:
        nonlocal n_steps
        n_steps += 1

    pack(corpus, tokenizer, whole, SMALL, count)
    for stop in range(1, n_steps, 2):
        out = tmp_path / f"stopped-{stop}"
        left = iter(range(stop))

        def tell(_done: int, _total: int, left: Any = left) -> None:
            if next(left, None) is None:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            pack(corpus, tokenizer, out, SMALL, tell)
        with pytest.raises(ConfigError, match="other data or settings"):
            pack(corpus, tokenizer, out, having(seed=9))
        pack(corpus, tokenizer, out, SMALL)
        assert files(out) == files(whole)


def test_a_finished_token_set_is_returned_and_never_replaced(
    corpus: Path, tokenizer: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    pack(corpus, tokenizer, out, SMALL)
    before = files(out)
    pack(corpus, tokenizer, out, SMALL)
    with pytest.raises(ConfigError, match="other data or settings"):
        pack(corpus, tokenizer, out, having(length=32))
    assert files(out) == before


def test_what_is_damaged_is_found(corpus: Path, tokenizer: Path, tmp_path: Path) -> None:
    made = pack(corpus, tokenizer, tmp_path / "out", SMALL)
    (made.path / "00000.bin").write_bytes(b"\0" * (made.path / "00000.bin").stat().st_size)
    (made.path / "00001.bin").write_bytes(b"")
    (made.path / "00002.idx").unlink()
    assert [line.partition(":")[0] for line in made.verify()] == [
        "00000.bin",
        "00001.bin",
        "00002.idx",
    ]


def test_what_cannot_be_is_refused(corpus: Path, tokenizer: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("x")
    (tmp_path / "file").write_text("x")
    for out, settings, words in (
        ("full", SMALL, "something else"),
        ("file", SMALL, "is a file"),
        ("out", having(length=1), "length of 1"),
        ("out", having(layout="megatro"), "did you mean 'megatron'"),
        ("out", having(end_of_text="<|no|>"), "has no special token"),
    ):
        with pytest.raises(ConfigError, match=words):
            pack(corpus, tokenizer, tmp_path / out, settings)
    assert not (tmp_path / "out").exists()
    with pytest.raises(ConfigError, match="no token set"):
        TokenSet.open(tmp_path / "full")


def test_an_empty_corpus_makes_an_empty_token_set(
    make_corpus: Callable[..., Path], tokenizer: Path, tmp_path: Path
) -> None:
    for n, texts in enumerate(([], ["", ""])):
        made = pack(make_corpus(texts), tokenizer, tmp_path / str(n), SMALL)
        assert len(made) == 0
        assert made.verify() == []
