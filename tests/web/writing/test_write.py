"""The Write page: from the first word to the version that is kept."""

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx2
import msgspec
from tests.web.installation import Installation
from tests.web.writing.desk import GOOD, TOOLS, Desk, form_in, said

from etude.models.canned import CannedModel
from etude.records import Demonstration
from etude.web.people import audit
from etude.web.projects import project as projects
from etude.web.projects.settings import Settings
from etude.web.queue.item import WriteItem
from etude.web.writing import writings
from etude.web.writing.writings import WritingState


def _kept(desk: Desk, *states: WritingState) -> list[Demonstration]:
    with desk.installation.db.read() as tx:
        return writings.standing(tx, desk.project.id, states or ("unreviewed",))


def test_what_is_handed_in_is_a_demonstration_with_all_that_is_known_of_it(
    installation: Installation,
) -> None:
    desk = Desk(installation, settings=Settings(system_prompt="Be brief."))
    fields = desk.form()
    installation.clock.now += 100
    desk.script("save", {**fields, "content-0": "Boil", "active_s": "40"})
    fields = desk.form()
    assert fields["content-0"] == "Boil"
    installation.clock.now += 30
    answer = desk.do({**fields, "content-0": GOOD, "active_s": "25", "language": "en"}, "hand-in")
    assert "Version 1 is handed in" in answer.text
    (made,) = _kept(desk)
    assert [m.role for m in made.messages] == ["system", "user", "assistant"]
    assert made.messages[0].content == "Be brief."
    assert made.messages[-1].content == GOOD
    assert made.writer == desk.writer.account.pseudonym
    assert made.project == "A project"
    assert made.language == "en"
    assert made.duration_s == 65
    assert made.review == "unreviewed"
    assert made.draft == ()
    assert made.edits == ""
    with installation.db.read() as tx:
        assert tx.number("SELECT n_done FROM items") == 1
        assert "writing.hand-in" in {e.action for e in audit.entries(tx, desk.project.id)}


def test_a_draft_is_resumed_on_another_device_and_the_older_page_is_told(
    installation: Installation,
) -> None:
    desk = Desk(installation)
    first, second = desk.form(), desk.form()
    assert desk.script("save", {**first, "content-0": "from here"}).json()["revision"] == 1
    refused = desk.script("save", {**second, "content-0": "from there"})
    assert refused.status_code == 409
    assert refused.json()["stale"] is True
    assert desk.form()["content-0"] == "from here"
    page = desk.do({**second, "content-0": "from there"}, "save")
    assert page.status_code == 409
    assert "from there" in page.text
    again = form_in(page.text)
    assert desk.do(again, "save").status_code == 200
    assert desk.form()["content-0"] == "from there"


def test_turns_are_added_moved_and_removed_with_and_without_scripts(
    installation: Installation,
) -> None:
    desk = Desk(installation)
    fields = {**desk.form(), "content-0": "one"}
    fields = form_in(desk.do(fields, "add:1:user").text)
    fields = {**fields, "content-1": "two"}
    answer = desk.script("turns", {**fields, "do": "up:1"}).json()
    assert answer["focus"] == 0
    assert answer["turns"].index("two") < answer["turns"].index("one")
    fields = desk.form()
    assert [fields[f"role-{n}"] for n in range(2)] == ["user", "assistant"]
    fields = form_in(desk.do(fields, "remove:0").text)
    assert fields["n"] == "1"
    assert fields["content-0"] == "one"
    assert desk.do(fields, "up:7").status_code == 422


def test_a_call_has_fields_its_result_a_turn_and_their_ids_fit(installation: Installation) -> None:
    desk = Desk(installation, settings=Settings(tools=TOOLS))
    fields = {**desk.form(), "content-0": "I look it up.", "tool-0": "weather"}
    fields = form_in(desk.do(fields, "call:0").text)
    assert fields["role-1"] == "tool"
    assert fields["call_id-1"] == fields["call-0-0-id"]
    fields = {**fields, "call-0-0-arg-days": "9", "content-1": "rain"}
    fields = form_in(desk.do(fields, "add:2:assistant").text)
    fields = {**fields, "content-2": GOOD}
    page = desk.do(fields, "hand-in")
    assert page.status_code == 422
    assert "city is missing" in page.text
    assert "days is above 7" in page.text
    fields = form_in(page.text)
    done = {**fields, "call-0-0-arg-city": "Oslo", "call-0-0-arg-days": "2"}
    assert "is handed in" in desk.do(done, "hand-in").text
    (made,) = _kept(desk)
    assert made.messages[1].calls[0].arguments == {"city": "Oslo", "days": "2"}
    assert made.messages[2].call_id == made.messages[1].calls[0].id == "call_1"
    assert made.tags["tools"] == TOOLS


def test_a_question_back_is_kept_as_such_and_needs_the_users_answer(
    installation: Installation,
) -> None:
    desk = Desk(installation)
    fields = {**desk.form(), "content-0": "Green tea or black tea?", "clarifies-0": "1"}
    page = desk.do(fields, "hand-in")
    assert "answer to this question is missing" in page.text
    fields = form_in(desk.do(form_in(page.text), "add:1:user").text)
    fields = form_in(desk.do({**fields, "content-1": "Green."}, "add:2:assistant").text)
    assert "is handed in" in desk.do({**fields, "content-2": GOOD}, "hand-in").text
    assert _kept(desk)[0].tags["clarifications"] == "1"


def test_warnings_wait_for_the_writer_to_let_them_stand(installation: Installation) -> None:
    desk = Desk(installation, settings=Settings(checklist=("It is true",)))
    text = "Write to ann.miller@mail.com and they will explain to you how it is made."
    page = desk.do({**desk.form(), "content-0": text}, "hand-in")
    assert "2 things to see to" in page.text
    fields = form_in(page.text)
    keys = re.findall(r'name="stand" value="([^"]+)"', page.text)
    refused = desk.do({**fields, "stand": keys}, "hand-in")
    assert "Not confirmed: It is true" in refused.text
    done = {**form_in(refused.text), "ticked": ["0"]}
    assert "is handed in" in desk.do(done, "hand-in").text
    assert _kept(desk)[0].checks == ("private_data: an e-mail address (an…m)",)


def test_one_secret_that_stands_lets_no_other_pass(installation: Installation) -> None:
    desk = Desk(installation)
    text = "Write to {}@mail.com and they will explain to you how it is made."
    page = desk.do({**desk.form(), "content-0": text.format("ann")}, "hand-in")
    keys = re.findall(r'name="stand" value="([^"]+)"', page.text)
    other = {**form_in(page.text), "stand": keys, "content-0": text.format("bob")}
    assert desk.do(other, "hand-in").status_code == 422


def test_what_nobody_can_learn_from_is_never_handed_in(installation: Installation) -> None:
    desk = Desk(installation)
    assert "says nothing" in desk.hand_in("").text
    fields = form_in(desk.do({**desk.form(), "content-0": GOOD}, "add:1:assistant").text)
    fields["content-1"] = GOOD
    keys = [f"role_order/1/{n}" for n in range(3)]
    assert desk.do({**fields, "stand": keys}, "hand-in").status_code == 422
    assert _kept(desk) == []


def test_edits_of_a_draft_are_kept_as_a_diff_and_an_unchanged_one_is_noticed(
    installation: Installation,
) -> None:
    draft = "Pour cold water over the leaves.\nWait for three minutes, then drink the tea."
    item = WriteItem(
        prompt=(said("How do I make tea?"),),
        draft=(said(draft, "assistant"),),
        draft_source="base",
    )
    desk = Desk(installation, [item])
    fields = form_in(desk.do(desk.form(), "start").text)
    assert fields["content-0"] == draft
    page = desk.do(fields, "hand-in")
    assert "It is the draft, unchanged" in page.text
    better = draft.replace("cold", "boiling")
    live = desk.script("check", {**form_in(page.text), "content-0": better}).json()
    assert "<del>cold</del><ins>boiling</ins>" in live["diff"]
    keys = re.findall(r'name="stand" value="([^"]+)"', page.text)
    done = {**form_in(page.text), "content-0": better, "stand": keys}
    assert "is handed in" in desk.do(done, "hand-in").text
    (made,) = _kept(desk)
    assert made.draft == item.draft
    assert made.tags["draft_source"] == "base"
    assert "-Pour cold water over the leaves.\n+Pour boiling water" in made.edits


def test_a_model_drafts_while_the_writer_waits_and_its_name_is_kept(
    installation: Installation,
) -> None:
    model = CannedModel(answers=("A model would say this of tea.",))
    desk = Desk(installation.with_models({"small": model}), settings=Settings(models=("small",)))
    fields = desk.form()
    assert desk.script("draft", {**fields, "model": "other"}).status_code == 422
    assert desk.script("draft", {**fields, "model": "small"}).json() == {"go": desk.path()}
    fields = desk.form()
    assert fields["content-0"] == "A model would say this of tea."
    done = {**fields, "content-0": GOOD, "started": fields["started"]}
    assert "is handed in" in desk.do(done, "hand-in").text
    (made,) = _kept(desk)
    assert made.draft[0].content == "A model would say this of tea."
    assert made.tags["draft_source"] == "small"


def test_nobody_can_forge_what_they_started_from(installation: Installation) -> None:
    desk = Desk(installation)
    done = {**desk.form(), "content-0": GOOD, "started": "0123456789abcdef"}
    assert "is handed in" in desk.do(done, "hand-in").text
    assert _kept(desk)[0].draft == ()


def test_skipping_needs_a_reason_and_leads_to_the_next(installation: Installation) -> None:
    desk = Desk(installation)
    work = str(desk.form()["work"])
    path = desk.path("write/skip")
    assert desk.writer.post(path, {"work": work}).status_code == 422
    answer = desk.writer.post(path, {"work": work, "reason": "The prompt is broken"})
    assert "Nothing is left for you" in answer.text
    with installation.db.read() as tx:
        assert tx.texts("SELECT skip_reason FROM assignments") == ["The prompt is broken"]


def test_what_was_handed_in_last_can_be_taken_back_until_it_is_reviewed(
    installation: Installation,
) -> None:
    desk = Desk(installation)
    page = desk.hand_in()
    (writing,) = re.findall(r'name="writing" value="(\w+)"', page.text)
    other = installation.member(desk.project, "ole", "writer")
    path = desk.path("write/undo")
    assert other.post(path, {"writing": writing}).status_code == 422
    page = desk.writer.post(path, {"writing": writing})
    assert form_in(page.text)["content-0"] == GOOD
    assert _kept(desk) == []
    answer = desk.do({**form_in(page.text), "content-0": f"{GOOD} Enjoy it."}, "hand-in")
    assert "Version 2 is handed in" in answer.text
    desk.decide(desk.waiting()[0], "accepted")
    (writing,) = (w.id for w in _kept(desk, "accepted"))
    assert desk.writer.post(path, {"writing": writing}).status_code == 422


def test_handing_in_twice_makes_one_version(installation: Installation) -> None:
    desk = Desk(installation)
    fields = {**desk.form(), "content-0": GOOD}
    assert desk.do(fields, "hand-in").status_code == 200
    assert desk.do(fields, "hand-in").status_code == 422
    assert len(_kept(desk)) == 1


def test_of_two_that_save_or_hand_in_at_once_one_is_told(installation: Installation) -> None:
    desk = Desk(installation)
    fields = {**desk.form(), "content-0": GOOD}
    assert _at_once(lambda: desk.script("save", fields)) == [200, 409]
    fields = {**desk.form(), "content-0": GOOD}
    answers = _at_once(lambda: desk.do(fields, "hand-in"))
    assert answers[0] == 200
    assert answers[1] in (409, 422)
    assert len(_kept(desk)) == 1


def _at_once(ask: Callable[[], httpx2.Response]) -> list[int]:
    ready = threading.Barrier(2)

    def wait_and_ask(_number: int) -> int:
        ready.wait()
        return ask().status_code

    with ThreadPoolExecutor(2) as pool:
        return sorted(pool.map(wait_and_ask, range(2)))


def test_nothing_is_handed_in_after_the_project_closed_but_the_text_is_kept(
    installation: Installation,
) -> None:
    desk = Desk(installation)
    fields = {**desk.form(), "content-0": GOOD}
    with installation.db.write() as tx:
        projects.set_state(tx, desk.project.id, "closed")
    assert "The project is closed" in desk.do(fields, "hand-in").text
    with installation.db.write() as tx:
        projects.set_state(tx, desk.project.id, "open")
    assert _kept(desk) == []
    assert desk.form()["content-0"] == GOOD


def test_long_answers_in_any_script_are_kept(installation: Installation) -> None:
    desk = Desk(installation)
    text = "茶" * 99_999 + "。"
    assert desk.script("save", {**desk.form(), "content-0": text}).status_code == 200
    fields = {**desk.form(), "n": "4"}
    for place, role in enumerate(("assistant", "user", "assistant", "user")):
        fields |= {f"role-{place}": role, f"content-{place}": text, f"n_calls-{place}": "0"}
    assert desk.script("save", fields).status_code == 200
    assert desk.script("check", desk.form()).status_code == 200
    assert desk.form()["content-3"] == text


def test_without_review_it_is_accepted_at_once(installation: Installation) -> None:
    desk = Desk(installation, settings=Settings(review=False))
    desk.hand_in()
    assert _kept(desk, "accepted")[0].review == "accepted"
    assert desk.waiting() == []


def test_a_prompt_of_ones_own_comes_first_and_the_rest_afterwards(
    installation: Installation,
) -> None:
    desk = Desk(installation, settings=Settings(own_prompts=True))
    desk.do({**desk.form(), "content-0": "half of it"}, "save")
    page = desk.writer.post(desk.path("write/own"), {"prompt": "Why is tea green?"})
    assert "Why is tea green?" in page.text
    assert "is handed in" in desk.do({**form_in(page.text), "content-0": GOOD}, "hand-in").text
    (made,) = _kept(desk)
    assert made.messages[0].content == "Why is tea green?"
    assert made.tags["own_prompt"] == desk.writer.account.pseudonym
    assert desk.form()["content-0"] == "half of it"


def test_own_prompts_are_refused_where_the_project_takes_none(installation: Installation) -> None:
    desk = Desk(installation)
    answer = desk.writer.post(desk.path("write/own"), {"prompt": "Why is tea green?"})
    assert answer.status_code == 422


def test_the_lists_of_ones_own_writings_tell_what_became_of_them(
    installation: Installation,
) -> None:
    desk = Desk(installation)
    desk.hand_in()
    desk.decide(desk.waiting()[0], "sent_back", general="Say how hot.")
    with installation.db.read() as tx:
        (piece,) = writings.of_person(tx, desk.project.id, desk.writer.account.id)
        assert writings.of_person(tx, desk.project.id, desk.reviewer.account.id) == []
    assert piece.writing.state == "sent_back"
    assert piece.prompt == "How do I make tea?"
    assert piece.said == ("Say how hot.",)


def test_records_of_versions_can_be_read_by_whoever_has_the_records(
    installation: Installation,
) -> None:
    desk = Desk(installation)
    desk.hand_in()
    (made,) = _kept(desk)
    again = msgspec.json.decode(msgspec.json.encode(made), type=Demonstration)
    assert again == made
