"""An installation with everything in it: two teams, every role, every kind of object.

Whatever people fill in holds `text`, so that tests can look for it, or attack with it.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import sqlalchemy
from argon2 import PasswordHasher
from tests.web.installation import PASSWORD, Installation, Person

from etude import web
from etude.records import Candidate, Comparison, Demonstration, Message, Origin, Rating
from etude.store import DatasetWriter
from etude.web.app import screens
from etude.web.asking import Screen
from etude.web.database import Transaction, new_id
from etude.web.people import accounts, audit, invitations, sessions
from etude.web.people.invitations import Terms
from etude.web.people.roles import ROLES, Role, add_roles
from etude.web.projects import project as projects
from etude.web.projects.project import Project, ProjectKind
from etude.web.projects.settings import CRITERIA, Settings

STRANGER, NOBODY, ADMIN = "stranger", "nobody", "admin"
# As cheap as can be: what real ones cost is tested elsewhere.
_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
_ORIGIN = Origin(source="written here", made_by="test")
_FIELD = re.compile(r"""\.(?:text|texts|flag|whole|files\.get)\(\s*f?["']([\w{}.-]+)["']""")
_HOLE = re.compile(r"\{[^}]*\}")
_PLACEHOLDER = re.compile(r"\{(\w+)(?::\w+)?\}")


class Side(msgspec.Struct, kw_only=True):
    """One project with its people, and the ids of what is in it by the names paths use."""

    project: Project
    people: dict[Role, Person]
    lead_of_all: Person
    """Has every role in it."""
    ids: dict[str, str]


class World(msgspec.Struct, kw_only=True):
    """All of it."""

    installation: Installation
    ours: dict[ProjectKind, Side]
    theirs: dict[ProjectKind, Side]
    nobody: Person
    admin: Person

    def sides(self) -> Iterator[Side]:
        """All projects."""
        yield from self.ours.values()
        yield from self.theirs.values()

    def dump(self) -> dict[str, list[str]]:
        """Every row of every table."""
        engine = self.installation.db._engine
        tables = sqlalchemy.inspect(engine).get_table_names()
        with engine.connect() as connection:
            return {
                table: sorted(
                    repr(tuple(row))
                    for row in connection.exec_driver_sql(f"SELECT * FROM {table}")  # noqa: S608
                )
                for table in sorted(tables)
            }

    def renew(self, side: Side) -> None:
        """Undo what an attack may have done to the one who carries it out."""
        person, now = side.lead_of_all, self.installation.clock.now
        with self.installation.db.write() as tx:
            accounts.set_disabled(tx, person.account.id, None)
            add_roles(tx, side.project.id, person.account.id, frozenset(ROLES), now)
            tx.run(
                "UPDATE projects SET state = 'open', name = :name WHERE id = :id",
                id=side.project.id,
                name=side.project.name,
            )
            projects.set_settings(tx, side.project.id, side.project.settings)
            token = sessions.begin(tx, person.account.id, now)
        person.client.cookies.clear()
        person.client.cookies.set("etude-session", token)
        person.form_token = sessions.form_token(token)


def all_screens(method: str | None = None) -> list[Screen]:
    """Every screen there is, whoever has added it."""
    return [screen for screen in screens() if method in (None, screen.method)]


def form_fields() -> list[str]:
    """The name of every field that any screen reads."""
    found: set[str] = set()
    for path in Path(web.__file__).parent.rglob("*.py"):
        found |= set(_FIELD.findall(path.read_text("utf-8")))
    return sorted(name for field in found for name in _numbered(field))


def _numbered(field: str) -> list[str]:
    # Fields such as `choice-{number}-{place}` are asked for by number.
    return [_HOLE.sub(number, field) for number in ("0", "1")] if "{" in field else [field]


def placeholders(path: str) -> list[str]:
    """The names of the parts of a path that are filled in."""
    return _PLACEHOLDER.findall(path)


def fill(path: str, project: str, ids: dict[str, str]) -> str:
    """A path with its parts filled in."""

    def part(match: re.Match[str]) -> str:
        if match[1] == "project":
            return project
        assert match[1] in ids, f"populated.py knows no {match[1]!r}, which {path} needs"
        return ids[match[1]]

    return _PLACEHOLDER.sub(part, path)


def kind_of(screen: Screen) -> ProjectKind:
    """The kind of project that a screen is about; either where it serves both."""
    return "write" if re.search(r"/(write|review)\b", screen.path) else "rate"


def populate(installation: Installation, text: str = "plain words") -> World:
    """Fill an installation."""
    admin = _person(installation, "admin", text, admin=True)
    nobody = _person(installation, "nobody", text)
    kinds: tuple[ProjectKind, ...] = ("rate", "write")
    sides = {
        team: {kind: _side(installation, team, kind, text) for kind in kinds}
        for team in ("ours", "theirs")
    }
    return World(
        installation=installation,
        ours=sides["ours"],
        theirs=sides["theirs"],
        nobody=nobody,
        admin=admin,
    )


def _person(installation: Installation, name: str, text: str, *, admin: bool = False) -> Person:
    now = installation.clock.now
    with installation.db.write() as tx:
        account_id = _insert(
            tx,
            "accounts",
            email=f"{name}@example.org",
            name=f"{name} {text}"[:100],
            pseudonym=f"p-{name}",
            password_hash=_HASH,
            admin=int(admin),
            languages=text,
            country=text,
            consented_at=now,
            created_at=now,
        )
        account = accounts.by_id(tx, account_id)
        assert account is not None
        token = sessions.begin(tx, account.id, now)
    client = installation.stranger()
    client.follow_redirects = False
    client.cookies.set("etude-session", token)
    return Person(account, client, token)


def _side(installation: Installation, team: str, kind: ProjectKind, text: str) -> Side:
    people = {role: _person(installation, f"{team}-{kind}-{role}", text) for role in ROLES}
    head = _person(installation, f"{team}-{kind}-head", text, admin=True)
    now = installation.clock.now
    settings = Settings(
        overlap=2,
        criteria=CRITERIA[:2],
        reasons=("clear", "true"),
        checklist=(text,),
        system_prompt=text,
        gold_share=0,
        repeat_share=0,
    )
    with installation.db.write() as tx:
        project = projects.create(
            tx, f"{team} {kind} {text}"[:120], kind, settings, by=head.account.id, now=now
        )
        projects.set_state(tx, project.id, "open")
        add_roles(tx, project.id, head.account.id, frozenset(ROLES), now)
        for role, person in people.items():
            add_roles(tx, project.id, person.account.id, frozenset({role}), now)
        side = Side(project=project, people=people, lead_of_all=head, ids={})
        _set_up(tx, side, text, now)
        if kind == "rate":
            _rated(tx, side, text, now)
        else:
            _written(tx, side, text, now)
        _around(tx, side, text, now)
    _exported(installation, side, text)
    return side


def _insert(tx: Transaction, table: str, **values: str | float | None) -> str:
    """Add a row; its id is made where it is not given."""
    if table not in ("guidelines", "memberships"):
        values = {"id": new_id(), **values}
    columns = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    tx.run(f"INSERT INTO {table} ({columns}) VALUES ({marks})", **values)  # noqa: S608
    return str(values.get("id", ""))


def _set_up(tx: Transaction, side: Side, text: str, now: float) -> None:
    project, head = side.project.id, side.lead_of_all.account.id
    for version in (1, 2):
        _insert(
            tx,
            "guidelines",
            project_id=project,
            version=version,
            text=f"# Version {version}\n\n{text}",
            note=text,
            published_by=head,
            published_at=now,
        )
    side.ids["version"] = "1"
    side.ids["example"] = _insert(
        tx, "examples", project_id=project, place=0, good=1, title=text, text=text, why=text
    )
    side.ids["question"] = _insert(
        tx,
        "quiz_questions",
        project_id=project,
        place=0,
        question=text,
        choices=msgspec.json.encode([text, "another"]).decode(),
        answer=0,
        why=text,
    )
    for account in (*(p.account.id for p in side.people.values()), head):
        side.ids["attempt"] = _insert(
            tx,
            "quiz_attempts",
            project_id=project,
            account_id=account,
            guidelines=2,
            answers=msgspec.json.encode(
                [{"question": text, "chosen": text, "right": text, "why": text}]
            ).decode(),
            n_right=1,
            n_asked=1,
            passed=1,
            at=now,
        )


def _item(tx: Transaction, side: Side, place: int, body: str, state: str, now: float) -> str:
    return _insert(
        tx,
        "items",
        project_id=side.project.id,
        place=place,
        body=body,
        wanted=2,
        n_done=2 if state == "done" else 0,
        state=state,
        batch=f"batch {place}",
        created_at=now,
    )


def _assignment(
    tx: Transaction, side: Side, item: str, account: str, state: str, now: float
) -> str:
    return _insert(
        tx,
        "assignments",
        project_id=side.project.id,
        item_id=item,
        account_id=account,
        purpose="work",
        state=state,
        shown_order="[0, 1]" if side.project.kind == "rate" else "[]",
        guidelines=2,
        active_s=30.0,
        created_at=now,
        seen_at=now,
        leased_until=now + 1800,
        done_at=now if state == "done" else None,
    )


def _said(role: str, text: str) -> Message:
    return msgspec.convert({"role": role, "content": text}, Message)


def _rated(tx: Transaction, side: Side, text: str, now: float) -> None:
    comparison = Comparison(
        id=new_id(),
        origin=_ORIGIN,
        prompt=(_said("system", text), _said("user", text)),
        candidates=(
            Candidate(messages=(_said("assistant", f"one {text}"),), source=text),
            Candidate(messages=(_said("assistant", f"two {text}"),), source=text),
        ),
        tags={"topic": text},
    )
    body = msgspec.json.encode(comparison).decode()
    done = _item(tx, side, 0, body, "done", now)
    for account, ranking in (
        (side.people["rater"].account, ((0,), (1,))),
        (side.people["lead"].account, ((1,), (0,))),
    ):
        assignment = _assignment(tx, side, done, account.id, "done", now)
        rating = Rating(
            id=new_id(),
            comparison_id=comparison.id,
            rater=account.pseudonym,
            order=(0, 1),
            ranking=ranking,
            strength=2,
            scores={"correct": (1, 5), "helpful": (2, 4)},
            rationale=text,
            guidelines="2",
            duration_s=30.0,
        )
        side.ids["rating"] = _insert(
            tx,
            "ratings",
            id=rating.id,
            assignment_id=assignment,
            project_id=side.project.id,
            item_id=done,
            account_id=account.id,
            body=msgspec.json.encode(rating).decode(),
            created_at=now,
        )
    side.ids["item"] = done
    opened = _item(tx, side, 1, body, "open", now)
    side.ids["assignment"] = _assignment(tx, side, opened, side.lead_of_all.account.id, "open", now)
    for place in (2, 3):
        _item(tx, side, place, body, "open", now)


def _written(tx: Transaction, side: Side, text: str, now: float) -> None:
    body = msgspec.json.encode(
        {
            "prompt": [{"role": "user", "content": text}],
            "draft": [{"role": "assistant", "content": f"a draft {text}"}],
            "draft_source": text,
            "tags": {"topic": text},
        }
    ).decode()
    writer = side.people["writer"].account
    for place, state in enumerate(("unreviewed", "accepted", "sent_back")):
        item = _item(tx, side, place, body, "done", now)
        assignment = _assignment(tx, side, item, writer.id, "done", now)
        demonstration = Demonstration(
            id=new_id(),
            origin=_ORIGIN,
            messages=(_said("user", text), _said("assistant", f"an answer {text}")),
            writer=writer.pseudonym,
            project=side.project.id,
            guidelines="2",
            comments=(text,),
            checks=(text,),
            tags={"topic": text},
        )
        writing = _insert(
            tx,
            "writings",
            id=demonstration.id,
            assignment_id=assignment,
            project_id=side.project.id,
            item_id=item,
            account_id=writer.id,
            version=1,
            body=msgspec.json.encode(demonstration).decode(),
            state=state,
            created_at=now,
        )
        if state == "unreviewed":
            side.ids |= {"writing": writing, "item": item}
        else:
            side.ids["review"] = _insert(
                tx,
                "reviews",
                writing_id=writing,
                project_id=side.project.id,
                account_id=side.people["reviewer"].account.id,
                verdict=state,
                comments=msgspec.json.encode({"general": text, "turns": {"1": text}}).decode(),
                created_at=now,
            )
    opened = _item(tx, side, 5, body, "open", now)
    side.ids["assignment"] = _assignment(tx, side, opened, side.lead_of_all.account.id, "open", now)
    _item(tx, side, 6, body, "open", now)


def _around(tx: Transaction, side: Side, text: str, now: float) -> None:
    project, head = side.project.id, side.lead_of_all.account.id
    side.ids["asked"] = _insert(
        tx,
        "questions",
        project_id=project,
        item_id=side.ids["item"],
        account_id=side.people["viewer"].account.id,
        text=text,
        created_at=now,
    )
    _insert(
        tx,
        "questions",
        project_id=project,
        account_id=side.people["rater"].account.id,
        text=text,
        answer=text,
        answered_by=head,
        created_at=now,
        answered_at=now,
    )
    side.ids["token"] = invitations.invite(
        tx,
        Terms(project_id=project, roles=frozenset({"rater"}), email="", invited_by=head),
        now,
    )
    side.ids["invitation"] = invitations.of_project(tx, project)[0].id
    side.ids["person"] = side.ids["account"] = side.people["viewer"].account.id
    audit.note(
        tx, "project.made", now=now, account_id=head, project_id=project, subject=text, detail=text
    )


def _exported(installation: Installation, side: Side, text: str) -> None:
    """A data set on disk whose texts are those of strangers, and its row."""
    name = f"set-{side.project.id}"
    folder = installation.home.datasets / name
    rows = [
        Demonstration(
            id=f"d{number}",
            origin=_ORIGIN,
            messages=(_said("user", text), _said("assistant", text)),
            writer=text,
            tags={"topic": text},
        )
        for number in range(3)
    ]
    with DatasetWriter(folder, record="demonstration") as writer:
        writer.write("demonstrations", rows)
        writer.finish(recipe="{}")
    with installation.db.write() as tx:
        side.ids["export"] = _insert(
            tx,
            "exports",
            project_id=side.project.id,
            name=name,
            what="demonstrations",
            digest="0" * 64,
            made_by=side.lead_of_all.account.id,
            created_at=installation.clock.now,
        )
    side.ids |= {"name": name, "dataset": name, "table": "demonstrations", "row": "0"}
    side.ids |= {"place": "0", "number": "0"}
