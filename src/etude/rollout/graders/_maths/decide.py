"""Decider: says yes, no or not known of pairs of values. This one by exact arithmetic."""

from fractions import Fraction
from functools import lru_cache

from etude.rollout.graders._maths.forms import (
    UndecidedError,
    UndefinedError,
    independent,
    proportional,
    same,
)
from etude.rollout.graders._maths.normal import normal
from etude.rollout.graders._maths.tree import Node, add, negative

Known = bool | None
"""`None` means not known, and never yes."""


def every(*known: Known) -> Known:
    """Whether all hold: one no decides, and one unknown leaves it open."""
    if False in known:
        return False
    return None if None in known else True


_form = lru_cache(maxsize=4096)(normal)  # references come again, and so do the values of a list


class Decider:
    """Decides by normal forms alone: in microseconds, in any process."""

    n_products = 3_000
    """Work that one answer may make, in products of monomials; some 20 ms."""

    def equal(self, left: Node, right: Node) -> Known:
        """Whether two values are equal."""
        if left == right:
            return True
        try:
            return same(_form(left), _form(right))
        except UndefinedError:
            return False
        except UndecidedError:
            return None

    def factor(self, left: Node, right: Node) -> Fraction | None:
        """Return the rational factor between two values; 0 if there is none, `None` if unknown."""
        try:
            forms = _form(left), _form(right)
            found = proportional(*forms)
            if found is not None:
                return found
            return Fraction(0) if independent(*forms) else None
        except UndefinedError:
            return Fraction(0)
        except UndecidedError:
            return None

    def place(self, node: Node) -> Fraction | None:
        """Return where a number lies; `None` where it is not rational or not known."""
        try:
            return _form(node).constant
        except (UndecidedError, UndefinedError):
            return None


def difference(left: Node, right: Node) -> Node:
    """Return the difference of two values as a tree."""
    return add(left, negative(right))
