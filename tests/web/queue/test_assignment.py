"""Turns at items: who gets what, for how long, and what becomes of lost ones."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from tests.web.installation import Installation, Person

from etude.errors import ConfigError
from etude.records import Candidate, Comparison, Message, Origin
from etude.web.database import Transaction
from etude.web.people import roles
from etude.web.projects.project import Project
from etude.web.projects.settings import Settings
from etude.web.queue import assignment as queue
from etude.web.queue.assignment import Assignment, Nothing
from etude.web.queue.item import WriteItem, add_items, item_by_id, much_skipped, set_wanted
from etude.web.queue.turn import in_turn

ORIGIN = Origin(source="test", made_by="test")


def comparison(name: str, gold: int | None = None, sources: Sequence[str] = "xy") -> Comparison:
    return Comparison(
        id=name,
        origin=ORIGIN,
        prompt=(Message(role="user", content=f"question {name}"),),
        candidates=tuple(
            Candidate(
                messages=(Message(role="assistant", content=f"answer {source}"),), source=source
            )
            for source in sources
        ),
        gold=gold,
    )


class Desk:
    """A rate project with raters, asked directly."""

    def __init__(self, installation: Installation, settings: Settings, n_items: int) -> None:
        self.installation = installation
        self.lead = installation.person("lead")
        made = installation.project(self.lead, settings=settings)
        self.project: Project = msgspec.structs.replace(made, state="open")
        self.ids = self.add([comparison(f"c{n}") for n in range(n_items)])

    @property
    def now(self) -> float:
        return self.installation.clock.now

    def add(self, bodies: Sequence[Comparison]) -> list[str]:
        with self.installation.db.write() as tx:
            return add_items(tx, self.project, bodies, batch="first", now=self.now)

    def rater(self, name: str) -> Person:
        return self.installation.member(self.project, name, "rater")

    def claim(self, person: Person) -> Assignment | Nothing:
        def work(tx: Transaction) -> Assignment | Nothing:
            return queue.claim(tx, self.project, person.account.id, self.now)

        return in_turn(self.installation.db, work)

    def take(self, person: Person) -> Assignment:
        found = self.claim(person)
        assert isinstance(found, Assignment), found
        return found

    def why(self, person: Person) -> str:
        found = self.claim(person)
        assert isinstance(found, Nothing), found
        return found.kind

    def finish(self, mine: Assignment, active_s: float | None = None) -> bool:
        def work(tx: Transaction) -> bool:
            return queue.finish(
                tx, self.project.id, mine.id, mine.account_id, now=self.now, active_s=active_s
            )

        return in_turn(self.installation.db, work)

    def beat(self, mine: Assignment, draft: str | None = None, active_s: float = 0) -> bool:
        with self.installation.db.write() as tx:
            return queue.sign_of_life(
                tx,
                self.project.id,
                mine.id,
                mine.account_id,
                draft=draft,
                active_s=active_s,
                now=self.now,
            )

    def again(self, mine: Assignment) -> Assignment:
        with self.installation.db.read() as tx:
            found = queue.by_id(tx, self.project.id, mine.id, mine.account_id)
        assert found is not None
        return found

    def wait(self, minutes: float) -> None:
        self.installation.clock.now += 60 * minutes


def desk(installation: Installation, n_items: int = 3, settings: Settings | None = None) -> Desk:
    plain = Settings(gold_share=0, repeat_share=0)
    return Desk(installation, settings or plain, n_items)


def test_items_come_in_their_order_and_one_at_a_time(installation: Installation) -> None:
    at = desk(installation)
    ann = at.rater("ann")
    first = at.take(ann)
    assert first.item_id == at.ids[0]
    assert at.take(ann).id == first.id
    assert at.finish(first)
    assert at.take(ann).item_id == at.ids[1]


def test_two_people_never_hold_an_item_that_wants_one(installation: Installation) -> None:
    at = desk(installation, 1)
    ann, bob = at.rater("ann"), at.rater("bob")
    at.take(ann)
    assert at.why(bob) == "waiting"
    at.wait(29)
    assert at.why(bob) == "waiting"


def test_a_lapsed_turn_is_handed_on_and_its_owner_is_told(installation: Installation) -> None:
    at = desk(installation, 1)
    ann, bob = at.rater("ann"), at.rater("bob")
    old = at.take(ann)
    assert at.beat(old, draft="half a thought")
    at.wait(31)
    new = at.take(bob)
    assert new.item_id == old.item_id
    assert not at.beat(old, draft="the whole thought")
    assert not at.finish(old)
    assert at.again(old).draft == "the whole thought"
    assert at.finish(new)
    assert at.why(ann) == "finished"


def test_whoever_comes_back_late_goes_on_while_there_is_room(installation: Installation) -> None:
    at = desk(installation, 1)
    ann, bob = at.rater("ann"), at.rater("bob")
    old = at.take(ann)
    at.beat(old, draft="half a thought")
    at.wait(31)
    new = at.take(bob)
    with installation.db.write() as tx:
        queue.skip(tx, at.project.id, new.id, bob.account.id, reason="no time", now=at.now)
    again = at.take(ann)
    assert (again.id, again.state, again.draft) == (old.id, "open", "half a thought")
    assert at.finish(again)


def test_a_lapsed_turn_that_nobody_wanted_is_finished_as_ever(installation: Installation) -> None:
    at = desk(installation, 1)
    old = at.take(at.rater("ann"))
    at.wait(600)
    assert at.finish(old)


def test_nobody_gets_an_item_twice_nor_one_they_skipped(installation: Installation) -> None:
    at = desk(installation, 2, Settings(overlap=3, gold_share=0, repeat_share=0))
    ann, bob = at.rater("ann"), at.rater("bob")
    for person in (ann, bob):
        mine = at.take(person)
        with installation.db.write() as tx:
            queue.skip(tx, at.project.id, mine.id, person.account.id, reason="too hard", now=at.now)
        assert at.finish(at.take(person))
        assert at.why(person) == "finished"
    with installation.db.read() as tx:
        [skipped] = much_skipped(tx, at.project.id)
    assert (skipped.item_id, skipped.reasons) == (at.ids[0], ("too hard", "too hard"))


def test_a_turn_is_ended_once(installation: Installation) -> None:
    at = desk(installation, 1)
    mine = at.take(at.rater("ann"))
    assert at.finish(mine)
    with pytest.raises(ConfigError, match="already"):
        at.finish(mine)
    with installation.db.read() as tx:
        item = item_by_id(tx, at.project.id, mine.item_id)
    assert item is not None
    assert (item.n_done, item.state) == (1, "done")


def test_another_persons_turn_is_out_of_reach(installation: Installation) -> None:
    at = desk(installation)
    mine, bob = at.take(at.rater("ann")), at.rater("bob")
    theirs = msgspec.structs.replace(mine, account_id=bob.account.id)
    for deed in (at.finish, at.beat):
        with pytest.raises(ConfigError, match="not yours"):
            deed(theirs)
    with installation.db.read() as tx:
        assert queue.by_id(tx, "another project", mine.id, mine.account_id) is None


def test_no_more_time_is_counted_than_has_passed(installation: Installation) -> None:
    at = desk(installation)
    mine = at.take(at.rater("ann"))
    at.wait(1)
    at.beat(mine, active_s=1e9)
    assert at.again(mine).active_s == pytest.approx(60)
    at.wait(1)
    at.beat(mine, active_s=20)
    at.beat(mine, active_s=-5)
    assert at.again(mine).active_s == pytest.approx(80)
    at.wait(25)
    at.finish(mine)
    assert at.again(mine).active_s == pytest.approx(80 + 600)


def test_undo_opens_the_last_item_and_keeps_what_was_begun_after_it(
    installation: Installation,
) -> None:
    at = desk(installation)
    ann = at.rater("ann")
    first = at.take(ann)
    at.finish(first)
    second = at.take(ann)
    at.beat(second, draft="begun")
    with installation.db.write() as tx:
        last = queue.last_finished(tx, at.project.id, ann.account.id, 0)
        assert last is not None
        assert last.id == first.id
        assert queue.reopen(tx, at.project.id, last.id, ann.account.id, draft="was", now=at.now)
        item = item_by_id(tx, at.project.id, first.item_id)
    assert item is not None
    assert (item.n_done, item.state) == (0, "open")
    again = at.take(ann)
    assert (again.id, again.draft) == (first.id, "was")
    at.finish(again)
    back = at.take(ann)
    assert (back.id, back.draft) == (second.id, "begun")


def test_what_was_adjudicated_is_not_undone(installation: Installation) -> None:
    at = desk(installation)
    mine = at.take(at.rater("ann"))
    at.finish(mine)
    with installation.db.write() as tx:
        tx.run(
            "INSERT INTO assignments (id, project_id, item_id, account_id, purpose, state,"
            " guidelines, created_at, seen_at, leased_until) VALUES ('a', :project, :item,"
            " :account, 'adjudication', 'done', 0, 0, 0, 0)",
            project=at.project.id,
            item=mine.item_id,
            account=at.lead.account.id,
        )
        assert not queue.reopen(tx, at.project.id, mine.id, mine.account_id, now=at.now)


def test_the_daily_limit_holds_for_24_hours(installation: Installation) -> None:
    at = desk(installation, 5, Settings(daily_limit=2, gold_share=0, repeat_share=0))
    ann = at.rater("ann")
    for _ in range(2):
        at.finish(at.take(ann))
    assert at.why(ann) == "limit"
    at.wait(24 * 60 + 1)
    at.take(ann)


def test_nobody_rates_an_answer_of_their_own(installation: Installation) -> None:
    at = desk(installation, 0)
    ann = at.rater("ann")
    at.add([comparison("own", sources=[ann.account.pseudonym, "m"]), comparison("other")])
    assert at.take(ann).item_id != at.take(at.rater("bob")).item_id


def test_a_paused_project_hands_out_nothing_and_takes_what_was_begun(
    installation: Installation,
) -> None:
    at = desk(installation)
    ann = at.rater("ann")
    mine = at.take(ann)
    at.project = msgspec.structs.replace(at.project, state="paused")
    assert at.why(ann) == "closed"
    assert at.finish(mine)


def test_gold_comes_once_to_everybody_and_repeats_come_late_with_sides_changed(
    installation: Installation,
) -> None:
    at = desk(installation, 40, Settings(overlap=2, gold_share=0.25, repeat_share=0.25))
    gold = set(at.add([comparison(f"g{n}", gold=0) for n in range(4)]))
    for name in ("ann", "bob"):
        person, seen = at.rater(name), list[Assignment]()
        while isinstance(found := at.claim(person), Assignment):
            at.wait(1)
            assert at.finish(found)
            seen.append(found)
        by = Counter(one.purpose for one in seen)
        assert by["work"] == 40
        assert by["gold"] == 4
        assert by["repeat"] >= 4
        assert {one.item_id for one in seen if one.purpose == "gold"} == gold
        place = {one.item_id: n for n, one in enumerate(seen) if one.purpose == "work"}
        for n, one in enumerate(seen):
            if one.purpose == "repeat":
                before = seen[place[one.item_id]]
                assert n - place[one.item_id] > 10
                assert one.order() == before.order()[::-1]


def test_an_item_wants_more_or_fewer_people_later(installation: Installation) -> None:
    at = desk(installation, 1)
    at.finish(at.take(at.rater("ann")))
    bob = at.rater("bob")
    assert at.why(bob) == "finished"
    with installation.db.write() as tx:
        set_wanted(tx, at.project.id, at.ids[0], 2)
    assert at.take(bob).item_id == at.ids[0]


def test_items_fit_their_project(installation: Installation) -> None:
    at = desk(installation, 0)
    prompt = (Message(role="user", content="?"),)
    for wrong in (WriteItem(prompt=prompt), comparison("one", sources="x"), comparison("g", 2)):
        with (
            installation.db.write() as tx,
            pytest.raises(ConfigError, match=r"item 1 (does not fit|has 1|names answer 2)"),
        ):
            add_items(tx, at.project, [wrong], now=0)


def test_fifty_people_at_once_get_every_item_as_often_as_wanted(
    installation: Installation,
) -> None:
    at = desk(installation, 60, Settings(overlap=2, gold_share=0, repeat_share=0))
    with installation.db.write() as tx:
        people = []
        for n in range(50):
            account = _account(tx, n)
            roles.add_roles(tx, at.project.id, account, frozenset({"rater"}), 0)
            people.append(account)
    done = list[tuple[str, str]]()

    def work(account_id: str) -> None:
        while True:
            found = in_turn(
                installation.db, lambda tx: queue.claim(tx, at.project, account_id, at.now)
            )
            if isinstance(found, Nothing):
                return
            assert at.finish(found)
            done.append((found.item_id, account_id))

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(work, people))
    assert len(set(done)) == len(done)
    assert Counter(item for item, _ in done) == dict.fromkeys(at.ids, 2)
    with installation.db.read() as tx:
        assert tx.number("SELECT COUNT(*) FROM items WHERE state = 'done' AND n_done = 2") == 60


def _account(tx: Transaction, n: int) -> str:
    tx.run(
        "INSERT INTO accounts (id, email, name, pseudonym, password_hash, consented_at,"
        " created_at) VALUES (:id, :id, :id, :id, '', 0, 0)",
        id=f"p{n}",
    )
    return f"p{n}"


def test_two_windows_of_one_person_get_the_same_item(installation: Installation) -> None:
    at = desk(installation, 20)
    ann = at.rater("ann")
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: at.take(ann).id, range(24)))
    assert len(set(found)) == 1


def test_a_double_click_counts_once(installation: Installation) -> None:
    at = desk(installation, 1, Settings(overlap=5, gold_share=0, repeat_share=0))
    mine = at.take(at.rater("ann"))

    def click(_: int) -> bool:
        try:
            return at.finish(mine)
        except ConfigError:
            return False

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(click, range(6))) == 1
    with installation.db.read() as tx:
        assert tx.number("SELECT n_done FROM items WHERE id = :id", id=mine.item_id) == 1
