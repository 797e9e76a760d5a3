import random
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stages.corpus.steps.planted import (
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
from etude.stages.corpus.batch import with_signal
from etude.stages.corpus.steps import steps
from etude.stages.corpus.steps.exact import ExactStep

A, B, C = "alpha beta", "gamma", "delta\nepsilon"


def test_all_but_the_first_copy_go_and_all_know_their_cluster(tmp_path: Path) -> None:
    parts = [documents([A, B, A]), documents([C, A, ""]), documents([""])]
    done = run(ExactStep(), tmp_path, parts, order=[2, 0, 1])
    gone = "exact copy"
    assert reasons(done) == [None, None, gone, None, gone, None, gone]
    blank = (1 << 32) + 2
    assert clusters(done) == [0, None, 0, None, 0, blank, blank]


@pytest.mark.parametrize(
    ("fold", "left"),
    [
        ("", [A, A.upper(), "alpha  beta\n", B]),
        ("case", [A, "alpha  beta\n", B]),
        ("space", [A, A.upper(), B]),
        ("both", [A, B]),
    ],
)
def test_differences_that_are_folded_do_not_count(
    tmp_path: Path, fold: str, left: list[str]
) -> None:
    parts = [documents([A, A.upper(), "alpha  beta\n", B])]
    step = steps.make({"use": "exact", "fold": fold})
    assert texts(kept(run(step, tmp_path, parts))) == left


def test_copies_are_found_by_address_and_documents_without_one_have_none(tmp_path: Path) -> None:
    urls = [
        "https://www.example.org/a/",
        "http://example.org/a#top",
        "",
        "",
        "https://example.org/A",
        "https://example.org/a?x=1",
    ]
    done = run(ExactStep(by="url"), tmp_path, [documents(list("abcdef"), url=urls)])
    assert reasons(done) == [None, "same address", None, None, None, None]


@pytest.mark.parametrize(
    ("keep", "best"),
    [
        ("first", 0),
        ("newest", 2),
        ("best_licence", 3),
        ("signal:quality", 1),
        ("signal:signal_quality", 1),
    ],
)
def test_the_copy_that_the_rule_prefers_stays(tmp_path: Path, keep: str, best: int) -> None:

    licences = ["GPL-3.0-only", "", "CC-BY-NC-4.0", "MIT OR GPL-2.0-only"]
    origins = [{"source": "s", "licence": x, "made_by": "t", "parents": []} for x in licences]
    dates = ["2019", "", "2024-05-01T10:00", "2024-05"]
    batch = documents([A] * 4, date=dates, origin=origins)
    batch = with_signal(batch, "quality", [np.nan, 0.9, 0.5, 0.1])
    for order in ([0, 1, 2, 3], [3, 1, 0, 2]):
        folder = tmp_path / str(order[0])
        shuffled = batch.take(order)
        done = run(steps.make({"use": "exact", "keep": keep}), folder, [shuffled], rows_at_once=2)
        want = order[0] if keep == "first" else best
        assert kept(done)[0].column("id").to_pylist() == [f"d{want}"]
        assert clusters(done) == [order.index(want)] * 4


def test_licences_are_preferred_by_what_they_allow(tmp_path: Path) -> None:
    best_first = [
        "CC0-1.0",
        "Apache-2.0",
        "MPL-2.0",
        "GPL-3.0-or-later",
        "AGPL-3.0-only",
        "CC-BY-NC-SA-4.0",
        "in words nobody knows",
        "",
        "Proprietary, all rights reserved",
    ]
    both = ["MIT AND GPL-2.0-only", "MIT OR GPL-2.0-only"]
    for n, (better, worse) in enumerate([*pairwise(best_first), (both[1], both[0])]):
        origins = [
            {"source": "s", "licence": licence, "made_by": "t", "parents": []}
            for licence in (worse, better)
        ]
        batch = documents([A, A], origin=origins)
        (left,) = kept(run(ExactStep(keep="best_licence"), tmp_path / str(n), [batch]))
        assert left.column("id").to_pylist() == ["d1"], (better, worse)


def test_the_longest_of_copies_that_differ_in_space_stays(tmp_path: Path) -> None:
    parts = [documents(["a b", "a  b", "a   b"]), documents(["a b "])]
    step = ExactStep(fold="space", keep="longest")
    assert texts(kept(run(step, tmp_path, parts))) == ["a   b"]


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"keep": "best"}, "keep = 'best' is none of"),
        ({"keep": "signal:"}, "keep = 'signal:' is none of"),
        ({"update_index": True}, "no index is named"),
        ({"memory_bytes": 0}, "memory_bytes"),
        ({"fold": "all"}, "fold"),
    ],
)
def test_settings_that_make_no_sense_are_refused(setting: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        steps.make({"use": "exact", **setting})


def test_a_signal_that_nothing_measured_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no earlier step measured 'quality'"):
        run(ExactStep(keep="signal:quality"), tmp_path, [documents([A])])


def test_one_batch_can_be_judged_alone() -> None:

    done = ExactStep().apply(numbered(documents([A, A]), 0))
    assert reasons([done]) == [None, "exact copy"]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.lists(st.sampled_from([A, B, C, "", "x"]), max_size=6), max_size=4), st.data())
def test_laws_of_deduplication(
    tmp_path_factory: pytest.TempPathFactory, values: list[list[str]], data: st.DataObject
) -> None:
    parts = [documents(part) for part in values]
    order = data.draw(st.permutations(range(len(parts))))
    folder = tmp_path_factory.mktemp("laws")
    done = run(ExactStep(), folder / "a", parts)
    left = texts(kept(done))
    # Every text once, in the order in which it first came.
    assert left == list(dict.fromkeys(text for part in values for text in part))
    # Whatever order parts are done in, cut into whatever batches, in whatever memory.
    other = run(ExactStep(memory_bytes=200), folder / "b", parts, order=order, rows_at_once=2)
    assert reasons(other) == reasons(done)
    assert clusters(other) == clusters(done)
    # Twice is once.
    assert texts(kept(run(ExactStep(), folder / "c", kept(done)))) == left


def test_releases_one_by_one_give_what_all_at_once_gives(tmp_path: Path) -> None:
    rng = random.Random(5)
    pool = [prose(rng, 5) for _ in range(40)]
    releases = [[documents([rng.choice(pool) for _ in range(15)])] for _ in range(5)]
    together = run(ExactStep(), tmp_path / "all", [part for parts in releases for part in parts])
    step = ExactStep(index=str(tmp_path / "index"), update_index=True)
    for _ in range(2):  # a second time nothing changes: a run is not compared with itself
        one_by_one = [run(step, tmp_path / f"{n}", parts)[0] for n, parts in enumerate(releases)]
        assert texts(kept(one_by_one)) == texts(kept(together))
    assert reasons(one_by_one[1:]).count("in index") > 0


def test_an_index_that_is_not_updated_stays_and_one_that_is_not_there_is_named(
    tmp_path: Path,
) -> None:
    index = str(tmp_path / "index")
    with pytest.raises(ConfigError, match=f"no index at {index}"):
        run(ExactStep(index=index), tmp_path / "a", [documents([A])])
    run(ExactStep(index=index, update_index=True), tmp_path / "b", [documents([A])])
    for n in range(2):
        done = run(ExactStep(index=index), tmp_path / f"c{n}", [documents([B, A, B])])
        assert reasons(done) == [None, "in index", "exact copy"]
    with pytest.raises(ConfigError, match="an index of"):
        run(ExactStep(index=index, fold="case"), tmp_path / "d", [documents([A])])


def test_a_release_that_is_named_and_built_again_replaces_itself(tmp_path: Path) -> None:
    index = str(tmp_path / "index")
    step = ExactStep(index=index, update_index=True, release="2026-10")
    run(step, tmp_path / "a", [documents([A, B])])
    assert reasons(run(step, tmp_path / "b", [documents([A, C])])) == [None, None]
    later = run(ExactStep(index=index), tmp_path / "c", [documents([A, B, C])])
    assert reasons(later) == ["in index", None, "in index"]
