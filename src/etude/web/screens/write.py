"""The Write page: one piece of work at a time, with or without scripts."""

import msgspec
from starlette.responses import Response

from etude.errors import ConfigError
from etude.web.asking import Ask, Screen
from etude.web.database import Transaction
from etude.web.queue.assignment import Nothing, skip
from etude.web.queue.turn import in_turn
from etude.web.screens import _write as shown
from etude.web.writing import checking, handing_in
from etude.web.writing.checking import Told
from etude.web.writing.drafts import MAX_BODY, Draft, from_messages, load
from etude.web.writing.editing import edit
from etude.web.writing.handing_in import HandedIn, Ready
from etude.web.writing.work import ITEM_DRAFT, StaleError, Work, due, held, save


def _path(ask: Ask) -> str:
    return f"/projects/{ask.project.id}/write"


def _show(ask: Ask) -> Response:
    found = in_turn(ask.db, lambda tx: due(tx, ask.project, ask.account, ask.now))
    if isinstance(found, Nothing):
        return shown.empty_page(ask, found)
    return shown.page(ask, found, found.draft)


def _change(ask: Ask) -> Response:
    """Do what a button says; what was typed is kept in any case."""
    what = ask.form.text("do", "save")
    try:
        work, draft = shown.sent(ask)
    except ConfigError as error:
        return ask.refuse(422, str(error))
    try:
        if what == "hand-in":
            return _hand_in(ask, work, draft)
        if what == "start":
            draft = msgspec.structs.replace(
                draft, turns=from_messages(work.item.draft), started=ITEM_DRAFT
            )
        elif what not in ("save", "check"):
            draft, _ = edit(draft, what, ask.form.text("tool-" + what.partition(":")[2]))
        in_turn(ask.db, lambda tx: _save(tx, ask, work, draft))
    except StaleError:
        return _stale(ask, work, draft)
    except ConfigError as error:
        return shown.page(ask, work, draft, status=422, wrong=str(error))
    if what == "check":
        with ask.db.read() as tx:
            work = held(tx, ask.project, ask.account, work.assignment.id)
        return shown.page(ask, work, work.draft, refused=_waiting(ask, work, work.draft))
    return ask.go(_path(ask), "Saved." if what == "save" else "")


def _save(tx: Transaction, ask: Ask, work: Work, draft: Draft) -> None:
    save(tx, ask.project, ask.account, work, draft, shown.active_s(ask), ask.now)


def _stale(ask: Ask, work: Work, draft: Draft) -> Response:
    """Show what was typed here again; saving once more puts it over the other."""
    with ask.db.read() as tx:
        other = load(held(tx, ask.project, ask.account, work.assignment.id).assignment.draft)
    newest = msgspec.structs.replace(draft, revision=other.revision if other else 0)
    why = (
        "This was changed in another window or on another device, and nothing was saved from here."
        " Below is what you have here: save or hand in once more to keep it instead, or open the"
        " page again to go on with the other."
    )
    return shown.page(ask, work, newest, status=409, wrong=why)


def _waiting(ask: Ask, work: Work, draft: Draft) -> list[Told]:
    told, _ = shown.found(ask, work, draft)
    return [one for one in told if one.waits]


def _hand_in(ask: Ask, work: Work, draft: Draft) -> Response:
    if ask.project.state == "closed":
        in_turn(ask.db, lambda tx: _save(tx, ask, work, draft))
        return ask.go(_path(ask), "The project was closed meanwhile. Your text is kept.")
    told = checking.check(work.ground, draft, ask.project.settings)
    waiting = [one for one in told if one.waits]
    missing = checking.unticked(draft, ask.project.settings)
    if waiting or missing:
        in_turn(ask.db, lambda tx: _save(tx, ask, work, draft))
        draft = msgspec.structs.replace(draft, revision=draft.revision + 1)
        n_open = len(waiting) + len(missing)
        why = f"Not handed in yet: {n_open} thing{'s' if n_open > 1 else ''} to see to."
        return shown.page(ask, work, draft, status=422, wrong=why, refused=waiting)
    ready = Ready(work=work, draft=draft, told=tuple(told), active_s=shown.active_s(ask))

    def keep(tx: Transaction) -> HandedIn:
        return handing_in.hand_in(tx, ask.project, ask.account, ready, ask.now)

    made = in_turn(ask.db, keep)
    if not made.counts:
        return ask.go(
            _path(ask),
            "The time for this one had run out and others have done it. Your text is kept, but it"
            " does not count.",
        )
    return ask.go(_path(ask), f"Version {made.version} is handed in. Thank you.")


def _skip(ask: Ask) -> Response:
    reason = ask.form.text("reason").strip()
    more = ask.form.text("more").strip()
    if not reason and not more:
        raise ConfigError("say why you skip this")
    said = ": ".join(text for text in (reason[:200], more[:300]) if text)

    def leave(tx: Transaction) -> None:
        work = held(tx, ask.project, ask.account, ask.form.text("work"))
        skip(tx, ask.project.id, work.assignment.id, ask.account.id, reason=said, now=ask.now)

    in_turn(ask.db, leave)
    return ask.go(_path(ask), "Skipped. Your reason is kept for the lead.")


def _undo(ask: Ask) -> Response:
    writing_id = ask.form.text("writing")
    in_turn(
        ask.db,
        lambda tx: handing_in.undo(tx, ask.project, ask.account, writing_id, ask.now),
    )
    return ask.go(_path(ask), "Taken back: here it is again. It waits until you hand it in.")


def _own(ask: Ask) -> Response:
    prompt = ask.form.text("prompt")
    in_turn(ask.db, lambda tx: handing_in.begin_own(tx, ask.project, ask.account, prompt, ask.now))
    return ask.go(_path(ask))


SCREENS = (
    Screen(path="/projects/{project}/write", answer=_show, needs=("writer",)),
    Screen(
        path="/projects/{project}/write",
        answer=_change,
        needs=("writer",),
        method="POST",
        max_body=MAX_BODY,
    ),
    Screen(path="/projects/{project}/write/skip", answer=_skip, needs=("writer",), method="POST"),
    Screen(path="/projects/{project}/write/undo", answer=_undo, needs=("writer",), method="POST"),
    Screen(path="/projects/{project}/write/own", answer=_own, needs=("writer",), method="POST"),
)
