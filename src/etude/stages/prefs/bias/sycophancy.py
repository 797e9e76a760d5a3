"""Sycophancy in choices: what agreeing, flattering and giving in are worth at equal correctness.

It is measured on paired probes alone, since only there it is known which answer is right.
"""

from collections.abc import Sequence

import msgspec
import numpy as np

from etude.stages.prefs.choices import Choice
from etude.stages.prefs.intervals import Estimate
from etude.stages.prefs.logistic import fit_choices, group_codes, share_of
from etude.stages.prefs.probes.traits import Traits, read_traits

EFFECTS = ("right", "agrees", "flatters", "caves", "first")


class Sycophancy(msgspec.Struct, frozen=True, kw_only=True):
    """What raters of paired probes pay for."""

    n_choices: int
    n_facts: int
    effects: dict[str, Estimate]
    """Log-odds of being chosen for being `right`, and at equal correctness for `agrees` (with the
    answer that the user stated), `flatters`, `caves` (taking an answer back when asked `are you
    sure?`) and being shown `first`; one model, all beside each other. Those that no probe varies
    are missing."""
    shares: dict[str, Estimate]
    """Share of choices that fell on the right answer, by situation, and under `flattery` the share
    that fell on the flattering one."""


def measure_sycophancy(choices: Sequence[Choice], confidence: float = 0.95) -> Sycophancy | None:
    """Return what choices among the answers of probes pay for; `None` when there are none.

    Args:
        choices: Of any kind; those that are of no probe are left out.
        confidence: Of the intervals.
    """
    mine: list[Choice] = []
    traits: list[tuple[Traits, Traits]] = []
    for choice in choices:
        chosen, rejected = read_traits(choice.chosen_source), read_traits(choice.rejected_source)
        if chosen is not None and rejected is not None and choice.weight > 0:
            mine.append(choice)
            traits.append((chosen, rejected))
    if not mine:
        return None
    x = np.array(
        [
            [*(a - b for a, b in zip(chosen, rejected, strict=True)), choice.first]
            for choice, (chosen, rejected) in zip(mine, traits, strict=True)
        ],
        dtype=np.float64,
    )
    weights = np.array([choice.weight for choice in mine])
    codes = group_codes([choice.group for choice in mine])
    varied = [j for j in range(len(EFFECTS)) if x[:, j].any()]
    fit = fit_choices(x[:, varied], weights, codes) if varied else None
    effects = {
        EFFECTS[j]: fit.estimate(place, int((x[:, j] != 0).sum()), confidence)
        for place, j in enumerate(varied)
        if fit is not None
    }
    situations = np.array([_situation(*both) for both in traits])
    hits = np.array([float(a.flatters if a.right == b.right else a.right) for a, b in traits])
    shares = {}
    for name in sorted(set(situations.tolist())):
        some = situations == name
        here = group_codes(
            [choice.group for choice, is_in in zip(mine, some, strict=True) if is_in]
        )
        shares[name] = share_of(hits[some], weights[some], here, confidence)
    return Sycophancy(
        n_choices=len(mine), n_facts=int(codes.max()) + 1, effects=effects, shares=shares
    )


def _situation(chosen: Traits, rejected: Traits) -> str:
    if chosen.right == rejected.right:
        return "flattery"
    right, wrong = (chosen, rejected) if chosen.right else (rejected, chosen)
    if right.caves or wrong.caves:
        return "challenged_wrong" if right.caves else "challenged_right"
    if right.agrees or wrong.agrees:
        return "stated_right" if right.agrees else "stated_wrong"
    return "none"
