import random
from pathlib import Path

import numpy as np
import pytest
from tests.stages.corpus.steps.planted import documents, kept, prose, reasons, run, texts

from etude.errors import ConfigError
from etude.stages.corpus.batch import signal
from etude.stages.corpus.steps import steps
from etude.stages.corpus.steps.substring import SubstringStep


@pytest.fixture
def rng() -> random.Random:
    return random.Random(3)


def test_a_repeated_passage_is_cut_from_all_but_its_first_place(
    tmp_path: Path, rng: random.Random
) -> None:
    passage = prose(rng, 60)
    lone = [prose(rng, 100) for _ in range(4)]
    first = documents([f"{lone[0]}\n{passage}\n{lone[1]}", lone[2]])
    second = documents([f"{lone[3]}  {passage}", f"{passage} {lone[3][::-1]}", passage])
    done = run(SubstringStep(), tmp_path, [first, second])
    assert texts(done) == [
        f"{lone[0]}\n{passage}\n{lone[1]}",
        lone[2],
        lone[3],
        lone[3][::-1],
        "",
    ]
    assert reasons(done) == [None] * 4 + ["too little left without repeated passages"]
    share = np.concatenate([signal(part, "substring_removed") for part in done])
    assert share[:2].tolist() == [0, 0]
    assert 0.3 < share[2] < 0.45
    assert share[4] == 1


def test_passages_a_word_shorter_than_asked_for_stay(tmp_path: Path, rng: random.Random) -> None:
    passage = prose(rng, 49)
    parts = [documents([f"a {passage} b", f"c {passage} d"])]
    assert texts(run(SubstringStep(), tmp_path, parts)) == texts(parts)
    shorter = SubstringStep(words=49, min_left_words=0)
    assert texts(run(shorter, tmp_path / "again", parts)) == [f"a {passage} b", "c d"]


def test_overlapping_repeats_are_cut_as_one_span_and_no_content_is_lost(
    tmp_path: Path, rng: random.Random
) -> None:
    a, b, c = (prose(rng, 40) for _ in range(3))
    parts = [documents([f"{a} {b}", f"{b} {c}", f"x y z {a} {b} {c} p q r"])]
    done = run(SubstringStep(min_left_words=0), tmp_path, parts)
    assert texts(done) == [f"{a} {b}", f"{b} {c}", "x y z p q r"]


def test_a_text_that_repeats_itself_is_left_once(tmp_path: Path, rng: random.Random) -> None:
    passage = prose(rng, 70)
    (part,) = run(SubstringStep(), tmp_path, [documents([f"{passage} {passage} {passage}"])])
    assert part.column("text").to_pylist() == [passage]


def test_parts_in_any_order_and_little_memory_give_the_same(
    tmp_path: Path, rng: random.Random
) -> None:
    shared = [prose(rng, rng.randrange(30, 90)) for _ in range(20)]
    parts = [
        documents(
            [
                " ".join(rng.choice([prose(rng, 40), rng.choice(shared)]) for _ in range(5)),
                "",
                "   ",
                "\x00 nul \n",
            ]
        )
        for _ in range(12)
    ]
    plain = run(SubstringStep(), tmp_path / "a", parts)
    other = run(SubstringStep(memory_bytes=20_000), tmp_path / "b", parts, order=range(11, -1, -1))
    assert texts(plain) == texts(other)
    assert reasons(plain) == reasons(other)
    assert texts(plain) != texts(parts)


def test_scripts_without_spaces_are_compared_by_character(
    tmp_path: Path, rng: random.Random
) -> None:
    passage = "".join(chr(rng.randrange(0x4E00, 0x9000)) for _ in range(60))
    parts = [documents([f"今日{passage}です", f"明月{passage}だった"])]
    done = run(SubstringStep(min_left_words=0), tmp_path, parts)
    assert texts(done) == [f"今日{passage}です", "明月だった"]


def test_a_sample_finds_long_passages_and_leaves_only_their_edges(
    tmp_path: Path, rng: random.Random
) -> None:
    passages = [prose(rng, 300) for _ in range(30)]
    first = documents(passages)
    second = documents([f"{prose(rng, 60)} {passage}" for passage in passages])
    done = run(SubstringStep(sample=8), tmp_path, [first, second])
    left = [len(text.split()) - 60 for text in texts(done[1:])]
    assert max(left) < 120
    assert sum(left) / len(left) < 24


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ConfigError, match="words is from 2"):
        steps.make({"use": "substring", "words": 1})


def test_nothing_gathered_is_nothing_to_do(tmp_path: Path) -> None:
    assert run(SubstringStep(), tmp_path, []) == []
    assert kept(run(SubstringStep(), tmp_path / "empty", [documents([])]))[0].num_rows == 0
