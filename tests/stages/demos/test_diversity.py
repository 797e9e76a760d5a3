"""Diversity grows with different things, and not with the same thing in many copies."""

import numpy as np
import pytest

from etude.stages.demos.diversity import (
    distinct_share,
    effective_number,
    measure_diversity,
    verb_and_object,
)
from etude.stages.demos.vectors import embed

TOPICS = ["bake bread with rye flour", "prune apple trees", "tune a violin", "sail against wind"]


def test_four_topics_are_as_diverse_as_four_unlike_texts() -> None:
    texts = [f"Explain how to {topic}." for topic in TOPICS] * 10
    report = measure_diversity(texts, np.repeat(np.eye(4, dtype=np.float32), 10, axis=0))
    assert report.effective == pytest.approx(4.0)
    assert report.effective_groups == pytest.approx(4.0)
    assert report.near_share == 1.0
    assert [group.n for group in report.groups] == [10, 10, 10, 10]


def test_copies_add_no_diversity() -> None:
    one = measure_diversity(TOPICS[:1] * 20, embed(TOPICS[:1] * 20, ""))
    several = measure_diversity(TOPICS * 5, embed(TOPICS * 5, ""))
    assert one.effective == pytest.approx(1.0)
    assert 3.0 < several.effective <= 4.0
    assert one.effective_groups == pytest.approx(1.0)


def test_measuring_depends_on_the_seed_only() -> None:
    texts = [f"{topic} {number}" for topic in TOPICS for number in range(12)]
    vectors = embed(texts, "")
    assert measure_diversity(texts, vectors, seed=3) == measure_diversity(texts, vectors, seed=3)


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("Please write me a short poem about rain.", "write poem"),
        ("Could you explain how photosynthesis works?", "explain photosynthesis"),
        ("Translate!", "translate"),
        ("A farmer has 3.5 hens. They lay eggs. How many eggs are there?", "how many"),
        ("What is the capital of France?", "what capital"),
        ("...", ""),
        ("please", ""),
    ],
)
def test_the_first_verb_and_its_object_are_counted(text: str, pair: str) -> None:
    assert verb_and_object(text) == pair


def test_distinct_shares_and_effective_numbers() -> None:
    assert distinct_share(["a b a b"], 1) == 0.5
    assert distinct_share(["a b a b"], 2) == pytest.approx(2 / 3, abs=1e-4)
    assert distinct_share([], 1) == 0.0
    assert effective_number(np.array([0.5, 0.5, 0.0])) == pytest.approx(2.0)
    assert effective_number(np.zeros(3)) == 0.0


def test_nothing_and_texts_without_words_are_measured() -> None:
    assert measure_diversity([], embed([], "")).n == 0
    report = measure_diversity(["...", ""], embed(["...", ""], ""))
    assert (report.effective, report.near_share) == (0.0, 0.0)


def test_an_embedder_by_name_gives_vectors_of_length_one() -> None:
    pytest.importorskip("wordllama")
    vectors = embed(["bake bread", "a loaf of bread", "tune a violin"], "wordllama")
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-3)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]
