"""What the form of a project's settings shows: every field with its unit and what it means."""

from typing import Literal

import msgspec

from etude.web.projects.project import ProjectKind

Sort = Literal["whole", "percent", "flag", "lines", "choice", "long"]


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
