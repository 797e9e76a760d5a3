"""Whether an answer is right, from text to verdict; `None` asks for a worker.

References are read once and kept: many attempts are judged against the same one.
"""

from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

import msgspec

from etude.rollout.graders._maths.answers import read
from etude.rollout.graders._maths.clean import clean
from etude.rollout.graders._maths.compare import Comparison
from etude.rollout.graders._maths.decide import Decider
from etude.rollout.graders._maths.forms import work
from etude.rollout.graders._maths.moments import Moment, moment
from etude.rollout.graders._maths.plain import plain_number
from etude.rollout.graders._maths.rounding import close_enough
from etude.rollout.graders._maths.tree import Node, UnreadableError, mul, number, symbols
from etude.rollout.graders._maths.units import Unit, compound, split_unit


class Rules(msgspec.Struct, frozen=True):
    """What counts as the same, as the settings of the grader say."""

    omit_units: bool = False
    extra_units: bool = True
    ordered: bool = False
    tolerance: float = 0.0
    decimals: int = 0
    positive: bool = False


class Reading(NamedTuple):
    """An answer, read."""

    text: str
    number: Fraction | None
    """Where it is a plain number."""
    node: Node | None = None
    """`None` where it cannot be read."""
    unit: Unit | None = None
    whole: Node | None = None
    """The tree with its unit read as symbols, where it has a unit."""
    moment: Moment | None = None
    error: str = ""


class Finding(NamedTuple):
    """What came out: right, wrong or open, and why."""

    right: bool | None
    note: str
    broken: bool = False
    """Whether it is the reference that cannot be read."""


def reading(text: str) -> Reading:
    """Read an answer. Never raises."""
    plain = plain_number(text)
    if plain is not None:
        return Reading(text.strip(), plain)
    try:
        text = clean(text)
    except UnreadableError as error:
        return Reading("", None, error=str(error))
    plain = plain_number(text)
    if plain is not None:
        return Reading(text, plain)
    return _structured(text)


def _structured(text: str) -> Reading:
    if (several := compound(text)) is not None:
        return Reading(text, None, number(several[0]), several[1], number(several[0]))
    when = moment(text)
    value, unit = split_unit(text)
    whole, error = _tree(text)
    if value == text:
        return Reading(text, None, whole, moment=when, error=error)
    node, error = _tree(value)
    if node is None or (unit is not None and symbols(node)):
        return Reading(text, None, whole, moment=when, error=error if whole is None else "")
    return Reading(text, None, node, unit, whole, when)


def _tree(text: str) -> tuple[Node | None, str]:
    try:
        return read(text), ""
    except (UnreadableError, RecursionError) as error:
        return None, str(error)


known_reading = lru_cache(maxsize=4096)(reading)
"""The same for references, which are kept."""


def check(reference: str, answer: str, rules: Rules, decider: Decider | None = None) -> Finding:
    """Say whether an answer is right.

    Args:
        reference: What is right.
        answer: What was answered, without any wrapping.
        rules: What counts as the same.
        decider: What decides about two values; by exact arithmetic alone where it is left out.
    """
    wanted = known_reading(reference)
    given = reading(answer)
    if not given.text:
        return Finding(False, given.error or "the answer is empty")
    if wanted.number is not None and given.number is not None:
        return _numbers(wanted.number, given, rules)
    if wanted.text == given.text:
        return Finding(
            True, "the same text" if wanted.node or wanted.number is not None else _BLIND
        )
    if wanted.moment is not None:
        right = wanted.moment == given.moment
        return Finding(right, "the same moment" if right else "another moment, or none")
    if given.moment is not None and given.moment[0] == "date":
        return Finding(False, "a date where none is wanted")  # and no subtraction
    if wanted.node is None and wanted.number is None:
        return _unread(wanted, given)
    if given.node is None and given.number is None:
        return Finding(False, f"the answer cannot be read: {given.error}")
    decider = decider or Decider()
    with work(decider.n_products):
        return _compared(wanted, given, rules, Comparison(decider, ordered=rules.ordered))


_BLIND = "the same text; the reference is no mathematics that can be read, so only text counts"


def _unread(wanted: Reading, given: Reading) -> Finding:
    if wanted.text and wanted.text.replace(" ", "") == given.text.replace(" ", ""):
        return Finding(True, _BLIND)
    reason = wanted.error or "it is empty"
    return Finding(None, f"the reference cannot be read: {reason}", broken=True)


def _numbers(wanted: Fraction, given: Reading, rules: Rules) -> Finding:
    if wanted == given.number:
        return Finding(True, "the same number")
    if close_enough(wanted, given.number, given.text, rules):
        return Finding(True, "the same number within the tolerance")
    return Finding(False, "another number")


def _compared(wanted: Reading, given: Reading, rules: Rules, comparison: Comparison) -> Finding:
    """Compare trees, with what the rules say of units."""
    pairs = _with_units(wanted, given, rules)
    if isinstance(pairs, str):
        return Finding(False, pairs)
    open_question = False
    for reference, answer in pairs:
        known = comparison.same(reference, answer)
        if known:
            return Finding(True, "equivalent")
        open_question |= known is None
        if rules.tolerance or rules.decimals:
            places = comparison.decider.place(reference), comparison.decider.place(answer)
            if close_enough(*places, given.text, rules):
                return Finding(True, "equivalent within the tolerance")
            open_question |= None in places
    return Finding(None, "open") if open_question else Finding(False, "not equivalent")


def _node(value: Reading) -> Node:
    if value.node is not None:
        return value.node
    return number(value.number or 0)


def _with_units(wanted: Reading, given: Reading, rules: Rules) -> list[tuple[Node, Node]] | str:
    """Return the pairs of trees of which one must agree, or why none can."""
    reference, answer = _node(wanted), _node(given)
    if wanted.unit is None and given.unit is None:
        return _angles(reference, answer, rules)
    if wanted.unit is None:
        if symbols(reference) or given.whole == reference:
            return [(reference, given.whole)] if given.whole else "a unit where none is wanted"
        if not rules.extra_units:
            return "a unit where none is wanted"
        return [(reference, answer)]
    if given.unit is None:
        if rules.omit_units:
            return [(reference, answer)]
        return "the unit is missing"
    if given.unit.dimension != wanted.unit.dimension:
        return "another unit"
    return [
        (mul(number(wanted.unit.factor), reference), mul(number(given.unit.factor), answer))
        if given.unit != wanted.unit
        else (reference, answer)
    ]


def _angles(reference: Node, answer: Node, rules: Rules) -> list[tuple[Node, Node]]:
    """Return the pairs that count where degrees or percent may be left out or added."""
    pairs = [(reference, answer)]
    if rules.extra_units and answer.kind == "degree" and reference.kind != "degree":
        pairs.append((reference, answer.items[0]))
    if rules.omit_units:
        for kind in ("degree", "percent"):
            if reference.kind == kind and not _mentions(answer, kind):
                pairs.append((reference.items[0], answer))
            elif answer.kind == kind and not _mentions(reference, kind):
                pairs.append((reference, answer.items[0]))
    return pairs


def _mentions(tree: Node, kind: str) -> bool:
    """Whether a sign stands anywhere in a tree, as percent does in `1/10%`."""
    return tree.kind == kind or any(_mentions(item, kind) for item in tree.items)
