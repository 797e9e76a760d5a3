"""Ratings become votes: once each, in any order, and never half of a broken one."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etude.records import Candidate, Comparison, Message, Origin, Rating
from etude.stages.prefs.ratings import BAD, LEFT, RIGHT, TIE, read_ballots
from etude.stages.prefs.simulate import Design, honest, simulate


def comparison(name: str = "c", n: int = 2, gold: int | None = None) -> Comparison:
    return Comparison(
        id=name,
        origin=Origin(source="test", made_by="test"),
        prompt=(Message(role="user", content="?"),),
        candidates=tuple(
            Candidate(messages=(Message(role="assistant", content=str(k)),), source=f"s{k}")
            for k in range(n)
        ),
        gold=gold,
    )


def rating(name: str, rater: str = "r", about: str = "c", **fields: object) -> Rating:
    filled = {"order": (0, 1), "ranking": ((0,), (1,)), **fields}
    return Rating(id=name, comparison_id=about, rater=rater, **filled)  # type: ignore[arg-type]


def test_a_ranking_of_answers_becomes_its_pairs() -> None:
    said = rating("r1", order=(2, 0, 3, 1), ranking=((1, 3), (0,)), strength=2, duration_s=9.0)
    votes = read_ballots([comparison(n=4)], [said]).votes
    pairs = [(votes.pairs[p].left, votes.pairs[p].right) for p in votes.pair]
    assert pairs == [(0, 1), (0, 3), (1, 3)]
    assert votes.outcome.tolist() == [RIGHT, RIGHT, TIE]
    assert votes.first.tolist() == [LEFT, LEFT, RIGHT]
    assert votes.graded().tolist() == [2.0, 2.0, 0.0]
    assert votes.seconds.tolist() == [9.0] * 3
    assert votes.pairs[0].right_source == "s1"


def test_both_bad_and_cannot_judge_are_neither_lost_nor_votes_for_a_side() -> None:
    bad = rating("r1", verdict="both_bad", ranking=())
    blank = rating("r2", rater="s", verdict="cannot_judge", ranking=())
    ballots = read_ballots([comparison()], [bad, blank])
    assert ballots.votes.outcome.tolist() == [BAD]
    assert ballots.both_bad == {"c": 1}
    assert ballots.unjudged == {"s": 1}


def test_a_second_rating_is_a_repeat_whatever_it_says_it_is_for() -> None:
    early = rating("a", purpose="repeat", created="2026-01-01", ranking=((1,), (0,)))
    late = rating("b", created="2026-01-02")
    again = rating("c", created="2026-01-03")
    ballots = read_ballots([comparison()], [again, early, late])
    # What was asked for as a repeat comes second, even where its clock was wrong.
    assert [ballots.rating_ids[n] for n in ballots.votes.rating] == ["b"]
    assert {ballots.rating_ids[n] for n in ballots.repeats.rating} == {"a", "c"}


def test_a_ruling_is_no_vote_and_gold_says_what_is_known() -> None:
    ruling = rating("a", purpose="adjudication")
    tested = rating("b", about="g", purpose="gold")
    ballots = read_ballots([comparison(), comparison("g", n=2, gold=1)], [ruling, tested])
    assert len(ballots.adjudications) == 1
    assert len(ballots.votes) == 1
    assert ballots.known.tolist() == [-1, RIGHT]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"about": "nowhere"}, "not there"),
        ({"rater": ""}, "no rater"),
        ({"order": (0, 2)}, "other answers"),
        ({"order": (0, 0, 1)}, "other answers"),
        ({"ranking": ((0,), (0, 1))}, "twice"),
        ({"ranking": ((0,), (7,))}, "not there"),
        ({"ranking": ((0,),)}, "fewer than two"),
        ({"ranking": ()}, "fewer than two"),
        ({"verdict": "both_bad"}, "says that it cannot"),
    ],
)
def test_a_broken_rating_is_set_aside_with_its_reason(fields: dict[str, object], why: str) -> None:
    broken = rating("x", **fields)  # type: ignore[arg-type]
    ballots = read_ballots([comparison()], [broken, rating("y")])
    assert len(ballots.votes) == 1
    (reason,) = ballots.set_aside
    assert why in reason


def test_the_same_id_counts_once_and_odd_numbers_do_no_harm() -> None:
    odd = rating("x", order=(), duration_s=float("nan"), strength=-9)
    ballots = read_ballots([comparison()], [odd, rating("x", rater="s")])
    assert sum(ballots.set_aside.values()) == 1
    assert ballots.votes.first.tolist() == [-1]
    assert np.isnan(ballots.votes.seconds).all()
    assert ballots.votes.graded().tolist() == [-1.0]


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_order_of_ratings_and_comparisons_changes_nothing(seed: int) -> None:
    made = simulate(honest(4), Design(n_comparisons=15, overlap=3, n_candidates=3), seed)
    rng = random.Random(seed)
    comparisons = rng.sample(made.comparisons, len(made.comparisons))
    ratings = rng.sample(made.ratings, len(made.ratings))
    one = read_ballots(made.comparisons, made.ratings)
    other = read_ballots(comparisons, ratings)
    assert one.votes.pairs == other.votes.pairs
    assert one.votes.outcome.tolist() == other.votes.outcome.tolist()
    assert one.repeats.first.tolist() == other.repeats.first.tolist()
    assert one.rating_ids == other.rating_ids
