import random
import tracemalloc
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from tests.stages.corpus.steps.planted import (
    WORDS,
    clusters,
    documents,
    kept,
    numbered,
    prose,
    reasons,
    run,
    texts,
)

from etude.errors import ConfigError
from etude.stages.corpus.batch import texts as column_of_texts
from etude.stages.corpus.batch import with_column, with_signal
from etude.stages.corpus.kernel.minhash import shingles, signatures
from etude.stages.corpus.spill import Spill
from etude.stages.corpus.steps import steps
from etude.stages.corpus.steps.minhash import SIGNATURES, MinhashStep

Change = Callable[[str, random.Random], str]
HEADER = "Home | About | Contact\nThis page was last changed on Tuesday by its many readers.\n\n"


def with_other_words(share: float) -> Change:
    def change(text: str, rng: random.Random) -> str:
        return " ".join(
            rng.choice(WORDS) if rng.random() < share else word for word in text.split()
        )

    return change


def framed(text: str, _: random.Random) -> str:
    return HEADER + text + "\n\nShare this page with all of your friends and colleagues."


def reformatted(text: str, _: random.Random) -> str:
    return ",  ".join(text.upper().split()) + "!"


def shortened(text: str, _: random.Random) -> str:
    words = text.split()
    return " ".join(words[: len(words) * 9 // 10])


def reordered(text: str, rng: random.Random) -> str:
    words = text.split()
    pieces = [words[at : at + 50] for at in range(0, len(words), 50)]
    rng.shuffle(pieces)
    return " ".join(word for piece in pieces for word in piece)


CHANGES: dict[str, Change] = {
    "0.5 % other words": with_other_words(0.005),
    "1 % other words": with_other_words(0.01),
    "header and footer": framed,
    "upper case and punctuation": reformatted,
    "a tenth cut off": shortened,
    "passages in another order": reordered,
}


@pytest.fixture(scope="module")
def originals() -> list[str]:
    rng = random.Random(11)
    return [prose(rng, rng.randrange(250, 500)) for _ in range(120)]


@pytest.mark.parametrize("kind", CHANGES)
def test_near_copies_are_found_and_nothing_else_goes(
    tmp_path: Path, originals: list[str], kind: str
) -> None:
    rng = random.Random(3)
    copies = [CHANGES[kind](text, rng) for text in originals[:60]]
    done = run(MinhashStep(), tmp_path, [documents(originals), documents(copies)])
    marks = reasons(done)
    assert marks[:120] == [None] * 120
    assert marks[120:].count("near copy") >= 59
    assert all(row in (None, n) for n, row in enumerate(clusters(done)[120:]))


def test_recall_follows_similarity(tmp_path: Path, originals: list[str]) -> None:
    rng = random.Random(4)
    copies = [with_other_words(share)(t, rng) for share in (0.02, 0.05, 0.2) for t in originals]
    done = run(MinhashStep(), tmp_path, [documents(originals), documents(copies)])
    gone = np.array([reason is not None for reason in reasons(done)[120:]])
    grams = shingles(pa.array(originals + copies))
    true = np.array([grams.jaccard(n % 120, 120 + n) for n in range(len(copies))])
    assert gone[true > 0.85].mean() > 0.95
    assert 0.3 < gone[(true > 0.65) & (true < 0.8)].mean() < 0.95
    assert gone[true < 0.4].mean() < 0.05


def test_verified_pairs_are_as_similar_as_was_asked(tmp_path: Path, originals: list[str]) -> None:
    rng = random.Random(4)
    copies = [with_other_words(share)(t, rng) for share in (0.01, 0.03, 0.06) for t in originals]
    parts = [documents(originals), documents(copies)]
    loose = run(MinhashStep(), tmp_path / "loose", parts)
    strict = run(MinhashStep(verify=0.75), tmp_path / "strict", parts, order=[1, 0])
    pairs = shingles(pa.array(originals + copies))
    n_wrong = 0
    for n, (first, second) in enumerate(
        zip(reasons(loose)[120:], reasons(strict)[120:], strict=True)
    ):
        similar = pairs.jaccard(n % 120, 120 + n) >= 0.75
        assert (second is not None) == (first is not None and similar)
        n_wrong += first is not None and not similar
    assert n_wrong > 5


def test_a_chain_of_changes_is_one_cluster_of_which_the_best_stays(tmp_path: Path) -> None:
    rng = random.Random(6)
    chain = [prose(rng, 400)]
    for _ in range(12):
        chain.append(with_other_words(0.01)(chain[-1], rng))
    assert shingles(pa.array([chain[0], chain[-1]])).jaccard(0, 1) < 0.6
    quality = [rng.random() for _ in chain]
    batch = with_signal(documents(chain), "quality", quality)
    best = int(np.argmax(quality))
    for order in (list(range(13)), rng.sample(range(13), 13)):
        step = MinhashStep(keep="signal:quality")
        done = run(step, tmp_path / str(order[0]), [batch.take(order)])
        assert kept(done)[0].column("id").to_pylist() == [f"d{best}"]
        assert clusters(done) == [order.index(best)] * 13


def test_texts_too_short_for_one_shingle_are_never_copies(tmp_path: Path) -> None:
    parts = [documents(["", "a b c d", "a b c d", "", "\x00", "!!!", "?"])]
    assert reasons(run(MinhashStep(), tmp_path, parts)) == [None] * 7


def test_order_of_parts_batches_and_memory_change_nothing_and_twice_is_once(
    tmp_path: Path, originals: list[str]
) -> None:
    rng = random.Random(8)
    pool = [with_other_words(0.02)(rng.choice(originals[:30]), rng) for _ in range(120)]
    parts = [documents(pool[at : at + 20]) for at in range(0, 120, 20)]
    done = run(MinhashStep(), tmp_path / "a", parts)
    other = run(
        MinhashStep(memory_bytes=4000), tmp_path / "b", parts, [5, 3, 1, 0, 2, 4], rows_at_once=7
    )
    assert clusters(other) == clusters(done)
    assert reasons(other) == reasons(done)
    left = kept(done)
    assert texts(kept(run(MinhashStep(), tmp_path / "c", left))) == texts(left)
    assert set(texts(left)) <= set(pool)


def test_signatures_that_an_earlier_pass_made_are_used(
    tmp_path: Path, originals: list[str]
) -> None:
    batch = documents(originals[:20] + originals[:5])
    signed = signatures(column_of_texts(batch))
    held = pa.FixedSizeListArray.from_arrays(pa.array(signed.reshape(-1)), 112)
    done = run(MinhashStep(), tmp_path / "a", [with_column(batch, SIGNATURES, held)], None, 6)
    assert clusters(done) == clusters(run(MinhashStep(), tmp_path / "b", [batch]))
    # They are believed, whatever the texts say.
    others = with_column(documents(originals[:25]), SIGNATURES, held)
    assert clusters(run(MinhashStep(), tmp_path / "c", [others])) == clusters(done)
    other_seed = run(MinhashStep(seed=2), tmp_path / "d", [others])
    assert reasons(other_seed) == [None] * 25


@pytest.mark.parametrize("share", [0.004, 0.03])
def test_releases_one_by_one_drop_what_all_at_once_drops(
    tmp_path: Path, originals: list[str], share: float
) -> None:
    rng = random.Random(9)
    change = with_other_words(share)
    releases = [
        [documents([change(rng.choice(originals[:25]), rng) for _ in range(20)])] for _ in range(4)
    ]
    together = run(MinhashStep(), tmp_path / "all", [part for parts in releases for part in parts])
    step = MinhashStep(index=str(tmp_path / "index"), update_index=True)
    for rows in (0, 6):
        one_by_one = [
            run(step, tmp_path / f"{n}", parts, rows_at_once=rows)[0]
            for n, parts in enumerate(releases)
        ]
        assert "in index" in reasons(one_by_one)
        left = texts(kept(one_by_one))
        assert set(texts(kept(together))) <= set(left)
        if share < 0.01:  # far more similar to each other than to the threshold
            assert left == texts(kept(together))


def test_settling_holds_no_more_records_than_it_may(tmp_path: Path, originals: list[str]) -> None:
    step = MinhashStep(memory_bytes=16_000)
    run(step, tmp_path, [documents(originals)])
    spill = Spill(tmp_path)
    sizes = [piece.nbytes for piece in spill.ranges("bands", step.range_bytes())]
    assert sum(sizes) == 120 * 14 * 16
    assert max(sizes) < 2 * step.range_bytes()


def test_a_corpus_settles_in_less_memory_than_its_spill_fills(tmp_path: Path) -> None:
    step = MinhashStep(memory_bytes=16_000_000)
    rng = np.random.default_rng(0)
    batch = documents([""] * 2000)
    spill = Spill(tmp_path)
    for n in range(128):
        signed = rng.integers(0, 2**61, 2000 * 112, dtype=np.uint64)
        held = pa.FixedSizeListArray.from_arrays(pa.array(signed), 112)
        with spill.writer(n) as writer:
            step.gather(numbered(with_column(batch, SIGNATURES, held), n), writer)
    tracemalloc.start()
    step.settle(spill)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sum(path.stat().st_size for path in tmp_path.glob("part-*")) > 3 * step.memory_bytes
    assert peak_bytes < step.memory_bytes


@pytest.mark.parametrize("setting", [{"bands": 0}, {"values": 5000}, {"verify": 2}])
def test_settings_that_make_no_sense_are_refused(setting: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        steps.make({"use": "minhash", **setting})


def test_more_values_in_a_band_ask_for_more_similarity(
    tmp_path: Path, originals: list[str]
) -> None:
    rng = random.Random(10)
    copies = [with_other_words(0.03)(text, rng) for text in originals]
    parts = [documents(originals), documents(copies)]
    counts = [
        reasons(run(MinhashStep(bands=bands, values=values), tmp_path / f"{values}", parts)).count(
            "near copy"
        )
        for bands, values in ((20, 5), (14, 8), (9, 13))
    ]
    assert all(more > fewer for more, fewer in pairwise(counts))
