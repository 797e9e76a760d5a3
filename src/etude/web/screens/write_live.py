"""What the script of the Write page asks for while someone writes."""

import asyncio

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from etude.errors import ConfigError
from etude.records import Message
from etude.web.asking import Answer, Ask, Screen
from etude.web.database import Transaction
from etude.web.markdown import markdown
from etude.web.queue.turn import in_turn
from etude.web.screens import _write as shown
from etude.web.templates import render
from etude.web.writing import drafts, model_drafts
from etude.web.writing.drafts import Draft, from_messages
from etude.web.writing.editing import edit
from etude.web.writing.model_drafts import ModelDraft
from etude.web.writing.tools import for_model
from etude.web.writing.work import StaleError, Work, save

_CHECKS_S = 3.0


async def _check(ask: Ask) -> Response:
    """Run the checks beside the event loop, and give up on them rather than wait."""
    try:
        async with asyncio.timeout(_CHECKS_S):
            # A thread that is given up on ends by itself: all checks take linear time.
            told = await asyncio.to_thread(_checked, ask)
    except TimeoutError:
        return ask.json({"error": "the checks take too long; they run when you hand in"}, 503)
    return ask.json(told)


def _checked(ask: Ask) -> dict[str, object]:
    work, draft = shown.sent(ask)
    told, broken = shown.found(ask, work, draft)
    places = shown.by_place(told, len(draft.turns))
    return {
        "findings": {
            str(place): render("write_findings.html", findings=ones, place=place)
            for place, ones in places.items()
        },
        "diff": render("write_diff.html", diffs=shown.diffs(work, draft)),
        "n_waiting": sum(one.waits for one in told),
        "broken": broken,
    }


def _save(ask: Ask) -> Response:
    work, draft = shown.sent(ask)
    try:
        kept, goes_on = in_turn(ask.db, lambda tx: _kept(tx, ask, work, draft))
    except StaleError as error:
        return ask.json({"error": str(error), "stale": True}, 409)
    return ask.json({"revision": kept.revision, "goes_on": goes_on})


def _kept(tx: Transaction, ask: Ask, work: Work, draft: Draft) -> tuple[Draft, bool]:
    return save(tx, ask.project, ask.account, work, draft, shown.active_s(ask), ask.now)


def _turns(ask: Ask) -> Response:
    """Do what a button does to the turns; answer with all of them."""
    work, draft = shown.sent(ask)
    what = ask.form.text("do")
    draft, focus = edit(draft, what, ask.form.text("tool-" + what.partition(":")[2]))
    try:
        kept, _ = in_turn(ask.db, lambda tx: _kept(tx, ask, work, draft))
    except StaleError as error:
        return ask.json({"error": str(error), "stale": True}, 409)
    told, _ = shown.found(ask, work, kept)
    return ask.json(
        {
            "turns": shown.turns_html(work, kept, told),
            "revision": kept.revision,
            "focus": focus,
        }
    )


def _preview(ask: Ask) -> Response:
    text = ask.form.text("text")[: drafts.MAX_CHARS]
    return ask.json({"html": str(markdown(text))})


async def _sample(ask: Ask) -> Response:
    """Ask a model for a draft while the writer waits; nothing is locked meanwhile."""
    work, draft = await run_in_threadpool(shown.sent, ask)
    name = ask.form.text("model")
    if name not in shown.models_of(ask):
        raise ConfigError("this project has no such model to draft with")
    await run_in_threadpool(_check_share, ask, work)
    prompt = [*work.ground.prompt, *_asked(work, draft)]
    written = await model_drafts.sample(ask.home.models[name], prompt, for_model(work.ground.tools))
    await run_in_threadpool(_begin, ask, work, draft, (name, written))
    where = f"/projects/{ask.project.id}/write"
    return ask.json({"go": where}) if ask.wants_json() else ask.go(where)


def _asked(work: Work, draft: Draft) -> tuple[Message, ...]:
    """Return what the writer asks first, where the prompt asks nothing."""
    if work.ground.prompt and work.ground.prompt[-1].role in ("user", "tool"):
        return ()
    first = draft.turns[0] if draft.turns else None
    if first is None or first.role != "user" or not first.content.strip():
        raise ConfigError("write what the user asks first; then a model can answer it")
    return drafts.to_messages((first,))


def _check_share(ask: Ask, work: Work) -> None:
    with ask.db.read() as tx:
        if model_drafts.n_sampled(tx, work.assignment.id) >= model_drafts.MOST:
            raise ConfigError(f"{model_drafts.MOST} drafts are the most for one item")


def _begin(ask: Ask, work: Work, draft: Draft, written: tuple[str, tuple[Message, ...]]) -> None:
    """Keep what the model wrote, and put it in place of what was there."""

    def keep(tx: Transaction) -> ModelDraft:
        kept = model_drafts.keep(
            tx, ask.project.id, work.assignment.id, ask.account.id, written, ask.now
        )
        turns = (*drafts.from_messages(_asked(work, draft)), *from_messages(kept.messages()))
        begun = msgspec.structs.replace(draft, turns=turns, started=kept.id)
        _kept(tx, ask, work, begun)
        return kept

    in_turn(ask.db, keep)


def _live(end: str, answer: Answer) -> Screen:
    return Screen(
        path=f"/projects/{{project}}/write/{end}",
        answer=answer,
        needs=("writer",),
        method="POST",
        max_body=drafts.MAX_BODY,
    )


SCREENS = (
    _live("check", _check),
    _live("save", _save),
    _live("turns", _turns),
    _live("preview", _preview),
    _live("draft", _sample),
)
