"""Fresh answers for the Rate page, and prompts of one's own."""

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from etude.errors import ConfigError
from etude.records import Comparison, Message, Origin
from etude.web.asking import Ask, Screen
from etude.web.database import Transaction, new_id
from etude.web.people import audit
from etude.web.queue import assignment as queue
from etude.web.queue.assignment import Nothing
from etude.web.queue.item import Item, add_items, item_by_id
from etude.web.queue.turn import in_turn
from etude.web.rating import fresh

_PATH = "/projects/{project}/rate"
_MOST_CHARS = 20_000


def _item(ask: Ask) -> Item:
    with ask.db.read() as tx:
        mine = queue.by_id(tx, ask.project.id, ask.form.text("assignment"), ask.account.id)
        item = item_by_id(tx, ask.project.id, mine.item_id) if mine else None
    if mine is None or item is None or mine.state != "open":
        raise ConfigError("this item is not yours")
    return item


async def _sample(ask: Ask) -> Response:
    here = f"/projects/{ask.project.id}/rate"
    item = await run_in_threadpool(_item, ask)
    there = bool(item.comparison().candidates)
    if not there:
        sampled = await fresh.sample(ask.home.models, ask.project, item, f"{ask.now}")

        def work(tx: Transaction) -> bool:
            return fresh.store(tx, ask.project, item, sampled, by=ask.account.id, now=ask.now)

        there = await run_in_threadpool(in_turn, ask.db, work)
    if ask.wants_json():
        return ask.json({"there": there})
    return ask.go(
        here, "" if there else "The models did not answer. Try again, or skip this prompt."
    )


def _bring(ask: Ask) -> Response:
    text = ask.form.text("prompt").strip()
    if not ask.project.settings.own_prompts:
        raise ConfigError("this project has its own prompts")
    if not text or len(text) > _MOST_CHARS:
        raise ConfigError(f"a prompt has 1 to {_MOST_CHARS:,} characters")
    comparison = Comparison(
        id=new_id(),
        origin=Origin(source=f"rater {ask.account.pseudonym}", made_by="etude.web"),
        prompt=(Message(role="user", content=text),),
        candidates=(),
        project=ask.project.name,
    )

    def work(tx: Transaction) -> None:
        ids = add_items(tx, ask.project, [comparison], batch="own prompts", now=ask.now)
        mine = queue.claim_item(tx, ask.project, ask.account.id, ids[0], ask.now)
        if isinstance(mine, Nothing):
            raise ConfigError(mine.why)
        audit.note(
            tx,
            "item.add",
            now=ask.now,
            account_id=ask.account.id,
            project_id=ask.project.id,
            subject=ids[0],
            detail="a prompt of their own",
        )

    in_turn(ask.db, work)
    return ask.go(f"/projects/{ask.project.id}/rate")


SCREENS = (
    Screen(path=f"{_PATH}/answers", answer=_sample, needs=("rater",), method="POST"),
    Screen(path=f"{_PATH}/prompt", answer=_bring, needs=("rater",), method="POST"),
)
