"""Raters at work against a real server: what they do, how long it takes, what was acknowledged.

The client is small on purpose: it shares the machine with the server that it measures.
"""

import asyncio
import os
import random
import re
import socket
import subprocess
import sys
import time
import urllib.parse
from collections import Counter, defaultdict
from pathlib import Path

import msgspec

from etude.records import Candidate, Comparison, Message, Origin, Rating
from etude.web.database import Database, migrate, new_id
from etude.web.people import accounts
from etude.web.people.accounts import NewAccount
from etude.web.people.roles import add_roles
from etude.web.projects import project as projects
from etude.web.projects.settings import Criterion, Settings
from etude.web.queue.item import add_items

PASSWORD = "fifty people at their desks"  # noqa: S105 - of an installation that lives for a minute
_FORM = re.compile(rb'name="form_token" value="([^"]+)"')
_ASSIGNMENT = re.compile(rb'name="assignment" value="([^"]+)"')
_DOWN = (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is to happen."""

    n_raters: int = 50
    n_items: int = 120
    overlap: int = 3
    think_s: tuple[float, float] = (0.5, 1.5)
    """Shortest and longest pause before each action."""
    kills: int = 0
    """How often the server is killed while they work."""
    limit_s: float = 120.0
    """After this long everybody stops."""
    seed: int = 0


class Tally(msgspec.Struct, kw_only=True):
    """What happened."""

    seconds: dict[str, list[float]] = msgspec.field(default_factory=lambda: defaultdict(list))
    """By kind of action, of each that was answered."""
    acknowledged: dict[str, str] = {}
    """Assignment -> the rationale that was sent with the rating that the server said is saved."""
    drafts: dict[str, int] = {}
    """Assignment -> number of the last draft that the server said is kept."""
    broken_off: int = 0
    """Requests that got no answer."""
    refused: Counter[int] = msgspec.field(default_factory=Counter)
    kills: int = 0


def seat(database: Database, plan: Plan) -> str:
    """Make the project, its items and its raters; return the project's id."""
    migrate(database)
    now = time.time()
    with database.write() as tx:
        lead = accounts.create(
            tx,
            NewAccount(email="lead@example.org", name="Lead", password=PASSWORD),
            admin=True,
            now=now,
        )
        # The hash of one password does for all: checking it costs each of them the same.
        for number in range(plan.n_raters):
            tx.run(
                "INSERT INTO accounts (id, email, name, pseudonym, password_hash, consented_at,"
                " created_at) SELECT :id, :email, :name, :pseudonym, password_hash, :now, :now"
                " FROM accounts WHERE id = :lead",
                id=f"rater{number}",
                email=f"rater{number}@example.org",
                name=f"Rater {number}",
                pseudonym=f"p{number}",
                now=now,
                lead=lead.id,
            )
        settings = Settings(
            overlap=plan.overlap,
            criteria=(Criterion(name="correct"), Criterion(name="helpful")),
            gold_share=0,
            repeat_share=0,
        )
        project = projects.create(tx, "Load", "rate", settings, by=lead.id, now=now)
        projects.set_state(tx, project.id, "open")
        for number in range(plan.n_raters):
            add_roles(tx, project.id, f"rater{number}", frozenset({"rater"}), now)
        add_items(tx, project, [_comparison(n) for n in range(plan.n_items)], now=now)
    return project.id


def _comparison(number: int) -> Comparison:
    answer = "The answer has **some** Markdown and code.\n\n1. one\n2. two\n\n```py\nx = 1\n```\n"
    return Comparison(
        id=new_id(),
        origin=Origin(source="made up", made_by="benchmarks.web"),
        prompt=(Message(role="user", content=f"Question {number}: how does one do this?"),),
        candidates=tuple(
            Candidate(messages=(Message(role="assistant", content=answer * n),), source=f"m{n}")
            for n in (3, 5)
        ),
    )


class Server:
    """`etude web` as a process of its own."""

    def __init__(self, home: Path, *options: str) -> None:
        """Prepare to start it; `options` are further ones of the command."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._command = [
            *(sys.executable, "-c", "from etude.cli import main; main()", "web"),
            *("--home", str(home), "--port", str(self.port), *options),
        ]
        self._process: subprocess.Popen[str] | None = None

    def start(self, wait_s: float = 60) -> None:
        """Start it and wait until it answers."""
        self._process = subprocess.Popen(
            self._command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        said = []
        until = time.monotonic() + wait_s
        while self._process.stdout is not None and time.monotonic() < until:
            line = self._process.stdout.readline()
            said.append(line)
            if line.startswith("Stop with"):
                return
            if not line:
                break
        raise RuntimeError("the server did not start:\n" + "".join(said))

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


class Browser:
    """One connection that is kept open, with cookies."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._cookies: dict[str, str] = {}
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(
        self, path: str, fields: dict[str, str] | None = None, *, script: bool = False
    ) -> tuple[int, bytes, float]:
        """Send a request; return its status, its body and the seconds it took.

        Raises:
            OSError: The server is not there, or went away.
        """
        body = urllib.parse.urlencode(fields).encode() if fields is not None else b""
        lines = [
            f"{'GET' if fields is None else 'POST'} {path} HTTP/1.1",
            f"host: 127.0.0.1:{self._port}",
            f"cookie: {'; '.join(f'{name}={value}' for name, value in self._cookies.items())}",
            f"content-length: {len(body)}",
            "content-type: application/x-www-form-urlencoded",
            f"accept: {'application/json' if script else 'text/html'}",
        ]
        begun = time.perf_counter()
        try:
            if self._streams is None:
                self._streams = await asyncio.open_connection("127.0.0.1", self._port)
            reader, writer = self._streams
            writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
            status, length = await self._head(reader)
            found = await asyncio.wait_for(reader.readexactly(length), 60)
        except _DOWN:
            self.close()
            raise
        return status, found, time.perf_counter() - begun

    async def _head(self, reader: asyncio.StreamReader) -> tuple[int, int]:
        head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)).decode("latin-1")
        first, *lines = head.split("\r\n")
        length = 0
        for line in lines:
            name, _, value = line.partition(":")
            if name.lower() == "content-length":
                length = int(value)
            elif name.lower() == "set-cookie":
                key, _, content = value.strip().partition("=")
                self._cookies[key] = content.split(";", maxsplit=1)[0]
        return int(first.split(" ")[1]), length

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


class Rater:
    """One person: opens the page, saves what is half done, hands it in, over and over."""

    def __init__(
        self,
        number: int,
        port: int,
        project: str,
        plan: Plan,
        tally: Tally,
        all_here: asyncio.Barrier,
    ) -> None:
        self._all_here = all_here
        self._email = f"rater{number}@example.org"
        self._browser = Browser(port)
        self._here = f"/projects/{project}/rate"
        self._plan = plan
        self._tally = tally
        self._rng = random.Random(plan.seed * 1000 + number)
        self._n_sent = 0

    async def work(self) -> None:
        """Work until nothing is left."""
        try:
            await asyncio.sleep(self._rng.uniform(0, 3))
            await self._sign_in()
            await self._all_here.wait()
            await self._think()
            while await self._one():
                pass
        finally:
            self._browser.close()

    async def _do(
        self, action: str, path: str, fields: dict[str, str] | None = None, *, script: bool = False
    ) -> tuple[int, bytes]:
        """Do something; where the server is away, wait for it and answer with status 0."""
        try:
            status, body, seconds = await self._browser.ask(path, fields, script=script)
        except _DOWN:
            self._tally.broken_off += 1
            await asyncio.sleep(0.2)
            return 0, b""
        self._tally.seconds[action].append(seconds)
        if status >= 400:
            self._tally.refused[status] += 1
        return status, body

    async def _sign_in(self) -> None:
        while True:
            _, page = await self._do("sign-in page", "/sign-in")
            token = _FORM.search(page)
            if token is None:
                continue
            fields = {
                "form_token": token[1].decode(),
                "email": self._email,
                "password": PASSWORD,
            }
            status, _ = await self._do("sign in", "/sign-in", fields)
            if status == 303:
                return
            await asyncio.sleep(1 if status else 0)

    async def _think(self) -> None:
        await asyncio.sleep(self._rng.uniform(*self._plan.think_s))

    async def _one(self) -> bool:
        """Do one item; return whether to go on."""
        status, page = await self._do("open", self._here)
        token, assignment = _FORM.search(page), _ASSIGNMENT.search(page)
        if status == 200 and assignment is None:
            return b"Look again" in page and await self._wait()
        if token is None or assignment is None:
            return True
        mine = assignment[1].decode()
        fields = {
            "form_token": token[1].decode(),
            "assignment": mine,
            "verdict": self._rng.choice(["a1", "a2", "a3", "tie", "b1", "b2", "b3"]),
            "marks": "[]",
            **{
                f"score:{name}:{place}": str(self._rng.randint(1, 5))
                for name in ("correct", "helpful")
                for place in (0, 1)
            },
        }
        await self._think()
        await self._autosave(fields)
        await self._think()
        await self._submit(fields)
        return True

    async def _wait(self) -> bool:
        await self._think()
        return True

    async def _autosave(self, fields: dict[str, str]) -> None:
        self._n_sent += 1
        said = {**fields, "active_s": "1", "rationale": f"draft {self._n_sent}"}
        status, _ = await self._do("autosave", f"{self._here}/draft", said, script=True)
        if status == 200:
            self._tally.drafts[fields["assignment"]] = self._n_sent

    async def _submit(self, fields: dict[str, str]) -> None:
        self._n_sent += 1
        reason = f"final {self._n_sent} of {self._email}"
        said = {**fields, "active_s": "1", "rationale": reason}
        status, _ = await self._do("submit", self._here, said)
        if status == 303:
            self._tally.acknowledged.setdefault(fields["assignment"], reason)


async def run(server: Server, project: str, plan: Plan) -> Tally:
    """Let all raters work against a started server; kill and start it as planned."""
    tally = Tally()
    # Checking passwords takes the processor, and is timed apart: work begins when all are in.
    here = asyncio.Barrier(plan.n_raters)
    raters = [Rater(n, server.port, project, plan, tally, here) for n in range(plan.n_raters)]
    working = asyncio.gather(*(rater.work() for rater in raters))
    rng = random.Random(plan.seed)
    try:
        async with asyncio.timeout(plan.limit_s):
            for _ in range(plan.kills):
                await asyncio.sleep(rng.uniform(2.0, 4.0))
                if working.done():
                    break
                server.kill()
                tally.kills += 1
                await asyncio.to_thread(server.start)
            await working
    except TimeoutError:
        working.cancel()
    return tally


class _Row(msgspec.Struct, frozen=True):
    id: str
    assignment_id: str
    item_id: str
    account_id: str
    body: str


class _Item(msgspec.Struct, frozen=True):
    id: str
    wanted: int
    n_done: int


class _Draft(msgspec.Struct, frozen=True):
    id: str
    draft: str


def faults(database: Database, project: str, tally: Tally) -> list[str]:
    """Return what the database has otherwise than it was acknowledged; nothing is as it should."""
    with database.read() as tx:
        rows = tx.all(
            _Row,
            "SELECT id, assignment_id, item_id, account_id, body FROM ratings"
            " WHERE project_id = :project AND withdrawn_at IS NULL",
            project=project,
        )
        items = tx.all(
            _Item, "SELECT id, wanted, n_done FROM items WHERE project_id = :id", id=project
        )
        drafts = tx.all(
            _Draft,
            "SELECT id, draft FROM assignments WHERE project_id = :id AND state = 'open'",
            id=project,
        )
    found = _lost(rows, tally) + _doubled(rows, items)
    for row in drafts:
        kept = re.search(r"draft (\d+)|final (\d+)", row.draft)
        number = int(kept[1] or kept[2]) if kept else 0
        if number < tally.drafts.get(row.id, 0):
            found.append(f"a draft of assignment {row.id} was kept, and an older one is there")
    return found


def _lost(rows: list[_Row], tally: Tally) -> list[str]:
    said = {row.assignment_id: msgspec.json.decode(row.body, type=Rating).rationale for row in rows}
    lost = [f"lost: {id_}" for id_ in tally.acknowledged if id_ not in said]
    # One that was saved while its answer got lost stands, and the same person is told so.
    other = [
        f"changed: {id_}"
        for id_, reason in tally.acknowledged.items()
        if id_ in said and not _same_hand(said[id_], reason)
    ]
    return lost + other


def _same_hand(kept: str, sent: str) -> bool:
    return kept == sent or kept.rpartition(" of ")[2] == sent.rpartition(" of ")[2]


def _doubled(rows: list[_Row], items: list[_Item]) -> list[str]:
    found = []
    by_pair = Counter((row.item_id, row.account_id) for row in rows)
    found += [f"twice: {pair}" for pair, count in by_pair.items() if count > 1]
    by_assignment = Counter(row.assignment_id for row in rows)
    found += [f"twice: {id_}" for id_, count in by_assignment.items() if count > 1]
    by_item = Counter(row.item_id for row in rows)
    for item in items:
        if by_item[item.id] > item.wanted:
            found.append(f"item {item.id}: {by_item[item.id]} ratings, {item.wanted} wanted")
        if by_item[item.id] != item.n_done:
            found.append(f"item {item.id}: {by_item[item.id]} ratings, {item.n_done} counted")
    return found


def percentile(seconds: list[float], share: float) -> float:
    """Return a percentile of some times."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
