"""The app: all screens behind one door."""

import importlib
import pkgutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope

from etude.web import screens as screens_package
from etude.web.asking import Ask, Screen
from etude.web.database import migrate
from etude.web.door import endpoint
from etude.web.home import Home
from etude.web.security import Headers, host_of
from etude.web.throttle import Throttle

_STATIC = Path(__file__).parent / "static"


def screens() -> tuple[Screen, ...]:
    """Return every screen there is: `SCREENS` of each module in `screens/`."""
    found: list[Screen] = []
    for module in sorted(m.name for m in pkgutil.iter_modules(screens_package.__path__)):
        if not module.startswith("_"):
            found += importlib.import_module(f"{screens_package.__name__}.{module}").SCREENS
    return tuple(found)


class _Files(StaticFiles):
    """Styles and scripts: the same for everybody, so browsers may keep them for a while."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        answer.headers["cache-control"] = "max-age=600"
        return answer


def make_app(home: Home, throttle: Throttle | None = None) -> ASGIApp:
    """Return the app of one installation; its database is brought up to date.

    Raises:
        ConfigError: The database does not answer, or was made by a newer Etude.
    """
    home.datasets.mkdir(parents=True, exist_ok=True)
    migrate(home.database)
    throttle = throttle or Throttle()
    routes: list[Route | Mount] = [
        Route(
            screen.path,
            endpoint(home, throttle, screen),
            methods=[screen.method],
            name=f"{screen.method} {screen.path}",
        )
        for screen in screens()
    ]
    routes.append(Mount("/static", _Files(directory=_STATIC)))

    async def missing(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        what = {404: "there is no such page", 405: "this page cannot be asked that way"}
        return Ask(home, request).refuse(status, what.get(status, "this did not work"))

    async def failed(request: Request, _error: Exception) -> Response:
        return Ask(home, request).refuse(
            500, "something went wrong on our side; nothing was saved. Try again in a moment"
        )

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        home.database.close()

    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=host_of(home.url), www_redirect=False),
        ],
        exception_handlers={HTTPException: missing, 500: failed},
        lifespan=lifespan,
    )
    # Outermost, so that pages about failures carry the headers too.
    return Headers(app, secure=home.secure)
