"""Fresh answers: sampled once, blind, and never a stuck item."""

import re

import msgspec
from tests.web.installation import Installation, Person
from tests.web.rating.desk import ORIGIN, Desk, assignment_in

from etude.models import Model
from etude.models.canned import CannedModel
from etude.records import Comparison, Message
from etude.web.projects.settings import Settings

MODELS: dict[str, Model] = {
    f"secret-model-{letter}": CannedModel(answers=(f"answer of {letter}",)) for letter in "abc"
}
BROKEN = CannedModel(answers=())
ASKING = Settings(
    models=tuple(MODELS),
    n_answers=2,
    own_prompts=True,
    overlap=2,
    gold_share=0,
    repeat_share=0,
    system_prompt="Be brief.",
)
QUESTION = Comparison(
    id="q", origin=ORIGIN, prompt=(Message(role="user", content="2 + 2?"),), candidates=()
)


def sample(desk: Desk, person: Person) -> str:
    page = desk.open(person)
    answer = person.post(f"{desk.path}/answers", {"assignment": assignment_in(page)})
    assert answer.status_code == 200
    return answer.text


def stored(desk: Desk) -> Comparison:
    with desk.installation.db.read() as tx:
        [body] = tx.texts("SELECT body FROM items")
    return msgspec.json.decode(body, type=Comparison)


def test_two_raters_compare_the_same_answers_of_different_models(
    installation: Installation,
) -> None:
    desk = Desk(installation.with_models(MODELS), ASKING, [QUESTION])
    ann, bob = desk.rater("ann"), desk.rater("bob")
    waiting = desk.open(bob)
    assert "have not answered this prompt yet" in waiting
    page = sample(desk, ann)
    assert "Answer A" in page
    assert "secret-model" not in page
    before = stored(desk)
    assert len({candidate.source for candidate in before.candidates}) == 2
    assert before.prompt[0].content == "Be brief."
    assert "Answer B" in sample_again(desk, bob, waiting)
    assert stored(desk) == before
    for person in (ann, bob):
        assert "Saved." in desk.rate(person, verdict="a1").text
    orders = {rating.order for rating in desk.ratings()}
    assert all(sorted(order) == [0, 1] for order in orders)


def sample_again(desk: Desk, person: Person, page: str) -> str:
    return person.post(f"{desk.path}/answers", {"assignment": assignment_in(page)}).text


def test_another_model_steps_in_for_one_that_fails_and_the_lead_is_told(
    installation: Installation,
) -> None:
    names = ("broken", "secret-model-a", "secret-model-b")
    settings = msgspec.structs.replace(ASKING, models=names)
    desk = Desk(installation.with_models({**MODELS, "broken": BROKEN}), settings, [QUESTION])
    assert "Answer B" in sample(desk, desk.rater("ann"))
    assert {candidate.source for candidate in stored(desk).candidates} == set(names[1:])
    with installation.db.read() as tx:
        failed = tx.texts("SELECT subject FROM audit WHERE action = 'model.failed'")
    assert set(failed) <= {"broken"}


def test_when_too_few_models_answer_the_rater_may_try_again_or_skip(
    installation: Installation,
) -> None:
    names = ("broken", "secret-model-a")
    settings = msgspec.structs.replace(ASKING, models=names)
    desk = Desk(installation.with_models({**MODELS, "broken": BROKEN}), settings, [QUESTION])
    ann = desk.rater("ann")
    page = sample(desk, ann)
    assert "The models did not answer" in page
    assert "broken" not in page
    assert stored(desk).candidates == ()
    with installation.db.read() as tx:
        assert tx.texts("SELECT subject FROM audit WHERE action = 'model.failed'") == ["broken"]
    fields = {"assignment": assignment_in(page), "reason": "other"}
    assert "Nothing is left" in ann.post(f"{desk.path}/skip", fields).text


def test_without_two_models_the_rater_is_told_whom_to_ask(installation: Installation) -> None:
    desk = Desk(installation, ASKING, [QUESTION])
    ann = desk.rater("ann")
    page = desk.open(ann)
    answer = ann.post(f"{desk.path}/answers", {"assignment": assignment_in(page)})
    assert answer.status_code == 422
    assert "ask the lead" in answer.text


def test_a_rater_brings_a_prompt_and_goes_on_with_the_rest_afterwards(
    installation: Installation,
) -> None:
    desk = Desk(installation.with_models(MODELS), ASKING, [QUESTION])
    ann = desk.rater("ann")
    assert "2 + 2?" in desk.open(ann)
    page = ann.post(f"{desk.path}/prompt", {"prompt": "What is a <quine>?"}).text
    assert "What is a &lt;quine&gt;?" in page
    assert "Answer A" in sample(desk, ann)
    assert "2 + 2?" in desk.rate(ann, verdict="tie").text
    bob = desk.rater("bob")
    seen = desk.open(bob)
    assert "2 + 2?" in seen
    assert re.search(r"quine", sample(desk, ann)) is None


def test_prompts_of_ones_own_need_the_projects_leave(installation: Installation) -> None:
    settings = msgspec.structs.replace(ASKING, own_prompts=False)
    desk = Desk(installation.with_models(MODELS), settings, [QUESTION])
    assert desk.rater("ann").post(f"{desk.path}/prompt", {"prompt": "hi"}).status_code == 422


def test_nobody_gets_answers_for_an_item_that_is_not_theirs(installation: Installation) -> None:
    desk = Desk(installation.with_models(MODELS), ASKING, [QUESTION])
    ann, bob = desk.rater("ann"), desk.rater("bob")
    mine = assignment_in(desk.open(ann))
    assert bob.post(f"{desk.path}/answers", {"assignment": mine}).status_code == 422
    assert stored(desk).candidates == ()
