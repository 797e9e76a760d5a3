"""The settings of a project as a form: every field with its unit and what it means."""

from typing import Literal

import msgspec

from etude.errors import ConfigError
from etude.stages.demos.checks import checks
from etude.web.asking import Form
from etude.web.projects.project import ProjectKind
from etude.web.projects.settings import CheckSetting, Criterion, Settings, read_settings
from etude.web.writing.checking import checks_of

Sort = Literal["whole", "percent", "flag", "lines", "choice", "long"]
MAX_CRITERIA = 12


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One setting in the form."""

    name: str
    label: str
    sort: Sort = "whole"
    unit: str = ""
    hint: str = ""
    low: int = 0
    high: int = 1_000_000
    choices: tuple[tuple[str, str], ...] = ()
    number: bool = False
    """Whether the choices are numbers."""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Settings that belong together."""

    id: str
    title: str
    fields: tuple[Field, ...]
    kind: ProjectKind | None = None
    """Projects that it is for; `None` for all."""


GROUPS: tuple[Group, ...] = (
    Group(
        id="work",
        title="Work",
        fields=(
            Field(
                name="overlap",
                label="People for each item",
                low=1,
                high=50,
                hint="For items added from now on; change those that are there under Items.",
            ),
            Field(
                name="lease_min",
                label="An item is kept for",
                unit="minutes",
                low=1,
                high=1440,
                hint="Counted from the last sign of life; then somebody else gets it.",
            ),
            Field(
                name="break_after_min",
                label="A break is advised after",
                unit="minutes of work",
                hint="0 never.",
            ),
            Field(
                name="daily_limit",
                label="Most items for one person",
                unit="in 24 hours",
                hint="0 for no limit.",
            ),
            Field(
                name="own_prompts",
                label="People may bring prompts of their own",
                sort="flag",
            ),
        ),
    ),
    Group(
        id="verdict",
        title="Scores and verdict",
        kind="rate",
        fields=(
            Field(
                name="points",
                label="Points of a criterion's scale",
                sort="choice",
                choices=(("3", "1 to 3"), ("5", "1 to 5"), ("7", "1 to 7")),
                number=True,
            ),
            Field(
                name="steps",
                label="Grades of better, on each side",
                sort="choice",
                choices=(("1", "better"), ("2", "slightly, clearly"), ("3", "slightly to much")),
                number=True,
            ),
            Field(name="tie", label="A tie is a verdict", sort="flag"),
            Field(name="both_bad", label="“All are bad” is a verdict", sort="flag"),
            Field(
                name="rationale",
                label="A written reason",
                sort="choice",
                choices=(
                    ("never", "is not asked for"),
                    ("optional", "is free to give"),
                    ("strong", "is needed for the strongest grade"),
                    ("always", "is always needed"),
                ),
            ),
            Field(
                name="rationale_min",
                label="A needed reason has at least",
                unit="characters",
            ),
            Field(
                name="reasons",
                label="Reasons to choose from",
                sort="lines",
                hint="One a line. Where there are any, one must be chosen.",
            ),
            Field(
                name="span_labels",
                label="Parts of an answer can be marked as",
                sort="lines",
                hint="One a line; empty turns marking off.",
            ),
        ),
    ),
    Group(
        id="trust",
        title="Known items and repeats",
        kind="rate",
        fields=(
            Field(
                name="gold_share",
                label="Gold items",
                sort="percent",
                unit="% of a rater's items",
                hint="Where there are such items; raters cannot tell them from others.",
            ),
            Field(
                name="repeat_share",
                label="Repeats",
                sort="percent",
                unit="% of a rater's items",
                hint="Items that they had before, sides changed.",
            ),
        ),
    ),
    Group(
        id="writing",
        title="Writing",
        kind="write",
        fields=(
            Field(name="review", label="What is written waits for a reviewer", sort="flag"),
            Field(
                name="checklist",
                label="Writers confirm before they hand in",
                sort="lines",
                hint="One a line.",
            ),
            Field(
                name="system_prompt",
                label="System prompt of a new conversation",
                sort="long",
                hint="Where an item has none of its own.",
            ),
            Field(
                name="tools",
                label="Tools that a demonstration may call",
                sort="long",
                hint="A JSON array of functions, as chat templates know it; empty for none.",
            ),
        ),
    ),
    Group(
        id="quiz",
        title="Quiz",
        fields=(
            Field(
                name="quiz_pass",
                label="Pass mark",
                sort="percent",
                unit="% right",
            ),
            Field(
                name="quiz_tries",
                label="Tries",
                unit="for each version of the guidelines",
                low=1,
                high=20,
            ),
        ),
    ),
    Group(
        id="answers",
        title="Sampled answers",
        fields=(
            Field(
                name="n_answers",
                label="Fresh answers for each prompt",
                low=2,
                high=5,
            ),
        ),
    ),
)


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
