"""Equal samples, honest intervals, and what collapse looks like."""

import time
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etude.errors import ConfigError
from etude.records import Document, Origin
from etude.stages.corpus.synthetic.diversity import (
    READ_CHARS,
    Diversity,
    DiversitySettings,
    Sizes,
    diversity,
)
from etude.stages.corpus.synthetic.gate import Gate, judge

QUICK = DiversitySettings(
    measures=({"use": "distinct_n"}, {"use": "self_bleu"}, {"use": "compression"}),
    replicates=40,
)


def speech(rng: Random, n_words: int = 60) -> str:
    """Draw a text whose words are as uneven as those of a language."""
    return " ".join(f"w{int(rng.paretovariate(0.9)) % 5000}" for _ in range(n_words))


def texts(n: int, seed: int) -> list[str]:
    rng = Random(seed)
    return [speech(rng) for _ in range(n)]


def child(name: str, text: str, parent: str, **tags: str) -> Document:
    origin = Origin(source="model:m", made_by="t", parents=(parent,))
    return Document(id=name, text=text, origin=origin, tags=tags)


def human(name: str, text: str) -> Document:
    return Document(id=name, text=text, origin=Origin(source="s", made_by="t"))


def kept(found: Diversity) -> dict[str, float]:
    return {row.name: row.kept or 0.0 for row in found.measures}


def test_text_like_the_human_one_keeps_all_of_it() -> None:
    found = diversity(texts(80, 1), texts(80, 2), QUICK)
    for row in found.measures:
        assert row.kept == pytest.approx(1.0, abs=0.1)
        assert row.low is not None
        assert row.high is not None
        assert row.kept is not None
        assert row.low <= row.kept <= row.high
    assert found.n_clusters == found.n_passages == 80


def test_more_text_on_one_side_changes_nothing_of_what_is_kept() -> None:
    few = diversity(texts(40, 1), texts(400, 2), QUICK)
    many = diversity(texts(400, 1), texts(40, 2), QUICK)
    for name, share in kept(few).items():
        assert share == pytest.approx(1.0, abs=0.15)
        assert kept(many)[name] == pytest.approx(1.0, abs=0.15)


def test_long_texts_are_measured_like_short_ones() -> None:
    rng = Random(3)
    long = [speech(rng, 400) for _ in range(40)]
    assert kept(diversity(long, texts(40, 2), QUICK))["distinct_2"] == pytest.approx(1, abs=0.12)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_the_more_is_repeated_the_less_is_kept(share: float) -> None:
    rng = Random(5)
    phrases = texts(3, 9)
    made = [rng.choice(phrases) if rng.random() < share else speech(rng) for _ in range(80)]
    found = kept(diversity(made, texts(80, 2), QUICK))
    whole = kept(diversity(texts(80, 1), texts(80, 2), QUICK))
    assert all(found[name] < whole[name] - 0.1 * share for name in found)


def test_loops_within_a_text_show_as_well() -> None:
    loops = [" ".join(speech(Random(k), 6).split() * 10) for k in range(80)]
    assert kept(diversity(loops, texts(80, 2), QUICK))["compression"] < 0.5


def test_several_texts_of_one_parent_are_one_independent_text() -> None:
    parents = [human(f"h{k}", text) for k, text in enumerate(texts(10, 2))]
    rng = Random(1)
    made = [child(f"c{k}", speech(rng), f"h{k % 10}", **{READ_CHARS: "1000"}) for k in range(30)]
    found = diversity(made, parents, QUICK)
    assert found.n_clusters == 10
    assert (found.n_texts, found.n_against) == (30, 10)


def test_facts_that_only_one_parent_has_survive_in_its_own_texts_or_not_at_all() -> None:
    parents = [
        human(f"h{k}", f"It was so, said Mr Smith{k} in {1900 + k}, and everyone said so too.")
        for k in range(10)
    ]
    made = [child(f"c{k}", f"In {1900 + k} it was said.", f"h{k}") for k in range(10)]
    found = diversity(made, parents, QUICK)
    assert found.n_rare_facts == 20
    assert found.measure("rare_facts").kept == pytest.approx(0.5)
    # The facts are there, but in texts of other parents.
    moved = [child(f"c{k}", f"In {1900 + k} it was said.", f"h{(k + 1) % 10}") for k in range(10)]
    assert diversity(moved, parents, QUICK).measure("rare_facts").kept == 0.0


def test_what_was_not_read_of_a_parent_is_not_missed() -> None:
    parents = [human(f"h{k}", f"We met Anna{k} here. {'x ' * 50} Berta{k}") for k in range(9)]
    made = [
        child(f"c{k}", f"they met anna{k} over there", f"h{k}", **{READ_CHARS: "20"})
        for k in range(9)
    ]
    assert diversity(made, parents, QUICK).measure("rare_facts").kept == 1.0


def test_the_same_seed_gives_the_same_figures() -> None:
    first = diversity(texts(30, 1), texts(30, 2), QUICK)
    assert diversity(texts(30, 1), texts(30, 2), QUICK) == first


def test_with_few_texts_there_are_figures_but_no_interval() -> None:
    found = diversity(texts(4, 1), texts(4, 2), QUICK)
    assert all(row.low is None for row in found.measures)
    assert judge(found, Gate()).reasons[0].startswith("not judged: 4 independent texts")


def test_without_human_text_values_have_intervals_and_nothing_is_kept() -> None:
    found = diversity(texts(30, 1), settings=QUICK)
    for row in found.measures:
        assert row.kept is None
        assert row.human is None
        assert row.low is not None
        assert row.high is not None
        assert row.low <= row.value <= row.high


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    few = DiversitySettings(measures=({"use": "distinct_n"},), replicates=60)
    held = 0
    for seed in range(60):
        row = diversity(texts(40, 2 * seed), texts(40, 2 * seed + 1), few).measures[0]
        held += (row.low or 0) <= 1.0 <= (row.high or 0)
    assert held >= 52


def test_scripts_without_spaces_are_measured_by_characters() -> None:
    rng = Random(1)
    made = ["".join(chr(0x4E00 + rng.randrange(900)) for _ in range(80)) for _ in range(20)]
    found = diversity(made, made[::-1], QUICK)
    assert found.n_words > 1000


@settings(max_examples=12, deadline=None)
@given(st.lists(st.text(max_size=200), min_size=2, max_size=12), st.integers(0, 3))
def test_any_text_is_measured_or_refused_in_words(found: list[str], seed: int) -> None:
    try:
        measured = diversity(found, found, DiversitySettings(seed=seed, replicates=3))
    except ConfigError as error:
        assert "too little text" in str(error)  # noqa: PT017 - the other good outcome
    else:
        assert all(row.kept is not None for row in measured.measures)


@pytest.mark.parametrize(
    "hostile",
    ["a" * 1_000_000, "question " * 100_000, "\0" * 100_000 + " x y z u v", "}{" * 200_000],
)
def test_a_megabyte_of_anything_takes_seconds_at_most(hostile: str) -> None:
    begun = time.monotonic()
    few = DiversitySettings(replicates=3)
    diversity([hostile, *texts(10, 1)], texts(11, 2), few)
    assert time.monotonic() - begun < 10


def test_sizes_out_of_range_are_refused() -> None:
    with pytest.raises(ConfigError, match="least_words"):
        Sizes(least_words=200, passage_words=100)
    with pytest.raises(ConfigError, match="max_passages"):
        Sizes(max_passages=1)
    with pytest.raises(ConfigError, match="replicates"):
        DiversitySettings(replicates=-1)
    with pytest.raises(ConfigError, match="was not measured"):
        diversity(texts(9, 1), texts(9, 2), QUICK).measure("vendi")
