"""Data sets below the app's folder: what there is, and one of them row by row.

For those who may make projects, and for leads, reviewers and viewers of any project; what was
exported from a project is for those of that project alone. What gives answers away is for those who
may make projects.
"""

from collections.abc import Callable
from pathlib import Path

import msgspec
from starlette.responses import Response

from etude.records import Comparison, Rating
from etude.web.asking import Ask, Screen
from etude.web.markdown import markdown
from etude.web.seeing import cards, datasets, rows
from etude.web.seeing.admission import hidden, may_see
from etude.web.seeing.datasets import Held

_PAGES = ("README.md", "card.md", "CARD.md", "datasheet.md")
_MOST_CARD = 200_000
NOT_FOUND = "there is no such data set"


def admitted(answer: Callable[[Ask], Response]) -> Callable[[Ask], Response]:
    """Return what answers only those who may look at data sets."""

    def checked(ask: Ask) -> Response:
        with ask.db.read() as tx:
            if not may_see(tx, ask.account):
                return ask.refuse(403, "data sets are for leads, reviewers and viewers")
        return answer(ask)

    return checked


def shelf_of(ask: Ask) -> dict[str, Held]:
    """Return the data sets that the caller may see, by their keys."""
    with ask.db.read() as tx:
        gone = hidden(tx, ask.account)
    found = datasets.shelf(ask.home.datasets)
    return {key: one for key, one in found.items() if key.split("~", maxsplit=1)[0] not in gone}


def held(ask: Ask) -> Held | None:
    """Return the data set that the path names, as found by looking; `None` where there is none."""
    return shelf_of(ask).get(ask.part("name"))


def _list(ask: Ask) -> Response:
    return ask.page(
        "datasets.html",
        shelf=shelf_of(ask).values(),
        reports=datasets.reports(ask.home.datasets, secrets=ask.account.admin).values(),
    )


def _one(ask: Ask) -> Response:
    found = held(ask)
    if found is None:
        return ask.refuse(404, NOT_FOUND)
    dataset = found.open()
    manifest = dataset.manifest
    shelf = shelf_of(ask)
    by_digest = {one.digest: one for one in shelf.values() if one.digest}
    names = datasets.tables(dataset, secrets=ask.account.admin)
    table = ask.form.text("table") or (names[0] if names else "")
    if names and table not in names:
        return ask.refuse(404, "there is no such table, or it gives answers away")
    query = ask.form.text("q")[:200]
    page = rows.look(dataset, table, ask.form.whole("from"), query) if names else None
    shown = [] if page is None else page.rows
    ratings = rows.ratings_of(
        dataset, {row.record.id for row in shown if isinstance(row.record, Comparison)}
    )
    return ask.page(
        "dataset.html",
        held=found,
        manifest=manifest,
        recipe=_pretty(manifest.recipe),
        parents=[(digest, by_digest.get(digest)) for digest in manifest.parents],
        children=[one for one in shelf.values() if found.digest in one.parents],
        tables=[(name, dataset.n_rows(name)) for name in names],
        table=table,
        query=query,
        page=page,
        cards=[(row.number, cards.card(row.record), _ratings(row, ratings)) for row in shown],
        verdict=cards.verdict,
        about=_about(found.path),
        reports=[
            one
            for one in datasets.reports(ask.home.datasets, secrets=ask.account.admin).values()
            if one.path.parent == found.path
        ],
        episodes=table == "episodes",
        markdown=markdown,
    )


def _ratings(row: rows.Row, by_id: dict[str, list[Rating]]) -> list[Rating]:
    return by_id.get(row.record.id, []) if isinstance(row.record, Comparison) else []


def _pretty(recipe: str) -> str:
    try:
        return msgspec.json.format(recipe, indent=1)
    except msgspec.DecodeError:
        return recipe


def _about(folder: Path) -> object:
    for name in _PAGES:
        path = folder / name
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= _MOST_CARD:
            return markdown(path.read_text("utf-8", errors="replace"))
    return ""


SCREENS = (
    Screen(path="/datasets", answer=admitted(_list), needs="account"),
    Screen(path="/datasets/{name}", answer=admitted(_one), needs="account"),
)
