"""The items of a project: found, withdrawn, moved, given to more or fewer people."""

import msgspec
from starlette.responses import Response

from etude.errors import ConfigError
from etude.records import Message
from etude.web.asking import Ask, Screen
from etude.web.items import listing
from etude.web.items.listing import ACTIONS, PER_PAGE, Action, Search
from etude.web.queue.item import Item

_PATH = "/projects/{project}/items"
_OPENING = 240


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """An item in the list."""

    item: Item
    opening: str
    """What is asked, from its beginning."""
    n_turns: int
    n_answers: int
    has_draft: bool


def _row(item: Item, kind: str) -> Row:
    if kind == "rate":
        comparison = item.comparison()
        prompt, n_answers, has_draft = comparison.prompt, len(comparison.candidates), False
    else:
        writing = item.writing()
        prompt, n_answers, has_draft = writing.prompt, 0, bool(writing.draft)
    return Row(
        item=item,
        opening=_asked(prompt)[:_OPENING],
        n_turns=len(prompt),
        n_answers=n_answers,
        has_draft=has_draft,
    )


def _asked(prompt: tuple[Message, ...]) -> str:
    said = [message.content for message in prompt if message.role == "user"]
    return said[-1] if said else prompt[-1].content if prompt else ""


def _search(ask: Ask) -> Search:
    return Search(
        state=ask.form.text("state"),
        words=ask.form.text("words")[:200],
        batch=ask.form.text("batch"),
        start=ask.form.whole("start"),
    )


def _show(ask: Ask) -> Response:
    search = _search(ask)
    with ask.db.read() as tx:
        found = listing.find(tx, ask.project.id, search)
        n_found = listing.count(tx, ask.project.id, search)
        batches = listing.batches(tx, ask.project.id)
    return ask.page(
        "items.html",
        rows=[_row(item, ask.project.kind) for item in found],
        n_found=n_found,
        n_all=sum(batch.n_items for batch in batches),
        batches=batches,
        search=search,
        per_page=PER_PAGE,
    )


def _change(ask: Ask) -> Response:
    """Do something to the ticked items, or to all of a batch."""
    what, batch = ask.form.text("do"), ask.form.text("whole_batch")
    with ask.db.write() as tx:
        project_id = ask.project.id
        if "whole_batch" in ask.form.fields:
            ids = listing.ids_of_batch(tx, project_id, batch)
        else:
            ids = ask.form.texts("item")
        if not ids:
            return ask.refuse(422, "tick the items first")
        if what == "overlap":
            wanted = ask.form.whole("wanted")
            n = listing.set_overlap(tx, project_id, ids, wanted, by=ask.account.id, now=ask.now)
        else:
            n = listing.change(tx, project_id, ids, _action(what), by=ask.account.id, now=ask.now)
    if not n:
        return ask.refuse(404, "there are no such items")
    said = {
        "withdraw": "withdrawn",
        "restore": "back in the queue",
        "first": "handed out first",
        "last": "handed out last",
        "overlap": "given to that many people now",
    }
    return ask.go(_back(ask), f"{n} {'item is' if n == 1 else 'items are'} {said[what]}.")


def _action(what: str) -> Action:
    for action in ACTIONS:
        if action == what:
            return action
    raise ConfigError("say what is to be done with the items")


def _back(ask: Ask) -> str:
    here = f"/projects/{ask.project.id}/items"
    alone = ask.form.texts("item")
    return f"{here}/{alone[0]}" if ask.form.text("back") == "item" and alone else here


SCREENS = (
    Screen(path=_PATH, answer=_show, needs=("lead",)),
    Screen(path=_PATH, answer=_change, needs=("lead",), method="POST"),
)
