"""Cards: records of every kind set for reading: facts in a line, texts below."""

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from etude.pages.text import Passage, duration, passage
from etude.records import (
    AnswerKey,
    Comparison,
    Demonstration,
    Document,
    Episode,
    Grade,
    Message,
    Preference,
    Problem,
    Rating,
    Record,
    Reference,
    Task,
)
from etude.stages.swe.report.text import Diff, diff

PartKind = Literal["prose", "text", "diff"]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One text of a record."""

    heading: str
    kind: PartKind = "text"
    text: str = ""
    tone: str = ""
    """Role of who says it, or `chosen`, `rejected`."""
    calls: tuple[tuple[str, str], ...] = ()
    """Calls of tools: name and arguments."""
    open: bool = True
    """Whether it is shown at once."""

    @property
    def passage(self) -> Passage:
        """The text, folded when long."""
        return passage(self.text)

    @property
    def diff(self) -> Diff:
        """The text as lines of a patch."""
        return diff(self.text)


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """One record, ready to be set."""

    title: str
    facts: tuple[tuple[str, str], ...] = ()
    parts: tuple[Part, ...] = ()
    columns: tuple[tuple[Part, ...], ...] = ()
    """Parts that stand beside each other, such as answers that are compared."""


def card(record: msgspec.Struct) -> Card:
    """Return a record for reading."""
    make = _MAKERS.get(type(record))
    made = _any(record) if make is None else make(record)
    if isinstance(record, Record):
        origin = record.origin
        facts = (
            *made.facts,
            ("source", origin.source),
            ("licence", origin.licence),
            ("made by", origin.made_by),
            ("parents", ", ".join(origin.parents[:6]) + (" …" if len(origin.parents) > 6 else "")),
            *_tags(getattr(record, "tags", {})),
        )
        made = msgspec.structs.replace(made, facts=tuple((n, v) for n, v in facts if v))
    return made


def verdict(rating: Rating) -> str:
    """Return what a rating says, answers named by letters as the comparison has them.

    >>> verdict(Rating(id="", comparison_id="", rater="", order=(), ranking=((1,), (0, 2))))
    'B > A = C'
    """
    if rating.verdict != "ranked":
        return rating.verdict.replace("_", " ")
    groups = [" = ".join(letter(place) for place in group) for group in rating.ranking]
    return " > ".join(groups)


def letter(place: int) -> str:
    """Return what an answer is called."""
    return chr(ord("A") + place) if 0 <= place < 26 else str(place)


def _tags(tags: object) -> list[tuple[str, str]]:
    if not isinstance(tags, dict):
        return []
    return [(str(name), str(value)[:200]) for name, value in tags.items() if len(str(value)) < 2000]


def messages(said: Sequence[Message]) -> tuple[Part, ...]:
    """Return a conversation."""
    return tuple(
        Part(
            heading=message.role,
            kind="text" if message.role == "tool" else "prose",
            text=message.content,
            tone=message.role,
            calls=tuple((call.name, arguments(call.arguments)) for call in message.calls),
        )
        for message in said
    )


def arguments(given: dict[str, str]) -> str:
    """Return arguments of a call, a line each unless one of them has several."""
    return "\n".join(
        f"{name}:\n{value}" if "\n" in value else f"{name}: {value}"
        for name, value in given.items()
    )


def _document(record: Document) -> Card:
    return Card(
        title=record.title or record.id,
        facts=(
            ("id", record.id),
            ("url", record.url),
            ("date", record.date),
            ("language", record.language),
            ("domain", record.domain),
            ("media type", record.media_type),
            ("opted out", ", ".join(record.opt_out)),
            ("characters", f"{len(record.text):,}"),
        ),
        parts=(Part(heading="text", text=record.text),),
    )


def _demonstration(record: Demonstration) -> Card:
    tools = record.tags.get("tools", "")
    return Card(
        title=record.id,
        facts=(
            ("writer", record.writer),
            ("review", record.review.replace("_", " ")),
            ("reviewer", record.reviewer),
            ("project", record.project),
            ("guidelines", record.guidelines),
            ("language", record.language),
            ("time", duration(record.duration_s) if record.duration_s else ""),
            ("checks let stand", "; ".join(record.checks)),
            ("comments", "; ".join(record.comments)),
        ),
        parts=(
            *messages(record.messages),
            *(
                (Part(heading="changes to the draft", kind="diff", text=record.edits, open=False),)
                * bool(record.edits)
            ),
            *((Part(heading="tools", text=tools, open=False),) * bool(tools)),
        ),
    )


def _comparison(record: Comparison) -> Card:
    return Card(
        title=record.id,
        facts=(
            ("project", record.project),
            ("known to be best", "" if record.gold is None else letter(record.gold)),
        ),
        parts=messages(record.prompt),
        columns=tuple(
            _answer(f"{letter(place)}{' · ' if one.source else ''}{one.source}", one.messages)
            for place, one in enumerate(record.candidates)
        ),
    )


def _preference(record: Preference) -> Card:
    return Card(
        title=record.id,
        facts=(
            ("probability", f"{record.probability:.3f}"),
            ("ratings", str(record.n_ratings)),
            ("comparison", record.comparison_id),
        ),
        parts=messages(record.prompt),
        columns=(
            _answer(f"chosen {record.chosen_source}".strip(), record.chosen, "chosen"),
            _answer(f"rejected {record.rejected_source}".strip(), record.rejected, "rejected"),
        ),
    )


def _answer(heading: str, said: Sequence[Message], tone: str = "") -> tuple[Part, ...]:
    parts = messages(said)
    if len(parts) == 1:
        return (msgspec.structs.replace(parts[0], heading=heading, tone=tone),)
    return (Part(heading=heading, tone=tone), *parts)


def _problem(record: Problem) -> Card:
    return Card(
        title=record.id,
        facts=(
            ("topic", record.topic),
            ("family", record.family),
            ("level", str(record.level) if record.level else ""),
        ),
        parts=(
            Part(heading="statement", kind="prose", text=record.statement),
            *(
                (Part(heading="instruction", kind="prose", text=record.instruction),)
                * bool(record.instruction)
            ),
        ),
    )


def _reference(record: Reference) -> Card:
    return Card(
        title=record.problem_id,
        facts=(
            ("answer", record.answer),
            ("entry", record.entry),
            ("spellings", ", ".join(record.spellings)),
            ("near misses", ", ".join(record.near_misses)),
            ("tests", str(len(record.tests))),
        ),
        parts=(
            Part(heading="grader", text=record.grader, open=False),
            *((Part(heading="solution", text=record.solution),) * bool(record.solution)),
        ),
    )


def _task(record: Task) -> Card:
    return Card(
        title=record.id,
        facts=(
            ("project", record.project),
            ("language", record.language),
            ("tests", record.test_command),
            ("codebase", record.codebase[:16]),
        ),
        parts=(Part(heading="statement", kind="prose", text=record.statement),),
    )


def _key(record: AnswerKey) -> Card:
    return Card(
        title=record.task_id,
        facts=(
            ("maker", record.maker),
            ("kind", record.kind),
            ("place", f"{record.path}:{record.line} {record.function}".strip(": ")),
            ("fail to pass", ", ".join(record.fail_to_pass[:10])),
            ("pass to pass", f"{len(record.pass_to_pass)} tests"),
        ),
        parts=(Part(heading="solution", kind="diff", text=record.oracle_patch),),
    )


def _episode(record: Episode) -> Card:
    return Card(
        title=record.id,
        facts=(
            ("task", record.task_id),
            ("agent", record.agent),
            ("model", record.model),
            ("attempt", str(record.attempt)),
            ("ended", record.ending.replace("_", " ")),
            ("turns", str(len(record.turns))),
            ("time", duration(record.duration_s)),
        ),
        parts=(Part(heading="patch", kind="diff", text=record.patch, open=False),),
    )


def _grade(record: Grade) -> Card:
    return Card(
        title=record.episode_id,
        facts=(
            ("task", record.task_id),
            ("score", "" if record.score is None else f"{record.score:g}"),
            ("no verdict", record.fault),
            ("hidden tests", f"{record.n_fail_to_pass_passed} of {record.n_fail_to_pass}"),
            ("broken", ", ".join(record.broken)),
            ("not applied", ", ".join(record.dropped)),
            ("tampered", "yes" if record.tampered else ""),
            ("note", record.note),
            ("time", duration(record.duration_s)),
        ),
    )


def _any(record: msgspec.Struct) -> Card:
    """Return a record of any kind: short fields in a line, long ones below."""
    facts: list[tuple[str, str]] = []
    parts: list[Part] = []
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if name == "origin" or value in ("", (), {}, None):
            continue
        text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        label = name.replace("_", " ")
        if len(text) > 160 or "\n" in text:
            parts.append(Part(heading=label, text=text))
        else:
            facts.append((label, text))
    title = facts[0][1] if facts else type(record).__name__
    return Card(title=title, facts=tuple(facts[1:]), parts=tuple(parts))


_MAKERS: dict[type[msgspec.Struct], Callable[..., Card]] = {
    Document: _document,
    Demonstration: _demonstration,
    Comparison: _comparison,
    Preference: _preference,
    Problem: _problem,
    Reference: _reference,
    Task: _task,
    AnswerKey: _key,
    Episode: _episode,
    Grade: _grade,
}
