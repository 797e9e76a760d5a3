"""Reviewing: one verdict on each version, by someone else than its writer."""

import threading

import httpx2
from tests.web.installation import Installation, Person
from tests.web.writing.desk import GOOD, Desk, form_in, said

from etude.records import Demonstration
from etude.web.people.roles import add_roles
from etude.web.queue.item import WriteItem
from etude.web.writing import writings
from etude.web.writing.writings import WritingState


def _kept(desk: Desk, *states: WritingState) -> list[Demonstration]:
    with desk.installation.db.read() as tx:
        return writings.standing(tx, desk.project.id, states)


def _number(desk: Desk, sql: str) -> float:
    with desk.installation.db.read() as tx:
        return tx.number(sql)


def test_an_accepted_writing_carries_its_reviewer_and_what_they_said(
    installation: Installation,
) -> None:
    desk = Desk(installation)
    desk.hand_in()
    (path,) = desk.waiting()
    assert GOOD in desk.reviewer.get(path).text
    answer = desk.decide(path, "accepted", general="Well said.", comment_1="Three is right.")
    assert "Accepted. Nothing else waits for you." in answer.text
    (made,) = _kept(desk, "accepted")
    assert made.review == "accepted"
    assert made.reviewer == desk.reviewer.account.pseudonym
    assert made.comments == ("Well said.", "message 2: Three is right.")


def test_what_is_sent_back_comes_first_with_the_comments_beside_its_turns(
    installation: Installation,
) -> None:
    desk = Desk(installation, [WriteItem(prompt=(said(f"Question {n}?"),)) for n in range(2)])
    desk.hand_in()
    half = desk.form()
    desk.script("save", {**half, "content-0": "half of the second"})
    answer = desk.decide(desk.waiting()[0], "sent_back", general="Nearly.", comment_1="How hot?")
    assert "Sent back." in answer.text
    page = desk.writer.get(desk.path()).text
    assert "Nearly." in page
    assert page.index("Question 0?") < page.index("How hot?") < page.index(GOOD)
    better = f"{GOOD} The water boils."
    answer = desk.do({**form_in(page), "content-0": better}, "hand-in")
    assert "Version 2 is handed in" in answer.text
    assert form_in(answer.text)["content-0"] == "half of the second"
    (path,) = desk.waiting()
    shown = desk.reviewer.get(path).text
    assert "<ins> The water boils.</ins>" in shown
    assert "How hot?" in shown
    desk.decide(path, "accepted")
    (made,) = _kept(desk, "accepted")
    assert made.messages[-1].content == better
    assert made.comments == ("Nearly.", "message 2: How hot?")
    assert _number(desk, "SELECT COUNT(*) FROM writings") == 2
    assert _number(desk, "SELECT COUNT(*) FROM writings WHERE state = 'replaced'") == 1


def test_what_was_confirmed_is_confirmed_anew_after_it_was_sent_back(
    installation: Installation,
) -> None:
    desk = Desk(installation)
    text = "Write to ann.miller@mail.com and they will explain to you how it is made."
    page = desk.hand_in(text)
    fields = form_in(page.text)
    key = "private_data/0/an e-mail address/an…m"
    assert "is handed in" in desk.do({**fields, "stand": [key]}, "hand-in").text
    desk.decide(desk.waiting()[0], "sent_back", general="No addresses.")
    assert desk.do(desk.form(), "hand-in").status_code == 422


def test_nobody_sends_back_or_rejects_without_a_word(installation: Installation) -> None:
    desk = Desk(installation)
    desk.hand_in()
    (path,) = desk.waiting()
    assert "tell the writer what is to be done" in desk.decide(path, "sent_back").text.lower()
    assert desk.decide(path, "rejected").status_code == 422
    assert desk.decide(path, "burn", general="x").status_code == 422
    assert desk.waiting() == [path]


def test_small_corrections_are_a_version_in_the_name_of_the_reviewer(
    installation: Installation,
) -> None:
    desk = Desk(installation)
    desk.hand_in(GOOD.replace("three", "tree"))
    (path,) = desk.waiting()
    refused = desk.decide(path, "sent_back", general="x", text_1=GOOD)
    assert refused.status_code == 422
    assert desk.decide(path, "accepted", text_1="  ").status_code == 422
    desk.decide(path, "accepted", text_1=GOOD)
    (made,) = _kept(desk, "accepted")
    assert made.messages[-1].content == GOOD
    assert made.writer == desk.writer.account.pseudonym
    assert made.reviewer == made.tags["corrected_by"] == desk.reviewer.account.pseudonym
    with installation.db.read() as tx:
        (piece,) = writings.of_person(tx, desk.project.id, desk.writer.account.id)
        first, second = writings.versions(tx, piece.writing.assignment_id)
    assert (first.state, second.state) == ("replaced", "accepted")
    assert "tree minutes" in first.demonstration().messages[-1].content


def test_a_rejected_writing_leaves_its_item_to_someone_else(installation: Installation) -> None:
    desk = Desk(installation)
    desk.hand_in()
    desk.decide(desk.waiting()[0], "rejected", general="Not about tea.")
    assert "Nothing is left for you" in desk.writer.get(desk.path()).text or "Others" in (
        desk.writer.get(desk.path()).text
    )
    other = installation.member(desk.project, "ole", "writer")
    assert "is handed in" in desk.hand_in(who=other).text
    assert _number(desk, "SELECT n_done FROM items") == 1


def test_nobody_reviews_what_they_wrote(installation: Installation) -> None:
    desk = Desk(installation)
    with installation.db.write() as tx:
        roles = frozenset({"reviewer"})
        add_roles(tx, desk.project.id, desk.writer.account.id, roles, 0)  # type: ignore[arg-type]
    desk.hand_in()
    (path,) = desk.waiting()
    assert desk.waiting(desk.writer) == []
    assert desk.writer.get(path).status_code == 403
    assert desk.decide(path, "accepted", desk.writer).status_code == 403
    assert len(_kept(desk, "unreviewed")) == 1


def test_two_reviewers_at_once_do_not_both_decide_and_the_second_is_told(
    installation: Installation,
) -> None:
    desk = Desk(installation)
    other = installation.member(desk.project, "rob", "reviewer")
    desk.hand_in()
    (path,) = desk.waiting()
    answers: list[httpx2.Response] = []
    ready = threading.Barrier(2)

    def decide(who: Person, verdict: str) -> None:
        ready.wait()
        answers.append(desk.decide(path, verdict, who, general="So be it."))

    threads = [
        threading.Thread(target=decide, args=pair)
        for pair in ((desk.reviewer, "accepted"), (other, "rejected"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(a.status_code for a in answers) == [200, 422]
    told = next(a for a in answers if a.status_code == 422)
    assert "before you" in told.text
    assert _number(desk, "SELECT COUNT(*) FROM reviews") == 1


def test_a_writer_who_takes_it_back_is_not_reviewed(installation: Installation) -> None:
    desk = Desk(installation)
    desk.hand_in()
    (path,) = desk.waiting()
    writing = path.rsplit("/", 1)[1]
    desk.writer.post(desk.path("write/undo"), {"writing": writing})
    answer = desk.decide(path, "accepted")
    assert answer.status_code == 422
    assert "took this back" in answer.text


def test_a_lead_gives_what_is_never_mended_to_someone_else(installation: Installation) -> None:
    desk = Desk(installation)
    desk.hand_in()
    (path,) = desk.waiting()
    desk.decide(path, "sent_back", general="Say more.")
    assert desk.reviewer.post(f"{path}/give-up").status_code == 403
    assert "goes to someone else" in desk.lead.post(f"{path}/give-up").text
    assert desk.lead.post(f"{path}/give-up").status_code == 422
    other = installation.member(desk.project, "ole", "writer")
    assert "How do I make tea?" in other.get(desk.path()).text


def test_shelves_hold_what_was_decided(installation: Installation) -> None:
    desk = Desk(installation)
    desk.hand_in()
    desk.decide(desk.waiting()[0], "accepted")
    page = desk.reviewer.get(desk.path("review?shelf=accepted")).text
    assert "How do I make tea?" in page
    assert "How do I make tea?" not in desk.reviewer.get(desk.path("review")).text
    assert desk.reviewer.get(desk.path("review?shelf=other")).status_code == 404
