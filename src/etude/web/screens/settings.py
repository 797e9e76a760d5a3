"""The settings of a project: as a form, and as JSON."""

import msgspec
from starlette.responses import Response

from etude.errors import ConfigError
from etude.plugins import settings_of
from etude.stages.demos.checks import checks
from etude.web.asking import Ask, Screen
from etude.web.people import audit
from etude.web.projects import project as projects
from etude.web.projects.settings import Settings, read_settings, write_settings
from etude.web.screens._settings_form import criteria_of, groups_of, read_form, shown
from etude.web.writing.checking import USUAL, checks_of

_PATH = "/projects/{project}/settings"


class _Check(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    about: str
    usable: str
    """Why it cannot be used; empty where it can."""
    settings: list[tuple[str, str, str]]
    """Name, default and meaning of each."""


def _about_checks() -> list[_Check]:
    found = []
    for name in checks.names():
        try:
            settings = [(s.name, s.default, s.meaning) for s in settings_of(checks.load(name))]
            usable = ""
        except ConfigError as error:
            settings, usable = [], str(error)
        found.append(_Check(name=name, about=checks.about(name), usable=usable, settings=settings))
    return found


def _show(ask: Ask) -> Response:
    return _page(ask, ask.project.settings)


def _page(ask: Ask, settings: Settings, wrong: str = "") -> Response:
    kind = ask.project.kind
    groups = groups_of(kind)
    typed = bool(wrong)
    values = {
        field.name: (ask.form.text(field.name) if typed else shown(settings, field))
        for group in groups
        for field in group.fields
    }
    return ask.page(
        "settings.html",
        status=422 if wrong else 200,
        wrong=wrong,
        groups=groups,
        values=values,
        settings=settings,
        criteria=criteria_of(ask.form) if typed else settings.criteria,
        models=sorted({*ask.home.models, *settings.models}),
        known_models=set(ask.home.models),
        chosen_models=set(ask.form.texts("models") if typed else settings.models),
        checks=_about_checks() if kind == "write" else [],
        chosen_checks=_typed_checks(ask) if typed else _chosen_checks(settings),
        usual_checks=USUAL,
    )


def _chosen_checks(settings: Settings) -> dict[str, str]:
    """Return the checks that are chosen, each with its settings as JSON."""
    return {
        each.name: msgspec.json.encode(each.settings).decode() if each.settings else ""
        for each in settings.checks
    }


def _typed_checks(ask: Ask) -> dict[str, str]:
    names = ask.form.texts("check") if ask.form.text("checks") == "these" else []
    return {name: ask.form.text(f"check-{name}") for name in names}


def _save(ask: Ask) -> Response:
    try:
        settings = read_form(ask.form, ask.project.kind, ask.project.settings)
    except ConfigError as error:
        return _page(ask, ask.project.settings, str(error))
    return _keep(ask, settings, "")


def _keep(ask: Ask, settings: Settings, page: str) -> Response:
    before, after = (msgspec.to_builtins(each) for each in (ask.project.settings, settings))
    changed = [name for name in after if after[name] != before[name]]
    if not changed:
        return ask.go(f"/projects/{ask.project.id}/settings{page}", "Nothing has changed.")
    with ask.db.write() as tx:
        projects.set_settings(tx, ask.project.id, settings)
        audit.note(
            tx,
            "project.settings",
            now=ask.now,
            account_id=ask.account.id,
            project_id=ask.project.id,
            subject=", ".join(changed),
            detail="; ".join(
                f"{name}: {_short(before[name])} → {_short(after[name])}" for name in changed
            ),
        )
    return ask.go(f"/projects/{ask.project.id}/settings{page}", "The settings are saved.")


def _short(value: object) -> str:
    return msgspec.json.encode(value).decode()[:300]


def _show_json(ask: Ask) -> Response:
    return _json_page(ask)


def _json_page(ask: Ask, wrong: str = "") -> Response:
    text = msgspec.json.format(write_settings(ask.project.settings), indent=2)
    return ask.page(
        "settings_json.html",
        status=422 if wrong else 200,
        wrong=wrong,
        text=ask.form.text("text") if wrong else text,
    )


def _save_json(ask: Ask) -> Response:
    try:
        settings = read_settings(ask.form.text("text"))
        checks_of(settings)
    except ConfigError as error:
        return _json_page(ask, str(error))
    return _keep(ask, settings, "/json")


SCREENS = (
    Screen(path=_PATH, answer=_show, needs=("lead",)),
    Screen(path=_PATH, answer=_save, needs=("lead",), method="POST"),
    Screen(path=f"{_PATH}/json", answer=_show_json, needs=("lead",)),
    Screen(path=f"{_PATH}/json", answer=_save_json, needs=("lead",), method="POST"),
)
