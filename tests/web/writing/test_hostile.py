"""What strangers send to the pages of writing: access, sizes, and texts that attack."""

from tests.web.installation import Installation, Person
from tests.web.writing.desk import GOOD, TOOLS, Desk, form_in, said

from etude.records import Message, ToolCall
from etude.web.projects.settings import Settings
from etude.web.queue.item import WriteItem

_ATTACKS = (
    "<script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "[x](javascript:alert(1)) ![y](http://elsewhere.example/p.png)",
    "{{ 7 * 7 }}{% raw %}",
    '"><img src=x onerror=alert(1)>',
    "a\u202eb\u200bc",
)


def _harmless(page: str) -> bool:
    return not any(
        bad in page for bad in ("<script>alert", "<img", 'href="javascript', "onerror=alert(1)>")
    )


def test_no_page_runs_or_hides_what_a_text_says(installation: Installation) -> None:
    attack = " ".join(_ATTACKS)
    text = f"{attack} {GOOD}"
    item = WriteItem(prompt=(said(text, "system"), said(text)), draft_source=attack)
    desk = Desk(installation, [item], Settings(tools=TOOLS, checklist=(attack,)))
    fields = {**desk.form(), "content-0": text, "tool-0": "weather"}
    page = desk.do(fields, "call:0")
    assert _harmless(page.text)
    again = form_in(page.text)
    assert again["content-0"] == text
    again = {**again, "call-0-0-arg-city": text, "call-0-0-arg-<b>": attack, "content-1": text}
    page = desk.do(again, "hand-in")
    assert page.status_code == 422
    assert _harmless(page.text)
    live = desk.script("check", form_in(page.text)).json()
    assert _harmless("".join(live["findings"].values()) + live["diff"])
    assert _harmless(desk.script("preview", {"text": text}).json()["html"])
    again = {**form_in(page.text), "call-0-0-arg-<b>": "", "ticked": ["0"]}
    again = form_in(desk.do(again, "add:2:assistant").text)
    page = desk.do({**again, "content-2": text}, "hand-in")
    assert "is handed in" in page.text
    (path,) = desk.waiting()
    assert _harmless(desk.reviewer.get(path).text)
    desk.decide(path, "sent_back", general=text, comment_2=text)
    assert _harmless(desk.writer.get(desk.path()).text)
    assert _harmless(desk.reviewer.get(desk.path("review?shelf=sent_back")).text)


def test_pages_are_for_those_with_the_role_and_of_the_project(installation: Installation) -> None:
    desk = Desk(installation)
    stranger = installation.person("sam")
    fields = desk.form()
    desk.hand_in()
    (path,) = desk.waiting()

    def statuses(who: Person) -> list[int]:
        return [
            who.get(desk.path()).status_code,
            who.get(path).status_code,
            who.post(path, {"verdict": "accepted"}).status_code,
            desk.script("save", fields, who).status_code,
        ]

    assert statuses(stranger) == [404, 404, 404, 404]
    assert statuses(desk.writer)[1:3] == [403, 403]
    assert statuses(installation.member(desk.project, "vic", "viewer")) == [403] * 4


def test_ids_of_another_project_lead_nowhere(installation: Installation) -> None:
    desk = Desk(installation)
    desk.hand_in()
    (path,) = desk.waiting()
    lead = installation.person("max")
    elsewhere = installation.project(lead, "write", name="Another")
    writing = path.rsplit("/", 1)[1]
    theirs = f"/projects/{elsewhere.id}/review/{writing}"
    assert lead.get(theirs).status_code == 404
    assert lead.post(theirs, {"verdict": "accepted"}).status_code == 404
    assert lead.post(f"{theirs}/give-up").status_code == 404


def test_nobody_writes_into_the_work_of_another(installation: Installation) -> None:
    desk = Desk(installation)
    fields = desk.form()
    other = installation.member(desk.project, "ole", "writer")
    stolen = {**fields, "content-0": "stolen"}
    for end in ("save", "check", "turns", "draft"):
        assert desk.script(end, {**stolen, "do": "add:1:user"}, other).status_code == 422
    assert desk.do(stolen, "hand-in", other).status_code == 422
    work = {"work": str(fields["work"]), "reason": "mine"}
    assert other.post(desk.path("write/skip"), work).status_code == 422
    assert desk.form()["content-0"] == ""


_BROKEN: tuple[dict[str, str], ...] = (
    {"content-0": "x" * 100_001},
    {"n": "61"},
    {"n": "-1"},
    {"n": "many"},
    {"role-0": "system"},
    {"role-0": ""},
    {"n_calls-0": "9"},
    {"revision": "one"},
    {"language": "english"},
    {"work": "nobody's"},
)


def test_forms_out_of_bounds_are_refused_and_nothing_is_changed(
    installation: Installation,
) -> None:
    desk = Desk(installation)
    desk.script("save", {**desk.form(), "content-0": "kept"})
    fields = desk.form()
    for broken in _BROKEN:
        answer = desk.script("save", {**fields, **broken})
        assert answer.status_code == 422, broken
        assert answer.json()["error"]
        assert desk.do({**fields, **broken}, "save").status_code == 422, broken
    assert desk.form()["content-0"] == "kept"


def test_texts_that_no_database_keeps_are_kept_without_what_it_refuses(
    installation: Installation,
) -> None:
    desk = Desk(installation)
    desk.script("save", {**desk.form(), "content-0": "a\0b"})
    assert desk.form()["content-0"] == "ab"


def test_broken_tools_and_checks_of_a_project_are_told_and_stop_no_writing(
    installation: Installation,
) -> None:
    desk = Desk(installation, settings=Settings(tools="[" * 5000))
    page = desk.writer.get(desk.path())
    assert page.status_code == 200
    assert "tools: no JSON array" in page.text
    assert "is handed in" in desk.hand_in().text


def test_ids_of_calls_in_drafts_of_others_do_not_break_the_page(
    installation: Installation,
) -> None:
    call = ToolCall(name="<b>\u202e", arguments={"a b\n": "1", "": "2"}, id="x\u200by")
    item = WriteItem(
        prompt=(said("How?"),),
        draft=(
            Message(role="assistant", content="", calls=(call,)),
            Message(role="tool", content="back", call_id="x\u200by"),
            said(GOOD, "assistant"),
        ),
    )
    desk = Desk(installation, [item])
    page = desk.do(desk.form(), "start")
    assert page.status_code == 200
    assert "there is no tool" in page.text
    fields = form_in(page.text)
    fields = form_in(desk.do(fields, "uncall:0:0").text)
    assert fields["n"] == "2"
