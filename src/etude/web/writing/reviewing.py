"""Reviewing: what waits, and one verdict on each version, by someone else than its writer."""

from typing import Literal

import msgspec

from etude.errors import ConfigError
from etude.records import Demonstration
from etude.web.database import Transaction, new_id
from etude.web.people import audit
from etude.web.people.accounts import Account
from etude.web.projects.project import Project
from etude.web.queue.item import lock_item
from etude.web.writing import drafts, writings
from etude.web.writing.differences import edits
from etude.web.writing.handing_in import add_version, set_state
from etude.web.writing.writings import Comments, Verdict, Writing

MAX_COMMENT = 5_000
Shelf = Literal["waiting", "sent_back", "accepted", "rejected"]
_STATES = {
    "waiting": "unreviewed",
    "sent_back": "sent_back",
    "accepted": "accepted",
    "rejected": "rejected",
}


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What a reviewer decides of one version."""

    verdict: Verdict
    comments: Comments = Comments()
    """Needed unless they accept."""
    corrected: dict[int, str] = {}
    """With `accepted`: new texts of messages, by their places. They make a version."""


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the list of writings."""

    id: str
    version: int
    writer: str
    created_at: float
    mine: bool
    """Whether whoever looks wrote it: such are for others."""
    prompt: str = ""
    n_turns: int = 0
    n_checks: int = 0
    """Findings that the writer let stand."""
    duration_s: float = 0.0


def listed(
    tx: Transaction, project_id: str, account_id: str, shelf: Shelf, limit: int = 100
) -> list[Listed]:
    """Return writings in one state: what waits longest or was decided last comes first."""
    order = "created_at" if shelf == "waiting" else "created_at DESC"
    found = tx.all(
        Writing,
        f"SELECT {writings.COLUMNS} FROM writings"  # noqa: S608
        " JOIN accounts ON accounts.id = writings.account_id"
        " WHERE writings.project_id = :project AND writings.state = :state"
        f" ORDER BY writings.{order}, writings.id LIMIT :limit",
        project=project_id,
        state=_STATES[shelf],
        limit=limit,
    )
    return [_line(writing, account_id) for writing in found]


def _line(writing: Writing, account_id: str) -> Listed:
    made = writing.demonstration()
    asked = next((m.content for m in made.messages if m.role == "user"), "")
    return Listed(
        id=writing.id,
        version=writing.version,
        writer=writing.writer,
        created_at=writing.created_at,
        mine=writing.account_id == account_id,
        prompt=" ".join(asked[:400].split())[:160],
        n_turns=len(made.messages),
        n_checks=len(made.checks),
        duration_s=made.duration_s,
    )


class _Count(msgspec.Struct, frozen=True):
    state: str
    n: int


def counts(tx: Transaction, project_id: str) -> dict[str, int]:
    """Return how many writings stand on each shelf."""
    found = tx.all(
        _Count,
        "SELECT state, COUNT(*) AS n FROM writings WHERE project_id = :project GROUP BY state",
        project=project_id,
    )
    by_state = {row.state: row.n for row in found}
    return {shelf: by_state.get(state, 0) for shelf, state in _STATES.items()}


def next_waiting(tx: Transaction, project_id: str, account_id: str) -> str:
    """Return the id of what waits the longest and someone may review; empty for nothing."""
    found = tx.texts(
        "SELECT id FROM writings WHERE project_id = :project AND state = 'unreviewed'"
        " AND account_id <> :account ORDER BY created_at, id LIMIT 1",
        project=project_id,
        account=account_id,
    )
    return found[0] if found else ""


def decide(
    tx: Transaction,
    project: Project,
    reviewer: Account,
    writing: Writing,
    decision: Decision,
    now: float,
) -> None:
    """Accept a version, send it back or reject it.

    Raises:
        ConfigError: It is their own, was decided or taken back meanwhile, or nothing was said.
    """
    verdict = decision.verdict
    if writing.account_id == reviewer.id:
        raise ConfigError("nobody reviews what they wrote themselves")
    _check_comments(verdict, decision.comments)
    better = _corrected(writing, decision.corrected, reviewer) if verdict == "accepted" else None
    comments = msgspec.structs.replace(decision.comments, corrected=better is not None)
    becomes = "replaced" if better is not None else verdict
    if not set_state(tx, writing, "unreviewed", becomes):
        raise ConfigError(_too_late(tx, writing))
    n_kept = tx.run(
        "INSERT INTO reviews (id, writing_id, project_id, account_id, verdict, comments,"
        " created_at) VALUES (:id, :writing, :project, :account, :verdict, :comments, :now)"
        " ON CONFLICT (writing_id) DO NOTHING",
        id=new_id(),
        writing=writing.id,
        project=project.id,
        account=reviewer.id,
        verdict=verdict,
        comments=msgspec.json.encode(comments).decode(),
        now=now,
    )
    if not n_kept:
        raise ConfigError(_too_late(tx, writing))
    if better is not None:
        _add_corrected(tx, writing, better, now)
    if verdict == "rejected":
        _give_to_others(tx, writing)
    audit.note(
        tx,
        f"writing.{verdict.replace('_', '-')}",
        now=now,
        account_id=reviewer.id,
        project_id=project.id,
        subject=writing.id,
        detail=f"version {writing.version}" + (", corrected" if better is not None else ""),
    )


def _check_comments(verdict: Verdict, comments: Comments) -> None:
    if verdict != "accepted" and not comments.lines():
        what = "what is to be done" if verdict == "sent_back" else "why"
        raise ConfigError(f"tell the writer {what}, in general or beside a turn")
    if any(len(line) > MAX_COMMENT for line in comments.lines()):
        raise ConfigError(f"a comment has at most {MAX_COMMENT:,} characters")


def _too_late(tx: Transaction, writing: Writing) -> str:
    review = writings.review_of(tx, writing.id)
    if review is None:
        return "its writer took this back a moment ago, so there is nothing to decide"
    done = {"accepted": "accepted it", "sent_back": "sent it back", "rejected": "rejected it"}
    return f"{review.reviewer} {done[review.verdict]} before you; your verdict was not kept"


def _corrected(writing: Writing, texts: dict[int, str], reviewer: Account) -> Demonstration | None:
    """Return a version with small things mended; `None` when nothing is different."""
    made = writing.demonstration()
    messages = list(made.messages)
    for place, text in texts.items():
        if not 0 <= place < len(messages) or messages[place].role == "system":
            raise ConfigError("there is no such message; open the page again")
        if text.strip() == messages[place].content.strip():
            continue
        if messages[place].content.strip() and not text.strip():
            raise ConfigError(f"message {place}: a correction cannot leave nothing of it")
        messages[place] = msgspec.structs.replace(messages[place], content=text)
    if tuple(messages) == made.messages:
        return None
    n_prompt = len(made.messages) - n_written(made)
    better = msgspec.structs.replace(
        made,
        id=new_id(),
        messages=tuple(messages),
        edits=edits(made.draft, messages[n_prompt:]),
        review="accepted",
        reviewer=reviewer.pseudonym,
        tags={**made.tags, "corrected_by": reviewer.pseudonym},
    )
    drafts.check_size(drafts.Draft(turns=drafts.from_messages(better.messages)))
    return better


def n_written(made: Demonstration) -> int:
    """Return how many messages at the end are the writer's; all but the system's where unknown."""
    told = made.tags.get("n_prompt", "")
    if told.isdecimal() and int(told) <= len(made.messages):
        return len(made.messages) - int(told)
    return sum(message.role != "system" for message in made.messages)


def _add_corrected(tx: Transaction, writing: Writing, better: Demonstration, now: float) -> None:
    add_version(
        tx,
        msgspec.structs.replace(
            writing,
            id=better.id,
            version=writing.version + 1,
            body=msgspec.json.encode(better).decode(),
            state="accepted",
            created_at=now,
        ),
    )


def _give_to_others(tx: Transaction, writing: Writing) -> None:
    """Let the item wait for someone else: what was made of it does not count."""
    lock_item(tx, writing.project_id, writing.item_id)
    tx.run(
        "UPDATE items SET n_done = CASE WHEN n_done > 0 THEN n_done - 1 ELSE 0 END,"
        " state = CASE WHEN state = 'withdrawn' THEN state ELSE 'open' END"
        " WHERE id = :id AND project_id = :project",
        id=writing.item_id,
        project=writing.project_id,
    )


def can_give_up(tx: Transaction, writing: Writing) -> bool:
    """Whether this waits for its writer to mend it, who is not at it."""
    return writing.state == "sent_back" and bool(
        tx.number(
            "SELECT COUNT(*) FROM assignments WHERE id = :id AND state = 'done'",
            id=writing.assignment_id,
        )
    )


def give_up_on(
    tx: Transaction, project: Project, lead: Account, writing: Writing, now: float
) -> None:
    """Reject what was sent back and never mended, so that the item goes to someone else.

    Raises:
        ConfigError: It is not waiting for its writer.
    """
    if not can_give_up(tx, writing) or not set_state(tx, writing, "sent_back", "rejected"):
        raise ConfigError("its writer is at it, or it was decided already")
    _give_to_others(tx, writing)
    audit.note(
        tx,
        "writing.give-up",
        now=now,
        account_id=lead.id,
        project_id=project.id,
        subject=writing.id,
    )
