"""Handing in: a draft becomes a version that is kept for good; it can be taken back for a while."""

import msgspec

from etude.errors import ConfigError
from etude.records import Message
from etude.web.database import Transaction, new_id
from etude.web.people import audit
from etude.web.people.accounts import Account
from etude.web.projects import guidelines
from etude.web.projects.project import Project
from etude.web.queue.assignment import by_id, claim_item, finish, last_finished, reopen
from etude.web.queue.item import WriteItem, add_items, set_wanted
from etude.web.writing import drafts, writings
from etude.web.writing.checking import Told, let_stand
from etude.web.writing.composing import compose
from etude.web.writing.drafts import Draft
from etude.web.writing.work import Work, save
from etude.web.writing.writings import Writing, WritingState

UNDO_S = 24 * 3600
"""How long after handing in it can be taken back, if nobody has reviewed it."""
MAX_PROMPT = 20_000


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """A draft that was checked."""

    work: Work
    draft: Draft
    told: tuple[Told, ...]
    active_s: float
    """Seconds of activity since the last save."""


class HandedIn(msgspec.Struct, frozen=True, kw_only=True):
    """What came of handing in."""

    counts: bool
    """`False` when the turn had run out and others did the item meanwhile."""
    version: int = 0


def hand_in(
    tx: Transaction, project: Project, account: Account, ready: Ready, now: float
) -> HandedIn:
    """Make a version of a draft that was checked, and end the turn.

    Raises:
        ConfigError: It was handed in already, or changed on another device meanwhile.
    """
    work = ready.work
    save(tx, project, account, work, ready.draft, ready.active_s, now)
    if not finish(tx, project.id, work.assignment.id, account.id, now=now, active_s=0):
        return HandedIn(counts=False)
    mine = by_id(tx, project.id, work.assignment.id, account.id)
    made = compose(work.ground, ready.draft)
    before = writings.last_of(tx, work.assignment.id)
    writing_id = new_id()
    made = msgspec.structs.replace(
        made,
        id=writing_id,
        writer=account.pseudonym,
        guidelines=_version(tx, project, work, again=before is not None),
        checks=let_stand(ready.told),
        duration_s=round(mine.active_s, 1) if mine else 0.0,
        review="unreviewed" if project.settings.review else "accepted",
    )
    version = before.version + 1 if before else 1
    if before is not None and before.state == "sent_back":
        set_state(tx, before, "sent_back", "replaced")
    add_version(
        tx,
        Writing(
            id=writing_id,
            assignment_id=work.assignment.id,
            project_id=project.id,
            item_id=work.assignment.item_id,
            account_id=account.id,
            version=version,
            body=msgspec.json.encode(made).decode(),
            state="unreviewed" if project.settings.review else "accepted",
            created_at=now,
            writer=account.pseudonym,
        ),
    )
    audit.note(
        tx,
        "writing.hand-in",
        now=now,
        account_id=account.id,
        project_id=project.id,
        subject=writing_id,
        detail=f"version {version}",
    )
    return HandedIn(counts=True, version=version)


def _version(tx: Transaction, project: Project, work: Work, *, again: bool) -> str:
    """Return the guidelines that hold: of when it was begun, or of when it was mended."""
    newest = guidelines.newest(tx, project.id) if again else None
    number = newest.version if newest else work.assignment.guidelines
    return str(number) if number else ""


def add_version(tx: Transaction, writing: Writing) -> None:
    """Keep a further version."""
    tx.run(
        "INSERT INTO writings (id, assignment_id, project_id, item_id, account_id, version, body,"
        " state, created_at) VALUES (:id, :assignment, :project, :item, :account, :version, :body,"
        " :state, :now)",
        id=writing.id,
        assignment=writing.assignment_id,
        project=writing.project_id,
        item=writing.item_id,
        account=writing.account_id,
        version=writing.version,
        body=writing.body,
        state=writing.state,
        now=writing.created_at,
    )


def set_state(tx: Transaction, writing: Writing, was: WritingState, becomes: WritingState) -> bool:
    """Change the state of a version; `False` when someone else changed it first."""
    return bool(
        tx.run(
            "UPDATE writings SET state = :becomes WHERE id = :id AND project_id = :project"
            " AND state = :was",
            becomes=becomes,
            id=writing.id,
            project=writing.project_id,
            was=was,
        )
    )


def to_undo(tx: Transaction, project: Project, account: Account, now: float) -> Writing | None:
    """Return what a writer handed in last, where it can still be taken back."""
    if project.state != "open":
        return None
    last = last_finished(tx, project.id, account.id, now - UNDO_S)
    found = writings.last_of(tx, last.id) if last else None
    if found is None or found.state not in ("unreviewed", "accepted"):
        return None
    return None if writings.review_of(tx, found.id) or _is_corrected(found) else found


def _is_corrected(writing: Writing) -> bool:
    return "corrected_by" in writing.demonstration().tags


def undo(tx: Transaction, project: Project, account: Account, writing_id: str, now: float) -> None:
    """Take back what was handed in last; it is opened again with all that it was.

    Raises:
        ConfigError: It was reviewed, or is not what they handed in last.
    """
    last = to_undo(tx, project, account, now)
    if last is None or last.id != writing_id or not set_state(tx, last, last.state, "withdrawn"):
        raise ConfigError("this can no longer be taken back: it was reviewed or is too old")
    if not reopen(tx, project.id, last.assignment_id, account.id, now=now):
        raise ConfigError("this can no longer be taken back: the item was withdrawn")
    audit.note(
        tx,
        "writing.take-back",
        now=now,
        account_id=account.id,
        project_id=project.id,
        subject=last.id,
    )


def begin_own(tx: Transaction, project: Project, account: Account, prompt: str, now: float) -> None:
    """Begin with a prompt of the writer's own; what they are at comes back afterwards.

    Raises:
        ConfigError: The project does not take such prompts, or it is empty or too long.
    """
    if not project.settings.own_prompts or project.state != "open":
        raise ConfigError("this project takes no prompts of your own")
    prompt = drafts.clean(prompt).strip()
    if not prompt:
        raise ConfigError("write the prompt that you bring")
    if len(prompt) > MAX_PROMPT:
        raise ConfigError(f"a prompt has at most {MAX_PROMPT:,} characters")
    body = WriteItem(
        prompt=(Message(role="user", content=prompt),),
        tags={"own_prompt": account.pseudonym},
    )
    item_id = add_items(tx, project, [body], batch="own prompts", now=now)[0]
    set_wanted(tx, project.id, item_id, 1)
    if claim_item(tx, project, account.id, item_id, now) is None:
        raise ConfigError("this did not work; try again")
    audit.note(
        tx,
        "item.own-prompt",
        now=now,
        account_id=account.id,
        project_id=project.id,
        subject=item_id,
    )
