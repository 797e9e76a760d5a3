"""Door: what stands between a request and its screen, for every screen alike."""

import asyncio
import inspect
import os
from collections.abc import Awaitable, Callable

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from etude.errors import EtudeError
from etude.web.asking import FORM_HEADER, Ask, Form, Screen, inner_path
from etude.web.home import Home
from etude.web.people import sessions
from etude.web.projects import project as projects
from etude.web.security import from_elsewhere, token_fits
from etude.web.throttle import Throttle

_MAX_FIELDS = 2000
_MAX_STRANGERS_BODY = 65_536
_READ_S = 60
_PLACE_SHARE = 0.02
"""What a request costs its network address: fifty people may sit behind one."""


class _Refused(Exception):  # noqa: N818
    def __init__(self, status: int, why: str, wait_s: float = 0.0) -> None:
        super().__init__(why)
        self.status = status
        self.wait_s = wait_s


# One for each event loop: a limiter that two of them share loses the turn of whoever waits.
_few_at_once: RunVar[CapacityLimiter] = RunVar("few_at_once")


def _heavy_turns() -> CapacityLimiter:
    """Return what lets as many heavy screens run at once as leave the processor to the others."""
    try:
        return _few_at_once.get()
    except LookupError:
        limiter = CapacityLimiter(max(1, (os.cpu_count() or 1) - 1))
        _few_at_once.set(limiter)
        return limiter


def endpoint(
    home: Home, throttle: Throttle, screen: Screen
) -> Callable[[Request], Awaitable[Response]]:
    """Return the function that answers requests for a screen.

    Nothing is read of what was sent before it is known that the caller may send it.

    Args:
        home: The installation.
        throttle: How many requests one caller may make.
        screen: What answers.
    """

    async def answer(request: Request) -> Response:
        ask = Ask(home, request)
        try:
            _slow_down(throttle, f"place {ask.place()}", ask.now, _PLACE_SHARE)
            await run_in_threadpool(_identify, ask)
            caller = ask.account.id if ask.known else f"stranger {ask.place()}"
            _slow_down(throttle, caller, ask.now)
            away = _check_needs(ask, screen)
            if away is not None:
                return away
            await _read(ask, screen)
            if screen.method == "POST":
                _check_form(ask)
            return await _answer(ask, screen)
        except _Refused as refused:
            found = ask.refuse(refused.status, str(refused))
            if refused.wait_s:
                found.headers["retry-after"] = str(max(1, round(refused.wait_s)))
            return found
        except EtudeError as error:
            return await run_in_threadpool(ask.refuse, 422, str(error))

    return answer


def _slow_down(throttle: Throttle, caller: str, now: float, share: float = 1.0) -> None:
    wait_s = throttle.wait_s(caller, now, share)
    if wait_s:
        raise _Refused(429, "too many requests; wait a moment", wait_s)


async def _answer(ask: Ask, screen: Screen) -> Response:
    if inspect.iscoroutinefunction(screen.answer):
        found = await screen.answer(ask)
    elif screen.heavy:
        found = await to_thread.run_sync(screen.answer, ask, limiter=_heavy_turns())
    else:
        found = await run_in_threadpool(screen.answer, ask)
    if not isinstance(found, Response):
        raise TypeError(f"{screen.path} gave no answer")
    return found


async def _read(ask: Ask, screen: Screen) -> None:
    """Read what was sent along, never more than the screen takes."""
    request = ask.request
    fields = {name: tuple(request.query_params.getlist(name)) for name in request.query_params}
    if screen.method == "GET":
        ask.form = Form(fields=fields)
        return
    body = await _body(request, _most(screen))
    sort = request.headers.get("content-type", "").split(";", maxsplit=1)[0].strip().lower()
    if sort == "application/json":
        ask.body = body
        ask.form = Form(fields=fields)
        return
    again = Request(request.scope, _replay(body))
    files: dict[str, tuple[str, bytes]] = {}
    try:
        async with again.form(max_fields=_MAX_FIELDS, max_part_size=_most(screen)) as form:
            for name in form:
                values = form.getlist(name)
                fields[name] = tuple(value for value in values if isinstance(value, str))
                for value in values:
                    if isinstance(value, UploadFile):
                        files[name] = (value.filename or "", await value.read())
    except (HTTPException, UnicodeError, ValueError) as error:
        raise _Refused(400, "the form cannot be read") from error
    ask.form = Form(fields=fields, files=files)


def _most(screen: Screen) -> int:
    """Return how many bytes may be sent along."""
    if screen.needs == "anyone":
        return min(screen.max_body, _MAX_STRANGERS_BODY)
    return screen.max_body


async def _body(request: Request, most: int) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(_READ_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    raise _Refused(413, f"more than {most / 1e6:.2g} MB were sent")
    except ClientDisconnect as error:
        raise _Refused(400, "the request broke off") from error
    except TimeoutError as error:
        raise _Refused(408, "the request took too long to arrive") from error
    return bytes(body)


def _replay(body: bytes) -> Callable[[], Awaitable[dict[str, object]]]:
    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _identify(ask: Ask) -> None:
    """Find out who asks, and what they are in the project of the path."""
    if not ask.token:
        ask.identify(None)
        return
    token = ask.token
    with ask.db.read() as tx:
        caller = sessions.account_of(tx, token, ask.now)
        ask.identify(caller)
        if caller is None:
            return
        if "project" in ask.request.path_params:
            project, roles = projects.of_member(tx, ask.part("project"), caller.id)
            if project is not None:
                ask.enter(project, roles)
    if caller.is_stale(ask.now):
        with ask.db.write() as tx:
            sessions.touch(tx, token, ask.now)


def _check_needs(ask: Ask, screen: Screen) -> Response | None:
    """Refuse those who may not ask this; return where to sign in where that would help."""
    needs = screen.needs
    if needs == "anyone":
        return None
    if ask.known is None:
        if screen.method == "GET" and not ask.wants_json():
            wanted = inner_path(ask.request.url.path)
            return ask.go(f"/sign-in?next={wanted}" if wanted != "/" else "/sign-in")
        raise _Refused(401, "sign in first")
    if needs == "admin" and not ask.account.admin:
        raise _Refused(403, "only those who may make projects see this page")
    if needs == "member" or isinstance(needs, tuple):
        if not ask.roles:
            # Whether such a project exists is nobody's business but its members'.
            raise _Refused(404, "there is no such page")
        if isinstance(needs, tuple) and not ask.may(*needs):
            raise _Refused(403, f"this page is for: {', '.join(needs)}")
    return None


def _check_form(ask: Ask) -> None:
    sent = ask.request.headers.get(FORM_HEADER) or ask.form.text("form_token")
    elsewhere = from_elsewhere(ask.request, secure=ask.home.secure)
    if elsewhere or not token_fits(ask.token, sent):
        raise _Refused(403, "this form is not from the app or has grown old; open the page again")
