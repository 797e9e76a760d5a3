"""Several graders on one response."""

import asyncio

import pytest

from etude.errors import ConfigError
from etude.records import Reference
from etude.rollout.graders import Grader, Means, Verdict, graders

BOXED, WHOLE = {"use": "text"}, {"use": "text", "extract": ["whole"]}
CASED = {"use": "text", "ignore_case": False}


def judged(response: str, **settings: object) -> Verdict:
    async def run() -> Verdict:
        grader = graders.make({"use": "all_of", **settings})
        async with grader.open(Means(jobs=1)) as judge:
            return await judge.judge(response, Reference(problem_id="p", answer="Monday"))

    return asyncio.run(run())


def made(**settings: object) -> Grader:
    return graders.make({"use": "all_of", **settings})


@pytest.mark.parametrize(
    ("pay", "response", "score"),
    [
        ("minimum", "\\boxed{Monday}", 1.0),
        ("minimum", "\\boxed{monday}", 0.0),
        ("minimum", "\\boxed{Friday}", 0.0),
        ("maximum", "\\boxed{monday}", 1.0),
        ("maximum", "\\boxed{Friday}", 0.0),
        ("mean", "\\boxed{monday}", 0.5),
    ],
)
def test_what_several_graders_pay_together(pay: str, response: str, score: float) -> None:
    assert judged(response, of=[BOXED, CASED], pay=pay).score == score


def test_weights_count_in_the_mean() -> None:
    verdict = judged("\\boxed{monday}", of=[BOXED, CASED], pay="mean", weights=[3.0, 1.0])
    assert verdict.score == 0.75


def test_a_verdict_says_which_grader_refused() -> None:
    assert judged("\\boxed{monday}", of=[BOXED, CASED]).note == "text: another text"


@pytest.mark.parametrize(
    "settings",
    [
        {"of": []},
        {"of": [BOXED], "weights": [1.0]},
        {"of": [BOXED], "pay": "mean", "weights": [1.0, 2.0]},
        {"of": [BOXED], "pay": "mean", "weights": [-1.0]},
        {"of": [BOXED], "pay": "mean", "weights": [0.0]},
        {"of": [BOXED], "pay": "sum"},
    ],
)
def test_settings_that_mean_nothing_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        made(**settings)


@pytest.mark.parametrize("of", [[{"use": "nowhere"}], [{"use": "all_of", "of": [BOXED]}]])
def test_graders_that_cannot_be_held_are_refused(of: list[dict[str, object]]) -> None:
    with pytest.raises(ConfigError):
        made(of=of).open(Means())


def test_each_form_is_told_once_and_the_first_one_is_presented() -> None:
    grader = made(of=[BOXED, CASED, WHOLE])
    assert grader.instruction.count("boxed") == 1
    assert grader.present("Monday") == "\\boxed{Monday}"
