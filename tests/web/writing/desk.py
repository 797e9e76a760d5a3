"""A write project with its people, and the form of the Write page as a browser sends it."""

from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from typing import Any

import httpx2
import msgspec
from tests.web.installation import Installation, Person

from etude.records import Message
from etude.web.projects.project import Project
from etude.web.projects.settings import Settings
from etude.web.queue.item import WriteItem, add_items

TOOLS = msgspec.json.encode(
    [
        {
            "type": "function",
            "function": {
                "name": "weather",
                "description": "The weather of a place.",
                "parameters": {
                    "type": "object",
                    "properties": {
                        "city": {"type": "string"},
                        "days": {"type": "integer", "minimum": 1, "maximum": 7},
                        "unit": {"type": "string", "enum": ["C", "F"]},
                        "hours": {"type": "array", "items": {"type": "integer"}},
                    },
                    "required": ["city"],
                },
            },
        }
    ]
).decode()
GOOD = "Boil the water first, then pour it over the leaves and wait for three minutes."


def said(text: str, role: Any = "user") -> Message:
    """A message."""
    return Message(role=role, content=text)


class Desk:
    """A project, its lead, a writer and a reviewer."""

    def __init__(
        self,
        installation: Installation,
        items: Sequence[WriteItem] | None = None,
        settings: Settings | None = None,
    ) -> None:
        self.installation = installation
        self.lead = installation.person("lea")
        self.project: Project = installation.project(self.lead, "write", settings)
        self.writer = installation.member(self.project, "wim", "writer")
        self.reviewer = installation.member(self.project, "rae", "reviewer")
        self.add(items or [WriteItem(prompt=(said("How do I make tea?"),))])

    def add(self, items: Sequence[WriteItem]) -> None:
        """Put items into the queue."""
        with self.installation.db.write() as tx:
            add_items(tx, self.project, items, now=self.installation.clock.now)

    def path(self, end: str = "write") -> str:
        """A path of the project."""
        return f"/projects/{self.project.id}/{end}"

    def form(self, who: Person | None = None) -> dict[str, str | list[str]]:
        """The form of the Write page as it is opened."""
        page = (who or self.writer).get(self.path())
        assert page.status_code == 200, page.text
        return form_in(page.text)

    def do(
        self, fields: Mapping[str, str | list[str]], what: str, who: Person | None = None
    ) -> httpx2.Response:
        """Press a button of the Write page."""
        return (who or self.writer).post(self.path(), {**fields, "do": what})

    def script(
        self, end: str, fields: Mapping[str, str | list[str]], who: Person | None = None
    ) -> httpx2.Response:
        """Send the form as the script does."""
        person = who or self.writer
        return person.client.post(
            self.path(f"write/{end}"),
            data={"form_token": person.form_token, **fields},
            headers={"accept": "application/json"},
        )

    def hand_in(self, text: str = GOOD, who: Person | None = None) -> httpx2.Response:
        """Write one answer and hand it in."""
        return self.do({**self.form(who), "content-0": text}, "hand-in", who)

    def waiting(self, who: Person | None = None) -> list[str]:
        """Paths of what the list of a reviewer links to."""
        return _links((who or self.reviewer).get(self.path("review")).text, self.path("review/"))

    def decide(
        self,
        path: str,
        verdict: str,
        who: Person | None = None,
        **fields: str,
    ) -> httpx2.Response:
        """Press a button of the review page."""
        more = {name.replace("_", "-"): text for name, text in fields.items()}
        return (who or self.reviewer).post(path, {"verdict": verdict, **more})


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str | list[str]] = {}
        self.links: list[str] = []
        self._inside = False
        self._area = ""
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        name = held.get("name") or ""
        if tag == "a":
            self.links.append(held.get("href") or "")
        if tag == "form":
            self._inside = held.get("id") == "write"
        if not self._inside or not (name or tag == "option"):
            return
        if tag == "textarea":
            self._area, self.found[name] = name, ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and ("selected" in held or self._select not in self.found):
            self.found[self._select] = held.get("value") or ""
        elif tag == "input" and held.get("type") in ("checkbox", "radio"):
            if "checked" in held:
                before = self.found.get(name, [])
                assert isinstance(before, list)
                self.found[name] = [*before, held.get("value") or "on"]
        elif tag == "input":
            self.found[name] = held.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""
        elif tag == "form":
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._area:
            self.found[self._area] = f"{self.found[self._area]}{data}"


def form_in(page: str) -> dict[str, str | list[str]]:
    """The fields of the form in which is written, with what they hold."""
    reader = _Fields()
    reader.feed(page)
    assert "work" in reader.found, page
    # A browser drops the first line break of a text area.
    return {
        name: text.removeprefix("\n") if isinstance(text, str) else text
        for name, text in reader.found.items()
        if name != "form_token"
    }


def _links(page: str, start: str) -> list[str]:
    reader = _Fields()
    reader.feed(page)
    return [link for link in reader.links if link.startswith(start)]
