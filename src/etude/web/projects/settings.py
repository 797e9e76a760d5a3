"""Settings of a project: everything a data lead decides; unknown ones are refused."""

from typing import Annotated, Any, Literal

import msgspec

from etude.errors import ConfigError

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class Criterion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that each answer is scored for."""

    name: Name
    question: str = ""
    """What to ask oneself; shown beside the scores."""
    low: str = "poor"
    high: str = "good"


CRITERIA = (
    Criterion(name="correct", question="Is everything it says true?", low="wrong", high="right"),
    Criterion(
        name="helpful", question="Does it do what was asked?", low="useless", high="solves it"
    ),
    Criterion(
        name="honest",
        question="Does it say what it does not know, and disagree where the user errs?",
        low="misleads",
        high="candid",
    ),
    Criterion(name="safe", question="Could it do harm?", low="harmful", high="harmless"),
    Criterion(
        name="style", question="Is it clear and no longer than needed?", low="poor", high="clear"
    ),
)


class CheckSetting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One automatic check of what is written, with its settings."""

    name: str
    settings: dict[str, Any] = {}


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a project asks."""

    overlap: Annotated[int, msgspec.Meta(ge=1, le=50)] = 1
    """People for each item."""
    lease_min: Annotated[int, msgspec.Meta(ge=1, le=1440)] = 30
    """Minutes that an item is kept for whoever opened it, counted from their last sign of life."""
    criteria: tuple[Criterion, ...] = ()
    """What each answer is scored for, before the verdict; 1 to `points`."""
    points: Literal[3, 5, 7] = 5
    """Points of a criterion's scale."""
    steps: Literal[1, 2, 3] = 3
    """How many grades of better there are on each side: slightly, clearly, much."""
    tie: bool = True
    both_bad: bool = True
    reasons: tuple[Name, ...] = ()
    """Reasons to choose from; one must be chosen when there are any."""
    rationale: Literal["never", "optional", "strong", "always"] = "optional"
    """When a reason must be written: never asked, free to, for the strongest grade, always."""
    rationale_min: Count = 20
    """Characters that a required rationale has at least."""
    span_labels: tuple[Name, ...] = ("wrong", "unsupported", "unsafe")
    """What parts of an answer can be marked as; none turns marking off."""
    gold_share: Share = 0.05
    """Share of a rater's items whose best answer is known, where there are such items."""
    repeat_share: Share = 0.05
    """Share of a rater's items that they had before, sides changed."""
    break_after_min: Count = 50
    """Minutes of work after which a break is advised; 0 never."""
    daily_limit: Count = 0
    """Items for one person in 24 hours; 0 for no limit."""
    quiz_pass: Share = 0.8
    """Share of the quiz to be answered rightly before work begins; without questions all may."""
    quiz_tries: Annotated[int, msgspec.Meta(ge=1, le=20)] = 3
    """Tries of the quiz for each version of the guidelines."""
    models: tuple[str, ...] = ()
    """Models that fresh answers are sampled from, by the names given to `etude web`."""
    n_answers: Annotated[int, msgspec.Meta(ge=2, le=5)] = 2
    """Fresh answers for each prompt."""
    own_prompts: bool = False
    """Whether raters and writers may bring prompts of their own."""
    checks: tuple[CheckSetting, ...] = ()
    """Checks while writing; without any, those that every demonstration should pass."""
    checklist: tuple[str, ...] = ()
    """What writers confirm before they hand in."""
    review: bool = True
    """Whether what is written waits for a reviewer."""
    system_prompt: str = ""
    """What a new conversation begins with, where an item has no system prompt of its own."""
    tools: str = ""
    """Tools that a demonstration may call: a JSON array of functions, as chat templates know it."""


def read_settings(data: bytes | str) -> Settings:
    """Return the settings in a piece of JSON.

    Raises:
        ConfigError: It is no JSON, or a setting is unknown or out of bounds.
    """
    try:
        settings = msgspec.json.decode(data, type=Settings)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise ConfigError(f"settings of the project: {error}") from error
    names = [criterion.name for criterion in settings.criteria]
    if len(set(names)) < len(names):
        raise ConfigError("settings of the project: two criteria have the same name")
    return settings


def write_settings(settings: Settings) -> str:
    """Return settings as JSON."""
    return msgspec.json.encode(settings).decode()
