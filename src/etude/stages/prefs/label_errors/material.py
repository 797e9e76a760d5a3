"""What label errors are looked for in: choices between answers, or texts with labels."""

from collections.abc import Sequence

import msgspec
import numpy as np

from etude.errors import ConfigError
from etude.stages.prefs.choices import Choice
from etude.stages.prefs.label_errors.hashed import Ints, Rows, hash_differences, hash_texts

CHOSEN, REJECTED = "chosen", "rejected"


class Labelled(msgspec.Struct, frozen=True, kw_only=True):
    """A text that somebody put into a class."""

    id: str
    text: str
    label: str
    group: str = ""
    """Items of one group are never learnt from when one of them is judged; empty for its own."""


class Material(msgspec.Struct, frozen=True, kw_only=True):
    """Items with labels and features."""

    ids: tuple[str, ...]
    groups: tuple[str, ...]
    names: tuple[str, ...]
    """Of the classes."""
    labels: Ints
    rows: Rows
    paired: bool
    """Whether the classes are `chosen` and `rejected` of the answer that was chosen."""


def of_choices(choices: Sequence[Choice]) -> Material:
    """Return choices as items; the label of each says that the chosen answer was rightly chosen.

    Raises:
        ConfigError: There are too few to learn from.
    """
    _check_enough(len(choices))
    return Material(
        ids=tuple(choice.id for choice in choices),
        groups=tuple(choice.group for choice in choices),
        names=(CHOSEN, REJECTED),
        labels=np.zeros(len(choices), dtype=np.int64),
        rows=hash_differences([c.chosen for c in choices], [c.rejected for c in choices]),
        paired=True,
    )


def of_labelled(items: Sequence[Labelled]) -> Material:
    """Return labelled texts as items.

    Raises:
        ConfigError: There are too few to learn from, or fewer than two classes.
    """
    _check_enough(len(items))
    names = sorted({item.label for item in items})
    if len(names) < 2:
        raise ConfigError(f"all {len(items)} items are labelled {names[0]!r}: nothing to confuse")
    numbers = {name: number for number, name in enumerate(names)}
    return Material(
        ids=tuple(item.id for item in items),
        groups=tuple(item.group or item.id for item in items),
        names=tuple(names),
        labels=np.array([numbers[item.label] for item in items], dtype=np.int64),
        rows=hash_texts([item.text for item in items]),
        paired=False,
    )


def _check_enough(n: int) -> None:
    if n < 20:
        raise ConfigError(f"label errors cannot be found among {n} items; 20 are the fewest")
