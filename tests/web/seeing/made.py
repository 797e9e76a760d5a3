"""Projects in which much was done: rows as the app writes them, of simulated people."""

import datetime
from collections.abc import Sequence

import msgspec
from tests.web.installation import Installation, Person

from etude.records import Comparison, Demonstration, Message, Origin, Rating
from etude.stages.prefs.simulate import Design, SimulatedRater, simulate
from etude.web.database import Transaction, new_id
from etude.web.people.accounts import Account
from etude.web.projects.project import Project
from etude.web.queue.item import WriteItem, add_items
from etude.web.writing.writings import Comments


def fill_with_ratings(
    installation: Installation,
    project: Project,
    raters: Sequence[tuple[Person, SimulatedRater]],
    design: Design,
    seed: int = 1,
) -> tuple[Comparison, ...]:
    """Have simulated raters rate in a project, one rating a minute; return the comparisons."""
    made = simulate([one for _, one in raters], design, seed=seed)
    accounts = {one.name: person.account for person, one in raters}
    now = installation.clock.now
    with installation.db.write() as tx:
        ids = add_items(tx, project, made.comparisons, batch="first", now=now)
        item_of = {one.id: item for one, item in zip(made.comparisons, ids, strict=True)}
        for number, rating in enumerate(made.ratings):
            account = accounts[rating.rater]
            at = now + 60 * number
            turn = _turn(tx, project, item_of[rating.comparison_id], account, at, rating)
            _rate(tx, project, turn, item_of[rating.comparison_id], account, at, rating)
        tx.run(
            "UPDATE items SET n_done = (SELECT COUNT(*) FROM assignments WHERE item_id = items.id"
            " AND assignments.state = 'done' AND purpose IN ('work', 'gold'))"
            " WHERE project_id = :project",
            project=project.id,
        )
        tx.run(
            "UPDATE items SET state = 'done' WHERE project_id = :project AND gold IS NULL"
            " AND n_done >= wanted",
            project=project.id,
        )
    installation.clock.now = now + 60 * len(made.ratings)
    return made.comparisons


def rate_once(
    installation: Installation,
    project: Project,
    item_id: str,
    account: Account,
    rating: Rating,
    *,
    withdrawn: bool = False,
) -> None:
    """Put one rating of an item into the database."""
    now = installation.clock.now
    with installation.db.write() as tx:
        turn = _turn(tx, project, item_id, account, now, rating)
        _rate(tx, project, turn, item_id, account, now, rating)
        if withdrawn:
            tx.run(
                "UPDATE ratings SET withdrawn_at = :now WHERE assignment_id = :id", now=now, id=turn
            )


def _turn(
    tx: Transaction, project: Project, item: str, account: Account, at: float, rating: Rating
) -> str:
    turn = new_id()
    tx.run(
        "INSERT INTO assignments (id, project_id, item_id, account_id, purpose, state,"
        " shown_order, guidelines, active_s, created_at, seen_at, leased_until, done_at) VALUES"
        " (:id, :project, :item, :account, :purpose, 'done', :shown, 1, :active_s, :at, :at, :at,"
        " :at)",
        id=turn,
        project=project.id,
        item=item,
        account=account.id,
        purpose=rating.purpose,
        shown=msgspec.json.encode(rating.order).decode(),
        active_s=rating.duration_s,
        at=at,
    )
    return turn


def _rate(
    tx: Transaction,
    project: Project,
    turn: str,
    item: str,
    account: Account,
    at: float,
    rating: Rating,
) -> None:
    created = datetime.datetime.fromtimestamp(at, datetime.UTC).isoformat(timespec="seconds")
    body = msgspec.structs.replace(
        rating, id=new_id(), rater=account.pseudonym, created=created, guidelines="1"
    )
    tx.run(
        "INSERT INTO ratings (id, assignment_id, project_id, item_id, account_id, body,"
        " created_at) VALUES (:id, :turn, :project, :item, :account, :body, :at)",
        id=body.id,
        turn=turn,
        project=project.id,
        item=item,
        account=account.id,
        body=msgspec.json.encode(body).decode(),
        at=at,
    )


def hand_in(
    installation: Installation,
    project: Project,
    writer: Person,
    prompt: str,
    versions: Sequence[tuple[str, str]],
    reviewer: Person | None = None,
) -> str:
    """Have someone write: each version is what was answered and what became of it."""
    now = installation.clock.now
    with installation.db.write() as tx:
        asked = Message(role="user", content=prompt)
        (item,) = add_items(tx, project, [WriteItem(prompt=(asked,))], batch="asked", now=now)
        blank = Rating(id="", comparison_id="", rater="", order=(), duration_s=90.0)
        turn = _turn(tx, project, item, writer.account, now, blank)
        for number, (answer, state) in enumerate(versions, start=1):
            body = Demonstration(
                id="draft",
                origin=Origin(source=f"item:{item}", made_by="etude.web"),
                messages=(asked, Message(role="assistant", content=answer)),
                checks=("length: shorter than most",) if len(answer) < 12 else (),
                writer=writer.account.pseudonym,
                guidelines="1",
                duration_s=90.0,
            )
            writing = new_id()
            tx.run(
                "INSERT INTO writings (id, assignment_id, project_id, item_id, account_id, version,"
                " body, state, created_at) VALUES (:id, :turn, :project, :item, :account, :version,"
                " :body, :state, :now)",
                id=writing,
                turn=turn,
                project=project.id,
                item=item,
                account=writer.account.id,
                version=number,
                body=msgspec.json.encode(body).decode(),
                state=state,
                now=now + number,
            )
            if reviewer is None or state in ("unreviewed", "withdrawn"):
                continue
            verdict = "sent_back" if state == "replaced" else state
            said = Comments(general=f"{verdict.replace('_', ' ')}: {answer[:10]}")
            tx.run(
                "INSERT INTO reviews (id, writing_id, project_id, account_id, verdict, comments,"
                " created_at) VALUES (:id, :writing, :project, :account, :verdict, :said, :now)",
                id=new_id(),
                writing=writing,
                project=project.id,
                account=reviewer.account.id,
                verdict=verdict,
                said=msgspec.json.encode(said).decode(),
                now=now + number,
            )
        tx.run("UPDATE items SET n_done = 1, state = 'done' WHERE id = :id", id=item)
    installation.clock.now = now + 600
    return turn
