"""Judging: from what a rater said to a rating that a data set can hold, or what is missing."""

from collections.abc import Sequence
from itertools import groupby
from typing import Literal

import msgspec

from etude.errors import ConfigError
from etude.records import Comparison, Message, Span
from etude.web.projects.settings import Settings
from etude.web.rating.given import CANNOT, LETTERS, Given, Mark, scale


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What a rating says, by the candidates of the comparison."""

    verdict: Literal["ranked", "both_bad", "cannot_judge"]
    ranking: tuple[tuple[int, ...], ...] = ()
    strength: int = 0
    scores: dict[str, tuple[int, ...]] = {}
    spans: tuple[Span, ...] = ()
    reasons: tuple[str, ...] = ()
    rationale: str = ""


def text_of(messages: Sequence[Message]) -> str:
    """Return the text that marks count their characters in: what the messages say, in turn."""
    return "\n\n".join(message.content for message in messages)


def plain_breaks(text: str) -> str:
    """Return text as a browser has it in a field: every line break is one character."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def judge(
    given: Given, comparison: Comparison, order: tuple[int, ...], settings: Settings
) -> Judged:
    """Return what was said in terms of the candidates.

    Args:
        given: What the rater said, by places on the page.
        comparison: What they compared.
        order: Candidates by place, as they were shown.
        settings: What the project asks.

    Raises:
        ConfigError: Something is missing or cannot be; says all of it, for whoever filled it in.
    """
    if sorted(order) != list(range(len(comparison.candidates))):
        raise ConfigError("this item has changed since it was opened; open it again")
    wrong: list[str] = []
    verdict, ranking, strength = _verdict(given, order, settings, wrong)
    scores = _scores(given, order, settings, wrong) if verdict != "cannot_judge" else {}
    rationale = _rationale(given, settings, strong=_is_strong(given, settings), wrong=wrong)
    spans = _spans(given, comparison, order, settings, wrong)
    if wrong:
        raise ConfigError(" ".join(wrong))
    return Judged(
        verdict=verdict,
        ranking=ranking,
        strength=strength,
        scores=scores,
        spans=spans,
        reasons=_reasons(given, settings),
        rationale=rationale,
    )


_Verdict = tuple[Literal["ranked", "both_bad", "cannot_judge"], tuple[tuple[int, ...], ...], int]


def _verdict(
    given: Given, order: tuple[int, ...], settings: Settings, wrong: list[str]
) -> _Verdict:
    if given.verdict == "cannot_judge":
        if not given.cannot:
            wrong.append("Say why you cannot judge.")
        return "cannot_judge", (), 0
    if given.verdict == "both_bad" and settings.both_bad:
        return "both_bad", (), 0
    if len(order) == 2:
        return _graded(given, order, settings, wrong)
    if given.verdict == "ranked":
        return _ranked(given, order, settings, wrong)
    wrong.append("Rank the answers.")
    return "ranked", (), 0


def _graded(given: Given, order: tuple[int, ...], settings: Settings, wrong: list[str]) -> _Verdict:
    grade = next((one for one in scale(settings) if one.verdict == given.verdict), None)
    if grade is None:
        wrong.append("Say which answer is better.")
        return "ranked", (), 0
    if grade.verdict == "tie":
        return "ranked", (tuple(sorted(order)),), 0
    first, second = order if grade.verdict[0] == "a" else order[::-1]
    return "ranked", ((first,), (second,)), grade.strength


def _ranked(given: Given, order: tuple[int, ...], settings: Settings, wrong: list[str]) -> _Verdict:
    missing = [LETTERS[n] for n, rank in enumerate(given.ranks) if not rank]
    if len(given.ranks) != len(order) or missing:
        wrong.append(f"Give a rank to {', '.join(missing) or 'every answer'}.")
        return "ranked", (), 0
    pairs = sorted(zip(given.ranks, order, strict=True))
    groups = tuple(
        tuple(candidate for _rank, candidate in group)
        for _rank, group in groupby(pairs, key=lambda pair: pair[0])
    )
    if not settings.tie and any(len(group) > 1 for group in groups):
        wrong.append("Give each answer another rank: this project has no ties.")
    return "ranked", groups, 0


def _scores(
    given: Given, order: tuple[int, ...], settings: Settings, wrong: list[str]
) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    missing: list[str] = []
    for criterion in settings.criteria:
        shown = given.scores.get(criterion.name, ())
        if len(shown) != len(order) or not all(1 <= score <= settings.points for score in shown):
            missing.append(criterion.name)
            continue
        by_candidate = dict(zip(order, shown, strict=True))
        found[criterion.name] = tuple(by_candidate[n] for n in range(len(order)))
    if missing:
        wrong.append(f"Score every answer for: {', '.join(missing)}.")
    return found


def _is_strong(given: Given, settings: Settings) -> bool:
    """Whether the strongest grade was chosen."""
    return given.verdict in (f"a{settings.steps}", f"b{settings.steps}")


def _rationale(given: Given, settings: Settings, *, strong: bool, wrong: list[str]) -> str:
    """Return why, in the rater's own words."""
    cannot = given.verdict == "cannot_judge"
    text = "" if settings.rationale == "never" and not cannot else given.rationale.strip()
    if cannot:
        return text
    if settings.reasons and not given.reasons:
        wrong.append("Choose at least one reason.")
    asked = settings.rationale == "always" or (settings.rationale == "strong" and strong)
    if asked and len(text) < max(1, settings.rationale_min):
        wrong.append(f"Say why, in at least {settings.rationale_min} characters.")
    return text


def _reasons(given: Given, settings: Settings) -> tuple[str, ...]:
    if given.verdict == "cannot_judge":
        return (CANNOT[given.cannot],) if given.cannot in CANNOT else ()
    return tuple(reason for reason in given.reasons if reason in settings.reasons)


def _spans(
    given: Given,
    comparison: Comparison,
    order: tuple[int, ...],
    settings: Settings,
    wrong: list[str],
) -> tuple[Span, ...]:
    found: list[Span] = []
    for mark in given.marks:
        if not 0 <= mark.answer < len(order) or mark.label not in settings.span_labels:
            wrong.append("A mark names an answer or a label that is not there.")
            break
        candidate = order[mark.answer]
        span = _span(mark, candidate, text_of(comparison.candidates[candidate].messages))
        if span is None:
            wrong.append(f"A mark lies outside of answer {LETTERS[mark.answer]}.")
            break
        if span not in found:
            found.append(span)
    return tuple(found)


def _span(mark: Mark, candidate: int, text: str) -> Span | None:
    """Return a mark by the characters of the text, where a line break may be two."""
    if not 0 <= mark.start < mark.end <= len(plain_breaks(text)):
        return None
    places = _places(text)
    return Span(
        candidate=candidate,
        start=places[mark.start],
        end=places[mark.end - 1] + (2 if text[places[mark.end - 1] :][:2] == "\r\n" else 1),
        label=mark.label,
    )


def _places(text: str) -> Sequence[int]:
    """Return at which character of the text each character that a browser sees begins."""
    if "\r\n" not in text:
        return range(len(text))
    return [n for n, sign in enumerate(text) if not (sign == "\n" and text[n - 1 : n] == "\r")]
