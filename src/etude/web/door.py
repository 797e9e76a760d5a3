"""Door: what stands between a request and its screen, for every screen alike."""

import hashlib
import inspect
from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from etude.errors import EtudeError
from etude.web.asking import DOOR, FORM_HEADER, Ask, Form, Screen, inner_path, session_cookie
from etude.web.home import Home
from etude.web.people import sessions
from etude.web.people.roles import roles_in
from etude.web.projects import project as projects
from etude.web.security import from_elsewhere, token_fits
from etude.web.throttle import Throttle

_MAX_FIELDS = 2000


class _Refused(Exception):  # noqa: N818
    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def endpoint(
    home: Home, throttle: Throttle, screen: Screen
) -> Callable[[Request], Awaitable[Response]]:
    """Return the function that answers requests for a screen."""

    async def answer(request: Request) -> Response:
        token = request.cookies.get(session_cookie(home), "")
        ask = Ask(home, request, token)
        wait_s = throttle.wait_s(_caller(ask), ask.now)
        if wait_s:
            refused = ask.refuse(429, "too many requests; wait a moment")
            refused.headers["retry-after"] = str(max(1, round(wait_s)))
            return refused
        try:
            await _read(ask, screen)
            met = await run_in_threadpool(_meet, ask, screen)
            if met is not None:
                return met
            return await _answer(ask, screen)
        except _Refused as refused_:
            return ask.refuse(refused_.status, str(refused_))
        except EtudeError as error:
            return await run_in_threadpool(ask.refuse, 422, str(error))

    return answer


async def _answer(ask: Ask, screen: Screen) -> Response:
    if inspect.iscoroutinefunction(screen.answer):
        found = await screen.answer(ask)
    else:
        found = await run_in_threadpool(screen.answer, ask)
    if not isinstance(found, Response):
        raise TypeError(f"{screen.path} gave no answer")
    return found


def _caller(ask: Ask) -> str:
    return hashlib.sha256(ask.token.encode()).hexdigest() if ask.token else ask.place()


async def _read(ask: Ask, screen: Screen) -> None:
    """Read what was sent along, never more than the screen takes."""
    request = ask.request
    fields = {name: tuple(request.query_params.getlist(name)) for name in request.query_params}
    if screen.method == "GET":
        ask.form = Form(fields=fields)
        return
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > screen.max_body:
                raise _Refused(413, f"more than {screen.max_body / 1e6:g} MB were sent")
    except ClientDisconnect as error:
        raise _Refused(400, "the request broke off") from error
    if "application/json" in request.headers.get("content-type", ""):
        ask.body = bytes(body)
        ask.form = Form(fields=fields)
        return
    again = Request(request.scope, _replay(bytes(body)))
    files: dict[str, tuple[str, bytes]] = {}
    try:
        async with again.form(max_fields=_MAX_FIELDS, max_part_size=screen.max_body) as form:
            for name in form:
                values = form.getlist(name)
                fields[name] = tuple(value for value in values if isinstance(value, str))
                for value in values:
                    if isinstance(value, UploadFile):
                        files[name] = (value.filename or "", await value.read())
    except (HTTPException, UnicodeError, ValueError) as error:
        raise _Refused(400, "the form cannot be read") from error
    ask.form = Form(fields=fields, files=files)


def _replay(body: bytes) -> Callable[[], Awaitable[dict[str, object]]]:
    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _meet(ask: Ask, screen: Screen) -> Response | None:
    """Find out who asks and whether they may; return the answer where they may not."""
    with ask.db.read() as tx:
        ask.identify(sessions.account_of(tx, ask.token, ask.now))
        stale = ask.known is not None and sessions.needs_touch(tx, ask.token, ask.now)
        if ask.known is not None and "project" in ask.request.path_params:
            project = projects.by_id(tx, ask.part("project"))
            roles = roles_in(tx, ask.part("project"), ask.account.id)
            if project is not None and roles:
                ask.enter(project, roles)
    if ask.known is None:
        ask.token = "" if screen.needs != "anyone" else ask.request.cookies.get(DOOR, "")
    if stale:
        with ask.db.write() as tx:
            sessions.touch(tx, ask.token, ask.now)
    _check_needs(ask, screen)
    if ask.known is None and screen.needs != "anyone":
        if screen.method == "GET" and not ask.wants_json():
            wanted = inner_path(ask.request.url.path)
            return ask.go(f"/sign-in?next={wanted}" if wanted != "/" else "/sign-in")
        return ask.refuse(401, "sign in first")
    if screen.method == "POST":
        _check_form(ask)
    return None


def _check_needs(ask: Ask, screen: Screen) -> None:
    needs = screen.needs
    if needs == "anyone" or ask.known is None:
        return
    if needs == "admin" and not ask.account.admin:
        raise _Refused(403, "only those who may make projects see this page")
    if needs == "member" or isinstance(needs, tuple):
        if not ask.roles:
            # Whether such a project exists is nobody's business but its members'.
            raise _Refused(404, "there is no such page")
        if isinstance(needs, tuple) and not ask.may(*needs):
            raise _Refused(403, f"this page is for: {', '.join(needs)}")


def _check_form(ask: Ask) -> None:
    sent = ask.request.headers.get(FORM_HEADER) or ask.form.text("form_token")
    if from_elsewhere(ask.request) or not token_fits(ask.token, sent):
        raise _Refused(403, "this form is not from the app or has grown old; open the page again")
