"""The Rate page: what is shown, what is kept, and what is refused."""

import re

from tests.web.installation import Installation
from tests.web.rating.desk import PLAIN, Desk, assignment_in, comparison, shown_first

from etude.records import Comparison
from etude.web.projects.settings import CRITERIA, Settings


def pairs(n: int) -> list[Comparison]:
    return [comparison(str(k), f"left {k}", f"right {k}") for k in range(n)]


def test_a_rater_sees_prompt_and_answers_and_nothing_that_tells_who_wrote_them(
    installation: Installation,
) -> None:
    desk = Desk(installation, items=[comparison("x", "left", "right", gold=None)])
    page = desk.open(desk.rater("ann"))
    for text in ("question x", "left", "right", "Answer A", "Answer B"):
        assert text in page
    for secret in ("secret-", "gold", "purpose", "candidate"):
        assert secret not in page


def test_the_order_is_drawn_for_each_person_and_kept_with_the_rating(
    installation: Installation,
) -> None:
    desk = Desk(
        installation,
        Settings(overlap=40, gold_share=0, repeat_share=0),
        [comparison("x", "left", "right")],
    )
    firsts = set[bool]()
    for n in range(40):
        if len(firsts) == 2:
            break
        ann = desk.rater(f"rater{n}")
        page = desk.open(ann)
        assert desk.open(ann).count("left") == page.count("left")
        left_first = shown_first(page, "left", "right")
        desk.rate(ann, verdict="a2")
        firsts.add(left_first)
        rating = next(one for one in desk.ratings() if one.rater == ann.account.pseudonym)
        assert rating.order == ((0, 1) if left_first else (1, 0))
        assert rating.ranking == ((rating.order[0],), (rating.order[1],))
        assert rating.strength == 2
    assert firsts == {True, False}


def test_a_rating_has_all_that_was_said(installation: Installation) -> None:
    settings = Settings(
        criteria=CRITERIA[:1], reasons=("clear", "short"), gold_share=0, repeat_share=0
    )
    desk = Desk(installation, settings, [comparison("x", "left", "right")])
    ann = desk.rater("ann")
    page = desk.open(ann)
    order = (0, 1) if shown_first(page, "left", "right") else (1, 0)
    installation.clock.now += 30
    answer = desk.rate(
        ann,
        verdict="b1",
        reason=["clear", "short"],
        rationale="since it is\r\nso",
        marks='[{"answer":1,"start":0,"end":2,"label":"wrong"}]',
        active_s="12.5",
        **{"score:correct:0": "1", "score:correct:1": "4"},
    )
    assert "Saved" in answer.text
    [rating] = desk.ratings()
    assert rating.comparison_id == "secret-id-x"
    assert rating.rater == ann.account.pseudonym
    assert rating.scores == {"correct": (1, 4) if order == (0, 1) else (4, 1)}
    assert (rating.reasons, rating.rationale) == (("clear", "short"), "since it is\nso")
    assert [(s.candidate, s.start, s.end, s.label) for s in rating.spans] == [
        (order[1], 0, 2, "wrong")
    ]
    assert rating.duration_s == 12.5
    assert rating.purpose == "work"


def test_what_is_missing_is_said_and_what_was_typed_stays(installation: Installation) -> None:
    settings = Settings(criteria=CRITERIA[:1], gold_share=0, repeat_share=0)
    desk = Desk(installation, settings, pairs(1))
    answer = desk.rate(desk.rater("ann"), rationale="<b>because</b>", **{"score:correct:0": "3"})
    assert answer.status_code == 422
    assert "Say which answer is better" in answer.text
    assert "&lt;b&gt;because&lt;/b&gt;" in answer.text
    assert re.search(r'name="score:correct:0" value="3" checked', answer.text)
    assert desk.ratings() == []


NEVER_SENT: tuple[dict[str, str | list[str]], ...] = (
    {"verdict": "a9"},
    {"verdict": "a1", "marks": "{"},
    {"verdict": "a1", "marks": '[{"answer":0,"start":0,"end":999,"label":"wrong"}]'},
    {"verdict": "a1", "marks": '[{"answer":7,"start":0,"end":1,"label":"wrong"}]'},
    {"verdict": "a1", "score:correct:0": "99", "score:correct:1": "1"},
    {"verdict": "a1", "score:correct:0": "x", "score:correct:1": "1"},
    {"verdict": "cannot_judge"},
)


def test_what_the_page_never_sends_is_refused(installation: Installation) -> None:
    desk = Desk(installation, Settings(criteria=CRITERIA[:1], gold_share=0), pairs(1))
    ann = desk.rater("ann")
    for fields in NEVER_SENT:
        assert desk.rate(ann, **fields).status_code == 422, fields
    assert desk.ratings() == []


def test_nobody_rates_in_anothers_name(installation: Installation) -> None:
    desk = Desk(installation, items=pairs(2))
    ann, bob = desk.rater("ann"), desk.rater("bob")
    mine = assignment_in(desk.open(ann))
    desk.open(bob)
    for path in (desk.path, f"{desk.path}/draft", f"{desk.path}/skip"):
        fields = {"assignment": mine, "verdict": "a1", "reason": "other"}
        assert bob.post(path, fields).status_code == 422
    outsider = installation.person("eve")
    assert outsider.get(desk.path).status_code == 404
    writer = installation.member(desk.project, "will", "viewer")
    assert writer.get(desk.path).status_code == 403
    assert desk.ratings() == []


def test_sending_twice_counts_once(installation: Installation) -> None:
    desk = Desk(installation, items=pairs(2))
    ann = desk.rater("ann")
    fields = {"assignment": assignment_in(desk.open(ann)), "verdict": "tie"}
    assert "Saved." in ann.post(desk.path, fields).text
    assert "saved already" in ann.post(desk.path, fields).text
    assert len(desk.ratings()) == 1


def test_a_draft_comes_back_on_another_device(installation: Installation) -> None:
    settings = Settings(criteria=CRITERIA[:1], gold_share=0, repeat_share=0)
    desk = Desk(installation, settings, pairs(1))
    ann = desk.rater("ann")
    installation.clock.now += 5
    said = ann.post(
        f"{desk.path}/draft",
        {
            "assignment": assignment_in(desk.open(ann)),
            "verdict": "b2",
            "rationale": "half a sent",
            "score:correct:1": "2",
            "active_s": "4",
        },
    ).json()
    assert said == {"goes_on": True, "break_due": False, "worked_min": 0}
    page = desk.open(ann)
    assert re.search(r'value="b2" checked', page)
    assert re.search(r'name="score:correct:1" value="2" checked', page)
    assert "half a sent" in page
    assert desk.ratings() == []


def test_undo_withdraws_and_begins_with_what_was_said(installation: Installation) -> None:
    desk = Desk(installation, items=pairs(3))
    ann = desk.rater("ann")
    desk.rate(ann, verdict="a3", rationale="hasty")
    first = desk.ratings()[0]
    desk.open(ann)
    page = ann.post(f"{desk.path}/undo").text
    assert "taken back" in page
    assert "hasty" in page
    assert re.search(r'value="a3" checked', page)
    assert desk.ratings() == []
    installation.clock.now += 1
    desk.rate(ann, verdict="b1")
    [now] = desk.ratings()
    assert now.comparison_id == first.comparison_id
    assert now.verdict == "ranked"
    assert now.strength == 1
    assert len(desk.ratings("1 = 1")) == 2


def test_only_this_sessions_ratings_are_undone(installation: Installation) -> None:
    desk = Desk(installation, items=pairs(3))
    ann = desk.rater("ann")
    desk.rate(ann, verdict="a3")
    with installation.db.write() as tx:
        tx.run("UPDATE sessions SET created_at = :now", now=installation.clock.now + 1)
    assert "nothing of this session" in ann.post(f"{desk.path}/undo").text
    assert len(desk.ratings()) == 1


def test_a_skipped_item_goes_to_others_with_a_reason(installation: Installation) -> None:
    desk = Desk(installation, items=pairs(2))
    ann, bob = desk.rater("ann"), desk.rater("bob")
    page = desk.open(ann)
    assert "question 0" in page
    fields = {"assignment": assignment_in(page), "reason": "unclear", "more": "what is it"}
    assert "question 1" in ann.post(f"{desk.path}/skip", fields).text
    assert "question 0" in desk.open(bob)
    with installation.db.read() as tx:
        assert tx.texts("SELECT skip_reason FROM assignments WHERE state = 'skipped'") == [
            "unclear: what is it"
        ]


def test_work_that_came_too_late_is_kept_and_its_author_told(installation: Installation) -> None:
    desk = Desk(installation, items=pairs(1))
    ann, bob = desk.rater("ann"), desk.rater("bob")
    mine = assignment_in(desk.open(ann))
    installation.clock.now += 3600
    desk.rate(bob, verdict="a1")
    late = ann.post(desk.path, {"assignment": mine, "verdict": "b1", "rationale": "I think"})
    assert "What you said is kept" in late.text
    assert len(desk.ratings()) == 1
    with installation.db.read() as tx:
        [draft] = tx.texts("SELECT draft FROM assignments WHERE state = 'expired'")
    assert "I think" in draft


def test_a_closed_project_takes_nothing_more_and_keeps_what_was_begun(
    installation: Installation,
) -> None:
    desk = Desk(installation, items=pairs(1))
    ann = desk.rater("ann")
    fields = {"assignment": assignment_in(desk.open(ann)), "verdict": "a1", "rationale": "late"}
    with installation.db.write() as tx:
        tx.run("UPDATE projects SET state = 'closed'")
    assert "What you said is kept" in ann.post(desk.path, fields).text
    assert desk.ratings() == []
    with installation.db.read() as tx:
        assert "late" in tx.texts("SELECT draft FROM assignments")[0]


def test_three_answers_are_ranked(installation: Installation) -> None:
    desk = Desk(installation, PLAIN, [comparison("x", "one", "two", "three")])
    ann = desk.rater("ann")
    assert "Give a rank to B" in desk.rate(ann, **{"rank:0": "1", "rank:2": "1"}).text
    desk.rate(ann, **{"rank:0": "2", "rank:1": "1", "rank:2": "2"})
    [rating] = desk.ratings()
    first, second, third = rating.order
    assert rating.ranking == ((second,), tuple(sorted((first, third))))


def test_gold_and_repeats_look_like_work(installation: Installation) -> None:
    settings = Settings(gold_share=1)
    desk = Desk(installation, settings, [comparison("0", "left 0", "right 0", gold=1), *pairs(1)])
    ann = desk.rater("ann")
    gold = desk.open(ann)
    desk.rate(ann, verdict="a1")
    work = desk.open(ann)

    def shape(page: str) -> str:
        page = re.sub(r"\b[0-9a-f]{16}\b|\b[0-9a-f]{64}\b", "", page)
        return re.sub(r"(left|right) 0", "text", page).split('<section class="card prompt"')[1]

    assert [rating.purpose for rating in desk.ratings()] == ["gold"]
    assert shape(gold) == shape(work)


def test_a_question_reaches_the_lead_with_its_item_which_the_page_does_not_name(
    installation: Installation,
) -> None:
    desk = Desk(installation, items=pairs(1))
    ann = desk.rater("ann")
    page = desk.open(ann)
    assert desk.ids[0] not in page
    fields = {"assignment": assignment_in(page), "text": "What is meant by left?"}
    assert "The lead sees your question" in ann.post(f"{desk.path}/question", fields).text
    with installation.db.read() as tx:
        assert tx.texts("SELECT item_id FROM questions") == desk.ids
    assert desk.rater("bob").post(f"{desk.path}/question", fields).status_code == 422


def test_a_break_is_advised_after_the_projects_time(installation: Installation) -> None:
    settings = Settings(break_after_min=1, gold_share=0, repeat_share=0)
    desk = Desk(installation, settings, pairs(3))
    ann = desk.rater("ann")
    assert re.search(r'id="break" role="status" hidden', desk.open(ann))
    installation.clock.now += 61
    fields = {"assignment": assignment_in(desk.open(ann)), "active_s": "61"}
    installation.clock.now += 61
    assert ann.post(f"{desk.path}/draft", fields).json()["break_due"]
    assert not re.search(r'id="break" role="status" hidden', desk.open(ann))
    desk.rate(ann, verdict="a1")
    installation.clock.now += 900
    assert re.search(r'id="break" role="status" hidden', desk.open(ann))


def test_hostile_answers_are_text(installation: Installation) -> None:
    attack = "<script>alert(1)</script><img src=x onerror=alert(1)>\0\u202e</textarea><b>"
    desk = Desk(installation, items=[comparison("x", attack, "plain")])
    page = desk.open(desk.rater("ann"))
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "<b>" not in page.split('class="answers')[1].split("</form>")[0]


def test_when_nothing_is_left_the_page_says_so(installation: Installation) -> None:
    desk = Desk(installation, items=pairs(1))
    ann, bob = desk.rater("ann"), desk.rater("bob")
    desk.open(ann)
    assert "Others are at the last items" in desk.open(bob)
    desk.rate(ann, verdict="both_bad")
    assert "Nothing is left" in desk.open(ann)
    assert "1 done today" in desk.open(ann)
    assert desk.ratings()[0].verdict == "both_bad"
