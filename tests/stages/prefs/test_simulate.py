"""Simulated raters rate comparisons that are there already."""

import msgspec
import pytest

from etude.records import Candidate, Comparison, Message, Origin, Rating
from etude.stages.prefs.habits import AGREES
from etude.stages.prefs.simulate import Design, SimulatedRater, honest, rate, sycophant


def comparison(number: int, agreeing: str = "") -> Comparison:
    def said(text: str) -> tuple[Message, ...]:
        return (Message(role="assistant", content=text),)

    return Comparison(
        id=f"c{number:04}",
        origin=Origin(source="test", made_by="test"),
        prompt=(Message(role="user", content="Which?"),),
        candidates=(Candidate(messages=said("one")), Candidate(messages=said("other"))),
        tags={AGREES: agreeing} if agreeing else {},
    )


def right(ratings: tuple[Rating, ...]) -> float:
    return sum(one.ranking[0] == (0,) for one in ratings) / len(ratings)


def test_every_comparison_gets_its_ratings_and_every_rater_their_accuracy() -> None:
    compared = [comparison(number) for number in range(800)]
    best = {one.id: (0, 1) for one in compared}
    ratings = rate(compared, best, honest(3, 0.6, 0.9), Design(overlap=2, repeat_share=0), 1)
    assert len(ratings) == 1600
    assert len({one.id for one in ratings}) == 1600
    for rater, accuracy in zip(honest(3, 0.6, 0.9), (0.6, 0.75, 0.9), strict=True):
        mine = tuple(one for one in ratings if one.rater == rater.name)
        assert right(mine) == pytest.approx(accuracy, abs=0.08)


def test_the_same_seed_rates_alike() -> None:
    compared = [comparison(number) for number in range(20)]
    best = {one.id: (1, 0) for one in compared}
    made = [rate(compared, best, honest(4), Design(overlap=3), seed) for seed in (5, 5, 6)]
    assert made[0] == made[1]
    assert made[0] != made[2]


def test_a_sycophant_is_as_good_as_any_where_no_answer_agrees_with_the_user() -> None:
    rater = msgspec.structs.replace(sycophant(strength=1.0), accuracy=1.0)
    design = Design(overlap=1, repeat_share=0)
    for agreeing, share in (("", 1.0), ("1", 0.0), ("0", 1.0)):
        compared = [comparison(number, agreeing) for number in range(30)]
        raters: list[SimulatedRater] = [rater]
        best = {one.id: (0, 1) for one in compared}
        assert right(rate(compared, best, raters, design)) == share
