"""What every record has: an id and the story of where it came from."""

import msgspec


class Origin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a record came from, enough to make it again."""

    source: str
    """URI of the raw material, such as a package and version, a file, or a rater."""
    licence: str = ""
    """SPDX expression or the source's own words for it; empty when it states none."""
    made_by: str
    """Dotted name and version of the step that made the record."""
    parents: tuple[str, ...] = ()
    """Ids of the records this one was made from."""


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of everything Etude ships."""

    id: str
    """Stable within its data set; never reused."""
    origin: Origin
    """Where the record came from."""
