"""A rate project in a running app, for the tests of its pages."""

import re
from collections.abc import Sequence

import httpx2
import msgspec
from tests.web.installation import Installation, Person

from etude.records import Candidate, Comparison, Message, Origin, Rating
from etude.web.projects.settings import Settings
from etude.web.queue.item import add_items

ORIGIN = Origin(source="test", made_by="test")
PLAIN = Settings(gold_share=0, repeat_share=0)


def comparison(name: str, *texts: str, gold: int | None = None) -> Comparison:
    """A comparison of answers by secret-source-0, secret-source-1, and so on."""
    return Comparison(
        id=f"secret-id-{name}",
        origin=ORIGIN,
        prompt=(Message(role="user", content=f"question {name}"),),
        candidates=tuple(
            Candidate(
                messages=(Message(role="assistant", content=text),), source=f"secret-source-{n}"
            )
            for n, text in enumerate(texts)
        ),
        gold=gold,
        tags={"secret-tag": "secret-value"},
    )


class Desk:
    """A project with items and raters."""

    def __init__(
        self,
        installation: Installation,
        settings: Settings = PLAIN,
        items: Sequence[Comparison] = (),
    ) -> None:
        self.installation = installation
        self.lead = installation.person("lead")
        self.project = installation.project(self.lead, settings=settings)
        self.path = f"/projects/{self.project.id}/rate"
        with installation.db.write() as tx:
            self.ids = add_items(tx, self.project, items, now=installation.clock.now)

    def rater(self, name: str) -> Person:
        """A new rater."""
        return self.installation.member(self.project, name, "rater")

    def open(self, person: Person) -> str:
        """The page of the next item."""
        answer = person.get(self.path)
        assert answer.status_code == 200
        return answer.text

    def rate(self, person: Person, **fields: str | list[str]) -> httpx2.Response:
        """Rate the next item."""
        page = self.open(person)
        return person.post(self.path, {"assignment": assignment_in(page), **fields})

    def ratings(self, where: str = "withdrawn_at IS NULL") -> list[Rating]:
        """What stands in the database, oldest first."""
        with self.installation.db.read() as tx:
            bodies = tx.texts(f"SELECT body FROM ratings WHERE {where} ORDER BY created_at, id")  # noqa: S608
        return [msgspec.json.decode(body, type=Rating) for body in bodies]


def assignment_in(page: str) -> str:
    """The turn that a page is about."""
    found = re.search(r'name="assignment" value="(\w+)"', page)
    assert found, "the page has no item"
    return found[1]


def shown_first(page: str, first: str, second: str) -> bool:
    """Whether one text stands before another on a page."""
    return page.index(first) < page.index(second)
