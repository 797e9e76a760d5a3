"""Adding items: an upload, a data set of the app's folder, or prompts that are pasted."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from starlette.responses import Response

from etude.errors import ConfigError, EtudeError
from etude.store.conversations import layouts
from etude.web.asking import Ask, Screen
from etude.web.items import rows as import_rows
from etude.web.items.importing import MAX_ITEMS, Outcome, Wishes, add_batch
from etude.web.items.rows import READY, Found
from etude.web.seeing.admission import hidden

_PATH = "/projects/{project}/items/add"
_MAX_UPLOAD = 64_000_000
_NAME = re.compile(r"[^A-Za-z0-9_.-]+")
_ENDING = re.compile(r"\.(jsonl|ndjson|json|csv|parquet|pq)(\.gz|\.zst)?$", re.IGNORECASE)


def _show(ask: Ask) -> Response:
    return _page(ask)


def _page(ask: Ask, wrong: str = "") -> Response:
    return ask.page(
        "items_add.html",
        status=422 if wrong else 200,
        wrong=wrong,
        form=ask.form,
        layouts=[(name, layouts.about(name)) for name in layouts.names()],
        ready=READY,
        datasets=_datasets(ask),
        max_items=MAX_ITEMS,
    )


def _datasets(ask: Ask) -> list[str]:
    with ask.db.read() as tx:
        gone = hidden(tx, ask.account)
    return [name for name in import_rows.dataset_names(ask.home.datasets) if name not in gone]


@contextmanager
def _upload(ask: Ask) -> Iterator[tuple[str, Path]]:
    """Put the file that was sent into a folder of its own while it is read.

    Raises:
        ConfigError: There is none, or it is of no kind that is read.
    """
    sent, data = ask.form.files.get("file", ("", b""))
    name = _NAME.sub("-", Path(sent.replace("\\", "/")).name)[-100:].lstrip("-.")
    if not data:
        raise ConfigError("choose a file; this one is empty" if name else "choose a file")
    if not _ENDING.search(name):
        raise ConfigError(
            "files that end in .jsonl, .json, .csv or .parquet are read, "
            "with .gz or .zst after it where they are compressed"
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        try:
            yield name, path
        except EtudeError as error:
            # Where it lay on the server is nobody's business.
            raise ConfigError(str(error).replace(f"{folder}/", "")) from error


def _wishes(ask: Ask, batch: str) -> Wishes:
    return Wishes(
        batch=(ask.form.text("batch").strip() or batch)[:200],
        overlap=ask.form.whole("overlap", ask.project.settings.overlap, 1, 50),
        drafts=ask.form.flag("drafts"),
        gold=ask.form.flag("gold"),
    )


def _add(ask: Ask) -> Response:
    try:
        outcome = _outcome(ask)
    except EtudeError as error:
        return _page(ask, str(error))
    if not outcome.n_refused:
        items = "item" if outcome.n_added == 1 else "items"
        said = f"{outcome.batch!r}: {outcome.n_added} {items} added."
        return ask.go(f"/projects/{ask.project.id}/items", said)
    return ask.page("items_added.html", status=200 if outcome.n_added else 422, outcome=outcome)


def _outcome(ask: Ask) -> Outcome:
    source = ask.form.text("from")
    if source == "file":
        with _upload(ask) as (name, path):
            layout = ask.form.text("layout") or import_rows.guess_layout(path)
            if layout not in import_rows.layout_names():
                raise ConfigError("there is no such layout")
            return _batch(ask, import_rows.rows_of_file(path, layout), name)
    if source == "dataset":
        name = ask.form.text("dataset")
        if name not in _datasets(ask):
            raise ConfigError("there is no such data set")
        return _batch(ask, import_rows.rows_of_dataset(ask.home.datasets, name), name)
    if source == "paste":
        text = ask.form.text("text")
        if not text.strip():
            raise ConfigError("paste at least one prompt")
        rows = import_rows.rows_of_text(text, by_paragraph=ask.form.text("parted") == "blank")
        return _batch(ask, rows, "pasted")
    raise ConfigError("say where the items come from")


def _batch(ask: Ask, rows: Iterator[Found], name: str) -> Outcome:
    return add_batch(ask.db, ask.project, rows, _wishes(ask, name), ask.account.id, ask.now)


SCREENS = (
    Screen(path=_PATH, answer=_show, needs=("lead",)),
    Screen(path=_PATH, answer=_add, needs=("lead",), method="POST", max_body=_MAX_UPLOAD),
)
