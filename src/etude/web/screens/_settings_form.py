"""The settings of a project as a form: shown, and read back."""

import msgspec

from etude.errors import ConfigError
from etude.stages.demos.checks import checks
from etude.web.asking import Form
from etude.web.projects.project import ProjectKind
from etude.web.projects.settings import CheckSetting, Criterion, Settings, read_settings
from etude.web.screens._settings_fields import GROUPS, Field, Group
from etude.web.writing.checking import checks_of

MAX_CRITERIA = 12


def groups_of(kind: ProjectKind) -> list[Group]:
    """Return the groups of settings that a project of this kind has."""
    return [group for group in GROUPS if group.kind in (None, kind)]


def shown(settings: Settings, field: Field) -> str:
    """Return a setting as its field shows it."""
    value = getattr(settings, field.name)
    if field.sort == "percent":
        return f"{100 * value:.10g}"
    if field.sort == "lines":
        return "\n".join(value)
    if field.sort == "flag":
        return "1" if value else ""
    return str(value)


def read_form(form: Form, kind: ProjectKind, before: Settings) -> Settings:
    """Return the settings of a form; those that it does not show stay.

    Raises:
        ConfigError: One is out of bounds, or a check does not know its settings.
    """
    values: dict[str, object] = msgspec.to_builtins(before)
    for group in groups_of(kind):
        for field in group.fields:
            values[field.name] = _value(form, field)
    values["models"] = [name[:100] for name in form.texts("models")]
    if kind == "rate":
        values["criteria"] = _criteria(form)
    else:
        values["checks"] = _checks(form)
    settings = read_settings(msgspec.json.encode(values))
    checks_of(settings)
    return settings


def _value(form: Form, field: Field) -> object:
    if field.sort == "flag":
        return form.flag(field.name)
    text = form.text(field.name)
    if field.sort == "lines":
        return [line.strip() for line in text.split("\n") if line.strip()]
    if field.sort == "percent":
        return _percent(text, field.label)
    if field.sort == "whole" or field.number:
        try:
            return form.whole(field.name, low=field.low, high=field.high)
        except ConfigError as error:
            raise ConfigError(str(error).replace(f"{field.name}:", f"{field.label}:")) from error
    return text


def _percent(text: str, label: str) -> float:
    try:
        number = float(text.strip() or "0")
    except ValueError as error:
        raise ConfigError(f"{label}: {text[:40]!r} is no number") from error
    if not 0 <= number <= 100:
        raise ConfigError(f"{label}: {text[:40]!r} is not between 0 and 100 %")
    return round(number / 100, 6)


def criteria_of(form: Form) -> list[Criterion]:
    """Return the criteria of a form; rows without a name are left out."""
    found = []
    for number in range(200):
        name = form.text(f"criterion-{number}-name").strip()[:40]
        if name:
            found.append(
                Criterion(
                    name=name,
                    question=form.text(f"criterion-{number}-question").strip()[:500],
                    low=form.text(f"criterion-{number}-low").strip()[:40],
                    high=form.text(f"criterion-{number}-high").strip()[:40],
                )
            )
    return found


def _criteria(form: Form) -> object:
    found = criteria_of(form)
    if len(found) > MAX_CRITERIA:
        raise ConfigError(f"at most {MAX_CRITERIA} criteria: people tire of more")
    return msgspec.to_builtins(found)


def _checks(form: Form) -> list[object]:
    if form.text("checks") != "these":
        return []
    found: list[object] = []
    for name in form.texts("check"):
        if name not in checks.names():
            raise ConfigError("there is no such check")
        text = form.text(f"check-{name}").strip() or "{}"
        try:
            made = CheckSetting(name=name, settings=msgspec.json.decode(text, type=dict))
        except (msgspec.DecodeError, UnicodeError) as error:
            raise ConfigError(f"the settings of the check {name} are no JSON object") from error
        found.append(msgspec.to_builtins(made))
    return found
