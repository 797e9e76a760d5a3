"""Adjudication: who settles what, and that all single ratings stay."""

import re

from tests.web.installation import Installation, Person
from tests.web.rating.desk import Desk, comparison

from etude.records import Rating, Span
from etude.web.projects.settings import Settings
from etude.web.rating.disagreement import disagreement

TWO = Settings(overlap=2, gold_share=0, repeat_share=0)


def said(rater: str, best: int, strength: int = 1, spans: tuple[Span, ...] = ()) -> Rating:
    return Rating(
        id=rater,
        comparison_id="c",
        rater=rater,
        order=(0, 1),
        ranking=((best,), (1 - best,)),
        strength=strength,
        spans=spans,
    )


def test_disagreement_grows_with_opposed_strong_verdicts_and_marks() -> None:
    agree = disagreement([said("a", 0), said("b", 0, 3)])
    assert agree.amount == 0
    mild = disagreement([said("a", 0), said("b", 1)])
    strong = disagreement([said("a", 0, 2), said("b", 1, 3)])
    assert 0 < mild.amount < strong.amount
    span = Span(candidate=0, start=0, end=1, label="wrong")
    marked = disagreement([said("a", 0), said("b", 0, spans=(span,))])
    assert 0 < marked.amount < mild.amount
    assert disagreement([said("a", 0)]).amount == 0


class Court(Desk):
    """A project whose raters answer by the text they prefer."""

    def prefer(self, person: Person, text: str, other: str, strength: int = 1) -> None:
        self.installation.clock.now += 1
        page = self.open(person)
        side = "a" if page.index(text) < page.index(other) else "b"
        self.rate(person, verdict=f"{side}{strength}", rationale=f"I like {text}")

    @property
    def bench(self) -> str:
        return f"/projects/{self.project.id}/adjudicate"

    def settle(self, person: Person, **fields: str) -> str:
        page = person.get(self.bench).text
        found = re.search(r'name="item" value="(\w+)"', page)
        assert found, "there is nothing to settle"
        return person.post(self.bench, {"item": found[1], **fields}).text


def court(installation: Installation) -> tuple[Court, Person, Person]:
    made = Court(
        installation,
        TWO,
        [comparison(str(n), f"left {n}", f"right {n}") for n in range(3)],
    )
    ann, bob = made.rater("ann"), made.rater("bob")
    made.prefer(ann, "left 0", "right 0")
    made.prefer(bob, "left 0", "right 0")
    made.prefer(ann, "left 1", "right 1")
    made.prefer(bob, "right 1", "left 1")
    made.prefer(ann, "left 2", "right 2", 3)
    made.prefer(bob, "right 2", "left 2", 3)
    return made, ann, bob


def test_the_worst_disagreement_comes_first_with_all_votes(installation: Installation) -> None:
    made, ann, bob = court(installation)
    page = made.lead.get(made.bench).text
    assert "question 2" in page
    assert "<b>1</b> of 2 to settle" in page
    for person in (ann, bob):
        assert person.account.pseudonym in page
        assert person.account.name not in page
    assert "I like left 2" in page
    assert "I like right 2" in page
    assert "strong verdicts are opposed" in page
    assert "secret-" not in page
    assert "question 1" in made.lead.get(f"{made.bench}?place=1").text
    assert "looked at all 2" in made.lead.get(f"{made.bench}?place=2").text


def test_an_item_that_is_named_is_shown_though_its_raters_agree(installation: Installation) -> None:
    made, _ann, _bob = court(installation)
    with installation.db.read() as tx:
        [agreed] = tx.texts("SELECT id FROM items WHERE body LIKE '%question 0%'")
    page = made.lead.get(f"{made.bench}?item={agreed}").text
    assert "question 0" in page
    assert "I like left 0" in page
    said = {"item": agreed, "verdict": "b2", "rationale": "Both of them misread it."}
    assert "Settled." in made.lead.post(made.bench, said).text
    [decision] = [one for one in made.ratings() if one.purpose == "adjudication"]
    assert decision.ranking[0] == (decision.order[1],)
    assert "question 0" not in made.lead.get(f"{made.bench}?item={agreed}").text


def test_a_decision_needs_a_reason_and_stands_beside_the_ratings(
    installation: Installation,
) -> None:
    made, _ann, _bob = court(installation)
    page = made.settle(made.lead, verdict="a2")
    assert "Say why" in page
    assert 'value="a2" checked' in page
    page = made.settle(made.lead, verdict="a2", rationale="The other one is false.")
    assert "Settled." in page
    assert "question 1" in page
    ratings = made.ratings()
    assert len(ratings) == 7
    [decision] = [one for one in ratings if one.purpose == "adjudication"]
    assert decision.rater == made.lead.account.pseudonym
    assert decision.ranking[0] == (decision.order[0],)
    assert decision.rationale == "The other one is false."


def test_nobody_settles_what_they_rated(installation: Installation) -> None:
    made, ann, _bob = court(installation)
    with installation.db.write() as tx:
        tx.run(
            "INSERT INTO memberships (project_id, account_id, role, since)"
            " VALUES (:project, :account, 'reviewer', 0)",
            project=made.project.id,
            account=ann.account.id,
        )
    assert "nothing for you to settle" in ann.get(made.bench).text
    fields = {"item": made.ids[2], "verdict": "a1", "rationale": "because I say so, all of it"}
    assert "Nothing was settled" in ann.post(made.bench, fields).text
    assert made.rater("cem").get(made.bench).status_code == 403


def test_an_item_is_settled_once_and_its_ratings_stand_then(installation: Installation) -> None:
    made, _ann, bob = court(installation)
    fields = {"item": made.ids[2], "verdict": "a1", "rationale": "because it is so, by all sources"}
    rev = installation.member(made.project, "rev", "reviewer")
    assert "Settled." in made.lead.post(made.bench, fields).text
    assert "Nothing was settled" in rev.post(made.bench, fields).text
    assert "That rating stands" in bob.post(f"{made.path}/undo").text
    assert len(made.ratings()) == 7


def test_a_decision_is_taken_back_in_its_session(installation: Installation) -> None:
    made, _ann, bob = court(installation)
    made.settle(made.lead, verdict="tie", rationale="both are the same to me")
    page = made.lead.post(f"{made.bench}/undo").text
    assert "taken back" in page
    assert "question 2" in page
    assert len(made.ratings()) == 6
    made.settle(made.lead, verdict="a1", rationale="no, they are not the same")
    assert len(made.ratings()) == 7
    assert "That rating stands" in bob.post(f"{made.path}/undo").text


def test_an_item_of_another_project_is_not_there(installation: Installation) -> None:
    made, _ann, _bob = court(installation)
    eve = installation.person("eve")
    other = installation.project(eve, settings=TWO, name="another")
    fields = {"item": made.ids[2], "verdict": "a1", "rationale": "because it is so, by all sources"}
    path = f"/projects/{other.id}/adjudicate"
    assert eve.post(path, fields).status_code == 404
    assert "nothing for you to settle" in eve.get(f"{path}?item={made.ids[2]}").text
