"""What every answer carries and every request must show.

Sources: OWASP Secure Headers, Cross-Site Request Forgery Prevention and Session Management
Cheat Sheets.
"""

import hmac
import ipaddress
import urllib.parse

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from etude.web.people.sessions import form_token

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-src 'self'; frame-ancestors 'none'; object-src 'none'"
)
"""Content security policy of every page: nothing from elsewhere, nothing inline."""
SEALED_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"
)
"""Policy of pages that were made elsewhere, such as reports: no script, no form, no network."""


class Headers:
    """Adds the headers that keep a browser from helping an attacker."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._fixed = {
            "x-content-type-options": "nosniff",
            "referrer-policy": "same-origin",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "permissions-policy": "camera=(), microphone=(), geolocation=()",
            "content-security-policy": POLICY,
            "cache-control": "no-store",
        }
        if secure:
            self._fixed["strict-transport-security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._fixed.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, sending)


def from_elsewhere(request: Request, *, secure: bool) -> bool:
    """Whether the browser says that another site made it send this."""
    origin = request.headers.get("origin")
    if origin is not None:
        found = urllib.parse.urlsplit(origin)
        if secure and found.scheme != "https":
            return True
        return found.netloc != request.headers.get("host", "")
    return request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")


def plain_place(text: str) -> str:
    """Return a network address as callers are told apart by it; empty when it is none.

    One customer has a whole /64 of IPv6.

    >>> plain_place("203.0.113.7:4711"), plain_place("2001:db8::1"), plain_place("::ffff:1.2.3.4")
    ('203.0.113.7', '2001:db8::/64', '1.2.3.4')
    """
    text = text.strip()
    if text.startswith("["):
        text = text[1:].split("]", maxsplit=1)[0]
    elif text.count(":") == 1:
        text = text.split(":", maxsplit=1)[0]
    try:
        address = ipaddress.ip_address(text.split("%", maxsplit=1)[0])
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))


def token_fits(session_token: str, sent: str) -> bool:
    """Whether a form carries the token of its session."""
    return bool(session_token) and hmac.compare_digest(
        form_token(session_token).encode(), sent.encode()
    )


def host_of(url: str) -> list[str]:
    """Return the host names that requests may be made to; all of this machine are one."""
    host = urllib.parse.urlsplit(url).hostname or "localhost"
    return (
        ["localhost", "127.0.0.1", "::1"] if host in ("localhost", "127.0.0.1", "::1") else [host]
    )
