"""Exports of a project: made, listed, and sent in any layout that others read."""

from starlette.responses import Response, StreamingResponse

from etude.errors import ConfigError
from etude.stages.prefs.aggregate import AggregateRecipe
from etude.web.asking import Ask, Screen
from etude.web.exporting import export, shipping
from etude.web.exporting.export import ExportOptions
from etude.web.exporting.written import REVIEWS
from etude.web.people import audit
from etude.web.seeing import datasets

_METHODS = ("dawid_skene", "mace", "majority")
_PAIRS = ("all", "extremes")


def _show(ask: Ask) -> Response:
    return _page(ask)


def _page(ask: Ask, status: int = 200, wrong: str = "") -> Response:
    with ask.db.read() as tx:
        made = export.exports_of(tx, ask.project.id)
    shelf = datasets.shelf(ask.home.datasets)
    return ask.page(
        "exports.html",
        status=status,
        wrong=wrong,
        form=ask.form,
        made=[(one, shelf.get(one.name)) for one in made],
        layouts={what: shipping.layouts(what) for what in {one.what for one in made}},
        reviews=REVIEWS,
        methods=_METHODS,
    )


def _make(ask: Ask) -> Response:
    try:
        made = export.make_export(ask.home, ask.project, _options(ask), ask.account, ask.now)
    except ConfigError as error:
        return _page(ask, 422, str(error))
    said = f"Exported {made.n_rows:,} {made.exports[0].what}s as {made.exports[0].name}."
    if made.missing:
        said += f" There are no preferences: {made.missing}"
    return ask.go(f"/projects/{ask.project.id}/exports", said)


def _options(ask: Ask) -> ExportOptions:
    form = ask.form
    if ask.project.kind == "write":
        reviews = tuple(one for one in REVIEWS if one in form.texts("reviews"))
        if not reviews:
            raise ConfigError("tick at least one state of review")
        return ExportOptions(reviews=reviews)
    if not form.flag("preferences"):
        return ExportOptions()
    method, pairs = form.text("method", "dawid_skene"), form.text("pairs", "all")
    if method not in _METHODS or pairs not in _PAIRS:
        raise ConfigError("there is no such way to make preferences")
    return ExportOptions(
        recipe=AggregateRecipe(
            method=method,  # type: ignore[arg-type]
            pairs=pairs,  # type: ignore[arg-type]
            min_probability=form.whole("min_percent", 50, 50, 99) / 100,
            min_ratings=form.whole("min_ratings", 1, 1, 50),
            gold=form.flag("gold"),
            leave_out_flagged=form.flag("leave_out_flagged"),
        )
    )


def _send(ask: Ask) -> Response:
    with ask.db.read() as tx:
        found = export.by_id(tx, ask.project.id, ask.part("export"))
    if found is None:
        return ask.refuse(404, "there is no such export")
    held = datasets.shelf(ask.home.datasets).get(found.name)
    if held is None or held.digest != found.digest:
        return ask.refuse(410, "this export is no longer on the disk as it was made")
    layout = ask.form.text("layout", shipping.AS_IT_IS)
    pieces = shipping.ship(held.open(), layout)
    with ask.db.write() as tx:
        audit.note(
            tx,
            "project.download",
            now=ask.now,
            account_id=ask.account.id,
            project_id=ask.project.id,
            subject=found.name,
            detail=layout,
        )
    name = found.name if layout == shipping.AS_IT_IS else f"{found.name}-{layout}"
    return StreamingResponse(
        pieces,
        media_type="application/zip",
        headers={"content-disposition": f'attachment; filename="{name}.zip"'},
    )


SCREENS = (
    Screen(path="/projects/{project}/exports", answer=_show, needs=("lead",)),
    Screen(path="/projects/{project}/exports", answer=_make, needs=("lead",), method="POST"),
    Screen(path="/projects/{project}/exports/{export}/download", answer=_send, needs=("lead",)),
)
