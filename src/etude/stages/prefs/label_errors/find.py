"""Find label errors: a ranked list to review, what fixing is worth, and whether to believe it."""

import math
from collections.abc import Mapping
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from etude.errors import ConfigError
from etude.stages.prefs.intervals import Estimate, normal_quantile
from etude.stages.prefs.label_errors.confident import (
    area_under_curve,
    confident_joint,
    find_suspects,
    self_confidence,
)
from etude.stages.prefs.label_errors.hashed import Floats, Ints
from etude.stages.prefs.label_errors.material import Material
from etude.stages.prefs.label_errors.softmax import (
    chances,
    fit_softmax,
    fold_codes,
    out_of_fold,
)
from etude.stages.prefs.logistic import group_codes, mean_of, share_of

Strength = Literal["none", "weak", "fair", "strong"]
_STRENGTHS: tuple[tuple[float, Strength], ...] = ((0.8, "strong"), (0.65, "fair"), (0.55, "weak"))


class ErrorRecipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How label errors are looked for."""

    n_folds: int = 5
    """Models; each judges the fold that it has not seen."""
    seed: int = 0
    """Of the folds and the planted errors."""
    planted: float = 0.1
    """Share of labels that are made wrong on purpose, to see whether the method finds them."""
    held_out: float = 0.25
    """Share of groups on which it is measured what fixing is worth."""
    confidence: float = 0.95
    """Of the intervals."""

    def __post_init__(self) -> None:
        """Check what no type can say.

        Raises:
            ConfigError: A number is out of its range.
        """
        shares = (self.planted, self.held_out, self.confidence)
        if self.n_folds < 2 or not all(0 < share < 1 for share in shares):
            raise ConfigError("n_folds is from 2 on; planted, held_out, confidence within (0, 1)")


class Suspect(msgspec.Struct, frozen=True, kw_only=True):
    """An item whose label is likely wrong."""

    id: str
    label: str
    """As given."""
    likely: str
    """What the model takes it for."""
    confidence: float
    """Chance of the given label by a model that has not seen the item: the lower, the worse."""


class Planted(msgspec.Struct, frozen=True, kw_only=True):
    """How well errors are found that were made on purpose."""

    n_planted: int
    area: Estimate
    """Chance that a planted error ranks above another item: 0.5 is a coin. Real errors among the
    others hold it down."""
    precision: Estimate
    """Share of planted errors among as many of the most suspect items as were planted."""
    base: float
    """The same of items drawn at random."""


class Worth(msgspec.Struct, frozen=True, kw_only=True):
    """What fixing labels does to a model trained on them, over labels held out and not fixed."""

    n_fixed: int
    n_test: int
    before: Estimate
    """Accuracy with the labels as they are."""
    after: Estimate
    gain: Estimate
    """After less before, over the same items."""


class ErrorReport(msgspec.Struct, frozen=True, kw_only=True):
    """Which labels are likely wrong, and how far to believe it."""

    n_items: int
    names: tuple[str, ...]
    accuracy: Estimate
    """Share of given labels that the model foretells out of fold."""
    n_errors: float
    """Estimated number of wrong labels; not to be believed when the strength is weak or none."""
    suspects: tuple[Suspect, ...]
    """The most suspect first."""
    planted: Planted
    strength: Strength
    """Of the features, by the lower bound of the area: `strong` from 0.8, `fair` from 0.65, `weak`
    from 0.55, else `none`."""
    worth: Worth | None
    """`None` when nothing is suspect or the held-out part is too small."""


def find_label_errors(material: Material, recipe: ErrorRecipe | None = None) -> ErrorReport:
    """Return the labels that are likely wrong, ranked, and how far to believe it.

    Args:
        material: From `of_choices` or `of_labelled`.
        recipe: How; the defaults when `None`.
    """
    recipe = recipe or ErrorRecipe()
    known = _judge(material, material.labels, recipe)
    labels = material.labels
    suspects = _suspects(material, known)
    planted = _plant(material, recipe)
    joint = _both_ways(material, labels, known)
    hits = (known.argmax(axis=1) == labels).astype(np.float64)
    return ErrorReport(
        n_items=len(labels),
        names=material.names,
        accuracy=share_of(
            hits, np.ones(len(hits)), group_codes(material.groups), recipe.confidence
        ),
        n_errors=float((1.0 - np.trace(confident_joint(*joint))) * len(labels)),
        suspects=tuple(suspects),
        planted=planted,
        strength=next((name for bar, name in _STRENGTHS if planted.area.low >= bar), "none"),
        worth=_worth_of_suspects(material, recipe) if suspects else None,
    )


def worth_of_fixes(
    material: Material, fixes: Mapping[str, str], recipe: ErrorRecipe | None = None
) -> Worth | None:
    """Return what a reviewer's corrections are worth, over held-out items that none of them is of.

    Args:
        material: With the labels as they were.
        fixes: Right label by id of the item.
        recipe: How much is held out.

    Raises:
        ConfigError: An id or a label is unknown.
    """
    recipe = recipe or ErrorRecipe()
    places = {item: place for place, item in enumerate(material.ids)}
    new = material.labels.copy()
    for item, label in fixes.items():
        if item not in places or label not in material.names:
            raise ConfigError(f"cannot fix {item!r} to {label!r}: no such item or label")
        new[places[item]] = material.names.index(label)
    return _worth(material, new, recipe)


def _judge(material: Material, labels: Ints, recipe: ErrorRecipe) -> Floats:
    folds = fold_codes(material.groups, recipe.n_folds, recipe.seed)
    return out_of_fold(
        material.rows, labels, len(material.names), folds, intercept=not material.paired
    )


def _both_ways(material: Material, labels: Ints, known: Floats) -> tuple[Ints, Floats]:
    """Add each choice the other way round, so that both classes are treated alike."""
    if not material.paired:
        return labels, known
    return np.concatenate([labels, 1 - labels]), np.concatenate([known, known[:, ::-1]])


def _suspects(material: Material, known: Floats) -> list[Suspect]:
    labels = material.labels
    flagged = find_suspects(*_both_ways(material, labels, known))[: len(labels)]
    confidence = self_confidence(labels, known)
    order = sorted(np.flatnonzero(flagged), key=lambda place: float(confidence[place]))
    return [
        Suspect(
            id=material.ids[place],
            label=material.names[labels[place]],
            likely=material.names[known[place].argmax()],
            confidence=float(confidence[place]),
        )
        for place in order
    ]


def _plant(material: Material, recipe: ErrorRecipe) -> Planted:
    rng = np.random.default_rng(recipe.seed)
    n, n_classes = len(material.labels), len(material.names)
    n_planted = max(1, round(recipe.planted * n))
    places = rng.choice(n, n_planted, replace=False)
    wrong = material.labels.copy()
    wrong[places] = (wrong[places] + rng.integers(1, n_classes, n_planted)) % n_classes
    is_planted = np.zeros(n, dtype=np.bool_)
    is_planted[places] = True
    scores = -self_confidence(wrong, _judge(material, wrong, recipe))
    top = np.argsort(-scores, kind="stable")[:n_planted]
    found = is_planted[top].astype(np.float64)
    return Planted(
        n_planted=n_planted,
        area=_area(scores, is_planted, recipe.confidence),
        precision=share_of(found, np.ones(n_planted), np.arange(n_planted), recipe.confidence),
        base=n_planted / n,
    )


def _area(scores: Floats, positive: NDArray[np.bool_], confidence: float) -> Estimate:
    """Return the area with its interval after Hanley and McNeil 1982."""
    area = area_under_curve(scores, positive)
    n_yes = int(positive.sum())
    n_no = len(positive) - n_yes
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (n_yes - 1) * (q1 - area**2) + (n_no - 1) * (q2 - area**2)
    reach = normal_quantile(confidence) * math.sqrt(max(0.0, spread) / max(1, n_yes * n_no))
    return Estimate(
        value=area, low=max(0.0, area - reach), high=min(1.0, area + reach), n=n_yes + n_no
    )


def _is_held_out(material: Material, recipe: ErrorRecipe) -> NDArray[np.bool_]:
    codes = fold_codes(material.groups, 1000, recipe.seed + 1)
    return np.asarray(codes < 1000 * recipe.held_out)


def _worth_of_suspects(material: Material, recipe: ErrorRecipe) -> Worth | None:
    """Give the suspects among the items that are learnt from their likely label."""
    learnt = np.flatnonzero(~_is_held_out(material, recipe))
    if len(learnt) < 2:
        return None
    part = Material(
        ids=tuple(material.ids[place] for place in learnt),
        groups=tuple(material.groups[place] for place in learnt),
        names=material.names,
        labels=material.labels[learnt],
        rows=material.rows.take(learnt),
        paired=material.paired,
    )
    likely = {s.id: s.likely for s in _suspects(part, _judge(part, part.labels, recipe))}
    new = material.labels.copy()
    for place in learnt:
        if (label := likely.get(material.ids[place])) is not None:
            new[place] = material.names.index(label)
    return _worth(material, new, recipe)


def _worth(material: Material, new: Ints, recipe: ErrorRecipe) -> Worth | None:
    held_out = _is_held_out(material, recipe)
    learnt = np.flatnonzero(~held_out)
    test = np.flatnonzero(held_out & (new == material.labels))
    n_fixed = int((new[learnt] != material.labels[learnt]).sum())
    if len(test) < 10 or len(learnt) < 10 or not n_fixed:
        return None
    rows, wanted = material.rows.take(test), material.labels[test]
    hits = []
    for labels in (material.labels, new):
        weights = fit_softmax(
            material.rows.take(learnt),
            labels[learnt],
            len(material.names),
            intercept=not material.paired,
        )
        hits.append((chances(rows, weights).argmax(axis=1) == wanted).astype(np.float64))
    codes = group_codes([material.groups[place] for place in test])
    even = np.ones(len(test))
    return Worth(
        n_fixed=n_fixed,
        n_test=len(test),
        before=share_of(hits[0], even, codes, recipe.confidence),
        after=share_of(hits[1], even, codes, recipe.confidence),
        gain=mean_of(hits[1] - hits[0], even, codes, recipe.confidence),
    )
