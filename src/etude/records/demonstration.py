"""Demonstration: a conversation worth imitating, and how it came to be written."""

from typing import Literal

import msgspec

from etude.records._base import Record
from etude.records.message import Message

ReviewState = Literal["unreviewed", "accepted", "sent_back", "rejected"]


class Demonstration(Record, frozen=True, kw_only=True):
    """Messages that a model learns to imitate."""

    messages: tuple[Message, ...]
    """The conversation; what is imitated are the messages of the assistant."""
    writer: str = ""
    """Pseudonym of whoever wrote it; empty when a model did, or nobody knows."""
    project: str = ""
    guidelines: str = ""
    """Version of the guidelines it was written under."""
    draft: tuple[Message, ...] = ()
    """What a model wrote first, where the writer started from that."""
    edits: str = ""
    """Unified diff from the draft to the messages; empty when there was no draft."""
    checks: tuple[str, ...] = ()
    """What the automatic checks found and the writer let stand."""
    review: ReviewState = "unreviewed"
    reviewer: str = ""
    comments: tuple[str, ...] = ()
    """What the reviewer said, oldest first."""
    duration_s: float = 0.0
    """Time spent on it, without pauses."""
    language: str = ""
    """ISO 639-1 code; empty when nobody said."""
    tags: dict[str, str] = msgspec.field(default_factory=dict)
    """Labels of the user's own."""
