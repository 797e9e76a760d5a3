"""Outcome: what the proxies of an ablation say of its texts, with intervals."""

from collections.abc import Sequence

import msgspec

from etude.errors import ConfigError
from etude.value.ablation.prepare import Prepared, Ready
from etude.value.ablation.recipe import AblateRecipe
from etude.value.proxies.training import Proxy
from etude.value.statistics.curve import LearningCurve, fit_curve
from etude.value.statistics.difference import Difference, holm, paired
from etude.value.statistics.mixture import BestMixture

MAIN = "bits_per_byte/all"
"""What the verdict is about: bits a byte of everything that is held out."""
_LOWER_IS_BETTER = ("bits_per_byte",)
_HIGHER_IS_BETTER = ("accuracy", "probability")


class Comparison(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One arm against the other, in one figure."""

    arm: str
    against: str
    metric: str
    lower_is_better: bool
    value: float
    """Mean over seeds."""
    value_against: float
    difference: Difference
    """`value` less `value_against`, seed by seed."""
    p_all: float
    """p-value, adjusted for all figures of the arm (Holm)."""

    @property
    def verdict(self) -> str:
        """What the interval says: better, worse, or not told apart."""
        if not self.difference.is_sure:
            return "not told apart"
        return "better" if (self.difference.mean < 0) == self.lower_is_better else "worse"


class ArmCurve(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the loss of one arm falls with the tokens that are read."""

    arm: str
    curve: LearningCurve


class Confirmed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The best mixture against shares by size, by proxies that had no part in choosing it."""

    value: float
    """Mean loss of the best mixture, over the domains and seeds."""
    by_size: float
    difference: Difference
    """The former less the latter, seed by seed."""


class Ablation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was compared and what came of it."""

    recipe: AblateRecipe
    prepared: Prepared
    texts: tuple[Ready, ...]
    """What each arm read with each seed."""
    comparisons: tuple[Comparison, ...]
    curves: tuple[ArmCurve, ...]
    proxies: tuple[Proxy, ...]
    mixture: BestMixture | None = None
    """The best shares of the domains of an arm, where the recipe asks for them."""
    confirmed: Confirmed | None = None
    """What these shares came to with other seeds."""

    def main(self, arm: str) -> Comparison:
        """Return the comparison of an arm that the verdict is about.

        Raises:
            ConfigError: There is no such arm.
        """
        for one in self.comparisons:
            if (one.arm, one.metric) == (arm, MAIN):
                return one
        raise ConfigError(f"{arm!r} was not compared")


def compare(
    recipe: AblateRecipe, prepared: Prepared, texts: Sequence[Ready], proxies: Sequence[Proxy]
) -> Ablation:
    """Return what the proxies say.

    Raises:
        ConfigError: They do not fit together.
    """
    at_full = [proxy for proxy in proxies if proxy.tokens == recipe.tokens]
    return Ablation(
        recipe=recipe,
        prepared=prepared,
        texts=tuple(texts),
        comparisons=tuple(
            one
            for arm in recipe.arms
            if recipe.against and arm != recipe.against
            for one in _compare(arm, recipe, at_full)
        ),
        curves=tuple(_curves(recipe, proxies)),
        proxies=tuple(proxies),
    )


def _compare(arm: str, recipe: AblateRecipe, proxies: Sequence[Proxy]) -> list[Comparison]:
    ours = sorted((p for p in proxies if p.arm == arm), key=lambda p: p.seed)
    theirs = sorted((p for p in proxies if p.arm == recipe.against), key=lambda p: p.seed)
    shown = [name for name in ours[0].figures if _family(name)]
    domains = [name for name in shown if name.startswith("bits_per_byte/") and name != MAIN]
    if len(domains) == 1:  # it says what all of them together say
        shown.remove(domains[0])
    shown.sort(key=lambda name: (name != MAIN, name))
    found = []
    for metric in shown:
        a = [proxy.figures[metric] for proxy in theirs]
        b = [proxy.figures[metric] for proxy in ours]
        found.append(
            Comparison(
                arm=arm,
                against=recipe.against,
                metric=metric,
                lower_is_better=_family(metric) in _LOWER_IS_BETTER,
                value=sum(b) / len(b),
                value_against=sum(a) / len(a),
                difference=paired(a, b, level=recipe.level, seed=recipe.data_seed),
                p_all=1.0,
            )
        )
    adjusted = holm([one.difference.p_value for one in found])
    return [msgspec.structs.replace(one, p_all=p) for one, p in zip(found, adjusted, strict=True)]


def _family(metric: str) -> str:
    """Return what kind of figure this is; empty for those that are not compared."""
    family, _, member = metric.partition("/")
    if member.partition("/")[0] == "chance":
        return ""
    return family if family in (*_LOWER_IS_BETTER, *_HIGHER_IS_BETTER) else ""


def _curves(recipe: AblateRecipe, proxies: Sequence[Proxy]) -> list[ArmCurve]:
    if not recipe.amounts:
        return []
    found = []
    for arm in recipe.arms:
        mine = [proxy for proxy in proxies if proxy.arm == arm]
        curve = fit_curve(
            [float(proxy.tokens) for proxy in mine],
            [proxy.figures[MAIN] for proxy in mine],
            level=recipe.level,
        )
        found.append(ArmCurve(arm=arm, curve=curve))
    return found
