import os
import pickle
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etude.errors import ConfigError, RecordError
from etude.stages.corpus.tokens.loader import IGNORED, Batch, LoaderOptions, TokenLoader
from etude.stages.corpus.tokens.packing import PackSettings, pack

LAW = settings(max_examples=12, deadline=None)
PACKED = PackSettings(length=32, shard_tokens=2000, bucket_tokens=3000, strategy="best_fit")


@pytest.fixture(scope="module")
def token_set(corpus: Path, tokenizer: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("packed") / "out"
    pack(corpus, tokenizer, out, PACKED)
    return out


def rows(batches: list[Batch]) -> list[tuple[int, ...]]:
    """The sequences of some batches, in order."""
    return [tuple(row) for batch in batches for row in batch.tokens.tolist()]


def everything(path: Path, **options: Any) -> list[tuple[int, ...]]:
    """The whole run as one rank with one worker sees it."""
    loader = TokenLoader(path, batch_size=64, options=msgspec.convert(options, LoaderOptions))
    return rows(list(loader))


def run(
    path: Path, world: int, batch_size: int, state: Any = None, steps: int = 10**9
) -> tuple[list[tuple[int, ...]], Any]:
    """The sequences that some steps of all ranks see, in the order of the run, and its state."""
    loaders = [TokenLoader(path, batch_size=batch_size, rank=r, world=world) for r in range(world)]
    for loader in loaders:
        if state is not None:
            loader.load_state_dict(state)
    seen: list[tuple[int, ...]] = []
    for _, *batches in zip(range(steps), *loaders, strict=False):
        seen += rows(batches)
        state = loaders[0].state_at(batches[0].place)
    return seen, state


@LAW
@given(st.integers(1, 5), st.integers(3, 30))
def test_ranks_together_see_every_sequence_once(
    token_set: Path, world: int, batch_size: int
) -> None:
    seen, _ = run(token_set, world, batch_size)
    assert seen == everything(token_set)


@LAW
@given(
    st.integers(1, 4), st.integers(3, 20), st.integers(1, 4), st.integers(3, 20), st.integers(0, 8)
)
def test_a_run_goes_on_exactly_with_any_number_of_ranks(
    token_set: Path, world: int, batch_size: int, world2: int, batch_size2: int, steps: int
) -> None:
    state = TokenLoader(token_set, batch_size=1).state_dict()
    first, state = run(token_set, world, batch_size, state, steps)
    rest, _ = run(token_set, world2, batch_size2, state)
    assert first + rest == everything(token_set)


@LAW
@given(st.integers(1, 4), st.integers(0, 6))
def test_workers_that_take_items_by_turns_see_what_one_sees(
    token_set: Path, workers: int, steps: int
) -> None:
    loader = TokenLoader(token_set, batch_size=4)
    for batch, _ in zip(loader, range(steps), strict=False):
        assert batch.tokens.shape == (4, 32)
    # As torch's DataLoader does: each worker has a copy, and takes every n-th item.
    copies = [pickle.loads(pickle.dumps(loader)) for _ in range(workers)]  # noqa: S301
    items = [copies[n % workers][n] for n in range(len(loader))]
    assert rows(items) == rows(list(loader))


def test_every_epoch_has_every_sequence_in_an_order_of_its_own(token_set: Path) -> None:
    once = everything(token_set)
    twice = everything(token_set, epochs=2)
    assert twice[: len(once)] == once
    assert sorted(twice[len(once) :]) == sorted(once)
    assert twice[len(once) :] != once
    in_order = everything(token_set, shuffle=False)
    assert sorted(in_order) == sorted(once)
    assert in_order != once
    flat = np.concatenate([np.fromfile(p, "<u2") for p in sorted(token_set.glob("*.bin"))])
    assert np.array_equal(np.asarray(in_order), flat.reshape(-1, 32))


def test_batches_may_span_two_epochs_and_need_no_end(token_set: Path) -> None:
    loader = TokenLoader(token_set, batch_size=7, options=LoaderOptions(epochs=0))
    n = loader.n_sequences
    seen = [batch for batch, _ in zip(loader, range(n), strict=False)]
    assert rows(seen)[: 2 * n] == everything(token_set, epochs=2)
    with pytest.raises(ConfigError, match="no length"):
        len(loader)


def test_the_last_step_may_be_left_out(token_set: Path) -> None:
    options = LoaderOptions(drop_last=True)
    loader = TokenLoader(token_set, batch_size=5, world=2, options=options)
    assert len(loader) == loader.n_sequences // 10
    batches = list(loader)
    assert {len(batch.tokens) for batch in batches} == {5}
    assert len(batches) == loader.n_sequences // 10


def test_targets_are_the_next_tokens_and_padding_is_ignored(token_set: Path) -> None:
    for batch in TokenLoader(token_set, batch_size=8):
        inside = batch.documents[:, 1:] >= 0
        assert (batch.targets[:, :-1][inside] == batch.tokens[:, 1:][inside]).all()
        assert (batch.targets[:, :-1][~inside] == IGNORED).all()
        assert (batch.targets[:, -1] == IGNORED).all()
        assert (np.diff(batch.documents, axis=1)[inside] >= 0).all()


def test_targets_may_stay_within_documents(token_set: Path) -> None:
    options = LoaderOptions(within_documents=True)
    for batch in TokenLoader(token_set, batch_size=8, options=options):
        end_of_text = batch.tokens == 430 - 16
        assert (batch.targets[end_of_text] == IGNORED).all()
        assert (batch.documents[:, 1:] - batch.documents[:, :-1])[end_of_text[:, :-1]].all()


def test_a_state_of_something_else_is_refused(
    token_set: Path, corpus: Path, tokenizer: Path, tmp_path: Path
) -> None:
    state = TokenLoader(token_set, batch_size=2).state_dict()
    pack(corpus, tokenizer, tmp_path / "other", msgspec.structs.replace(PACKED, seed=3))
    with pytest.raises(ConfigError, match="another token set"):
        TokenLoader(tmp_path / "other", batch_size=2).load_state_dict(state)
    with pytest.raises(ConfigError, match="of seed 0"):
        TokenLoader(token_set, batch_size=2, seed=1).load_state_dict(state)
    with pytest.raises(ConfigError, match="no state"):
        TokenLoader(token_set, batch_size=2).load_state_dict({"place": "x"})


def test_what_cannot_be_read_is_refused(
    token_set: Path, corpus: Path, tokenizer: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="cannot be shared"):
        TokenLoader(token_set, batch_size=1, rank=2, world=2)
    other = msgspec.structs.replace(PACKED, layout="parquet")
    pack(corpus, tokenizer, tmp_path / "parquet", other)
    with pytest.raises(ConfigError, match="'parquet'"):
        TokenLoader(tmp_path / "parquet", batch_size=1)
    damaged = tmp_path / "damaged"
    pack(corpus, tokenizer, damaged, PACKED)
    os.truncate(damaged / "00000.idx", 40)
    with pytest.raises(RecordError, match="damaged"):
        list(TokenLoader(damaged, batch_size=4))
