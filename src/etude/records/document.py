"""Documents: text to be read, and what became of text on its way there."""

import msgspec

from etude.records._base import Record


class Document(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One text of a pre-training corpus."""

    text: str
    """The text itself, or markup that is still to be extracted (see `media_type`)."""
    media_type: str = "text/plain"
    """What `text` is now: `text/plain`, `text/html`, `text/markdown` or `text/x-code`."""
    url: str = ""
    """Where it was published; empty when unknown."""
    title: str = ""
    date: str = ""
    """When it was published or fetched, ISO 8601 as exact as the source says; may be empty."""
    language: str = ""
    """ISO 639 code; empty until it was identified."""
    domain: str = ""
    """The part of the mixture it belongs to, such as `manuals` or `code`."""
    opt_out: tuple[str, ...] = ()
    """Signals against use for training, such as `robots:noai`, `meta:noai`, `tdm:reserved`."""
    tags: dict[str, str] = msgspec.field(default_factory=dict)
    """What the source says of it beyond these fields."""


class BrokenRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A record of a source that could not be read: set aside, and never lost silently."""

    id: str
    """Its place: the file, and the line, byte offset or member within it."""
    reason: str
    """What is wrong with it, in a few words that are the same for the same fault."""
    excerpt: str = ""
    """Its first bytes, printable, as far as they were seen."""


class DroppedDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A document that a step dropped, kept as a sample of its reason."""

    id: str
    step: str
    """Name of the step as the recipe has it."""
    reason: str
    excerpt: str
    """The beginning of its text as the step saw it."""
    n_bytes: int
    """Size of its text, UTF-8."""
