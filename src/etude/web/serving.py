"""Serving the app on this machine."""

import asyncio
import contextlib
import socket
from collections.abc import Callable

import uvicorn

from etude.web.app import make_app
from etude.web.home import Home
from etude.web.people import accounts, invitations
from etude.web.people.invitations import Terms


def serve(home: Home, host: str, port: int, started: Callable[[], None]) -> None:
    """Serve the app until interrupted; requests under way are finished first.

    Args:
        home: What to serve.
        host: Address to listen at.
        port: Port to listen at.
        started: Called once the app answers.

    Raises:
        ConfigError: The database does not answer.
        OSError: The port is taken.
    """
    config = uvicorn.Config(
        make_app(home),
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=10,
        timeout_keep_alive=30,
        limit_concurrency=1000,
    )
    server = uvicorn.Server(config)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sockets = [socket.create_server((host, port), family=family, backlog=2048)]

    async def run() -> None:
        task = asyncio.create_task(server.serve(sockets))
        while not server.started and not task.done():  # noqa: ASYNC110 - it tells by this flag alone
            await asyncio.sleep(0.02)
        if server.started:
            started()
        await task

    # Stopping by Ctrl-C is how it ends, and no failure.
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run())


def first_link(home: Home) -> str:
    """Return a link for the first person who may make projects; empty once there is one."""
    now = home.now()
    with home.database.write() as tx:
        if accounts.n_admins(tx):
            return ""
        return f"{home.url}/invitations/{invitations.invite(tx, Terms(admin=True), now)}"


def admin_link(home: Home, email: str) -> str:
    """Return a link for someone who is to make projects, or whose password is lost.

    Raises:
        ConfigError: That is no e-mail address.
    """
    email = accounts.plain_email(email)
    with home.database.write() as tx:
        known = accounts.find(tx, email)
        if known is None:
            terms = Terms(admin=True, email=email)
        else:
            terms = Terms(purpose="reset", email=email, account_id=known.id)
        return f"{home.url}/invitations/{invitations.invite(tx, terms, home.now())}"
