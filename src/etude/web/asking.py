"""Ask: one request as a screen sees it. Screen: a path, who may ask for it, and what answers.

A screen is a plain function that runs in a thread and opens the transactions it needs; one that
waits for models is `async`. By the time it is called, the caller is known, may ask this, and has
shown that the form came from the app.
"""

import re
import secrets
import urllib.parse
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from etude.errors import ConfigError
from etude.web.database import Database
from etude.web.home import Home
from etude.web.people import sessions
from etude.web.people.accounts import Account
from etude.web.people.roles import Role
from etude.web.projects.project import Project
from etude.web.security import plain_place
from etude.web.templates import render

Needs = Literal["anyone", "account", "admin", "member"] | tuple[Role, ...]
"""Who may ask: anyone, whoever has signed in, those who may make projects, any member of the
project in the path, or members with one of these roles."""

SAID = "etude-said"
"""Cookie that carries one message to the next page."""
DOOR = "etude-door"
"""Cookie of those who have not signed in; their forms are tied to it."""
SESSION = "etude-session"
"""Cookie of those who have."""
_MAX_BODY = 2_000_000
_MAX_TEXT = 1_000_000
FORM_HEADER = "X-Etude-Form"
"""Header in which scripts send the form token."""


_WHOLE = re.compile(r"-?[0-9]{1,12}")


def cookie_name(home: Home, name: str) -> str:
    """Return what a cookie is called; by TLS, browsers keep neighbouring hosts from setting it."""
    return f"__Host-{name}" if home.secure else name


def plain(text: str) -> str:
    """Return text without NULs and halves of characters, which no database keeps."""
    text = text.replace("\0", "").replace("\r\n", "\n")[:_MAX_TEXT]
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """What was sent along: fields of a form or of the address, and files."""

    fields: Mapping[str, tuple[str, ...]] = {}
    files: Mapping[str, tuple[str, bytes]] = {}
    """Name in the form -> the file's name and content."""

    def text(self, name: str, default: str = "") -> str:
        """Return a field."""
        found = self.fields.get(name)
        return plain(found[-1]) if found else default

    def texts(self, name: str) -> list[str]:
        """Return all values of a field, such as ticked boxes."""
        return [plain(text) for text in self.fields.get(name, ())]

    def flag(self, name: str) -> bool:
        """Whether a box is ticked."""
        return self.text(name) not in ("", "0")

    def whole(self, name: str, default: int = 0, low: int = 0, high: int = 1_000_000_000) -> int:
        """Return a whole number.

        Raises:
            ConfigError: It is none, or out of bounds.
        """
        text = self.text(name).strip()
        if not text:
            return default
        if not _WHOLE.fullmatch(text):
            raise ConfigError(f"{name}: {text[:40]!r} is no whole number")
        number = int(text)
        if not low <= number <= high:
            raise ConfigError(f"{name}: {number} is not between {low} and {high}")
        return number


class Ask:
    """One request."""

    def __init__(self, home: Home, request: Request) -> None:
        self.home = home
        self.request = request
        self.token = self.cookie(SESSION)
        """Of the session; of the door, once it is known that there is none."""
        self.form = Form()
        self.body = b""
        """What was sent, where it was JSON."""
        self.now = home.now()
        self._account: Account | None = None
        self._project: Project | None = None
        self.roles: frozenset[Role] = frozenset()
        """What the caller may do in the project."""

    @property
    def db(self) -> Database:
        """The database."""
        return self.home.database

    @property
    def account(self) -> Account:
        """Who asks; only where the screen needs an account."""
        if self._account is None:
            raise ConfigError("sign in first")
        return self._account

    @property
    def known(self) -> Account | None:
        """Who asks, where that is known."""
        return self._account

    @property
    def project(self) -> Project:
        """The project in the path; only where the screen needs one."""
        if self._project is None:
            raise ConfigError("this is no page of a project")
        return self._project

    def cookie(self, name: str) -> str:
        """Return one of the app's cookies."""
        return self.request.cookies.get(cookie_name(self.home, name), "")

    def identify(self, account: Account | None) -> None:
        """Say who asks."""
        self._account = account
        self.token = self.cookie(SESSION if account else DOOR)

    def enter(self, project: Project, roles: frozenset[Role]) -> None:
        """Say which project this is about, and what the caller may do there."""
        self._project, self.roles = project, roles

    def with_session(self, answer: Response, token: str) -> Response:
        """Give the browser its session, or take it away with an empty token."""
        self._set_cookie(answer, SESSION, token, None if token else 0)
        return answer

    def part(self, name: str) -> str:
        """Return a part of the path."""
        return str(self.request.path_params[name])

    def place(self) -> str:
        """Return the caller's network address."""
        peer = self.request.client.host if self.request.client else "unknown"
        if not self.home.behind_proxy:
            return plain_place(peer) or peer
        # Only the last one is the proxy's word; all before it is what the caller sent.
        forwarded = ",".join(self.request.headers.getlist("x-forwarded-for"))
        return plain_place(forwarded.rsplit(",", maxsplit=1)[-1]) or plain_place(peer) or peer

    def may(self, *roles: Role) -> bool:
        """Whether the caller has one of these roles in the project."""
        return bool(self.roles & set(roles))

    def page(self, template: str, *, status: int = 200, **values: object) -> Response:
        """Answer with a page."""
        said = urllib.parse.unquote(self.cookie(SAID))[:500]
        if self._account is None:
            self.token = self.cookie(DOOR) or secrets.token_urlsafe(32)
        text = render(
            template,
            ask=self,
            account=self._account,
            project=self._project,
            roles=self.roles,
            said=said,
            form_token=sessions.form_token(self.token),
            **values,
        )
        answer = HTMLResponse(text, status_code=status)
        if said:
            self._set_cookie(answer, SAID, "", max_age=0)
        if self._account is None and self.token != self.cookie(DOOR):
            self._set_cookie(answer, DOOR, self.token, max_age=None)
        return answer

    def _set_cookie(self, answer: Response, name: str, value: str, max_age: int | None) -> None:
        answer.set_cookie(
            cookie_name(self.home, name),
            value,
            max_age=max_age,
            path="/",
            httponly=True,
            samesite="lax",
            secure=self.home.secure,
        )

    def go(self, path: str, said: str = "") -> Response:
        """Send the browser to another page of the app, with a message for it to show."""
        answer = RedirectResponse(path, status_code=303)
        if said:
            self._set_cookie(answer, SAID, urllib.parse.quote(said[:500]), max_age=60)
        return answer

    def json(self, value: object, status: int = 200) -> Response:
        """Answer a script."""
        return Response(msgspec.json.encode(value), status, media_type="application/json")

    def wants_json(self) -> bool:
        """Whether a script asks."""
        return "application/json" in self.request.headers.get("accept", "")

    def refuse(self, status: int, why: str) -> Response:
        """Answer that it cannot be, and why."""
        if self.wants_json():
            return self.json({"error": why}, status)
        return self.page("refused.html", status=status, why=why)


Answer = Callable[[Ask], Response] | Callable[[Ask], Awaitable[Response]]


class Screen(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that can be asked for."""

    path: str
    """Such as `/projects/{project}/rate`."""
    answer: Answer
    needs: Needs
    method: Literal["GET", "POST"] = "GET"
    max_body: int = _MAX_BODY
    """Bytes that may be sent along."""
    heavy: bool = False
    """Whether it takes much of the processor, such as checking a password; then few run at once."""


def inner_path(text: str) -> str:
    """Return a path of this app to go to next; the first page for anything else.

    >>> inner_path("//elsewhere.example"), inner_path("/projects/1")
    ('/', '/projects/1')
    """
    plain = text.isascii() and text.isprintable() and " " not in text
    inside = text.startswith("/") and not text.startswith(("//", "/\\"))
    return text if plain and inside and "\\" not in text else "/"
