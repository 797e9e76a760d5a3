"""Adjudicate: items on which raters disagree, the worst first, each to be settled with a reason."""

import math

import msgspec
from starlette.responses import Response

from etude.errors import ConfigError
from etude.web.asking import Ask, Screen
from etude.web.queue.item import Item, item_by_id
from etude.web.rating import adjudicating, given, showing
from etude.web.rating.adjudicating import Dispute
from etude.web.rating.given import Given

_PATH = "/projects/{project}/adjudicate"


def _show(ask: Ask) -> Response:
    if ask.project.kind != "rate":
        return ask.refuse(404, "people write in this project; there is nothing to settle")
    return _page(ask, Given())


def _page(ask: Ask, said: Given, wrong: str = "") -> Response:
    wanted = ask.form.text("item")
    with ask.db.read() as tx:
        found = adjudicating.disputes(tx, ask.project.id, ask.account.id)
        if wanted and all(dispute.item_id != wanted for dispute in found):
            named = adjudicating.suspected(tx, ask.project.id, ask.account.id, wanted)
            found = [*found, named] if named else found
        place = _place(ask, found, wanted)
        dispute = found[place] if place < len(found) else None
        item = item_by_id(tx, ask.project.id, dispute.item_id) if dispute else None
    if dispute is None or item is None:
        return ask.page("adjudicate_nothing.html", n_left=len(found))
    return _dispute_page(ask, dispute, item, said, place, len(found), wrong)


def _place(ask: Ask, found: list[Dispute], wanted: str) -> int:
    """Return which dispute is meant: that of an item, or the n-th."""
    for place, dispute in enumerate(found):
        if dispute.item_id == wanted:
            return place
    return ask.form.whole("place", 0, 0, 1_000_000)


def _dispute_page(
    ask: Ask, dispute: Dispute, item: Item, said: Given, place: int, n_left: int, wrong: str
) -> Response:
    comparison = item.comparison()
    order = adjudicating.order_for(item, ask.account.id)
    settings = ask.project.settings
    return ask.page(
        "adjudicate.html",
        status=422 if wrong else 200,
        item_id=item.id,
        prompt=showing.turns(comparison.prompt),
        answers=showing.answers(comparison, order),
        votes=adjudicating.votes(dispute.ratings, comparison, order),
        apart=dispute.apart,
        place=place,
        n_left=n_left,
        given=said,
        settings=msgspec.structs.replace(
            settings,
            criteria=(),
            reasons=(),
            rationale="always",
            rationale_min=max(10, settings.rationale_min),
        ),
        scale=given.scale(settings),
        cannot=given.CANNOT,
        wrong=wrong,
    )


def _seconds(ask: Ask) -> float:
    try:
        seconds = float(ask.form.text("active_s") or 0)
    except ValueError:
        return 0.0
    return max(0.0, seconds) if math.isfinite(seconds) else 0.0


def _settle(ask: Ask) -> Response:
    item_id = ask.form.text("item")
    with ask.db.read() as tx:
        item = item_by_id(tx, ask.project.id, item_id)
    if item is None or ask.project.kind != "rate":
        return ask.refuse(404, "there is no such item")
    said = given.read_form(ask.form, ask.project.settings, len(item.comparison().candidates))
    try:
        settled = adjudicating.settle(
            ask.db,
            ask.project,
            ask.account,
            item_id,
            said,
            active_s=_seconds(ask),
            now=ask.now,
        )
    except ConfigError as error:
        if ask.wants_json():
            raise
        return _page(ask, said, str(error))
    here = f"/projects/{ask.project.id}/adjudicate"
    if not settled:
        return ask.go(here, "Nothing was settled: someone was quicker, or it is yours.")
    return ask.go(here, "Settled. Press u to take it back.")


def _undo(ask: Ask) -> Response:
    item_id = adjudicating.unsettle(ask.db, ask.project, ask.account, ask.token, ask.now)
    here = f"/projects/{ask.project.id}/adjudicate"
    if not item_id:
        return ask.go(here, "There is nothing of this session to take back.")
    return ask.go(f"{here}?item={item_id}", "Your decision is taken back. Give it anew.")


SCREENS = (
    Screen(path=_PATH, answer=_show, needs=("lead", "reviewer")),
    Screen(path=_PATH, answer=_settle, needs=("lead", "reviewer"), method="POST"),
    Screen(path=f"{_PATH}/undo", answer=_undo, needs=("lead", "reviewer"), method="POST"),
)
