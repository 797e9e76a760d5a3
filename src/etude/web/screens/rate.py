"""The Rate page: one prompt and its answers at a time, blind, by keyboard or touch."""

import math

import msgspec
from starlette.responses import Response

from etude.errors import ConfigError
from etude.web.asking import Ask, Screen
from etude.web.database import Transaction
from etude.web.projects import questions
from etude.web.queue import assignment as queue
from etude.web.queue.assignment import Assignment, Nothing
from etude.web.queue.item import Item, item_by_id
from etude.web.queue.turn import in_turn
from etude.web.rating import fresh, given, showing
from etude.web.rating.given import Given
from etude.web.rating.keeping import Day, day_of, keep, undo

_PATH = "/projects/{project}/rate"
SKIP_REASONS = ("I do not know this field", "too long", "unclear", "upsetting", "other")


class _Work(msgspec.Struct, frozen=True):
    """What a person is at."""

    mine: Assignment | Nothing
    item: Item | None
    day: Day


def _show(ask: Ask) -> Response:
    if ask.project.kind != "rate":
        return ask.refuse(404, "people write in this project; there is nothing to rate")
    work = in_turn(ask.db, lambda tx: _work(ask, tx))
    if isinstance(work.mine, Nothing) or work.item is None:
        return ask.page(
            "rate_nothing.html", nothing=work.mine, day=work.day, own_prompts=_own_prompts(ask)
        )
    return _page(ask, work.mine, work.item, work.day, given.read_draft(work.mine.draft))


def _work(ask: Ask, tx: Transaction) -> _Work:
    mine = queue.claim(tx, ask.project, ask.account.id, ask.now)
    item = None
    if isinstance(mine, Assignment):
        item = item_by_id(tx, ask.project.id, mine.item_id)
        if item is not None and mine.shown_order == "[]":
            n_candidates = len(item.comparison().candidates)
            mine = queue.fix_order(tx, mine, n_candidates) if n_candidates else mine
    return _Work(mine, item, day_of(tx, ask.project.id, ask.account.id, ask.now))


def _own_prompts(ask: Ask) -> bool:
    return ask.project.settings.own_prompts and len(fresh.usable(ask.home.models, ask.project)) > 1


def _page(
    ask: Ask, mine: Assignment, item: Item, day: Day, said: Given, wrong: str = ""
) -> Response:
    comparison = item.comparison()
    settings = ask.project.settings
    values: dict[str, object] = {
        "mine_id": mine.id,
        "prompt": showing.turns(comparison.prompt),
        "answers": showing.answers(comparison, mine.order()),
        "given": said,
        "marks_json": msgspec.json.encode(said.marks).decode(),
        "settings": settings,
        "scale": given.scale(settings),
        "cannot": given.CANNOT,
        "skip_reasons": SKIP_REASONS,
        "day": day,
        "break_due": day.wants_break(settings.break_after_min),
        "own_prompts": _own_prompts(ask),
        "wrong": wrong,
    }
    template = "rate.html" if comparison.candidates else "rate_fresh.html"
    return ask.page(template, status=422 if wrong else 200, **values)


def _active_s(ask: Ask) -> float | None:
    """Return the seconds of activity that a script counted; `None` where none did."""
    text = ask.form.text("active_s").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        return None
    return min(seconds, 86400.0) if math.isfinite(seconds) and seconds > 0 else 0.0


def _mine(ask: Ask, tx: Transaction) -> tuple[Assignment, Item]:
    """Return the turn that the form is about, and its item.

    Raises:
        ConfigError: It is not this person's.
    """
    mine = queue.by_id(tx, ask.project.id, ask.form.text("assignment"), ask.account.id)
    item = item_by_id(tx, ask.project.id, mine.item_id) if mine else None
    if mine is None or item is None or mine.purpose == "adjudication":
        raise ConfigError("this item is not yours")
    return mine, item


def _here(ask: Ask) -> str:
    return f"/projects/{ask.project.id}/rate"


def _submit(ask: Ask) -> Response:
    with ask.db.read() as tx:
        mine, item = _mine(ask, tx)
    if mine.state in ("done", "skipped"):
        return ask.go(_here(ask), "That one was saved already.")
    said = given.read_form(ask.form, ask.project.settings, len(mine.order()))
    if ask.project.state == "closed":
        _save_draft(ask, mine, said)
        return ask.go(_here(ask), "The project was closed meanwhile. What you said is kept.")
    try:
        became = keep(
            ask.db,
            ask.project,
            ask.account,
            mine.id,
            said,
            active_s=_active_s(ask),
            now=ask.now,
        )
    except ConfigError as error:
        if ask.wants_json() or not mine.order():
            raise
        with ask.db.read() as tx:
            day = day_of(tx, ask.project.id, ask.account.id, ask.now)
        return _page(ask, mine, item, day, said, str(error))
    if became == "lost":
        return ask.go(
            _here(ask),
            "You were away for long, and others finished that item. What you said is kept.",
        )
    return ask.go(_here(ask), "Saved. Press u to take it back.")


def _save_draft(ask: Ask, mine: Assignment, said: Given) -> tuple[bool, Day]:
    """Keep what is half done and count the time; return whether the turn goes on."""

    def work(tx: Transaction) -> tuple[bool, Day]:
        goes_on = queue.sign_of_life(
            tx,
            ask.project.id,
            mine.id,
            ask.account.id,
            draft=given.write_draft(said),
            active_s=_active_s(ask) or 0.0,
            now=ask.now,
        )
        return goes_on, day_of(tx, ask.project.id, ask.account.id, ask.now)

    return in_turn(ask.db, work)


def _draft(ask: Ask) -> Response:
    with ask.db.read() as tx:
        mine, _item = _mine(ask, tx)
    said = given.read_form(ask.form, ask.project.settings, len(mine.order()))
    goes_on, day = _save_draft(ask, mine, said)
    return ask.json(
        {
            "goes_on": goes_on,
            "break_due": day.wants_break(ask.project.settings.break_after_min),
            "worked_min": round(day.worked_s / 60),
        }
    )


def _skip(ask: Ask) -> Response:
    reason = ask.form.text("reason").strip()
    more = ask.form.text("more").strip()
    if not reason and not more:
        return ask.go(_here(ask), "Say why you skip it.")

    def work(tx: Transaction) -> None:
        mine, _item = _mine(ask, tx)
        said = f"{reason}: {more}" if reason and more else reason or more
        queue.skip(tx, ask.project.id, mine.id, ask.account.id, reason=said, now=ask.now)

    in_turn(ask.db, work)
    return ask.go(_here(ask), "Skipped. Someone else gets it.")


_UNDONE = {
    "undone": "Your last rating is taken back. Give it anew.",
    "nothing": "There is nothing of this session to take back.",
    "settled": "That rating stands: the item was settled meanwhile.",
}


def _undo(ask: Ask) -> Response:
    became = undo(ask.db, ask.project, ask.account, ask.token, ask.now)
    return ask.go(_here(ask), _UNDONE[became])


def _question(ask: Ask) -> Response:
    """Pass a question on. The page does not know its item: that would show what is a repeat."""

    def work(tx: Transaction) -> str:
        _turn, item = _mine(ask, tx)
        return questions.ask(
            tx, ask.project.id, ask.account.id, ask.form.text("text"), item_id=item.id, now=ask.now
        )

    made = in_turn(ask.db, work)
    if ask.wants_json():
        return ask.json({"id": made})
    return ask.go(_here(ask), "The lead sees your question now.")


SCREENS = (
    Screen(path=_PATH, answer=_show, needs=("rater",)),
    Screen(path=_PATH, answer=_submit, needs=("rater",), method="POST"),
    Screen(path=f"{_PATH}/draft", answer=_draft, needs=("rater",), method="POST"),
    Screen(path=f"{_PATH}/skip", answer=_skip, needs=("rater",), method="POST"),
    Screen(path=f"{_PATH}/question", answer=_question, needs=("rater",), method="POST"),
    Screen(path=f"{_PATH}/undo", answer=_undo, needs=("rater",), method="POST"),
)
