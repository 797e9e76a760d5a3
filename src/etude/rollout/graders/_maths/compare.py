"""Whether an answer's tree says the same as a reference's, kind by kind.

Every function returns yes, no, or `None` for what exact arithmetic leaves open.
"""

from fractions import Fraction

from etude.rollout.graders._maths.answers import spread
from etude.rollout.graders._maths.decide import Decider, Known, difference, every
from etude.rollout.graders._maths.sets import UnplacedError, parts, variable
from etude.rollout.graders._maths.tree import Node, has, symbols

MAX_MATCHED = 60

_SETS = frozenset(("interval", "union", "cut", "without", "reals", "emptyset", "either", "both"))
_NUMBER_SETS = frozenset(("integers", "naturals", "rationals", "complexes"))
_NO_VALUES = (
    _SETS
    | _NUMBER_SETS
    | frozenset(
        (
            "tuple",
            "vector",
            "set",
            "list",
            "matrix",
            "row",
            "chain",
            "ratio",
            "based",
            "text",
            "dots",
        )
    )
)


def is_value(node: Node) -> bool:
    """Whether a tree is one value: a number or an expression."""
    return node.kind not in _NO_VALUES


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
            reference, answer = _listed(reference), _listed(answer)
        if reference.kind == "chain":
            return self._chain(reference, answer)
        if answer.kind == "chain" and not _is_inequality(answer):
            found = self._said(reference, answer)
            return self.same(reference, found) if found is not None else False
        if reference.kind in ("list", "set"):
            return self._values(reference, answer)
        if reference.kind in _SETS:
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
        named = _assignment(reference)
        if named is not None:
            name, value = named
            if answer.kind != "chain":
                return self.same(value, answer)
            other = _assignment(answer)
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
        if _is_label(items[0], reference):
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
        if answer.kind in _NUMBER_SETS or not _may_be_set(answer):
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
            endless = [_is_infinite(left), _is_infinite(right)]
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
        wanted, given = _members(reference), _members(answer)
        if wanted is None or given is None:
            return self._sets(reference, answer) if reference.kind == "set" else False
        if None not in (wanted[0], given[0]) and wanted[0] != given[0]:
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
        if reference.kind == "tuple" and len(reference.items) == 2 and _says_set(answer):
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


def _is_infinite(node: Node) -> bool:
    return node == Node("const", "inf") or (
        node.kind == "mul" and node.items[-1] == Node("const", "inf")
    )


def _is_inequality(node: Node) -> bool:
    return node.kind == "chain" and bool({"<", ">", "<=", ">=", "!="} & set(node.name.split()))


def _says_set(node: Node) -> bool:
    return _is_inequality(node) or node.kind in ("union", "both", "either")


def _may_be_set(node: Node) -> bool:
    return node.kind in _SETS or node.kind in ("set", "chain", "tuple")


def _is_name(node: Node) -> bool:
    """Whether a tree only names something: `x`, `f(x)`, `(x, y)`, `AB`, `|AB|`."""
    if node.kind == "call" and node.name == "abs":
        node = node.items[0]
    if node.kind == "mul":
        return all(item.kind == "sym" and item.name.isupper() for item in node.items)
    if node.kind == "tuple":
        return all(item.kind == "sym" for item in node.items)
    return node.kind == "sym" or (node.kind == "call" and node.name[0] == "?")


def _assignment(node: Node) -> tuple[Node, Node] | None:
    """Return the name and the value of `x = 4`; `None` where it is another equation."""
    if node.kind != "chain" or node.name != "=" or not _is_name(node.items[0]):
        return None
    name, value = node.items
    if name.kind == "call" or not symbols(name) & symbols(value):
        return name, value
    return None


def _is_label(node: Node, reference: Node) -> bool:
    """Whether the left side of an equation only says what its value is called."""
    if _is_name(node):
        return node.kind == "call" or node != reference
    names = symbols(node)
    return len(names) > 1 and not names & symbols(reference)


def _listed(node: Node) -> Node:
    """Return a tree with each `±` written out as two values."""
    if node.kind in ("list", "set"):
        return node._replace(items=tuple(v for item in node.items for v in spread(item)))
    values = spread(node)
    return values[0] if len(values) == 1 else Node("list", items=values)


def _members(node: Node) -> tuple[Node | None, tuple[Node, ...]] | None:
    """Return the values of a list or a set, and the name that they are all given to."""
    if node.kind in ("list", "set", "either", "both"):
        names, values = set(), []
        for item in node.items:
            named = _assignment(item)
            if named is None and item.kind == "chain":
                return (None, node.items) if node.kind == "list" else None
            names.add(named[0] if named else None)
            values.append(named[1] if named else item)
        named_once = names - {None}
        if len(named_once) > 1:
            return None, node.items  # `x=1, y=2` says two different things
        return (named_once.pop() if named_once else None), tuple(values)
    if node.kind == "chain" and set(node.name.split()) == {"in"}:
        return _members(node.items[1])
    if named := _assignment(node):
        return named[0], (named[1],)
    if node.kind in ("chain", "emptyset", "text", "tuple", "vector", "interval"):
        return None
    return (None, (node,)) if is_value(node) else None
