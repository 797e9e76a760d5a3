"""Comparison, Rating, Preference: answers side by side, what raters said, what it comes to.

Every single rating is kept. What raters agree on is computed from them and never replaces them.
"""

from typing import Literal

import msgspec

from etude.records._base import Record
from etude.records.message import Message

Judgement = Literal["ranked", "both_bad", "cannot_judge"]


class Candidate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One answer to a prompt."""

    messages: tuple[Message, ...]
    """What is added to the prompt: most often one message of the assistant."""
    source: str = ""
    """What wrote it, such as a model's name. Never shown to a rater."""


class Comparison(Record, frozen=True, kw_only=True):
    """One prompt and several answers to it, to be compared."""

    prompt: tuple[Message, ...]
    candidates: tuple[Candidate, ...]
    """Two to five."""
    project: str = ""
    gold: int | None = None
    """Place of the candidate that is known to be best, on items that test raters; else `None`."""
    tags: dict[str, str] = msgspec.field(default_factory=dict)


class Span(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of an answer that a rater marked."""

    candidate: int
    start: int
    """First character, counted from 0 in the text of its messages."""
    end: int
    """One past the last character."""
    label: str
    """What is there, such as `wrong` or `unsafe`."""


class Rating(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one rater said of one comparison, once."""

    id: str
    comparison_id: str
    rater: str
    """Pseudonym."""
    order: tuple[int, ...]
    """Candidates in the order in which they were shown, first or leftmost first."""
    verdict: Judgement = "ranked"
    ranking: tuple[tuple[int, ...], ...] = ()
    """Candidates from best to worst; those of one group are equally good. A tie of two answers is
    one group. Empty when the verdict is not `ranked`."""
    strength: int = 0
    """How much better the first group is: 0 not said or a tie, 1 slightly, 2 clearly, 3 much."""
    scores: dict[str, tuple[int, ...]] = {}
    """Score of each candidate, by criterion, in the order of the comparison."""
    spans: tuple[Span, ...] = ()
    reasons: tuple[str, ...] = ()
    """Those chosen from the project's list; for what cannot be judged, why not."""
    rationale: str = ""
    """Why, in the rater's own words."""
    guidelines: str = ""
    """Version of the guidelines it was given under."""
    purpose: Literal["work", "gold", "repeat", "adjudication"] = "work"
    """Why it was asked for; raters are not told."""
    created: str = ""
    """When, in UTC, ISO 8601."""
    duration_s: float = 0.0
    """Time spent on it, without pauses."""


class Preference(Record, frozen=True, kw_only=True):
    """One answer preferred to another, as ratings were aggregated."""

    prompt: tuple[Message, ...]
    chosen: tuple[Message, ...]
    rejected: tuple[Message, ...]
    probability: float = 1.0
    """That the chosen one is better, as the ratings have it; above one half."""
    n_ratings: int = 0
    """Ratings that it rests on."""
    comparison_id: str = ""
    chosen_source: str = ""
    rejected_source: str = ""
    tags: dict[str, str] = msgspec.field(default_factory=dict)
