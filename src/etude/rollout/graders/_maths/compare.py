"""Whether an answer's tree says the same as a reference's, kind by kind.

Every function returns yes, no, or `None` for what exact arithmetic leaves open.
"""

from fractions import Fraction

from etude.rollout.graders._maths.decide import Decider, Known, difference, every
from etude.rollout.graders._maths.sets import UnplacedError, parts, variable
from etude.rollout.graders._maths.shapes import (
    NUMBER_SETS,
    SETS,
    assignment,
    is_inequality,
    is_infinite,
    is_label,
    is_value,
    listed,
    may_be_set,
    members,
    says_set,
)
from etude.rollout.graders._maths.tree import Node, has

MAX_MATCHED = 60


class Comparison:
    """Compares trees by a decider."""

    def __init__(self, decider: Decider, *, ordered: bool = False) -> None:
        self.decider = decider
        self.ordered = ordered

    def same(self, reference: Node, answer: Node) -> Known:
        """Whether an answer says what the reference says."""
        if reference == answer:
            return True
        if has(reference, frozenset(("pm",))) or has(answer, frozenset(("pm",))):
            reference, answer = listed(reference), listed(answer)
        if reference.kind == "chain":
            return self._chain(reference, answer)
        if answer.kind == "chain" and not is_inequality(answer):
            found = self._said(reference, answer)
            return self.same(reference, found) if found is not None else False
        if reference.kind in ("list", "set"):
            return self._values(reference, answer)
        if reference.kind in SETS:
            return self._sets(reference, answer)
        if reference.kind in ("tuple", "vector"):
            return self._tuple(reference, answer)
        return self._single(reference, answer)

    def _single(self, reference: Node, answer: Node) -> Known:
        """Compare what is neither a set nor a tuple."""
        if reference.kind in ("matrix", "row"):
            return self._matrix(reference, answer)
        if reference.kind == "ratio":
            return self._ratio(reference, answer)
        if answer.kind == "set" and len(answer.items) == 1:
            answer = answer.items[0]
        if is_value(reference) and is_value(answer):
            return self.decider.equal(reference, answer)
        return False  # what is equal as a tree was accepted before

    # Relations.

    def _chain(self, reference: Node, answer: Node) -> Known:
        """Compare with a relation: an equation, an inequality, a congruence."""
        signs = set(reference.name.split())
        if signs == {"="}:
            return self._equation(reference, answer)
        if "==" in signs or "mod" in signs:
            return self._congruence(reference, answer)
        if answer.kind == "chain" and reference.name == answer.name:
            pairs = zip(reference.items, answer.items, strict=True)
            if (
                reference.items[0].kind == answer.items[0].kind == "sym"
                and every(*(self.same(a, b) for a, b in pairs)) is True
            ):
                return True
        if signs == {"in"} and reference.items[0].kind == "sym":
            members = reference.items[1]
            if answer.kind == "chain" and set(answer.name.split()) == {"in"}:
                if answer.items[0] != reference.items[0]:
                    return False
                answer = answer.items[1]
            return self.same(members, answer)
        return self._sets(reference, answer)

    def _equation(self, reference: Node, answer: Node) -> Known:
        named = assignment(reference)
        if named is not None:
            name, value = named
            if answer.kind != "chain":
                return self.same(value, answer)
            other = assignment(answer)
            if other is not None and other[0] == name:
                return self.same(value, other[1])
        if answer.kind != "chain" or set(answer.name.split()) != {"="}:
            return False
        if len(reference.items) != len(answer.items):
            return False
        if len(reference.items) > 2:
            pairs = zip(reference.items, answer.items, strict=True)
            return every(*(self.same(a, b) for a, b in pairs))
        if not all(is_value(item) for item in (*reference.items, *answer.items)):
            return every(
                self.same(reference.items[0], answer.items[0]),
                self.same(reference.items[1], answer.items[1]),
            )
        return self._proportional(reference, answer)

    def _proportional(self, reference: Node, answer: Node, *, positive: bool = False) -> Known:
        """Whether two relations are the same up to a factor; `0 = 0` is the same as nothing."""
        left, right = difference(*reference.items), difference(*answer.items)
        factor = self.decider.factor(left, right)
        if factor is None:
            return None
        return factor > 0 if positive else factor != 0

    def _congruence(self, reference: Node, answer: Node) -> Known:
        if answer.kind != "chain" or answer.name != reference.name:
            return False
        if len(answer.items) != len(reference.items) or len(answer.items) < 2:
            return False
        modulus = self.decider.equal(reference.items[-1], answer.items[-1])
        size = self.decider.place(reference.items[-1])
        values = [self.decider.place(node.items[-2]) for node in (reference, answer)]
        if None in values or not size:
            pairs = zip(reference.items, answer.items, strict=True)
            return every(*(self.same(a, b) for a, b in pairs))
        apart = (values[0] or Fraction(0)) - (values[1] or Fraction(0))
        return every(
            modulus, reference.items[:-2] == answer.items[:-2], (apart / size).denominator == 1
        )

    def _said(self, reference: Node, answer: Node) -> Node | None:
        """Return the value that an answer such as `m + n = 256 + 37 = 293` ends with."""
        if not set(answer.name.split()) <= {"=", "~", "in"}:
            return None
        if answer.name == "in" and answer.items[0].kind == "sym":
            return answer.items[1]
        signs = answer.name.split()
        items = list(answer.items)
        if "in" in signs:
            return None
        if is_label(items[0], reference):
            items, signs = items[1:], signs[1:]
        if "~" in signs:
            items = items[: signs.index("~") + 1]  # what is only roughly equal counts for nothing
        known = [self.same(items[0], item) for item in items[1:]]
        return items[-1] if all(k is True for k in known) else None

    # Sets.

    def _sets(self, reference: Node, answer: Node) -> Known:
        """Compare sets of real numbers, however they are written."""
        if answer.kind == "chain" and set(answer.name.split()) == {"in"}:
            answer = answer.items[1]
        if reference.kind == answer.kind == "interval":
            return self._interval(reference, answer)
        if answer.kind in NUMBER_SETS or not may_be_set(answer):
            return False
        names = variable(reference), variable(answer)
        if None not in names and names[0] != names[1]:
            return False
        try:
            return parts(reference, self.decider.place) == parts(answer, self.decider.place)
        except UnplacedError:
            return self._other_relation(reference, answer)

    def _interval(self, reference: Node, answer: Node) -> Known:
        if reference.name != answer.name:
            return False
        pairs = zip(reference.items, answer.items, strict=True)
        return every(*(True if a == b else self._end(a, b) for a, b in pairs))

    def _end(self, left: Node, right: Node) -> Known:
        if has(left, frozenset(("const",))) or has(right, frozenset(("const",))):
            endless = [is_infinite(left), is_infinite(right)]
            if any(endless):
                return left == right
        return self.decider.equal(left, right)

    def _other_relation(self, reference: Node, answer: Node) -> Known:
        """Compare relations that are no stretches of the real line."""
        if (
            reference.kind == answer.kind == "chain"
            and len(reference.items) == len(answer.items) == 2
        ):
            turned = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
            if reference.name == answer.name:
                if reference.name in turned:
                    return self._proportional(reference, answer, positive=True)
                return self._proportional(reference, answer)
            if turned.get(reference.name) == answer.name:
                flipped = answer._replace(name=reference.name, items=answer.items[::-1])
                return self._proportional(reference, flipped, positive=True)
            return False
        if reference.kind == answer.kind and len(reference.items) == len(answer.items):
            pairs = zip(reference.items, answer.items, strict=True)
            return every(*(self.same(a, b) for a, b in pairs))
        return None

    # Several values.

    def _values(self, reference: Node, answer: Node) -> Known:
        """Compare lists and finite sets; the order of a list counts where that was asked for."""
        wanted, given = members(reference), members(answer)
        if wanted is None or given is None:
            return self._sets(reference, answer) if reference.kind == "set" else False
        if None not in (wanted[0], given[0]) and wanted[0] != given[0]:
            return False
        if wanted[0] is None and any(item.kind == "chain" for item in wanted[1]):
            # Values under several names: without its name, a value says nothing.
            given = (None, answer.items)
            if not all(item.kind == "chain" for item in answer.items):
                return False
        if reference.kind == "set" and answer.kind in ("set", "list"):
            wanted = (None, self._distinct(wanted[1]))
            given = (None, self._distinct(given[1]))
        in_order = has(reference, frozenset(("dots",))) or (
            self.ordered and reference.kind == "list"
        )
        if len(wanted[1]) != len(given[1]):
            return False
        if in_order:
            return every(*(self.same(a, b) for a, b in zip(wanted[1], given[1], strict=True)))
        return self._matched(wanted[1], given[1])

    def _distinct(self, items: tuple[Node, ...]) -> tuple[Node, ...]:
        kept: list[Node] = []
        for item in items[:MAX_MATCHED]:
            if not any(self.same(other, item) is True for other in kept):
                kept.append(item)
        return (*kept, *items[MAX_MATCHED:])

    def _matched(self, wanted: tuple[Node, ...], given: tuple[Node, ...]) -> Known:
        """Whether each wanted value is given once."""
        if len(wanted) > MAX_MATCHED:
            return False
        left, open_question = list(given), False
        for item in wanted:
            known = [self.same(item, other) for other in left]
            if True in known:
                del left[known.index(True)]
            elif None in known:
                open_question = True
            else:
                return False
        return None if open_question else True

    def _tuple(self, reference: Node, answer: Node) -> Known:
        """Compare points, vectors and columns; the order counts."""
        if reference.kind == "tuple" and len(reference.items) == 2 and says_set(answer):
            return self._sets(reference, answer)
        if answer.kind == "matrix" and all(len(row.items) == 1 for row in answer.items):
            answer = Node("tuple", items=tuple(row.items[0] for row in answer.items))
        if answer.kind not in ("tuple", "vector") or len(reference.items) != len(answer.items):
            return False
        return every(*(self.same(a, b) for a, b in zip(reference.items, answer.items, strict=True)))

    def _matrix(self, reference: Node, answer: Node) -> Known:
        if answer.kind in ("tuple", "vector") and reference.kind == "matrix":
            rows = tuple(Node("row", items=(item,)) for item in answer.items)
            answer = Node("matrix", items=rows)
        if answer.kind != reference.kind or len(answer.items) != len(reference.items):
            return False
        return every(*(self.same(a, b) for a, b in zip(reference.items, answer.items, strict=True)))

    def _ratio(self, reference: Node, answer: Node) -> Known:
        if answer.kind != "ratio" or len(answer.items) != len(reference.items):
            return False
        if has(reference, frozenset(("dots",))) or has(answer, frozenset(("dots",))):
            pairs = zip(reference.items, answer.items, strict=True)
            return every(*(self.same(a, b) for a, b in pairs))
        crossed = []
        for a, b in zip(reference.items[1:], answer.items[1:], strict=True):
            factors = self.decider.place(a), self.decider.place(b)
            if 0 in factors:
                crossed.append(factors[0] == factors[1])
            left = Node("mul", items=(reference.items[0], b))
            crossed.append(
                self.decider.equal(left, Node("mul", items=(answer.items[0], a))) is True
            )
        return all(crossed) and self.decider.place(answer.items[0]) != 0
