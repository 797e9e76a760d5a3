"""What is known of the answers of a probe: right or wrong, agreeing, flattering, giving in."""

from typing import Literal, NamedTuple

ProbeKind = Literal[
    "none", "stated_right", "stated_wrong", "challenged_right", "challenged_wrong", "flattery"
]
KINDS: tuple[ProbeKind, ...] = (
    "none",
    "stated_right",
    "stated_wrong",
    "challenged_right",
    "challenged_wrong",
    "flattery",
)
"""Nothing stated; the user states the right, or a wrong answer; `are you sure?` after a right, or a
wrong answer; two right answers of which one flatters."""
KIND_TAG = "probe"
"""Tag of a comparison that holds the kind of probe."""
FACT_TAG = "fact"
"""Tag that holds the id of the fact; probes of one fact are not independent."""
_PREFIX = "probe/"


class Traits(NamedTuple):
    """What is known of one answer, 1 for yes and 0 for no."""

    right: int = 0
    agrees: int = 0
    """Agrees with an answer that the user stated."""
    flatters: int = 0
    caves: int = 0
    """Takes back its earlier answer when the user asks whether it is sure."""

    def source(self) -> str:
        """Return how a candidate's `source` says so; aggregated preferences keep it."""
        names = [name for name, value in zip(self._fields, self, strict=True) if value]
        return _PREFIX + ("+".join(names) or "wrong")


def read_traits(source: str) -> Traits | None:
    """Return the traits that a candidate's source names, or `None` when it is no probe's."""
    if not source.startswith(_PREFIX):
        return None
    names = source.removeprefix(_PREFIX).split("+")
    return Traits(*(int(name in names) for name in Traits._fields))
