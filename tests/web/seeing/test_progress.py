"""Progress, own work, label errors and bias: what they say, to whom, and that they never wait."""

import time

import msgspec
import pytest
from tests.web.installation import Installation, Person
from tests.web.seeing.made import fill_with_ratings, hand_in, rate_once

from etude.records import Message, Rating
from etude.stages.prefs.simulate import Design, SimulatedRater, hasty, honest
from etude.web.projects.settings import Settings
from etude.web.queue.item import WriteItem, add_items
from etude.web.seeing import figures
from etude.web.seeing.workroom import Workroom

_EVIL = "<script>alert(1)</script>"


class Rate:
    """A rate project in which three honest raters and a hasty one did forty items."""

    def __init__(self, installation: Installation) -> None:
        self.lead = installation.person("lena")
        self.project = installation.project(self.lead, "rate", Settings(overlap=4))
        self.here = f"/projects/{self.project.id}"
        raters = (*honest(3, 0.8, 0.9), hasty())
        self.raters: list[tuple[Person, SimulatedRater]] = [
            (installation.member(self.project, f"ronja{n}", "rater"), one)
            for n, one in enumerate(raters)
        ]
        design = Design(n_comparisons=40, overlap=4, gold_share=0.1, repeat_share=0.0)
        self.comparisons = fill_with_ratings(installation, self.project, self.raters, design)


@pytest.fixture
def rate(installation: Installation) -> Rate:
    return Rate(installation)


def test_progress_counts_at_once_and_adds_figures_when_they_are_ready(
    rate: Rate,
) -> None:
    first = rate.lead.get(f"{rate.here}/progress")
    assert first.status_code == 200
    assert "not worked out yet" in first.text
    assert "Ronja3" in first.text
    assert rate.lead.send(f"{rate.here}/progress", {}).json() == {"running": True}
    assert figures.PROGRESS.wait(rate.project.id) is not None
    page = rate.lead.get(f"{rate.here}/progress").text
    assert "up to date" in page
    assert "alpha" in page
    hasty_one = rate.raters[3][0].account.pseudonym
    assert f"{hasty_one} takes 0." in page
    assert "of the usual time" in page
    assert "100" in page
    assert "style=" not in page
    begun = time.perf_counter()
    rate.lead.get(f"{rate.here}/progress")
    assert time.perf_counter() - begun < 2  # most often 0.02; the machine may be busy


def test_figures_tell_when_they_are_old_and_are_worked_out_anew_when_asked(
    installation: Installation, rate: Rate
) -> None:
    rate.lead.post(f"{rate.here}/progress")
    figures.PROGRESS.wait(rate.project.id)
    with installation.db.write() as tx:
        (item,) = add_items(tx, rate.project, rate.comparisons[:1], now=installation.clock.now)
    rating = Rating(id="x", comparison_id="", rater="", order=(0, 1), ranking=((1,), (0,)))
    rate_once(installation, rate.project, item, rate.raters[0][0].account, rating)
    page = rate.lead.get(f"{rate.here}/progress").text
    assert "ratings have changed since" in page
    rate.lead.post(f"{rate.here}/progress")
    figures.PROGRESS.wait(rate.project.id)
    assert "up to date" in rate.lead.get(f"{rate.here}/progress").text
    state = rate.lead.get(f"{rate.here}/progress/state").json()
    assert state == {"running": False}
    made = figures.PROGRESS.figure(rate.project.id)
    assert made is not None
    assert made.value is not None
    assert made.value.ratings is not None
    assert made.value.ratings.n_ratings == 161


def test_who_sees_progress_sees_names_only_as_a_lead(
    installation: Installation, rate: Rate
) -> None:
    viewer = installation.member(rate.project, "vera", "viewer")
    page = viewer.get(f"{rate.here}/progress").text
    assert "Ronja" not in page
    assert rate.raters[0][0].account.pseudonym in page
    reviewer = installation.member(rate.project, "rex", "reviewer")
    assert "Ronja" not in reviewer.get(f"{rate.here}/progress").text
    for path in ("progress", "bias", "label-errors", "progress/state", "bias/state"):
        rater = rate.raters[0][0]
        assert rater.get(f"{rate.here}/{path}").status_code == 403
        other = installation.person(f"olga{len(path)}{path[0]}")
        assert other.get(f"{rate.here}/{path}").status_code == 404
    assert viewer.get(f"{rate.here}/label-errors").status_code == 403
    assert rate.lead.get(f"{rate.here}/mine").status_code == 403


def test_what_is_stuck_is_shown_and_hostile_prompts_stay_text(
    installation: Installation, rate: Rate
) -> None:
    odd = msgspec.structs.replace(
        rate.comparisons[0],
        id="odd",
        gold=None,
        prompt=(Message(role="user", content=f"Stuck? {_EVIL}"),),
    )
    rating = Rating(id="x", comparison_id="", rater="", order=(0, 1), ranking=((1,), (0,)))
    with installation.db.write() as tx:
        (item,) = add_items(tx, rate.project, [odd], batch=_EVIL, now=installation.clock.now)
        (skipped,) = add_items(
            tx,
            rate.project,
            [
                msgspec.structs.replace(
                    odd, id="odder", prompt=(Message(role="user", content="Ugh"),)
                )
            ],
            now=installation.clock.now,
        )
    for person, _ in rate.raters[:2]:
        rate_once(installation, rate.project, skipped, person.account, rating)
    with installation.db.write() as tx:
        tx.run(
            "UPDATE assignments SET state = 'skipped', skip_reason = :why WHERE item_id = :id",
            why=f"upsetting {_EVIL}",
            id=skipped,
        )
    rate_once(installation, rate.project, item, rate.raters[0][0].account, rating)
    with installation.db.write() as tx:
        tx.run("UPDATE items SET n_done = 1 WHERE id = :id", id=item)
    page = rate.lead.get(f"{rate.here}/progress").text
    assert "Stuck?" in page
    assert "1 of 4" in page
    assert "Ugh" in page
    assert "upsetting" in page
    assert _EVIL not in page


def test_progress_of_writing_counts_what_was_handed_in_accepted_and_sent_back(
    installation: Installation,
) -> None:
    lead = installation.person("lena")
    project = installation.project(lead, "write", name="Written")
    writer = installation.member(project, "willa", "writer")
    reviewer = installation.member(project, "rex", "reviewer")
    better = [("Short", "replaced"), ("Better, with reasons", "accepted")]
    hand_in(installation, project, writer, "One?", better, reviewer)
    hand_in(installation, project, writer, "Two?", [("No", "sent_back")], reviewer)
    here = f"/projects/{project.id}/progress"
    lead.post(here)
    made = figures.PROGRESS.wait(project.id)
    assert made is not None
    assert made.value is not None
    (known,) = made.value.writers
    assert (known.n_works, known.n_accepted, known.n_sent_back, known.n_checks) == (2, 1, 2, 1)
    assert known.median_s == 90
    page = lead.get(here).text
    assert "Checks let stand" in page
    assert "length" in page


def test_a_project_in_which_nothing_was_done_says_so(installation: Installation) -> None:
    lead = installation.person("lena")
    for kind in ("rate", "write"):
        project = installation.project(lead, kind, name=kind)
        here = f"/projects/{project.id}"
        assert "Nobody has begun" in lead.get(f"{here}/progress").text
        lead.post(f"{here}/progress")
        figures.PROGRESS.wait(project.id)
        assert lead.get(f"{here}/progress").status_code == 200
        for page, room in (("bias", figures.BIAS), ("label-errors", figures.LABEL_ERRORS)):
            lead.post(f"{here}/{page}")
            room.wait(project.id)
            assert lead.get(f"{here}/{page}").status_code == (200 if kind == "rate" else 404)


def test_label_errors_are_ranked_with_a_link_to_settle_each(
    rate: Rate,
) -> None:
    rate.lead.post(f"{rate.here}/label-errors")
    made = figures.LABEL_ERRORS.wait(rate.project.id)
    assert made is not None
    assert made.value is not None
    page = rate.lead.get(f"{rate.here}/label-errors").text
    assert made.value.report.strength.capitalize() in page
    assert "What fixing is worth" in page
    for suspect in made.value.suspects[:3]:
        assert f"{rate.here}/adjudicate?item={suspect.item_id}" in page


def test_bias_is_audited_beside_rulers_that_read_nothing(
    rate: Rate,
) -> None:
    rate.lead.post(f"{rate.here}/bias")
    made = figures.BIAS.wait(rate.project.id)
    assert made is not None
    assert made.value is not None
    page = rate.lead.get(f"{rate.here}/bias").text
    assert "always longer" in page
    assert "Before you believe it" in page
    assert "style=" not in page


def _mine(person: Person, here: str) -> str:
    return person.get(f"{here}/mine").text


def test_own_agreement_is_told_only_of_what_is_settled_and_never_of_open_gold(
    installation: Installation, rate: Rate
) -> None:
    person = rate.raters[0][0]
    n_gold = sum(one.gold is not None for one in rate.comparisons)
    assert n_gold >= 2
    page = _mine(person, rate.here)
    assert "once 5 of your items are settled" in page
    assert "gold" not in page
    reviewer = installation.member(rate.project, "rex", "reviewer")
    with installation.db.read() as tx:
        items = tx.texts(
            "SELECT id FROM items WHERE project_id = :id AND gold IS NULL ORDER BY place",
            id=rate.project.id,
        )
        given = {
            item: msgspec.json.decode(body, type=Rating)
            for item in items[:6]
            for body in tx.texts(
                "SELECT body FROM ratings WHERE item_id = :item AND account_id = :who",
                item=item,
                who=person.account.id,
            )
        }
    for number, (item, rating) in enumerate(given.items()):
        ranking = rating.ranking if number else rating.ranking[::-1]
        ruling = msgspec.structs.replace(rating, purpose="adjudication", ranking=ranking)
        rate_once(installation, rate.project, item, reviewer.account, ruling)
    page = _mine(person, rate.here)
    assert "Of 6 items that are settled" in page
    assert "83\N{NO-BREAK SPACE}%" in page


def test_own_work_shows_time_and_what_was_sent_back(installation: Installation) -> None:
    lead = installation.person("lena")
    project = installation.project(lead, "write", name="Written")
    writer = installation.member(project, "willa", "writer")
    other = installation.member(project, "wim", "writer")
    reviewer = installation.member(project, "rex", "reviewer")
    hand_in(installation, project, writer, f"One? {_EVIL}", [("No", "sent_back")], reviewer)
    hand_in(installation, project, other, "Of another", [("No way", "sent_back")], reviewer)
    page = _mine(writer, f"/projects/{project.id}")
    assert "Sent back to you" in page
    assert "One?" in page
    assert "sent back: No" in page
    assert "Of another" not in page
    assert "No way" not in page
    assert _EVIL not in page
    assert "1\N{NO-BREAK SPACE}min 30\N{NO-BREAK SPACE}s" in page
    assert f'action="/projects/{project.id}/write/undo"' in page
    with installation.db.write() as tx:
        add_items(tx, project, [WriteItem(prompt=(Message(role="user", content="x"),))], now=1.0)


def test_work_that_fails_is_told_and_can_be_begun_again() -> None:
    room: Workroom[int] = Workroom()

    def fail() -> int:
        raise KeyError("nothing there")

    room.start("p", "1", 0.0, fail)
    made = room.wait("p")
    assert made is not None
    assert made.value is None
    assert "could not be worked out" in made.wrong
    room.start("p", "2", 1.0, lambda: 7)
    made = room.wait("p")
    assert made is not None
    assert made.value == 7
    assert made.stamp == "2"
    assert not room.running("p")
