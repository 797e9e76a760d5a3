"""What happened to a corpus while it was made: counts for each step, findings, duplicates."""

import msgspec


class StepCount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What went into one step of a recipe and what came out."""

    id: str
    """Place and name of the step, such as `03 minhash`; `00 read` is the reading itself."""
    step: str
    n_in: int
    n_out: int
    bytes_in: int
    """UTF-8 bytes of text."""
    bytes_out: int
    cpu_s: float
    """Processor seconds that the step took, over all workers."""
    reasons: dict[str, int] = {}
    """Documents dropped, by reason."""
    domains_in: dict[str, int] = {}
    """Bytes that went in, by domain."""
    domains_out: dict[str, int] = {}


class Tally(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often a step found one thing, over every document it saw."""

    id: str
    """Step, name and value, joined by slashes."""
    step: str
    name: str
    """What was looked for, such as `pii` or `contamination`."""
    value: str
    """Which of them, such as `email` or a benchmark item."""
    count: int


class DuplicateCopy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One member of a cluster of duplicates."""

    id: str
    """Id of the document."""
    step: str
    cluster: int
    """Number of the document that is kept for all of the cluster."""
    kept: bool
    excerpt: str
    """The beginning of its text."""
