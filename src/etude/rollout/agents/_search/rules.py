"""The rules: each undoes one common kind of bug, with how likely that kind is."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from etude.rollout.agents._search import flow, names, operators
from etude.rollout.agents._search.scope import Scope, Site
from etude.rollout.agents._search.source import Edit

Rule = Callable[[Site], Iterator[Edit]]

_RULES: tuple[tuple[Rule, float], ...] = (
    (operators.comparison, 1.0),
    (operators.boundary, 1.0),
    (operators.boolean, 1.0),
    (operators.negation, 1.0),
    (operators.off_by_one, 1.0),
    (operators.arithmetic, 0.9),
    (operators.constant, 0.8),
    (operators.slice_bound, 0.6),
    (operators.default, 0.4),
    (names.unused_variable, 3.0),
    (names.attribute, 0.9),
    (names.swapped_arguments, 0.7),
    (names.variable, 0.8),
    (names.exception, 0.6),
    (names.missing_copy, 0.5),
    (names.key_default, 0.3),
    (names.type_check, 0.3),
    (names.awaited, 0.8),
    (flow.loop_exit, 0.8),
    (flow.early_exit, 0.5),
    (flow.late_return, 0.6),
    (flow.returned, 0.5),
    (flow.condition, 0.3),
)


class Repair(NamedTuple):
    """One edit that may undo a bug."""

    kind: str
    edit: Edit
    line: int
    likelihood: float
    """Among the repairs of its function; they add up to at most 1."""


def repairs(scope: Scope) -> list[Repair]:
    """Return every single-edit repair of a function, each text once."""
    by_kind: dict[str, list[tuple[Edit, int]]] = {}
    seen: set[Edit] = set()
    for rule, _ in _RULES:
        found = by_kind.setdefault(rule.__name__, [])
        for node in scope.nodes:
            for edit in rule(Site(scope.source, scope, node)):
                if edit not in seen:
                    seen.add(edit)
                    found.append((edit, getattr(node, "lineno", scope.function.lineno)))
    whole = sum(weight for rule, weight in _RULES if by_kind[rule.__name__])
    return [
        Repair(rule.__name__, edit, line, weight / whole / len(by_kind[rule.__name__]))
        for rule, weight in _RULES
        for edit, line in by_kind[rule.__name__]
    ]
