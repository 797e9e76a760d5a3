"""Given: what a rater has said so far, by the places at which the answers stand on the page.

It is what the form sends, what is saved while it is half done, and what the page begins with
when it is opened again. Nothing in it names a candidate.
"""

import string

import msgspec

from etude.errors import ConfigError
from etude.web.asking import Form
from etude.web.projects.settings import Settings

CANNOT = {
    "knowledge": "needs knowledge that I do not have",
    "unsafe": "unsafe to judge",
    "private": "holds private data",
    "broken": "is broken or cannot be read",
}
"""Why someone cannot judge, as the form names it and as it is said."""
LETTERS = string.ascii_uppercase[:5]
"""Names of the answers on the page, by place."""
MAX_SPANS = 100
MAX_RATIONALE = 20_000


class Mark(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of an answer that was marked."""

    answer: int
    """Place on the page."""
    start: int
    """First character of the answer's source text, line breaks counted as one."""
    end: int
    label: str


class Given(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was said, whether or not it is complete."""

    verdict: str = ""
    """`a3` to `a1`, `tie`, `b1` to `b3` for two answers, `ranked` for more, `both_bad`,
    `cannot_judge`, or empty when not said yet."""
    ranks: tuple[int, ...] = ()
    """Rank of each answer by place, 1 for the best; 0 where not said. Equal ranks are ties."""
    scores: dict[str, tuple[int, ...]] = {}
    """By criterion, of each answer by place; 0 where not said."""
    reasons: tuple[str, ...] = ()
    cannot: str = ""
    """Key of `CANNOT`."""
    rationale: str = ""
    marks: tuple[Mark, ...] = ()


def read_form(form: Form, settings: Settings, n_answers: int) -> Given:
    """Return what a form says, complete or not.

    Raises:
        ConfigError: It holds what this page never sends.
    """
    try:
        marks = msgspec.json.decode(form.text("marks") or "[]", type=tuple[Mark, ...])
    except (msgspec.DecodeError, UnicodeError) as error:
        raise ConfigError("the marks of the answers cannot be read") from error
    ranks = tuple(form.whole(f"rank:{n}", 0, 0, n_answers) for n in range(n_answers))
    ranks = ranks if n_answers > 2 else ()
    return Given(
        verdict=form.text("verdict")[:20] or ("ranked" if any(ranks) else ""),
        ranks=ranks,
        scores={
            criterion.name: tuple(
                form.whole(f"score:{criterion.name}:{n}", 0, 0, settings.points)
                for n in range(n_answers)
            )
            for criterion in settings.criteria
        },
        reasons=tuple(reason for reason in settings.reasons if reason in form.texts("reason")),
        cannot=form.text("cannot") if form.text("cannot") in CANNOT else "",
        rationale=form.text("rationale")[:MAX_RATIONALE],
        marks=marks[:MAX_SPANS],
    )


def read_draft(draft: str) -> Given:
    """Return what was saved; nothing where it cannot be read any more."""
    try:
        return msgspec.json.decode(draft, type=Given) if draft else Given()
    except msgspec.DecodeError:
        return Given()


def write_draft(given: Given) -> str:
    """Return what to save."""
    return msgspec.json.encode(given).decode()


class Grade(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the scale between two answers."""

    verdict: str
    strength: int
    """0 where the project has one step only, and for a tie."""
    says: str
    short: str


_WORDS = {1: ("better",), 2: ("slightly better", "clearly better")}
_WORDS[3] = (*_WORDS[2], "much better")


def scale(settings: Settings) -> list[Grade]:
    """Return the steps between two answers, from the first being best to the second."""
    words = _WORDS[settings.steps]
    strengths = [n if settings.steps > 1 else 0 for n in range(1, settings.steps + 1)]
    sides = {
        side: [
            Grade(
                verdict=f"{side}{n}",
                strength=strength,
                says=f"{side.upper()} is {word}",
                short=word.removesuffix(" better"),
            )
            for n, strength, word in zip(range(1, 4), strengths, words, strict=False)
        ]
        for side in "ab"
    }
    tie = Grade(verdict="tie", strength=0, says="They are equally good", short="tie")
    return [*reversed(sides["a"]), *([tie] if settings.tie else []), *sides["b"]]
