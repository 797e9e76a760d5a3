"""Presets: ready ways to ask, to begin a project with."""

import msgspec

from etude.errors import ConfigError
from etude.web.projects.project import ProjectKind
from etude.web.projects.settings import CRITERIA, Settings


class Preset(msgspec.Struct, frozen=True, kw_only=True):
    """One way to begin."""

    name: str
    kind: ProjectKind
    title: str
    about: str
    settings: Settings


_ABC = {criterion.name: criterion for criterion in CRITERIA}
_REASONS = ("correct", "more helpful", "more honest", "safer", "clearer", "follows the instruction")

PRESETS: tuple[Preset, ...] = (
    Preset(
        name="pairwise",
        kind="rate",
        title="Pairwise, helpful and honest",
        about="Two answers side by side, scored for truth, help and honesty, then compared in"
        " seven grades; three people for each pair, a reason for strong verdicts.",
        settings=Settings(
            overlap=3,
            criteria=(_ABC["correct"], _ABC["helpful"], _ABC["honest"]),
            rationale="strong",
            reasons=_REASONS,
        ),
    ),
    Preset(
        name="best-of-four",
        kind="rate",
        title="Best of four with criteria",
        about="Up to four answers, each scored for five criteria, then put in order; two people"
        " for each.",
        settings=Settings(overlap=2, criteria=CRITERIA, n_answers=4, rationale="optional"),
    ),
    Preset(
        name="quick",
        kind="rate",
        title="Quick A/B",
        about="Which is better, or a tie: one key for each pair, no scores, nothing to write.",
        settings=Settings(
            overlap=2, steps=1, rationale="never", span_labels=(), break_after_min=40
        ),
    ),
    Preset(
        name="safety",
        kind="rate",
        title="Safety comparison",
        about="Two answers to a doubtful request, scored for harm and help; a written reason"
        " always, more known items, breaks sooner.",
        settings=Settings(
            overlap=3,
            criteria=(_ABC["safe"], _ABC["helpful"], _ABC["honest"]),
            rationale="always",
            span_labels=("unsafe", "wrong", "preachy"),
            gold_share=0.1,
            break_after_min=30,
            quiz_pass=0.9,
        ),
    ),
    Preset(
        name="dialogue",
        kind="write",
        title="Dialogue writing",
        about="People write whole conversations from a prompt, as the assistant should be;"
        " each is reviewed.",
        settings=Settings(
            checklist=(
                "Everything it says is true, and I looked up what I did not know",
                "It does what was asked, and says so where it cannot",
                "It is in my own words",
            ),
            lease_min=60,
        ),
    ),
    Preset(
        name="edit",
        kind="write",
        title="Edit a model's draft",
        about="People mend what a model wrote; the differences are kept. Faster than writing,"
        " and it shows where the model errs.",
        settings=Settings(
            checklist=(
                "I checked every claim of the draft",
                "What was good in the draft is still there",
            ),
            lease_min=45,
        ),
    ),
    Preset(
        name="own-prompts",
        kind="write",
        title="Prompts and answers of one's own",
        about="People think of a request that they would make themselves, then answer it; each"
        " is reviewed.",
        settings=Settings(own_prompts=True, lease_min=60),
    ),
)


def preset(name: str) -> Preset:
    """Return a preset.

    Raises:
        ConfigError: There is no such one.
    """
    for each in PRESETS:
        if each.name == name:
            return each
    raise ConfigError("choose a way to begin")
