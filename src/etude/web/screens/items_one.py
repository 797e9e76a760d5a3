"""One item, as its lead sees it: what it asks, who had it, and which answer is known to be best."""

import msgspec
from starlette.responses import Response

from etude.web.asking import Ask, Screen
from etude.web.items import listing
from etude.web.markdown import markdown
from etude.web.queue.item import item_by_id

_PATH = "/projects/{project}/items/{item}"
_MISSING = "there is no such item"


class _Turn(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    purpose: str
    state: str
    skip_reason: str
    active_s: float
    created_at: float
    done_at: float | None


def _show(ask: Ask) -> Response:
    with ask.db.read() as tx:
        item = item_by_id(tx, ask.project.id, ask.part("item"))
        if item is None:
            return ask.refuse(404, _MISSING)
        turns = tx.all(
            _Turn,
            "SELECT accounts.name, purpose, state, skip_reason, active_s, assignments.created_at,"
            " done_at FROM assignments JOIN accounts ON accounts.id = assignments.account_id"
            " WHERE item_id = :item AND project_id = :project ORDER BY assignments.created_at",
            item=item.id,
            project=ask.project.id,
        )
    return ask.page(
        "items_one.html",
        item=item,
        comparison=item.comparison() if ask.project.kind == "rate" else None,
        writing=item.writing() if ask.project.kind == "write" else None,
        turns=turns,
        markdown=markdown,
    )


def _gold(ask: Ask) -> Response:
    chosen = ask.form.whole("best", 0, 0, 5)
    best = chosen - 1 if chosen else None
    with ask.db.write() as tx:
        done = ask.project.kind == "rate" and listing.mark_gold(
            tx, ask.project.id, ask.part("item"), best, by=ask.account.id, now=ask.now
        )
    if not done:
        return ask.refuse(404, _MISSING)
    said = "The item tests raters now." if chosen else "The item is an ordinary one now."
    return ask.go(f"/projects/{ask.project.id}/items/{ask.part('item')}", said)


SCREENS = (
    Screen(path=_PATH, answer=_show, needs=("lead",)),
    Screen(path=f"{_PATH}/gold", answer=_gold, needs=("lead",), method="POST"),
)
