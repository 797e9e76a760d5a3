"""Measure: one number that says how varied some passages are."""

from abc import abstractmethod
from collections.abc import Callable

from etude.plugins import Spec
from etude.stages.corpus.synthetic.diversity._words import Mask, Passages

Value = Callable[[Mask], float]
"""The number for any choice of the passages; quick, for it is asked hundreds of times."""


class Measure(Spec, frozen=True, kw_only=True):
    """Measures passages. Those it is compared with have as many words each, and are as many."""

    @property
    def label(self) -> str:
        """Name of the figure: that of the file, and what tells it from its like."""
        return type(self).__module__.rpartition(".")[2]

    @abstractmethod
    def prepare(self, passages: Passages, human: Passages) -> Value:
        """Return what gives the number for any choice of `passages`.

        Args:
            passages: What is measured.
            human: The human text it is compared with: `passages` itself where that is measured,
                or where there is none.
        """
        raise NotImplementedError

    def kept(self, value: float, human: float) -> float:
        """Return what share of the variety of the human text is there: 1 for as much, 0 for none.

        It can be above 1.
        """
        return value / human if human > 0 else 1.0
