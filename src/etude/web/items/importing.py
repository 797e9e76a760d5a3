"""Importing: rows of any sort become items of a project, all that fit at once, or none."""

import hashlib
from collections.abc import Iterable

import msgspec

from etude.errors import ConfigError
from etude.records import Candidate, Comparison, Demonstration, Message, Origin, Preference
from etude.web.database import Database, Transaction, new_id
from etude.web.items.rows import Content, Found
from etude.web.people import audit
from etude.web.projects.project import Project
from etude.web.queue.item import WriteItem, add_items

MAX_ITEMS = 20_000
"""Items of one batch: more would keep everybody else waiting."""
MAX_CHARS = 300_000
"""Characters of one item."""
_MAX_BATCH_CHARS = 200_000_000
_MAX_REFUSED = 200
_MOST_REFUSED = 100_000

Body = Comparison | WriteItem


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """How rows become items."""

    batch: str
    overlap: int
    """People for each item."""
    drafts: bool = False
    """For writing: whether the answer of a row is the draft that people mend."""
    gold: bool = False
    """For rating: whether the answer that a row prefers is known to be best."""


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A row that became no item."""

    where: str
    why: str


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a batch."""

    batch: str
    n_added: int
    n_refused: int
    refused: list[Refused]
    """The first of them."""


class _Gathered:
    """Bodies that fit, and rows that do not."""

    def __init__(self) -> None:
        self.bodies: list[Body] = []
        self.places: list[str] = []
        self.refused: list[Refused] = []
        self.n_refused = 0
        self.n_chars = 0

    def refuse(self, where: str, why: str) -> None:
        self.n_refused += 1
        if len(self.refused) < _MAX_REFUSED:
            self.refused.append(Refused(where=where, why=why))


def add_batch(
    database: Database, project: Project, rows: Iterable[Found], wishes: Wishes, by: str, now: float
) -> Outcome:
    """Add what rows hold to a project's queue, in one go.

    Raises:
        ConfigError: Nothing fits, there is too much, or the rows cannot be read.
    """
    gathered = _gather(project, rows, wishes)
    with database.read() as tx:
        known = _known(tx, project.id)
    bodies = _fresh(gathered, known)
    if bodies:
        asked = msgspec.structs.replace(project.settings, overlap=wishes.overlap)
        with database.write() as tx:
            add_items(
                tx,
                msgspec.structs.replace(project, settings=asked),
                bodies,
                batch=wishes.batch,
                now=now,
            )
            audit.note(
                tx,
                "items.add",
                now=now,
                account_id=by,
                project_id=project.id,
                subject=wishes.batch,
                detail=f"{len(bodies)} added, {gathered.n_refused} refused,"
                f" {wishes.overlap} people each",
            )
    gathered.refused.sort(key=_place_order)
    return Outcome(
        batch=wishes.batch,
        n_added=len(bodies),
        n_refused=gathered.n_refused,
        refused=gathered.refused,
    )


def _place_order(refused: Refused) -> int:
    digits = "".join(c for c in refused.where if c.isascii() and c.isdigit())[:12]
    return int(digits) if digits else 0


def _gather(project: Project, rows: Iterable[Found], wishes: Wishes) -> _Gathered:
    gathered = _Gathered()
    for found in rows:
        if found.content is None:
            gathered.refuse(found.where, found.why)
            if gathered.n_refused > _MOST_REFUSED:
                raise ConfigError(f"more than {_MOST_REFUSED:,} rows are none; is it this layout?")
            continue
        try:
            body = _body(project, found.content, wishes)
        except ConfigError as why:
            gathered.refuse(found.where, str(why))
            continue
        n_chars = _n_chars(body)
        if n_chars > MAX_CHARS:
            gathered.refuse(found.where, f"{n_chars:,} characters are too long to be read")
            continue
        gathered.bodies.append(body)
        gathered.places.append(found.where)
        gathered.n_chars += n_chars
        if len(gathered.bodies) > MAX_ITEMS or gathered.n_chars > _MAX_BATCH_CHARS:
            raise ConfigError(f"a batch has at most {MAX_ITEMS:,} items; part the file")
    return gathered


def _body(project: Project, content: Content, wishes: Wishes) -> Body:
    """Return what a row comes to in a project of this kind.

    Raises:
        ConfigError: It does not fit.
    """
    body = _to_write(content, wishes) if project.kind == "write" else _to_rate(content, wishes)
    if not any(message.content.strip() for message in body.prompt):
        raise ConfigError("there is no prompt")
    if body.prompt[-1].role == "assistant":
        raise ConfigError("the prompt ends with an answer")
    if isinstance(body, WriteItem):
        return body
    n = len(body.candidates)
    if not n and not project.settings.models:
        raise ConfigError("there are no answers, and the settings name no model to sample them")
    if n == 1 or n > 5:
        raise ConfigError(f"{n} {'answer' if n == 1 else 'answers'}; two to five are compared")
    if body.gold is not None and not 0 <= body.gold < n:
        raise ConfigError(f"answer {body.gold} is said to be best, and there are {n}")
    for candidate in body.candidates:
        if not any(each.content.strip() or each.calls for each in candidate.messages):
            raise ConfigError("an answer is empty")
    return body


def _to_write(content: Content, wishes: Wishes) -> WriteItem:
    if isinstance(content, WriteItem):
        return content
    if isinstance(content, Demonstration):
        prompt, answer = _parted(content.messages)
        return WriteItem(
            prompt=prompt, draft=answer if wishes.drafts else (), tags=dict(content.tags)
        )
    if isinstance(content, Preference):
        draft, source = content.chosen, content.chosen_source
    elif isinstance(content, Comparison):
        best = content.candidates[content.gold or 0] if content.candidates else None
        draft, source = (best.messages, best.source) if best else ((), "")
    else:
        raise ConfigError("it holds a vote without its answers")
    return WriteItem(
        prompt=content.prompt,
        draft=draft if wishes.drafts else (),
        draft_source=source if wishes.drafts else "",
        tags=dict(content.tags),
    )


def _parted(messages: tuple[Message, ...]) -> tuple[tuple[Message, ...], tuple[Message, ...]]:
    """Return what comes before the last answer, and that answer; it can be missing."""
    end = len(messages)
    while end and messages[end - 1].role == "assistant":
        end -= 1
    return messages[:end], messages[end:]


def _to_rate(content: Content, wishes: Wishes) -> Comparison:
    if isinstance(content, Comparison):
        return content if wishes.gold else msgspec.structs.replace(content, gold=None)
    origin = Origin(source="upload", made_by="etude.web")
    if isinstance(content, Preference):
        origin = content.origin
        return Comparison(
            id=content.comparison_id or content.id,
            origin=origin,
            prompt=content.prompt,
            candidates=(
                Candidate(messages=content.chosen, source=content.chosen_source),
                Candidate(messages=content.rejected, source=content.rejected_source),
            ),
            gold=0 if wishes.gold else None,
            tags=dict(content.tags),
        )
    if isinstance(content, WriteItem):
        return Comparison(
            id=new_id(), origin=origin, prompt=content.prompt, candidates=(), tags=content.tags
        )
    if isinstance(content, Demonstration):
        prompt, answer = _parted(content.messages)
        if answer:
            raise ConfigError("it has one answer; two to five are compared")
        return Comparison(
            id=content.id, origin=content.origin, prompt=prompt, candidates=(), tags=content.tags
        )
    raise ConfigError("it holds a vote without its answers")


def _n_chars(body: Body) -> int:
    rest = body.draft if isinstance(body, WriteItem) else ()
    answers = () if isinstance(body, WriteItem) else body.candidates
    said = [*body.prompt, *rest, *(m for each in answers for m in each.messages)]
    return sum(len(message.content) for message in said)


class _Light(msgspec.Struct, frozen=True):
    prompt: tuple[Message, ...]
    id: str = ""
    candidates: tuple[Candidate, ...] = ()
    draft: tuple[Message, ...] = ()


class _Known(msgspec.Struct):
    ids: set[str]
    keys: dict[bytes, str]
    """What an item says -> where it is."""


class _Stored(msgspec.Struct, frozen=True):
    place: int
    body: str


def _known(tx: Transaction, project_id: str) -> _Known:
    known = _Known(ids=set(), keys={})
    for stored in tx.all(
        _Stored, "SELECT place, body FROM items WHERE project_id = :project", project=project_id
    ):
        light = msgspec.json.decode(stored.body, type=_Light)
        known.ids.add(light.id)
        known.keys[_key(light.prompt, light.candidates, light.draft)] = f"item {stored.place}"
    return known


def _key(
    prompt: tuple[Message, ...], candidates: tuple[Candidate, ...], draft: tuple[Message, ...]
) -> bytes:
    said = [prompt, [candidate.messages for candidate in candidates], draft]
    return hashlib.sha256(msgspec.json.encode(said)).digest()


def _fresh(gathered: _Gathered, known: _Known) -> list[Body]:
    """Return the bodies that are not there yet, each with an id of its own."""
    fresh: list[Body] = []
    for body, where in zip(gathered.bodies, gathered.places, strict=True):
        if isinstance(body, WriteItem):
            key = _key(body.prompt, (), body.draft)
        else:
            key = _key(body.prompt, body.candidates, ())
        if key in known.keys:
            gathered.refuse(where, f"the same as {known.keys[key]}")
            continue
        known.keys[key] = where
        if isinstance(body, Comparison):
            own = body.id if body.id not in known.ids else f"{body.id[:180]}-{new_id()}"
            known.ids.add(own)
            body = msgspec.structs.replace(body, id=own)
        fresh.append(body)
    return fresh
