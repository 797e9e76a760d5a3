"""Work: what a writer is at, found again on any device, and saved while they write."""

import msgspec

from etude.errors import ConfigError
from etude.records import Message
from etude.web.database import Transaction
from etude.web.people.accounts import Account
from etude.web.projects.project import Project
from etude.web.queue.assignment import (
    Assignment,
    Nothing,
    by_id,
    claim,
    reopen,
    sign_of_life,
)
from etude.web.queue.claiming import take_turn
from etude.web.queue.item import WriteItem, item_by_id
from etude.web.writing import drafts, model_drafts, writings
from etude.web.writing.composing import Ground
from etude.web.writing.drafts import Draft
from etude.web.writing.tools import ProjectTool, read_tools
from etude.web.writing.writings import Review, Writing

ITEM_DRAFT = "item"


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """One assignment with all that its page shows."""

    assignment: Assignment
    item: WriteItem
    draft: Draft
    ground: Ground
    before: Writing | None = None
    """The version that was handed in last."""
    review: Review | None = None
    """What the reviewer said of it."""
    broken_tools: str = ""
    """Why the tools of the project cannot be used."""


class StaleError(ConfigError):
    """The draft was changed elsewhere since this page was opened."""


def due(tx: Transaction, project: Project, account: Account, now: float) -> Work | Nothing:
    """Return what comes next for a writer: what was sent back, what they began, something new."""
    if project.state == "open":
        waiting = writings.sent_back_to(tx, project.id, account.id)
        if waiting is not None:
            again = _again(tx, project, account, waiting)
            reopen(tx, project.id, waiting.assignment_id, account.id, draft=again, now=now)
    found = claim(tx, project, account.id, now)
    return found if isinstance(found, Nothing) else _work(tx, project, account, found)


def _again(tx: Transaction, project: Project, account: Account, waiting: Writing) -> str | None:
    """Return the draft of what was sent back: what was confirmed is to be confirmed anew."""
    mine = by_id(tx, project.id, waiting.assignment_id, account.id)
    kept = drafts.load(mine.draft) if mine else None
    return drafts.dump(msgspec.structs.replace(kept, ticked=(), stand=())) if kept else None


def held(tx: Transaction, project: Project, account: Account, assignment_id: str) -> Work:
    """Return a piece of work of this writer that is not handed in.

    Raises:
        ConfigError: It is not theirs, or was handed in or skipped.
    """
    mine = by_id(tx, project.id, assignment_id, account.id)
    if mine is None or mine.purpose == "adjudication":
        raise ConfigError("this item is not yours; open the page again")
    if mine.state in ("done", "skipped"):
        raise ConfigError("this item was handed in or skipped already; open the page again")
    return _work(tx, project, account, mine)


def _work(tx: Transaction, project: Project, account: Account, mine: Assignment) -> Work:
    row = item_by_id(tx, project.id, mine.item_id)
    if row is None:
        raise ConfigError("this item is gone")
    item = row.writing()
    tools, broken = _tools(project)
    ground = Ground(
        project=project.name,
        item_id=mine.item_id,
        prompt=_prompt(item, project),
        tools=tools,
        tools_json=project.settings.tools.strip() if tools else "",
        tags=item.tags,
    )
    draft = drafts.load(mine.draft) or Draft(language=_language(item, account))
    before = writings.last_of(tx, mine.id)
    return Work(
        assignment=mine,
        item=item,
        draft=draft,
        ground=with_start(tx, ground, mine.id, item, draft.started),
        before=before,
        review=writings.review_of(tx, before.id) if before else None,
        broken_tools=broken,
    )


def with_start(
    tx: Transaction, ground: Ground, assignment_id: str, item: WriteItem, started: str
) -> Ground:
    """Return the ground with the model's draft that was started from; a forged one is none."""
    begun_from: tuple[Message, ...] = ()
    source = ""
    if started == ITEM_DRAFT:
        begun_from, source = item.draft, item.draft_source
    elif started:
        found = model_drafts.by_id(tx, assignment_id, started)
        if found is not None:
            begun_from, source = found.messages(), found.source
    return msgspec.structs.replace(ground, begun_from=begun_from, source=source)


def _tools(project: Project) -> tuple[tuple[ProjectTool, ...], str]:
    try:
        return read_tools(project.settings.tools), ""
    except ConfigError as error:
        return (), str(error)


def _prompt(item: WriteItem, project: Project) -> tuple[Message, ...]:
    has_system = any(message.role == "system" for message in item.prompt)
    if has_system or not project.settings.system_prompt.strip():
        return item.prompt
    return (Message(role="system", content=project.settings.system_prompt), *item.prompt)


def _language(item: WriteItem, account: Account) -> str:
    said = item.tags.get("language") or account.languages.replace(";", ",").split(",")[0]
    code = said.strip().lower()
    return code if len(code) == 2 and code.isascii() and code.isalpha() else ""


def save(
    tx: Transaction,
    project: Project,
    account: Account,
    work: Work,
    draft: Draft,
    active_s: float,
    now: float,
) -> tuple[Draft, bool]:
    """Keep a draft; return it as it is kept, and whether the turn is still theirs.

    Raises:
        StaleError: Another device saved since.
        ConfigError: It cannot be kept.
    """
    take_turn(tx, account.id)
    fresh = by_id(tx, project.id, work.assignment.id, account.id)
    kept = drafts.load(fresh.draft) if fresh else None
    if kept is not None and kept.revision != draft.revision:
        raise StaleError(
            "this was changed in another window or on another device; reload to see it there"
        )
    draft = msgspec.structs.replace(draft, revision=draft.revision + 1)
    goes_on = sign_of_life(
        tx,
        project.id,
        work.assignment.id,
        account.id,
        draft=drafts.dump(draft),
        active_s=active_s,
        now=now,
    )
    return draft, goes_on
