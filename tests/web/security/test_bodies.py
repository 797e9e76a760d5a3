"""OWASP A04:2021 Insecure Design, API4:2023 Unrestricted Resource Consumption: bodies."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable

import pytest
from tests.web.installation import Installation
from tests.web.security.populated import World, all_screens, fill, kind_of

FORM = "application/x-www-form-urlencoded"


def test_a_stranger_sends_little_and_none_of_it_is_read_where_they_may_not_send(
    world: World,
) -> None:
    client = world.installation.stranger()
    for screen in all_screens("POST"):
        side = world.ours[kind_of(screen)]
        path = fill(screen.path, side.project.id, side.ids)
        answer = client.post(path, content=b"a=" + b"x" * 100_000, headers={"content-type": FORM})
        assert answer.status_code == (413 if screen.needs == "anyone" else 401), screen.path


def test_no_screen_takes_more_than_it_says(world: World) -> None:
    for screen in all_screens("POST"):
        if screen.needs == "anyone":
            continue
        side = world.ours[kind_of(screen)]
        person = side.lead_of_all
        path = fill(screen.path, side.project.id, side.ids)
        assert screen.max_body <= 200_000_000
        if screen.max_body > 20_000_000:
            continue  # the same code; a test need not send it all
        for sort in (FORM, "application/json", "text/plain", "multipart/form-data; boundary=x"):
            answer = person.client.post(
                path,
                content=b"x" * (screen.max_body + 1),
                headers={"content-type": sort, "x-etude-form": person.form_token},
            )
            assert answer.status_code == 413, (screen.path, sort)


BROKEN = [
    (FORM, b"a=1&" * 5000),
    (FORM, b"&" * 50_000),
    (FORM, b"=" * 50_000),
    (FORM, b"%"),
    (FORM, b"a=%ff%fe&b=%00&c=%ed%a0%80&%00=x"),
    (FORM, b"\xff\xfe\x00"),
    ("application/x-www-form-urlencoded; charset=utf-16", b"a\x00=\x001"),
    ("multipart/form-data", b"a=1"),
    ("multipart/form-data; boundary=", b"--\r\n"),
    ("multipart/form-data; boundary=x", b"no boundary at all"),
    ("multipart/form-data; boundary=x", b"--x\r\n"),
    ("multipart/form-data; boundary=x", b"--x\r\ncontent-disposition: form-data\r\n\r\n1\r\n--x--"),
    (
        "multipart/form-data; boundary=x; charset=unicode_escape",
        b'--x\r\ncontent-disposition: form-data; name="form_token"\r\n\r\n\\ud800\r\n--x--\r\n',
    ),
    (
        "multipart/form-data; boundary=x; charset=undefined",
        b'--x\r\ncontent-disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n',
    ),
    (
        "multipart/form-data; boundary=x; charset=hex",
        b'--x\r\ncontent-disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n',
    ),
    (
        "multipart/form-data; boundary=x",
        b"".join(
            b'--x\r\ncontent-disposition: form-data; name="a%d"\r\n\r\nb\r\n' % n
            for n in range(3000)
        )
        + b"--x--\r\n",
    ),
    (
        "multipart/form-data; boundary=x",
        b"".join(
            b'--x\r\ncontent-disposition: form-data; name="f%d"; filename="../%d"\r\n\r\nb\r\n'
            % (n, n)
            for n in range(1500)
        )
        + b"--x--\r\n",
    ),
    ("application/json", b""),
    ("application/json", b"{"),
    ("application/json", b"[" * 100_000),
    ("application/json", b'{"a":' * 50_000),
    ("application/json", b"\xff\xfe"),
    ("application/json", b'"\\ud800"'),
    ("application/json", b"1e999"),
    ("application/json", b"9" * 5000),
    ("application/json", b"NaN"),
    ("text/plain;application/json", b'{"a": 1}'),
    ("", b"\x00" * 1000),
    ("\u00e4".encode("latin-1").decode("latin-1"), b"x"),
]


# Every screen's body is read by the same lines, so some screens do for each day.
@pytest.mark.parametrize(
    "every", [7, pytest.param(1, marks=pytest.mark.slow)], ids=["some screens", "all screens"]
)
def test_a_broken_body_is_answered_and_breaks_nothing(world: World, every: int) -> None:
    for screen, (sort, body) in itertools.product(all_screens("POST")[::every], BROKEN):
        side = world.ours[kind_of(screen)]
        world.renew(side)
        person = side.lead_of_all
        answer = person.client.post(
            fill(screen.path, side.project.id, side.ids),
            content=body,
            headers=[
                (b"content-type", sort.encode("latin-1")),
                (b"x-etude-form", person.form_token.encode()),
            ],
        )
        assert answer.status_code < 500, (screen.path, sort, body[:40])


Message = dict[str, object]


def _request(installation: Installation, receive: Callable[[], Awaitable[Message]]) -> int:
    """Send a request by hand, for what no client would do; return the status."""
    person = installation.person("ann")
    cookie = f"etude-session={person.client.cookies['etude-session']}"
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": "/sign-out",
        "raw_path": b"/sign-out",
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "headers": [
            (b"host", b"127.0.0.1:8600"),
            (b"cookie", cookie.encode()),
            (b"content-type", FORM.encode()),
        ],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8600),
    }
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(installation.app(scope, receive, send))  # type: ignore[arg-type]
    status = sent[0]["status"]
    assert isinstance(status, int)
    return status


def test_a_request_that_breaks_off_is_let_go(installation: Installation) -> None:
    said = iter([{"type": "http.request", "body": b"a=1", "more_body": True}])

    async def receive() -> Message:
        return next(said, {"type": "http.disconnect"})

    assert _request(installation, receive) == 400


def test_a_body_that_never_ends_is_cut_at_the_limit(installation: Installation) -> None:
    taken = 0

    async def receive() -> Message:
        nonlocal taken
        taken += 65_536
        assert taken < 3_000_000
        return {"type": "http.request", "body": b"x" * 65_536, "more_body": True}

    assert _request(installation, receive) == 413
