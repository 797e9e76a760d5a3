"""The gate: synthetic text that is much less varied than human text goes, or counts for less."""

from typing import Literal

import msgspec

from etude.errors import ConfigError
from etude.stages.corpus.synthetic.diversity import Diversity, Measured


class Limit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of the variety of the human text must be there, as a share of it."""

    refuse: float
    """Below it the text is refused."""
    weigh: float
    """Below it the text counts for less, down to nothing at `refuse`."""

    def __post_init__(self) -> None:
        """Check what no type can say.

        Raises:
            ConfigError: They are no shares, or the wrong way round.
        """
        if not 0 <= self.refuse <= self.weigh:
            raise ConfigError("refuse is from 0 to weigh")

    def weight(self, kept: float) -> float:
        """Return what text is worth that kept so much."""
        if kept >= self.weigh:
            return 1.0
        return max(0.0, (kept - self.refuse) / max(self.weigh - self.refuse, 1e-9))


_LIMITS = {
    "distinct_1": Limit(refuse=0.5, weigh=0.85),
    "distinct_3": Limit(refuse=0.6, weigh=0.9),
    "self_bleu": Limit(refuse=0.5, weigh=0.85),
    "compression": Limit(refuse=0.6, weigh=0.9),
    "entropy_2": Limit(refuse=0.4, weigh=0.8),
    "rare_words": Limit(refuse=0.5, weigh=0.85),
    "vendi": Limit(refuse=0.5, weigh=0.85),
    "spread": Limit(refuse=0.6, weigh=0.9),
}
"""Of 720 pairs of random halves of real text, in 36 bodies of text and 17 languages, none is below
a `weigh`; where half of 200 texts are copies of five others, or loops, all are."""


class Gate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked of synthetic text, and what is done where it is not met."""

    action: Literal["refuse", "weigh", "tell"] = "refuse"
    """`refuse` leaves text out that is below a limit of that name, and makes less of what is below
    the other; `weigh` makes less of it and leaves nothing out whole; `tell` only writes it down."""
    limits: dict[str, Limit] = msgspec.field(default_factory=lambda: dict(_LIMITS))
    """Name of a measure -> its limits. A measure that was not taken is not asked for."""
    least_weight: float = 0.1
    """`weigh` lets so much through at least."""
    least_clusters: int = 20
    """With fewer independent texts nothing is judged."""

    def __post_init__(self) -> None:
        """Check what no type can say.

        Raises:
            ConfigError: A setting is out of its range.
        """
        if not 0 <= self.least_weight <= 1 or self.least_clusters < 2:
            raise ConfigError("least_weight is from 0 to 1, least_clusters from 2 on")


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate says."""

    weight: float
    """Share of the text that is let through: 1 for all, 0 for none."""
    reasons: tuple[str, ...]
    """Why, a line for each limit that is not met; why nothing was judged."""

    @property
    def refused(self) -> bool:
        """Whether nothing is let through."""
        return self.weight == 0.0


def judge(found: Diversity, gate: Gate) -> Verdict:
    """Say how much of some synthetic text is let through.

    A limit is not met when the whole interval lies below it: what may be chance is no reason.
    """
    if found.n_clusters < gate.least_clusters:
        return Verdict(
            weight=1.0,
            reasons=(
                f"not judged: {found.n_clusters} independent texts, and {gate.least_clusters} "
                "are needed",
            ),
        )
    weight, reasons = 1.0, []
    for measured in found.measures:
        limit = gate.limits.get(measured.name)
        if limit is None or measured.kept is None:
            continue
        best = _best(measured)
        if best < limit.weigh:
            weight = min(weight, limit.weight(best))
            reasons.append(_reason(measured, limit, best))
    if gate.action == "tell":
        weight = 1.0
    if gate.action == "weigh":
        weight = max(weight, gate.least_weight)
    return Verdict(weight=weight, reasons=tuple(reasons))


def _best(measured: Measured) -> float:
    """Return what is kept at best."""
    kept = measured.kept or 0.0
    return kept if measured.high is None else max(kept, measured.high)


def _reason(measured: Measured, limit: Limit, best: float) -> str:
    bound, at = ("refuse", limit.refuse) if best < limit.refuse else ("weigh", limit.weigh)
    low = measured.kept if measured.low is None else measured.low
    return (
        f"{measured.name} keeps {measured.kept:.2f} ({low:.2f} to {best:.2f}) of the human text's, "
        f"{bound} is below {at:.2f}"
    )
