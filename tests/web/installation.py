"""An installation of the app for tests: people who have signed in, a clock that can be set."""

import re
from collections.abc import Mapping

import httpx2
from starlette.testclient import TestClient

from etude.models import Model
from etude.web.app import make_app
from etude.web.asking import FORM_HEADER
from etude.web.database import Database
from etude.web.home import Home
from etude.web.people import accounts, sessions
from etude.web.people.accounts import Account, NewAccount
from etude.web.people.roles import Role, add_roles
from etude.web.projects import project as projects
from etude.web.projects.project import Project, ProjectKind
from etude.web.projects.settings import Settings
from etude.web.throttle import Throttle

PASSWORD = "correct horse battery"  # noqa: S105


class Person:
    """Someone with a browser."""

    def __init__(self, account: Account, client: TestClient, token: str) -> None:
        self.account = account
        self.client = client
        self.form_token = sessions.form_token(token)

    def get(self, path: str) -> httpx2.Response:
        """Open a page."""
        return self.client.get(path)

    def post(
        self, path: str, fields: Mapping[str, str | list[str]] | None = None
    ) -> httpx2.Response:
        """Send a form of the app, and follow to where it leads."""
        return self.client.post(path, data={"form_token": self.form_token, **(fields or {})})

    def send(self, path: str, value: object) -> httpx2.Response:
        """Send JSON as the app's scripts do."""
        return self.client.post(
            path,
            json=value,
            headers={FORM_HEADER: self.form_token, "accept": "application/json"},
        )


class Clock:
    """The time, as the test has it."""

    def __init__(self, now: float = 1_790_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Installation:
    """One running app without a network."""

    def __init__(self, home: Home, clock: Clock) -> None:
        self.home = home
        self.clock = clock
        self.app = make_app(home, Throttle(per_s=1e6, burst=10**9))

    @property
    def db(self) -> Database:
        """Its database."""
        return self.home.database

    def stranger(self) -> TestClient:
        """A browser that has not signed in."""
        return TestClient(self.app, base_url=self.home.url)

    def person(self, name: str, *, admin: bool = False) -> Person:
        """Someone who has joined and signed in."""
        new = NewAccount(email=f"{name}@example.org", name=name.title(), password=PASSWORD)
        with self.db.write() as tx:
            account = accounts.create(tx, new, admin=admin, now=self.clock.now)
            token = sessions.begin(tx, account.id, self.clock.now)
        client = self.stranger()
        client.cookies.set("etude-session", token)
        return Person(account, client, token)

    def project(
        self,
        lead: Person,
        kind: ProjectKind = "rate",
        settings: Settings | None = None,
        name: str = "A project",
    ) -> Project:
        """An open project with a lead."""
        with self.db.write() as tx:
            made = projects.create(
                tx, name, kind, settings or Settings(), by=lead.account.id, now=self.clock.now
            )
            projects.set_state(tx, made.id, "open")
            add_roles(tx, made.id, lead.account.id, frozenset({"lead"}), self.clock.now)
        return made

    def member(self, project: Project, name: str, *roles: Role) -> Person:
        """A new member of a project."""
        person = self.person(name)
        with self.db.write() as tx:
            add_roles(tx, project.id, person.account.id, frozenset(roles), self.clock.now)
        return person

    def with_models(self, models: Mapping[str, Model]) -> "Installation":
        """The same installation, started with models to sample from."""
        home = Home(
            folder=self.home.folder,
            database=self.home.database,
            url=self.home.url,
            models=models,
            now=self.clock,
        )
        return Installation(home, self.clock)


def form_token_in(page: str) -> str:
    """Return the token that the forms of a page carry."""
    found = re.search(r'name="form_token" value="([^"]+)"', page)
    assert found, "the page has no form"
    return found[1]
