"""A project from making it to closing it, and what each member sees on its first page."""

import re

from tests.web.installation import Installation

from etude.records import Comparison, Message, Origin
from etude.web.projects import guidelines, quiz
from etude.web.projects import project as projects
from etude.web.projects.guidelines import Draft
from etude.web.projects.presets import PRESETS
from etude.web.projects.quiz import Question
from etude.web.projects.settings import read_settings, write_settings
from etude.web.queue.item import add_items

_ASKED = [Question(question="Is *it*?", choices=("no", "yes"), answer=1, why="It is.")]


def _fill(installation: Installation, project_id: str, by: str) -> None:
    origin = Origin(source="test", made_by="test")
    body = Comparison(
        id="c", origin=origin, prompt=(Message(role="user", content="Hi"),), candidates=()
    )
    with installation.db.write() as tx:
        project = projects.by_id(tx, project_id)
        assert project is not None
        guidelines.publish(tx, project_id, Draft(text="Be *kind*."), by=by, now=1.0)
        quiz.set_questions(tx, project_id, _ASKED, by=by, now=1.0)
        add_items(tx, project, [body], now=1.0)


def test_presets_are_settings_that_can_be_read_back() -> None:
    for each in PRESETS:
        assert read_settings(write_settings(each.settings)) == each.settings
    assert {each.kind for each in PRESETS} == {"write", "rate"}


def test_a_project_is_made_opened_when_all_is_there_paused_and_closed(
    installation: Installation,
) -> None:
    lead = installation.person("lead", admin=True)
    refused = lead.post("/projects/new", {"name": "Mine", "preset": "none"})
    assert (refused.status_code, "choose a way" in refused.text.lower()) == (422, True)
    assert 'value="Mine"' in refused.text
    made = lead.post("/projects/new", {"name": "Mine", "preset": "pairwise"})
    here = made.url.path
    assert re.fullmatch(r"/projects/[0-9a-f]{16}", here)
    assert "needs guidelines and items" in made.text
    refused = lead.post(f"{here}/state", {"state": "open"})
    assert refused.status_code == 422
    assert "Before it opens, the project needs guidelines and items." in refused.text
    _fill(installation, here.rsplit("/", maxsplit=1)[-1], lead.account.id)
    assert "The project is open now." in lead.post(f"{here}/state", {"state": "open"}).text
    assert "The project is paused now." in lead.post(f"{here}/state", {"state": "paused"}).text
    assert lead.post(f"{here}/state", {"state": "setup"}).status_code == 422
    assert lead.post(f"{here}/state", {"state": "nonsense"}).status_code == 422
    assert "The project is closed now." in lead.post(f"{here}/state", {"state": "closed"}).text


def test_everyone_sees_their_next_step(installation: Installation) -> None:
    lead = installation.person("lead")
    project = installation.project(lead)
    here = f"/projects/{project.id}"
    _fill(installation, project.id, lead.account.id)
    rater = installation.member(project, "rater", "rater")
    viewer = installation.member(project, "viewer", "viewer")
    reviewer = installation.member(project, "reviewer", "reviewer")
    outsider = installation.person("outsider", admin=True)
    assert "Take the quiz" in rater.get(here).text
    assert f"{here}/adjudicate" in reviewer.get(here).text
    assert "Setting up" in lead.get(here).text
    for person in (rater, viewer, reviewer):
        assert "Setting up" not in person.get(here).text
        assert person.post(f"{here}/state", {"state": "closed"}).status_code == 403
    assert outsider.get(here).status_code == 404
    assert outsider.post(f"{here}/state", {"state": "closed"}).status_code == 404
    with installation.db.write() as tx:
        quiz.take(tx, project, rater.account.id, [1], 2.0)
    assert f'href="{here}/rate">Rate</a>' in rater.get(here).text


def test_questions_reach_the_lead_and_answers_everybody(installation: Installation) -> None:
    lead = installation.person("lead")
    project, other = (installation.project(lead, name=name) for name in ("one", "two"))
    here = f"/projects/{project.id}/questions"
    ann, bob = (installation.member(project, name, "rater") for name in ("ann", "bob"))
    asked = ann.send(here, {"text": "What of <b>ties</b>?"})
    assert asked.status_code == 200
    question = asked.json()["id"]
    assert "&lt;b&gt;ties" in lead.get(here).text
    assert "ties" not in bob.get(here).text
    assert ann.send(here, {"text": "x", "item": "none"}).status_code == 422
    assert ann.send(here, {"words": "x"}).status_code == 422
    assert ann.post(here, {"text": " "}).status_code == 422
    assert ann.post(f"{here}/{question}/answer", {"text": "Yes"}).status_code == 403
    elsewhere = f"/projects/{other.id}/questions/{question}/answer"
    assert lead.post(elsewhere, {"text": "No"}).status_code == 404
    assert "Allowed." in lead.post(f"{here}/{question}/answer", {"text": "Allowed."}).text
    seen = bob.get(here).text
    assert "Allowed." in seen
    assert "A member" in seen
    assert "Ann" not in seen
